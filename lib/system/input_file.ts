/**
 * Small files that a person names: keys, certificates, trust roots, tokens, configuration. One reader for all:
 * a regular file or a pipe, such as a shell's `<(…)`, of a bounded size. A device has no end, a directory no
 * bytes, and a pipe without a writer makes its reader wait; the caller's signal ends the wait.
 *
 * @module
 */

import { checkAborted, interruption } from "../errors.ts";
import { concat } from "../bytes.ts";
import { missingPermission, reasonInWords } from "./system_error.ts";
import { platform } from "./platform.ts";
import { nodeModule, RUNTIME } from "./runtime.ts";

/** How to read. */
export interface InputOptions {
  /** The most bytes to accept. */
  limit: number;
  /** Makes the error. What is wrong comes without the path. */
  fail: (why: string, cause?: unknown) => Error;
  /** Ends the wait for a pipe. */
  signal?: AbortSignal | undefined;
}

/** What was read. */
export interface InputFile {
  /** All of it. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Permission bits and owner of a regular file; none of a pipe, and none where there are no such bits. */
  access: { mode: number; owner: number } | undefined;
}

/** What `stat` tells, as far as it is needed. */
interface Look {
  isFile(): boolean;
  isFIFO(): boolean;
  isDirectory(): boolean;
  isSocket(): boolean;
  dev: number;
  ino: number;
  mode: number;
  uid: number;
  size: number;
}

/**
 * Reads a regular file or a pipe, links followed.
 *
 * @param path the file
 * @throws what `fail` makes; `interrupted` when the signal ends the wait
 */
export async function readInput(path: string, options: InputOptions): Promise<InputFile> {
  const { signal } = options;
  checkAborted(signal);
  if (signal === undefined) return await readAny(path, options);
  let stop: () => void = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(interruption(signal));
    signal.addEventListener("abort", stop, { once: true });
  });
  const work = readAny(path, options);
  work.catch(() => {}); // after an abort its result is not awaited
  try {
    return await Promise.race([work, stopped]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

async function readAny(path: string, options: InputOptions): Promise<InputFile> {
  const { limit, fail } = options;
  const { open, stat } = nodeModule("fs").promises;
  const refuse = (cause: unknown) => {
    throw missingPermission(cause) ?? fail(reasonInWords(cause), cause);
  };
  // A device is not even opened: that alone has effects with some.
  const seen = await stat(path).catch(refuse);
  checkKind(seen, fail, true);
  if (seen.isFIFO() && RUNTIME === "node") return await readPipe(path, options);
  const file = await open(path, "r").catch(refuse);
  try {
    const look = await file.stat();
    checkKind(look, fail, true);
    const buffer = new Uint8Array(bufferSize(look, limit, fail));
    let size = 0;
    while (size < buffer.length) {
      const { bytesRead } = await file.read(buffer, size, buffer.length - size, null);
      if (bytesRead === 0) break;
      size += bytesRead;
    }
    return inputOf(look, buffer.subarray(0, size), { limit, fail });
  } finally {
    await file.close();
  }
}

/**
 * Reads a pipe under Node, which does not end before all of its threads are done, and one that reads a pipe may
 * never be: so none reads it, and one that opens it is sent on when the wait ends.
 */
async function readPipe(path: string, { limit, fail, signal }: InputOptions): Promise<InputFile> {
  const { constants, closeSync, fstatSync, open, openSync } = nodeModule("fs");
  const sendOn = () => {
    try { // what waits for a writer has one
      closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
    } catch {
      // it does not wait any more
    }
  };
  signal?.addEventListener("abort", sendOn, { once: true });
  let fd: number;
  try {
    fd = await new Promise((resolve, reject) =>
      open(path, "r", (error, fd) => error === null ? resolve(fd) : reject(error))
    );
  } catch (cause) {
    throw missingPermission(cause) ?? fail(reasonInWords(cause), cause);
  } finally {
    signal?.removeEventListener("abort", sendOn);
  }
  const look = fstatSync(fd);
  if (!look.isFIFO() || signal?.aborted) {
    closeSync(fd);
    checkAborted(signal);
    throw fail("it was replaced while it was looked at");
  }
  const { Socket } = nodeModule("net");
  const socket = new Socket({ fd, readable: true, writable: false });
  const stop = () => void socket.destroy();
  signal?.addEventListener("abort", stop, { once: true });
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of socket as AsyncIterable<Uint8Array>) {
      parts.push(part);
      size += part.length;
      if (size > limit) break;
    }
  } catch (cause) {
    throw fail(reasonInWords(cause), cause);
  } finally {
    signal?.removeEventListener("abort", stop);
    socket.destroy();
  }
  return inputOf(look, concat(...parts), { limit, fail });
}

/**
 * Reads a regular file, at once.
 *
 * @param path the file, links followed
 * @param same what must be behind the path; then no link is followed at its end
 * @throws what `fail` makes
 */
export function readInputSync(
  path: string,
  { limit, fail }: InputOptions,
  same?: { dev: number; ino: number },
): InputFile {
  const { openSync, fstatSync, readSync, closeSync, constants } = nodeModule("fs");
  const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;
  let fd: number;
  try {
    fd = openSync(path, O_RDONLY | O_NONBLOCK | (same === undefined ? 0 : O_NOFOLLOW));
  } catch (cause) {
    throw missingPermission(cause) ?? fail(reasonInWords(cause), cause);
  }
  try {
    const look = fstatSync(fd);
    checkKind(look, fail, false);
    if (same !== undefined && (look.dev !== same.dev || look.ino !== same.ino)) {
      throw fail("it was replaced while it was looked at");
    }
    const buffer = new Uint8Array(bufferSize(look, limit, fail));
    let size = 0;
    while (size < buffer.length) {
      const count = readSync(fd, buffer, size, buffer.length - size, null);
      if (count === 0) break;
      size += count;
    }
    return inputOf(look, buffer.subarray(0, size), { limit, fail });
  } finally {
    closeSync(fd);
  }
}

function checkKind(look: Look, fail: InputOptions["fail"], pipes: boolean): void {
  if (look.isFile() || (pipes && look.isFIFO())) return;
  const kind = look.isDirectory()
    ? "directory"
    : look.isSocket()
    ? "socket"
    : look.isFIFO()
    ? "pipe"
    : "device";
  throw fail(`it is a ${kind}, expected a regular file${pipes ? " or a pipe" : ""}`);
}

/** Bytes to read at the most: one more than there may be, to see that there are more. */
function bufferSize(look: Look, limit: number, fail: InputOptions["fail"]): number {
  if (look.isFile() && look.size > limit) throw tooLong(limit, fail);
  // The size of a regular file may be unknown, as below /proc.
  return look.isFile() && look.size > 0 ? look.size + 1 : limit + 1;
}

function inputOf(
  look: Look,
  bytes: Uint8Array<ArrayBuffer>,
  { limit, fail }: InputOptions,
): InputFile {
  if (bytes.length > limit) throw tooLong(limit, fail);
  if (look.isFile() && look.size > 0 && bytes.length > look.size) {
    throw fail("it changed while it was read");
  }
  const hasModes = look.isFile() && platform().hasModes;
  return { bytes, access: hasModes ? { mode: look.mode & 0o777, owner: look.uid } : undefined };
}

function tooLong(limit: number, fail: InputOptions["fail"]): Error {
  return fail(`it is too long, expected at most ${limit} bytes`);
}
