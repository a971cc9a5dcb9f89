/**
 * What an archive can be made from: a directory, a tar, or entries one by one.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import { counted, quote } from "../../printable.ts";
import { type Entry, type EntryType, nearestTime, type SpecialType } from "../entry.ts";
import { changed } from "./source_file.ts";

/** Bytes, as an iterable or a web stream. */
export type ByteSource = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

/** What can be pushed: everything but devices and pipes. */
export type InputType = Exclude<EntryType, SpecialType>;

/** One entry, with its content. */
export interface InputEntry {
  /** Relative, `/`-separated, without `.`, `..`, empty components or a trailing slash. */
  path: string;
  /** What it is. */
  type: InputType;
  /** Permission bits. @default 0o644 for a file, 0o755 for a directory */
  mode?: number | undefined;
  /** Modification time in seconds since 1970, where `keepMtime` asks for it. @default 0 */
  mtime?: number | undefined;
  /** Target of a link: of a symbolic one as it is written, of a hard one a path that came before. */
  linkTarget?: string | undefined;
  /** ByteSource of content. Needed where the content comes as a stream: a tar says it before the content. */
  size?: number | undefined;
  /** Content of a file. @default empty */
  content?: Uint8Array | ByteSource | undefined;
}

/**
 * What can be pushed. A directory is walked in a fixed order, whatever the file system's is. A tar and
 * entries keep the order they come in: the same content in another order is another artifact, of the same tree. Names come once, and below directories only.
 */
export type PushInput =
  | { directory: string }
  | { tar: ByteSource }
  | { entries: AsyncIterable<InputEntry> | Iterable<InputEntry> };

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
  const { path, type, content, linkTarget } = input;
  if (!Object.hasOwn(MODES, type)) {
    throw invalidInput(path, `has the type ${quote(type)}, expected one of ${Object.keys(MODES)}`);
  }
  const isLink = type === "symlink" || type === "hardlink";
  const known = content instanceof Uint8Array
    ? content.length
    : content === undefined
    ? 0
    : undefined;
  const size = input.size ?? known;
  if (size === undefined || !Number.isSafeInteger(size) || size < 0) {
    throw invalidInput(path, `has the size ${quote(size)}, expected a number of bytes`);
  }
  if (known !== undefined && known !== size) {
    throw invalidInput(path, `has ${counted(known, "byte")} of content and the size ${size}`);
  }
  if (type !== "file" && size > 0) throw invalidInput(path, `is a ${type} and has content`);
  if (isLink !== (linkTarget !== undefined)) {
    throw invalidInput(
      path,
      isLink ? `is a ${type} without a target` : `is a ${type} with a target`,
    );
  }
  const { mtime = 0 } = input;
  if (Number.isNaN(mtime)) {
    throw invalidInput(path, `has the mtime ${mtime}, expected seconds since 1970`);
  }
  const mode = type === "symlink" ? MODES.symlink : (input.mode ?? MODES[type]) & 0o777;
  return { path, type, size, mode, mtime: Math.floor(nearestTime(mtime)), linkTarget };
}

function invalidInput(path: string, why: string): BlobberError {
  return new BlobberError("invalid-option", `cannot push: the entry ${quote(path)} ${why}`);
}

/** ByteSource of a source, a piece at a time. */
export interface BytesReader {
  /** The next bytes, at least one; `undefined` at the end. */
  next(): Promise<Uint8Array | undefined>;
  /** Gives the rest up. */
  cancel(): Promise<void>;
}

/** Reads a stream or an iterable in the same way. */
export function readerOf(bytes: ByteSource): BytesReader {
  if (bytes instanceof ReadableStream) {
    const reader = bytes.getReader();
    return {
      next: () => skipEmpty(async () => (await reader.read()).value),
      cancel: () => reader.cancel().catch(() => {}),
    };
  }
  const iterator = bytes[Symbol.asyncIterator]();
  return {
    next: () =>
      skipEmpty(async () => {
        const { done, value } = await iterator.next();
        return done ? undefined : value;
      }),
    cancel: async () => {
      await iterator.return?.();
    },
  };
}

async function skipEmpty(
  next: () => Promise<Uint8Array | undefined>,
): Promise<Uint8Array | undefined> {
  for (;;) {
    const bytes = await next();
    if (bytes === undefined || bytes.length > 0) return bytes;
  }
}

/** Fills memory with the next bytes of a file: all of it, or less at the file's end. */
export type ReadContent = (into: Uint8Array) => number | Promise<number>;

/**
 * Content of a file as a packer reads it.
 *
 * @param path the file, for messages
 * @param content its bytes
 * @returns `read` for the packer, `end` to be called when the packer has read all it wants
 */
export function contentReader(
  path: string,
  content: Uint8Array | ByteSource,
): { read: ReadContent; end(): Promise<void> } {
  if (content instanceof Uint8Array) {
    let at = 0;
    const read = (into: Uint8Array) => {
      const part = content.subarray(at, at + into.length);
      into.set(part);
      at += part.length;
      return part.length;
    };
    return { read, end: () => Promise.resolve() };
  }
  const reader = readerOf(content);
  let rest: Uint8Array | undefined;
  const read = async (into: Uint8Array) => {
    rest ??= await reader.next();
    if (rest === undefined) return 0;
    const part = rest.subarray(0, into.length);
    into.set(part);
    rest = part.length < rest.length ? rest.subarray(part.length) : undefined;
    return part.length;
  };
  const end = async () => {
    // One byte more than was promised: the size in the archive would be a lie.
    if (rest === undefined) rest = await reader.next();
    if (rest === undefined) return;
    await reader.cancel();
    throw changed(path);
  };
  return { read, end };
}
