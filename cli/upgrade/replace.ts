/**
 * Puts a new binary in the place of one that may be running: written beside it, tried, and renamed over it in
 * one step. Whatever fails before the last step leaves the old one as it was, and nothing else behind.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/internal/printable";
import { platform } from "@blobber/core/internal/platform";

/** How long a program may take to say its version: it does so in tenths of a second. */
const TRIAL_MS = 30_000;

/** The most that is read of what it says. */
const MAX_ANSWER = 4096;

/** What a binary must be. */
export interface Expected {
  version: string;
  sha256: string;
}

/** A new binary beside the old one, complete and tried. */
export interface Ready {
  /** Puts it in the place of the old one, or leaves nothing of it. */
  swap(): void;
  /** Removes it; after `swap` there is nothing to remove. */
  discard(): void;
}

/**
 * Writes a new binary beside an old one and tries it.
 *
 * @param program the file of the old one, with all links followed
 * @param content the bytes of the new one
 * @param expected what it must be
 * @param signal stops it
 * @throws {BlobberError} `integrity`, `file-system`
 */
export async function prepare(
  program: string,
  content: AsyncIterable<Uint8Array>,
  expected: Expected,
  signal: AbortSignal,
): Promise<Ready> {
  const old = inDirectory(program, () => statSync(program));
  const directory = dirname(program);
  removeAside(program);
  removeLeft(directory);
  const fresh = join(directory, `${FRESH}${randomUUID()}${platform().programEnding}`);
  const discard = () => rmSync(fresh, { force: true });
  try {
    const sha256 = await write(fresh, content, program);
    if (sha256 !== expected.sha256) {
      throw new BlobberError(
        "integrity",
        `the new binary has the digest sha256:${sha256}, expected sha256:${expected.sha256}`,
      );
    }
    if (platform().hasModes) chmodSync(fresh, old.mode & 0o777);
    await tryOut(fresh, expected.version, signal);
    // A root that upgrades another user's file leaves it theirs.
    if (platform().hasOwners && statSync(fresh).uid !== old.uid) {
      inDirectory(program, () => chownSync(fresh, old.uid, old.gid));
    }
  } catch (error) {
    discard();
    throw error;
  }
  return {
    swap() {
      try {
        inDirectory(program, () => swap(fresh, program));
      } catch (error) {
        discard();
        throw error;
      }
    },
    discard,
  };
}

async function write(
  path: string,
  content: AsyncIterable<Uint8Array>,
  program: string,
): Promise<string> {
  const sum = createHash("sha256");
  const file = inDirectory(program, () => openSync(path, "wx", 0o700));
  try {
    for await (const bytes of content) {
      sum.update(bytes);
      inDirectory(program, () => {
        for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
      });
    }
    inDirectory(program, () => fsyncSync(file));
  } finally {
    closeSync(file);
  }
  return sum.digest("hex");
}

/** Runs the new binary once: one that does not run here must not take the place of one that does. */
async function tryOut(path: string, version: string, signal: AbortSignal): Promise<void> {
  const said = await answerOf(path, AbortSignal.any([signal, AbortSignal.timeout(TRIAL_MS)]));
  if (signal.aborted) throw signal.reason;
  const line = said.text.split(/[\r\n]/)[0]!.split(" (")[0];
  if (said.failed === undefined && line === `blobber version ${version}`) return;
  throw new BlobberError(
    "integrity",
    said.failed === undefined
      ? `the new binary says ${quote(said.text.trim())}, expected "blobber version ${version}"`
      : `the new binary does not run here: ${said.failed}`,
    { hint: "the old one was left as it is" },
  );
}

function answerOf(path: string, signal: AbortSignal): Promise<{ text: string; failed?: string }> {
  return new Promise((resolve) => {
    let text = "";
    const child = spawn(path, ["--version"], { stdio: ["ignore", "pipe", "ignore"] });
    const stop = () => child.kill("SIGKILL");
    signal.addEventListener("abort", stop, { once: true });
    const end = (failed?: string) => {
      signal.removeEventListener("abort", stop);
      resolve({ text, ...failed !== undefined && { failed } });
    };
    child.stdout.on("data", (bytes: Uint8Array) => {
      if (text.length < MAX_ANSWER) text += new TextDecoder().decode(bytes);
    });
    child.on("error", (error) => end(error.message));
    child.on("close", (code, killed) => {
      end(code === 0 ? undefined : `it ended with ${killed ?? `exit status ${code}`}`);
    });
  });
}

function swap(fresh: string, program: string): void {
  if (platform().unlinksOpenFiles) return renameSync(fresh, program);
  // A running program can be renamed there, and neither replaced nor removed.
  const aside = `${program}${ASIDE}${randomUUID()}`;
  renameSync(program, aside);
  try {
    renameSync(fresh, program);
  } catch (error) {
    renameSync(aside, program);
    throw error;
  }
  removeAside(program);
}

/** What the name of a binary that was renamed aside has behind it. */
const ASIDE = ".old-";

/** Removes what earlier upgrades renamed aside, as far as it does not run any more. */
function removeAside(program: string): void {
  if (platform().unlinksOpenFiles) return;
  const directory = dirname(program);
  for (const name of readdirSync(directory)) {
    if (!name.startsWith(`${basename(program)}${ASIDE}`)) continue;
    try {
      rmSync(join(directory, name), { force: true });
    } catch {
      // It still runs: the next upgrade removes it.
    }
  }
}

/** How the file of a new binary begins until it is swapped in. */
const FRESH = ".blobber-upgrade-";

/** One that is older than this is of an upgrade that was killed, not of one that still runs. */
const LEFT_MS = 24 * 60 * 60 * 1000;

/** Removes what upgrades that were killed left in the directory. */
function removeLeft(directory: string): void {
  try {
    for (const name of readdirSync(directory)) {
      const path = join(directory, name);
      if (!name.startsWith(FRESH) || Date.now() - lstatSync(path).mtimeMs < LEFT_MS) continue;
      rmSync(path);
    }
  } catch {
    // It takes room, and is in no one's way.
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "no space left",
  ENOENT: "it is not there",
};

/** Does something in the program's directory, and tells what is wrong with that directory. */
function inDirectory<T>(program: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    const { code = "", message } = cause as NodeJS.ErrnoException;
    const reason = REASONS[code] ?? message;
    throw new BlobberError("file-system", `cannot replace ${quote(program)}: ${reason}`, {
      cause,
      hint:
        "the old one was left as it is; install into a directory of your own with BLOBBER_INSTALL",
    });
  }
}
