/**
 * What reading from the cache asks of a disk: by Deno's own calls under Deno, where to load `node:fs` takes
 * longer than all of them together, and by Node's elsewhere. Nothing on the way from `ls` to its answer loads a
 * module of Node's; `tests/cli/startup_test.ts` holds that. Beside `runtime.ts` the one file that knows
 * Deno.
 *
 * @module
 */

import { openRegular } from "./files.ts";
import { errnoOf, fileError, shownPath, type Withheld } from "./system_error.ts";
import { platform } from "./platform.ts";
import { nodeModule } from "./runtime.ts";
import { BlobberError } from "../errors.ts";
import { quote } from "../text/printable.ts";

/** A regular file that is open for reading. */
export interface DiskFile {
  /** Bytes. */
  size: number;
  /**
   * Reads from a place on.
   *
   * @returns how many bytes, 0 at the end
   */
  read(into: Uint8Array, position: number): number;
  close(): void;
}

/** What a look at a path, not following links, tells. */
export interface Look {
  directory: boolean;
  link: boolean;
  /** Its owner; nothing where the system does not tell. */
  uid: number | undefined;
  /** Permission bits; nothing where there are none. */
  mode: number | undefined;
  /** Which file it is, on which disk, and when it was last changed, which no program can set. */
  stamp: string;
}

interface DenoStat {
  isFile: boolean;
  isDirectory: boolean;
  isSymlink: boolean;
  size: number;
  uid: number | null;
  mode: number | null;
  ino: number | null;
  dev: number;
  ctime?: Date | null;
}

interface DenoDisk {
  lstatSync(path: string): DenoStat;
  openSync(path: string): {
    statSync(): DenoStat;
    seekSync(offset: number, whence: 0): number;
    readSync(into: Uint8Array): number | null;
    close(): void;
  };
  mkdirSync(path: string, options: { recursive: boolean; mode: number }): void;
  utimeSync(path: string, atime: Date, mtime: Date): void;
  permissions: { querySync(what: { name: "write"; path: string }): { state: string } };
  uid(): number | null;
}

const deno = (globalThis as { Deno?: DenoDisk }).Deno;

/**
 * Looks at what is at a path.
 *
 * @returns `undefined` when there is nothing
 */
export function lookAt(path: string): Look | undefined {
  try {
    if (deno === undefined) {
      const stat = nodeModule("fs").lstatSync(path);
      return {
        directory: stat.isDirectory(),
        link: stat.isSymbolicLink(),
        uid: ownerOf(stat.uid),
        mode: modeOf(stat.mode),
        stamp: `${stat.dev}:${stat.ino}:${Math.floor(stat.ctimeMs)}`,
      };
    }
    const { isDirectory, isSymlink, uid, mode, dev, ino, ctime } = deno.lstatSync(path);
    return {
      directory: isDirectory,
      link: isSymlink,
      uid: ownerOf(uid),
      mode: modeOf(mode),
      stamp: `${dev}:${ino}:${ctime?.getTime()}`,
    };
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Runtimes make up bits and owners where the system has none. */
function modeOf(mode: number | null): number | undefined {
  return mode === null || !platform().hasModes ? undefined : mode & 0o777;
}

function ownerOf(uid: number | null): number | undefined {
  return uid === null || !platform().hasOwners ? undefined : uid;
}

/** The user of this process; nothing where the system does not tell. */
export function userId(): number | undefined {
  if (!platform().hasOwners) return undefined;
  try {
    return (deno === undefined ? nodeModule("process").getuid?.() : deno.uid()) ?? undefined;
  } catch { // the runtime does not let us know
    return undefined;
  }
}

/**
 * Whether the runtime was started without the permission to write somewhere. It is not asked for, and what
 * the system allows is not looked at.
 *
 * @param path the file or directory
 * @returns what is withheld; nothing when it may be written to
 */
export function withheldWrite(path: string): Withheld | undefined {
  if (deno !== undefined) {
    const { state } = deno.permissions.querySync({ name: "write", path });
    return state === "granted" ? undefined : { kind: "write", what: path, flag: "--allow-write" };
  }
  const { permission } = nodeModule("process") as unknown as {
    permission?: { has(scope: string, path: string): boolean };
  };
  return permission?.has("fs.write", path) ?? true
    ? undefined
    : { kind: "write", what: path, flag: "--allow-fs-write" };
}

/** Makes a directory of ours alone, and those above it, where there is none. */
export function makeDirectory(path: string): void {
  (deno ?? nodeModule("fs")).mkdirSync(path, { recursive: true, mode: 0o700 });
}

/**
 * Notes at a file that it was used.
 *
 * @returns whether it is there
 */
export function touch(path: string): boolean {
  const now = new Date();
  try {
    if (deno === undefined) nodeModule("fs").utimesSync(path, now, now);
    else deno.utimeSync(path, now, now);
    return true;
  } catch { // it was removed meanwhile
    return false;
  }
}

/**
 * Opens a regular file. Links, pipes and devices are refused.
 *
 * @param path the file
 * @returns `undefined` when there is none
 */
export function openFile(path: string): DiskFile | undefined {
  return deno === undefined ? openNode(path) : openDeno(deno, path);
}

function openNode(path: string): DiskFile | undefined {
  const file = openRegular(path);
  if (file === undefined) return undefined;
  const { readSync, closeSync } = nodeModule("fs");
  return {
    size: file.size,
    read: (into, position) => readSync(file.fd, into, 0, into.length, position),
    close: () => closeSync(file.fd),
  };
}

/** Deno cannot open without following links: that what was looked at is what was opened is seen afterwards. */
function openDeno({ lstatSync, openSync }: DenoDisk, path: string): DiskFile | undefined {
  let seen: DenoStat;
  let file: ReturnType<DenoDisk["openSync"]>;
  try {
    seen = lstatSync(path);
    if (!seen.isFile) throw irregular(path);
    file = openSync(path);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errnoOf(error) ?? "")) return undefined;
    throw fileError("cannot read", path, error);
  }
  const { dev, ino, size } = file.statSync();
  // Windows may tell of a name what it does not tell of an open file: then there is nothing to compare.
  const isTold = platform().hasOwners || Boolean(ino && seen.ino);
  if (isTold && (dev !== seen.dev || ino !== seen.ino)) {
    file.close();
    throw irregular(path);
  }
  let at = 0;
  return {
    size,
    read(into, position) {
      if (position !== at) at = file.seekSync(position, 0);
      const n = file.readSync(into) ?? 0;
      at += n;
      return n;
    },
    close: () => file.close(),
  };
}

function irregular(path: string): BlobberError {
  return new BlobberError(
    "file-system",
    `cannot read ${quote(shownPath(path))}: it is not a regular file`,
  );
}

/**
 * Fills memory from a place in a file on.
 *
 * @returns how much there was: less where the file ends, as it may since it was opened
 */
export function fill(into: Uint8Array, file: DiskFile, position: number): number {
  let at = 0;
  while (at < into.length) {
    const n = file.read(into.subarray(at), position + at);
    if (n === 0) break;
    at += n;
  }
  return at;
}

/** Bytes that were read already, as a file. */
export function fileOf(bytes: Uint8Array): DiskFile {
  return {
    size: bytes.length,
    read(into, position) {
      const part = bytes.subarray(position, position + into.length);
      into.set(part);
      return part.length;
    },
    close() {},
  };
}
