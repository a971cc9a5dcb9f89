/**
 * What the system and the runtime say no with, as errors of ours: a file that cannot be used, with its path and
 * the system's reason in words, and a permission that the runtime was started without. Every runtime tells the
 * latter in words of its own, and as an error of whatever was under way; it is one error here, since one thing
 * helps: another start.
 *
 * @module
 */

import { isTheirs } from "../caller_errors.ts";
import { BlobberError, isBlobberError } from "../errors.ts";
import { printable, printableSentence, quote, withoutSecrets } from "../text/printable.ts";
import { nodeModule, oldNode, RUNTIME } from "./runtime.ts";

/** What the system means by its error codes (errno). */
const REASONS: Record<string, string> = {
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  ENOENT: "no such file or directory",
  EEXIST: "it exists already",
  ENOTDIR: "a part of the path is not a directory",
  EISDIR: "it is a directory",
  ELOOP: "it is a symbolic link, or leads through too many",
  ENAMETOOLONG: "the path is too long for this file system",
  EXDEV: "it is on another file system",
  ENOTSUP: "the file system does not support it",
  EROFS: "the file system is read-only",
  ENOSPC: "no space left on the device",
  EDQUOT: "the disk quota is used up",
  EMFILE: "too many open files",
  EIO: "input/output error",
};
/** The codes of Deno's errors, which have names. */
const DENO_NAMES: Partial<Record<string, string>> = {
  PermissionDenied: "EACCES",
  NotFound: "ENOENT",
  AlreadyExists: "EEXIST",
  NotADirectory: "ENOTDIR",
  IsADirectory: "EISDIR",
  FilesystemLoop: "ELOOP",
  ReadOnlyFilesystem: "EROFS",
};

/** The system's code of an error, such as `ENOENT`. */
export function errnoOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === "string" ? code : undefined;
}

/** What the system says no with, in words and without a path; nothing for what is no error of the system's. */
export function systemReason(error: unknown): string | undefined {
  const code = errnoOf(error) ?? (error instanceof Error ? DENO_NAMES[error.name] : undefined);
  return code !== undefined && Object.hasOwn(REASONS, code) ? REASONS[code] : undefined;
}

/** As {@linkcode systemReason}; for an error that has no words here, its code or its own. */
export function reasonInWords(error: unknown): string {
  return systemReason(error) ?? errnoOf(error) ??
    printable(error instanceof Error ? error.message : String(error));
}

/**
 * How a path is called in messages: what is named by a descriptor of ours has a path too.
 *
 * @param path as it is given to the system
 */
export function shownPath(path: string): string {
  const [, held, rest] = /^(\/proc\/self\/fd\/\d+)(\/.*)?$/s.exec(path) ?? [];
  if (held === undefined) return path;
  try {
    const directory = nodeModule("fs").readlinkSync(held);
    return (directory === "/" ? "" : directory) + (rest ?? "");
  } catch {
    return path;
  }
}

/**
 * The error for a file that could not be used.
 *
 * @param what what failed: `cannot write`
 * @param path the file
 * @param cause what was thrown; an error of ours is passed on
 */
export function fileError(what: string, path: string, cause: unknown): BlobberError {
  if (isBlobberError(cause)) return cause;
  const withheld = missingPermission(cause);
  if (withheld !== undefined) return withheld;
  const message = `${what} ${quote(shownPath(path))}: ${reasonInWords(cause)}`;
  return new BlobberError("file-system", message, { cause });
}

/**
 * What leaves the library: the caller's own error as it is, and an error of ours for all else that was thrown.
 * What was under way when a permission was missed is not what went wrong.
 */
export function asOurs(thrown: unknown): unknown {
  if (isTheirs(thrown)) return thrown;
  const withheld = missingPermission(thrown);
  if (withheld !== undefined) return withheld;
  if (isBlobberError(thrown)) return thrown;
  const said = printableSentence(withoutSecrets(messageOf(thrown)), 500);
  const reason = systemReason(thrown);
  if (reason !== undefined) {
    return new BlobberError("file-system", `${reason}: ${said}`, { cause: thrown });
  }
  return new BlobberError("unexpected", `unexpected error: ${said}`, {
    cause: thrown,
    hint: oldNode() ?? "this is a fault of blobber; its cause says where it happened",
  });
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
}

