/**
 * What can be pushed: a directory, a tar, entries one by one, or files as they are. What a caller gives is looked
 * at here before anything of it is read or sent.
 *
 * @module
 */

import {
  bytes,
  type Fault,
  fault,
  inWords,
  isRecord,
  listOf,
  lockedFault,
  mapOf,
  mediaType,
  objectWith,
  oneOf,
  optional,
  type Shape,
  text,
  that,
  words,
} from "../../doors/shape.ts";
import { BlobberError } from "../../errors.ts";
import { printable, quote } from "../../text/printable.ts";
import type { Annotations } from "../../types.ts";
import type { EntryType, SpecialType } from "../entry.ts";

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
  /** Bytes of content. Needed where the content comes as a stream: a tar states them before it. */
  size?: number | undefined;
  /** Content of a file. @default empty */
  content?: Uint8Array | ByteSource | undefined;
}

/** A file that is pushed as it is, as a layer of its own: one on disk, links followed, or one in memory. */
export interface InputFile {
  /** Where it is on disk. */
  path?: string | undefined;
  /** Its bytes, in place of a file on disk. */
  content?: Uint8Array | undefined;
  /**
   * Its path in the artifact: relative, `/`-separated, without `..`.
   * @default {@linkcode InputFile.path}, which then has to be such a one
   */
  title?: string | undefined;
  /** Its media type. @default "application/vnd.oci.image.layer.v1.tar", as ORAS has it, whatever is in it */
  mediaType?: string | undefined;
  /** Annotations of its layer beside the title. @default {} */
  annotations?: Annotations | undefined;
}

/** What is packed into one layer. */
export type ArchiveInput =
  | { directory: string }
  | { tar: ByteSource }
  | { entries: AsyncIterable<InputEntry> | Iterable<InputEntry> };

/** Files that are pushed as they are: each a layer of its own, without permission bits, as ORAS has them. */
export interface FilesInput {
  /** The files. */
  files: readonly InputFile[];
}

/**
 * What can be pushed. A directory is walked in a fixed order, whatever the file system's is.
 * A tar, plain or compressed with gzip or zstd, and entries keep the order they come in: the same content in
 * another order is another artifact, of the same tree. Names come once, and below directories only.
 */
export type PushInput = ArchiveInput | FilesInput;

const isNumber = (least: number, most: number) => (value: unknown) =>
  Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;

const ENTRY: Shape<InputEntry> = {
  path: text,
  type: oneOf("file", "directory", "symlink", "hardlink"),
  // As `stat` gives it, with the bits of the type.
  mode: optional(that(isNumber(0, 0xffff), "permission bits as a number, such as 0o644")),
  mtime: optional(
    that((value) => typeof value === "number" && !isNaN(value), "seconds since 1970"),
  ),
  linkTarget: optional(text),
  size: optional(that(isNumber(0, Number.MAX_SAFE_INTEGER), "a number of bytes")),
  content: optional((value) => bytes(value) === undefined ? undefined : byteSource(value)),
};
const FILE: Shape<InputFile> = {
  path: optional(that((value) => isPath(value), "a path")),
  content: optional(bytes),
  title: optional(words),
  mediaType: optional(mediaType),
  annotations: optional(mapOf(text, "an object of strings")),
};
const SOME_FILES = "a list of at least one file, each { path } or { content, title }";
const everyFile = listOf(objectWith(FILE, "a file"), SOME_FILES);

const entryCheck = objectWith(ENTRY, "an entry");

/**
 * Checks the types of an entry's fields.
 *
 * @throws {BlobberError} `invalid-option`
 */
export function checkEntry(entry: unknown): void {
  const wrong = entryCheck(entry);
  if (wrong === undefined) return;
  const { path, found, expected } = wrong;
  if (!isRecord(entry)) {
    throw new BlobberError("invalid-option", `cannot push: ${found}, expected ${expected}`);
  }
  throw invalidEntry(
    entry.path,
    `has the ${path.slice(1)} ${found}, expected ${expected}`,
    path === ".content" ? sourceHint(entry.content) : undefined,
  );
}

/** The error for an entry that makes no sense. */
export function invalidEntry(path: unknown, why: string, hint?: string): BlobberError {
  const message = `cannot push: the entry ${quote(path)} ${why}`;
  return new BlobberError("invalid-option", message, { hint });
}

