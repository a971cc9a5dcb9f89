/**
 * Entries and their content as a packer takes them, from those that a caller gives.
 *
 * @module
 */

import { letGo, theirs, theirsUntil } from "../../caller_errors.ts";
import { BlobberError } from "../../errors.ts";
import { counted, quote } from "../../text/printable.ts";
import { type Entry, nearestTime } from "../entry.ts";
import {
  type ByteSource,
  checkEntry,
  checkPiece,
  checkUnread,
  type InputEntry,
  type InputType,
  invalidEntry,
} from "./given.ts";

export type {
  ArchiveInput,
  ByteSource,
  FilesInput,
  InputEntry,
  InputFile,
  InputType,
  PushInput,
} from "./given.ts";

const MODES: Record<InputType, number> = {
  file: 0o644,
  directory: 0o755,
  symlink: 0o777,
  hardlink: 0o644,
};

/**
 * The entry that an archive gets from one of a caller's.
 *
 * @param input the caller's
 * @throws {BlobberError} `invalid-option` for one that makes no sense
 */
export function entryOf(input: InputEntry): Entry {
  checkEntry(input);
  const { path, type, content, linkTarget } = input;
  const isLink = type === "symlink" || type === "hardlink";
  const known = content instanceof Uint8Array
    ? content.length
    : content === undefined
    ? 0
    : undefined;
  const size = input.size ?? known;
  if (size === undefined) {
    throw invalidEntry(path, "has content that comes as a stream, and no size");
  }
  if (known !== undefined && known !== size) {
    throw invalidEntry(path, `has ${counted(known, "byte")} of content and the size ${size}`);
  }
  if (type !== "file" && size > 0) throw invalidEntry(path, `is a ${type} and has content`);
  if (isLink !== (linkTarget !== undefined)) {
    throw invalidEntry(
      path,
      isLink ? `is a ${type} without a target` : `is a ${type} with a target`,
    );
  }
  const { mtime = 0 } = input;
  const mode = type === "symlink" ? MODES.symlink : (input.mode ?? MODES[type]) & 0o777;
  return { path, type, size, mode, mtime: Math.floor(nearestTime(mtime)), linkTarget };
}

/** Bytes of a source, a piece at a time. */
export interface BytesReader {
  /** The next bytes, at least one; `undefined` at the end. */
  next(): Promise<Uint8Array | undefined>;
  /** Gives the rest up. */
  cancel(): Promise<void>;
}

/**
 * Reads a stream or an iterable in the same way.
 *
 * @param bytes the caller's
 * @param what it is of, for messages
 * @param signal ends the wait for more
 * @throws {BlobberError} `invalid-option` for a stream that is being read
 */
export function readerOf(bytes: ByteSource, what: string, signal?: AbortSignal): BytesReader {
  if (bytes instanceof ReadableStream) {
    checkUnread(bytes, what);
    const reader = bytes.getReader();
    return {
      next: () =>
        nextPiece(async () => (await theirsUntil(signal, () => reader.read())).value, what),
      cancel: () => letGo(signal, reader.cancel().catch(() => {})),
    };
  }
  const iterator = theirs(() => bytes[Symbol.asyncIterator]());
  return {
    next: () =>
      nextPiece(async () => {
        const { done, value } = await theirsUntil(signal, () => iterator.next());
        return done ? undefined : value;
      }, what),
    cancel: async () => await letGo(signal, theirs(() => iterator.return?.())),
  };
}

/** The next piece that is not empty. */
async function nextPiece(
  next: () => Promise<Uint8Array | undefined>,
  what: string,
): Promise<Uint8Array | undefined> {
  for (;;) {
    const bytes = await next();
    if (bytes === undefined) return undefined;
    checkPiece(bytes, what);
    if (bytes.length > 0) return bytes;
  }
}

/** Fills memory with the next bytes of a file: all of it, or less at the file's end. */
export type ReadContent = (into: Uint8Array) => number | Promise<number>;

/** Content of a file as a packer reads it. */
export interface ContentReader {
  read: ReadContent;
  /** Called when the packer has read all it wants. */
  end(): Promise<void>;
  /** Gives the rest up. Safe to call at any time. */
  cancel(): Promise<void>;
}

/**
 * Reads the content of a file.
 *
 * @param entry the file
 * @param content its bytes
 * @param signal ends the wait for them
 */
export function contentReader(
  { path, size }: Pick<Entry, "path" | "size">,
  content: Uint8Array | ByteSource,
  signal?: AbortSignal,
): ContentReader {
  if (content instanceof Uint8Array) {
    let at = 0;
    const read = (into: Uint8Array) => {
      const part = content.subarray(at, at + into.length);
      into.set(part);
      at += part.length;
      return part.length;
    };
    return { read, end: () => Promise.resolve(), cancel: () => Promise.resolve() };
  }
  const reader = readerOf(content, `the content of ${quote(path)}`, signal);
  let rest: Uint8Array | undefined;
  let done = 0;
  const read = async (into: Uint8Array) => {
    rest ??= await reader.next();
    if (rest === undefined) {
      if (done < size) throw otherSize(path, size, `ended after ${counted(done, "byte")}`);
      return 0;
    }
    const part = rest.subarray(0, into.length);
    into.set(part);
    rest = part.length < rest.length ? rest.subarray(part.length) : undefined;
    done += part.length;
    return part.length;
  };
  const end = async () => {
    // One byte more than was promised: the size in the archive would be a lie.
    rest ??= await reader.next();
    if (rest !== undefined) throw otherSize(path, size, "goes on");
  };
  return { read, end, cancel: () => reader.cancel() };
}

function otherSize(path: string, size: number, how: string): BlobberError {
  return new BlobberError(
    "source-changed",
    `the content of ${quote(path)} ${how}, expected ${counted(size, "byte")}`,
    { hint: "the size of an entry says how many bytes its content has" },
  );
}
