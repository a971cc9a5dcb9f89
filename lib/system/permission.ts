/**
 * A permission that the runtime was started without. Every runtime tells it in words of its own, and as an
 * error of whatever was under way; it is one error here, since one thing helps: another start.
 *
 * @module
 */

import { BlobberError } from "../errors.ts";
import { quote } from "../printable.ts";

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
    { cause, hint: `start it with ${flag}, or with -A for every permission` },
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