const KINDS = {
  directory: (value: unknown) => isPath(value) ? undefined : fault(value, "a path"),
  tar: byteSource,
  entries: (value: unknown) =>
    typeof value === "object" && value !== null &&
      (isFunctionAt(value, Symbol.asyncIterator) || isFunctionAt(value, Symbol.iterator))
      ? undefined
      : fault(value, "a list or an iterable of entries"),
  files: filesFault,
};

/**
 * Takes what is to be pushed: one of the kinds that there are, and no other.
 *
 * @param input the caller's
 * @param cannot what fails, for messages
 * @returns the same, and nothing beside it
 * @throws {BlobberError} `invalid-option`
 */
export function takenInput(input: PushInput, cannot = "cannot push"): PushInput {
  const given: unknown = input;
  const kinds = isRecord(given)
    ? Object.entries(KINDS).filter(([kind]) => given[kind] !== undefined)
    : [];
  const [one] = kinds;
  if (one === undefined || kinds.length > 1) {
    throw new BlobberError(
      "invalid-option",
      `${cannot}: ${
        inputInWords(given)
      }, expected one of { directory }, { tar }, { entries } and { files }`,
    );
  }
  const [kind, check] = one;
  const value = (given as Record<string, unknown>)[kind];
  const wrong = check(value);
  if (wrong === undefined) return { [kind]: value } as PushInput;
  throw new BlobberError(
    "invalid-option",
    kind === "files"
      ? `${cannot}: files${wrong.path} is ${wrong.found}, expected ${wrong.expected}`
      : `${cannot}: the ${kind} is ${wrong.found}, expected ${wrong.expected}`,
    { hint: kind === "tar" ? sourceHint(value) : undefined },
  );
}

/** What a caller gave in place of an input, for messages. */
export function inputInWords(given: unknown): string {
  return isRecord(given)
    ? `an object with ${printable(Object.keys(given).join(", ")) || "nothing"}`
    : inWords(given);
}

/**
 * Checks a piece of what a source of bytes gave.
 *
 * @param what it is of
 * @throws {BlobberError} `invalid-option`
 */
export function checkPiece(piece: unknown, what: string): void {
  const wrong = bytes(piece);
  if (wrong === undefined) return;
  throw new BlobberError(
    "invalid-option",
    `cannot push: ${what} gave ${wrong.found}, expected ${wrong.expected}`,
    {
      hint: typeof piece === "string"
        ? "new TextEncoder().encode(text) makes bytes of text; a stream of Node's gives them when it " +
          "has no encoding"
        : undefined,
    },
  );
}

/**
 * Checks that a stream has no reader yet.
 *
 * @param what it is, for messages
 * @throws {BlobberError} `invalid-option`
 */
export function checkUnread(stream: ReadableStream, what: string): void {
  if (!stream.locked) return;
  const { found, expected } = lockedFault();
  throw new BlobberError(
    "invalid-option",
    `cannot push: ${what} is ${found}, expected ${expected}`,
  );
}

function isPath(value: unknown): boolean {
  return typeof value === "string" && value !== "" && !value.includes("\0");
}

/** What is wrong with a list of files: each is on disk or in memory, and what is in memory has a title. */
function filesFault(value: unknown): Fault | undefined {
  const wrong = everyFile(value);
  if (wrong !== undefined) return wrong;
  const files = value as readonly InputFile[];
  if (files.length === 0) return fault(value, SOME_FILES);
  const odd = files.findIndex(({ path, content, title }) =>
    (path === undefined) === (content === undefined) || (path === undefined && title === undefined)
  );
  return odd < 0
    ? undefined
    : { ...fault(files[odd], "{ path } or { content, title }"), path: `[${odd}]` };
}

/** Whether a value gives bytes; what they are is seen when they come. */
function byteSource(value: unknown): Fault | undefined {
  const isSource = typeof value === "object" && value !== null &&
    (value instanceof ReadableStream || isFunctionAt(value, Symbol.asyncIterator));
  return isSource
    ? undefined
    : fault(value, "a ReadableStream or an asynchronous iterable of Uint8Array");
}

/** How what people give in place of bytes becomes bytes. */
function sourceHint(value: unknown): string | undefined {
  if (typeof value === "string") return "new TextEncoder().encode(text) makes bytes of text";
  if (value instanceof Blob) return "blob.stream() gives its bytes";
  if (value instanceof Response) return "response.body gives its bytes";
  return value instanceof ArrayBuffer ? "new Uint8Array(buffer) shows its bytes" : undefined;
}

function isFunctionAt(value: object, name: symbol): boolean {
  return typeof (value as Record<symbol, unknown>)[name] === "function";
}