/**
 * Does work of which only errors of ours come, or the caller's own.
 *
 * @param work what to do
 */
export async function leaving<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw asOurs(thrown);
  }
}

/** As {@linkcode leaving}, for what gives one thing after another. */
export async function* eachLeaving<T>(items: () => AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* items();
  } catch (thrown) {
    throw asOurs(thrown);
  }
}

/** Causes that are looked into: an error of ours around one of the runtime's, and one more. */
const MAX_DEPTH = 5;

/** What a permission allows, by the word that Deno has for it. */
const ACTIONS: Record<string, string> = {
  all: "use",
  read: "read",
  write: "write",
  net: "connect to",
  env: "read the variable",
  sys: "ask the system for",
  run: "run",
  ffi: "load",
};

/** What stands behind the action where the runtime does not say what exactly. */
const ANYTHING: Record<string, string> = {
  read: "read files",
  write: "write files",
  net: "use the network",
  env: "read environment variables",
  sys: "ask about the system",
  run: "run programs",
  ffi: "load native libraries",
};

/** The words of Node's permission model (`permission` of ERR_ACCESS_DENIED), in Deno's. */
const OF_NODE: Record<string, [kind: string, flag: string]> = {
  FileSystemRead: ["read", "--allow-fs-read"],
  FileSystemWrite: ["write", "--allow-fs-write"],
  Net: ["net", "--allow-net"],
  ChildProcess: ["run", "--allow-child-process"],
  WorkerThreads: ["sys", "--allow-worker"],
  Addon: ["ffi", "--allow-addons"],
};

/**
 * Finds out whether something failed because the runtime withholds a permission.
 *
 * @param thrown what was caught; its causes are looked at too
 * @returns the error `missing-permission`, which names the flag; nothing when it failed for another reason
 */
export function missingPermission(thrown: unknown): BlobberError | undefined {
  for (
    let at = thrown, depth = 0;
    at instanceof Error && depth < MAX_DEPTH;
    at = at.cause, depth++
  ) {
    if (at instanceof BlobberError && at.code === "missing-permission") return at;
    const found = withheld(at);
    if (found === undefined) continue;
    return notAllowed(found, thrown);
  }
  return undefined;
}

/** What else helps: Deno allows nothing that is not named, Node everything until it is told to ask. */
const ALL_ALLOWED = RUNTIME === "deno"
  ? "or with -A for every permission"
  : "or without --permission";

/** What the runtime withholds. */
export interface Withheld {
  /** The permission, by Deno's word. */
  kind: string;
  /** The file, host, variable or program. */
  what: string | undefined;
  /** What the runtime is started with to allow it. */
  flag: string;
}

/**
 * The error `missing-permission`.
 *
 * @param withheld what is not allowed
 * @param cause what the runtime said
 */
export function notAllowed({ kind, what, flag }: Withheld, cause?: unknown): BlobberError {
  const action = what === undefined
    ? ANYTHING[kind] ?? kind
    : `${ACTIONS[kind] ?? kind} ${quote(what)}`;
  return new BlobberError(
    "missing-permission",
    `not allowed to ${action}: the runtime needs ${flag} for it`,
    { cause, hint: `start it with ${flag}, ${ALL_ALLOWED}` },
  );
}

function withheld(error: Error): Withheld | undefined {
  const { code, syscall, hostname, permission, resource } = error as unknown as Record<
    string,
    unknown
  >;
  // Deno has an error class for it, but for modules (TypeError) and threads (Error); the words are the same.
  const said = /^Requires (\w+) access(?: to "([^]*)")?, .*?(--allow-[a-z]+)/s.exec(error.message);
  if (said !== null) return { kind: said[1]!, what: said[2], flag: said[3]! };
  // `node:` modules under Deno look up a host before they connect, and have this for "not allowed to".
  if (code === "EPERM" && syscall === "getaddrinfo") {
    return { kind: "net", what: text(hostname), flag: "--allow-net" };
  }
  if (code === "ERR_ACCESS_DENIED") {
    const [kind, flag] = OF_NODE[String(permission)] ?? ["use", "more permissions"];
    return { kind, what: text(resource), flag };
  }
  return undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
