/**
 * A lock between processes, held for the moment that it takes to rewrite a small file or a small list. It is a file that
 * names its holder; one whose holder is gone is broken. Only one process can break a given lock, and it
 * does so under a lock named after the broken one's content, so that no two ever hold it and nothing
 * stays behind.
 *
 * @module
 */

import { closeSync, linkSync, lstatSync, openSync, rmSync, writeFileSync } from "node:fs";
import { sameBytes } from "../bytes.ts";
import { BlobberError, checkAborted } from "../errors.ts";
import { besidePath, randomName, readBounded, whenFree, writeFully } from "./files.ts";
import { errnoOf, fileError, shownPath } from "./system_error.ts";
import { LOCK_STALE_MS, LOCK_WAIT_MS, MAX_LOCK_BYTES } from "../limits.ts";
import { quote } from "../text/printable.ts";
import { asIdentity, isAlive, thisProcess } from "./process_identity.ts";
import { startSha256 } from "./runtime.ts";

/** How to wait for a lock. */
export interface LockOptions {
  /** Stops the waiting; the call then rejects with `interrupted`. */
  signal?: AbortSignal | undefined;
}

/** What the holder of a lock can ask. */
export interface Held {
  /** Throws when the lock was taken away, which happens to a process that stood still for minutes. */
  check(): void;
}

/**
 * Runs something while no other process runs anything under the same lock.
 *
 * @param path the lock's file; it exists only while it is held
 * @param body what to do, at once: it is not asynchronous, so that the lock is held for milliseconds
 * @throws {BlobberError} `busy` when the lock could not be had, `file-system`
 */
export async function withLock<T>(
  path: string,
  body: (held: Held) => T,
  options: LockOptions = {},
): Promise<T> {
  const held = await holdLock(path, options);
  try {
    return body(held);
  } finally {
    held.release();
  }
}

/**
 * Takes a lock for work that waits for others, such as a registry.
 *
 * @param path the lock's file; it exists only while it is held
 * @returns the lock, to be released in any case
 * @throws {BlobberError} `busy` when the lock could not be had, `file-system`
 */
export async function holdLock(
  path: string,
  options: LockOptions = {},
): Promise<Held & { release(): void }> {
  const content = new TextEncoder().encode(
    JSON.stringify({ ...thisProcess(), nonce: randomName() }),
  );
  const until = performance.now() + LOCK_WAIT_MS;
  for (let wait = 2; !take(path, content); wait = Math.min(wait * 2, 50)) {
    checkAborted(options.signal);
    if (performance.now() > until) {
      throw new BlobberError("busy", `${quote(shownPath(path))} is held by another process`, {
        hint: "remove it when no blobber is running any more",
      });
    }
    await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random())));
  }
  const mine = () => sameBytes(contentOf(path), content);
  return {
    check: () => {
      if (!mine()) {
        throw new BlobberError("busy", `${quote(shownPath(path))} was taken by another process`);
      }
    },
    release: () => {
      if (mine()) remove(path);
    },
  };
}

/** Tries once. */
function take(path: string, content: Uint8Array): boolean {
  if (create(path, content)) return true;
  const found = readLock(path);
  if (found === undefined) return create(path, content);
  if (!found.stale) return false;
  const hash = startSha256().update(found.content).digest("hex").slice(0, 32);
  const breaker = path.replace(/\.break-[0-9a-f]{32}$/, "") + `.break-${hash}`;
  if (!take(breaker, content)) return false;
  try {
    // No other process may remove this content: its holder is gone, and the right to break it is ours.
    if (sameBytes(contentOf(path), found.content)) remove(path);
  } finally {
    remove(breaker);
  }
  return create(path, content);
}

/** What others hold open for a moment, while they look whose it is, is waited for. */
function contentOf(path: string): Uint8Array | undefined {
  return whenFree(() => readBounded(path, MAX_LOCK_BYTES));
}

function remove(path: string): void {
  whenFree(() => rmSync(path, { force: true }));
}

/** What file systems without hard links say; the last is that of Windows about FAT. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EISDIR"]);

/** Makes the lock with its content in one step, where links exist. */
function create(path: string, content: Uint8Array): boolean {
  const temporary = besidePath(path);
  try {
    writeFileSync(temporary, content, { flag: "wx" });
    linkSync(temporary, path);
    return true;
  } catch (error) {
    const code = errnoOf(error);
    if (code === "EEXIST") return false;
    if (NO_LINKS.has(code ?? "")) return createPlain(path, content);
    throw fileError("cannot write", path, error);
  } finally {
    try {
      remove(temporary);
    } catch { // the lock is there or is not, whatever becomes of this name of it
    }
  }
}

/** The same for file systems without hard links: another may see it empty for a moment. */
function createPlain(path: string, content: Uint8Array): boolean {
  let fd: number;
  try {
    fd = whenFree(() => openSync(path, "wx"));
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw fileError("cannot write", path, error);
  }
  try {
    writeFully(fd, content);
  } finally {
    closeSync(fd);
  }
  return true;
}

interface Lock {
  content: Uint8Array;
  stale: boolean;
}

function readLock(path: string): Lock | undefined {
  const content = contentOf(path);
  if (content === undefined) return undefined;
  const identity = asIdentity(parseHolder(content));
  const alive = identity && isAlive(identity);
  return { content, stale: alive === undefined ? isOld(path) : !alive };
}

function isOld(path: string): boolean {
  try {
    return Date.now() - lstatSync(path).mtimeMs > LOCK_STALE_MS;
  } catch {
    return false; // gone meanwhile
  }
}

function parseHolder(content: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(content));
  } catch {
    return undefined;
  }
}
