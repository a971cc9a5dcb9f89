/**
 * A directory that is open, and what lies in it, named so that it stays that one whatever becomes of its
 * path. On Linux the name is `/proc/self/fd/N`, which is as good as the system's `openat`: another user who
 * renames the directory, or puts a link in its place, changes nothing. Where a descriptor cannot be used so,
 * the name is the path, and a directory that another user could swap is refused.
 *
 * @module
 */

import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  type Stats,
  statSync,
  unlinkSync,
  utimesSync,
} from "node:fs";
import { dirname } from "node:path";
import { BlobberError } from "../errors.ts";
import { randomName } from "./files.ts";
import { errnoOf, fileError } from "./system_error.ts";
import { quote } from "../text/printable.ts";
import { ownedName } from "./process_identity.ts";
import { platform } from "./platform.ts";
import { nodeModule } from "./runtime.ts";

/** How directories are held: by descriptors, or by their paths alone. */
export type Holding = "descriptors" | "paths";

/** How directories are opened. */
export interface HoldOptions {
  /** @default descriptors where they can be used */
  holding?: Holding | undefined;
  /** Whether directories that another user can change are used where only their paths are held. @default false */
  allowShared?: boolean | undefined;
}

/** Which file it is, on which disk. */
export interface FileIdentity {
  dev: number;
  ino: number;
}

/** open(2) in Linux; Node has no name for it. A directory that may be searched and not read is held too. */
const O_PATH = 0o10000000;

/** A directory that is open. */
export class HeldDirectory {
  /** Where it was when it was opened: absolute and without links. For messages. */
  readonly path: string;
  /** What it was when it was opened. */
  readonly stat: Stats;
  readonly #options: HoldOptions;
  readonly #fd: number | undefined;
  /** Whether no other user can change what the path leads to; a function that finds it out, until that is asked. */
  #fixed: boolean | (() => boolean);
  #open = true;

  private constructor(
    path: string,
    stat: Stats,
    options: HoldOptions,
    { fd, fixed }: { fd?: number | undefined; fixed: boolean | (() => boolean) },
  ) {
    this.path = path;
    this.stat = stat;
    this.#options = options;
    this.#fd = fd;
    this.#fixed = fixed;
  }

  /** Opens the root of the file system. */
  static root(options: HoldOptions = {}): HeldDirectory {
    const fd = holdingOf(options) === "paths" ? undefined : openDirectory("/");
    const stat = lstatSync("/");
    return new HeldDirectory("/", stat, options, { fd, fixed: whyShared(stat) === undefined });
  }

  /**
   * Takes a path for what it is now, where neither descriptors nor owners tell anything: on Windows.
   *
   * @param path absolute and without links
   */
  static unjudged(path: string): HeldDirectory {
    const options = { holding: "paths", allowShared: true } as const;
    return new HeldDirectory(path, statSync(path), options, { fixed: false });
  }

  /** How the system is told this directory. */
  get at(): string {
    if (!this.#open) throw new BlobberError("closed", `${quote(this.path)} was let go`);
    if (this.#fd !== undefined) return `/proc/self/fd/${this.#fd}`;
    return this.path;
  }

  /**
   * How the system is told this directory where very much is done in it: by its path, which is faster, where
   * no other user can change what that leads to, else as {@linkcode at}.
   */
  get atOrPath(): string {
    return this.#isFixed() ? this.path : this.at;
  }

  /** Most directories are opened to be looked into, and who owns them is not asked. */
  #isFixed(): boolean {
    if (typeof this.#fixed !== "boolean") this.#fixed = this.#fixed();
    return this.#fixed;
  }

  /** How the system is told what has a name in this directory. */
  entry(name: string): string {
    const { at } = this;
    return at.endsWith("/") ? at + name : `${at}/${name}`;
  }

  /** Where what has a name in this directory is, for messages. */
  shown(name: string): string {
    if (name === "..") return dirname(this.path);
    return this.path.endsWith("/") ? this.path + name : `${this.path}/${name}`;
  }

  /** Names in it. */
  names(): string[] {
    return readdirSync(this.at);
  }

  /** What has a name in it; links are not followed. */
  look(name: string): Stats | undefined {
    return lstatSync(this.entry(name), { throwIfNoEntry: false });
  }

  /**
   * Opens a directory in it, and what a link leads to only when that is said.
   *
   * @throws the system's error; `ENOTDIR` for a link that is not followed
   */
  open(name: string, { follow = false }: { follow?: boolean } = {}): HeldDirectory {
    const shown = follow ? realPathOf(this.entry(name)) ?? this.shown(name) : this.shown(name);
    if (this.#fd === undefined) {
      const stat = (follow ? statSync : lstatSync)(this.entry(name));
      if (!stat.isDirectory()) throw notDirectory(shown);
      checkShared(shown, stat, this.#options);
      return new HeldDirectory(shown, stat, this.#options, { fixed: false });
    }
    const fd = openDirectory(this.entry(name), follow);
    try {
      const stat = fstatSync(fd);
      // Where the system ignores the flag that demands a directory.
      if (!stat.isDirectory()) throw notDirectory(shown);
      const fixed = () => !follow && whyShared(stat) === undefined && this.#isFixed();
      return new HeldDirectory(shown, stat, this.#options, { fd, fixed });
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** Opens it once more, to be closed by itself. */
  again(): HeldDirectory {
    const fd = this.#fd === undefined
      ? undefined
      : openSync(`${this.at}/.`, O_PATH | constants.O_DIRECTORY);
    return new HeldDirectory(this.path, this.stat, this.#options, { fd, fixed: this.#fixed });
  }

  /** Sets its permission bits, where it has any. */
  chmod(mode: number): void {
    if (platform().hasModes) chmodSync(this.at, mode);
  }

  /** Sets its times. */
  setTime(mtime: Date): void {
    utimesSync(this.at, mtime, mtime);
  }

  /** Lets it go. */
  close(): void {
    if (this.#fd !== undefined && this.#open) closeSync(this.#fd);
    this.#open = false;
  }
}

/** Whether two looks were at the same file. */
export function isSame(a: FileIdentity, b: FileIdentity): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

/** Which way directories are held. */
export function holdingOf({ holding }: HoldOptions): Holding {
  return holding ?? (canHold() ? "descriptors" : "paths");
}

let can: boolean | undefined;

/** Whether what is below `/proc/self/fd/N` is what is below the directory that is open as N. */
function canHold(): boolean {
  if (can !== undefined) return can;
  can = false;
  if (!platform().hasProc) return can;
  let fd: number | undefined;
  try {
    fd = openDirectory("/");
    can = isSame(statSync(`/proc/self/fd/${fd}/.`), fstatSync(fd));
  } catch { // no /proc, or the runtime keeps it from us
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
  return can;
}

function openDirectory(path: string, follow = false): number {
  const { O_DIRECTORY, O_NOFOLLOW } = constants;
  return openSync(path, O_PATH | O_DIRECTORY | (follow ? 0 : O_NOFOLLOW));
}

/** For messages, and for what is made beside others: a path that no text can hold has none. */
function realPathOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function notDirectory(path: string): Error {
  return Object.assign(new Error(`not a directory: ${path}`), { code: "ENOTDIR" });
}

let user: number | undefined;
let rootUser: number | undefined;

/** Who this process is to the file system; nothing where that cannot be told. */
export function effectiveUser(): number | undefined {
  if (!platform().hasOwners) return undefined;
  try {
    return nodeModule("process").geteuid?.();
  } catch { // the runtime does not let us know, but a new file of ours tells
    return user ??= ownerOfNewFile();
  }
}

function ownerOfNewFile(): number | undefined {
  const path = `${nodeModule("os").tmpdir()}/${ownedName(randomName())}`;
  let fd: number | undefined;
  try {
    fd = openSync(path, "wx", 0o600);
    return fstatSync(fd).uid;
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) {
      closeSync(fd);
      unlinkSync(path);
    }
  }
}

/**
 * Whether a file belongs to this user or to root. In a namespace of users in which root has no number, root
 * is who owns the root directory.
 */
export function isTrusted({ uid }: { uid: number }): boolean {
  return uid === 0 || uid === effectiveUser() || uid === (rootUser ??= lstatSync("/").uid);
}

/** Whether others than the owner may remove and rename what others put there. */
export function isOpenToAll({ mode }: { mode: number }): boolean {
  return (mode & 0o002) !== 0 && (mode & 0o1000) === 0;
}

/**
 * Demands that a directory which is held by its path alone stays what it is.
 *
 * @throws {BlobberError} `file-system`
 */
function checkShared(path: string, stat: Stats, options: HoldOptions): void {
  const why = options.allowShared ? undefined : whyShared(stat);
  if (why === undefined) return;
  throw new BlobberError(
    "file-system",
    `${quote(path)} can be changed by another user while it is used: ${why}`,
    {
      hint: [
        "use a directory that, like all above it, only you and root can change; where you trust " +
        "those users, use it with ",
        { option: "allowSharedDirectories" },
      ],
    },
  );
}

/** What lets another user change a directory; nothing where only this one and root can. */
function whyShared(stat: Stats): string | undefined {
  if (effectiveUser() === undefined) return "nothing here tells to whom it belongs";
  if (!isTrusted(stat)) return `it belongs to user ${stat.uid}`;
  // A directory with the sticky bit is as good as one that others cannot change, for what is ours in it.
  if ((stat.mode & 0o022) === 0 || (stat.mode & 0o1000) !== 0) return undefined;
  return `its mode is ${(stat.mode & 0o7777).toString(8)}, which lets others write there`;
}

/** Whether an error says that a path is no directory, or a link. */
export function isNoDirectory(error: unknown): boolean {
  return ["ENOTDIR", "ELOOP"].includes(errnoOf(error) ?? "");
}

/**
 * Makes directories, each in the one before it.
 *
 * @param dir the first lies in it; it is closed
 * @param names theirs, outermost first
 * @param options permission bits, and a list that the paths of those that were made are added to
 * @returns the last
 * @throws {BlobberError} `file-system`
 */
export function makeDirectories(
  dir: HeldDirectory,
  names: string[],
  { mode = 0o777, made }: { mode?: number; made: string[] },
): HeldDirectory {
  let at = dir;
  for (const name of names) {
    const above = at;
    try {
      mkdirSync(above.entry(name), { mode });
      made.push(above.shown(name));
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw fileError("cannot make", above.shown(name), error);
    }
    at = above.open(name);
    above.close();
  }
  return at;
}
