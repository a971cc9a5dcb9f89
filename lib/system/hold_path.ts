/**
 * From a path to the directory that it names, held: one component after another from the root, so that the
 * directory opened in the end is the one that was checked on the way.
 *
 * @module
 */

import fs, { lstatSync, mkdirSync, readlinkSync } from "node:fs";
import { realpathSync, rmdirSync, type Stats } from "node:fs";
import { basename, dirname, isAbsolute, resolve } from "node:path";
import { BlobberError } from "../errors.ts";
import { errnoOf, fileError, missingPermission } from "./system_error.ts";
import {
  effectiveUser,
  HeldDirectory,
  type HoldOptions,
  isNoDirectory,
  isOpenToAll,
  isSame,
  isTrusted,
  makeDirectories,
} from "./held_directory.ts";
import { MAX_LINK_HOPS, MAX_PATH_LOOKS } from "../limits.ts";
import { quote } from "../text/printable.ts";
import { platform } from "./platform.ts";
import { nodeModule, RUNTIME, shareModule } from "./runtime.ts";

shareModule("fs", fs);

/** How a path is walked. */
export interface PathOptions extends HoldOptions {
  /**
   * Links on the way that are followed: those that are this user's or root's, and that no other user could
   * have put there; all; or none, for a path that is known to have none.
   * @default "trusted", and "all" where shared directories are allowed
   */
  links?: "trusted" | "all" | "none" | undefined;
}

/** Where a file is, or goes. */
export interface HeldFile {
  /** The directory that it lies in. */
  dir: HeldDirectory;
  /** Its name there, which is no link. */
  name: string;
  /** What has that name. */
  found: Stats | undefined;
  /** Paths of the directories that were made for it, outermost first. */
  made: readonly string[];
}

/** What there is of a path. */
export interface HeldPath {
  /** The directory, or the last one above it that exists. */
  dir: HeldDirectory;
  /** The one above `dir`; none above the root. */
  parent: HeldDirectory | undefined;
  /** Names that do not exist yet, outermost first. */
  missing: string[];
  /** Whether a link on the way leads to where nothing is. */
  dangling: boolean;
}

/**
 * Opens the directory that a path names, as far as it exists. A link on the way is followed where it is
 * this user's or root's, and lies where no other user could have put it.
 *
 * @param path as the user wrote it
 * @throws {BlobberError} `file-system`: a link of another user's, a directory that can be changed by others
 * where only paths are held, something that is no directory, or what the system says
 */
export function holdPath(path: string, options: PathOptions = {}): HeldPath {
  const absolute = absolutePath(path);
  if (!platform().hasOwners) return takePath(absolute);
  const walk = new Walk(absolute, options);
  try {
    return walk.run();
  } catch (error) {
    walk.close();
    throw error;
  }
}

/** Opens a directory that exists, or gives `undefined`. As {@linkcode holdPath}, which see. */
export function holdDirectory(path: string, options: PathOptions = {}): HeldDirectory | undefined {
  const { dir, parent, missing } = holdPath(path, options);
  parent?.close();
  if (missing.length === 0) return dir;
  dir.close();
  return undefined;
}

/**
 * Opens the directory in which a file lies that a path names. The path's last name may be a link, as
 * managers of dotfiles make them: the file is where that leads.
 *
 * @param path as the user wrote it
 * @param options how links are dealt with, and the mode of directories that are made where they are missing
 * @throws {BlobberError} `file-system`
 */
export function holdFile(path: string, options: PathOptions & { mode?: number } = {}): HeldFile {
  const absolute = absolutePath(path);
  if (!platform().hasOwners) return takeFile(absolute, options.mode);
  const walk = new Walk(absolute, options, { toFile: true });
  const made: string[] = [];
  try {
    const { dir, parent, missing } = walk.run();
    parent?.close();
    if (missing.length === 0) return { dir, name: ".", found: dir.stat, made };
    const at = makeDirectories(dir, missing.slice(0, -1), { ...options, made });
    const name = missing.at(-1)!;
    return { dir: at, name, found: at.look(name), made };
  } catch (error) {
    walk.close();
    removeMade(made, options);
    throw fileError("cannot use", absolute, error);
  }
}

/** A path from the root, also where the directory that a relative one begins in is gone. */
function absolutePath(path: string): string {
  try {
    // Where the working directory is gone Bun's resolve() remembers it, and that of other runtimes fails.
    if (RUNTIME === "bun" && !isAbsolute(path)) return resolve(nodeModule("process").cwd(), path);
    return resolve(path);
  } catch (cause) {
    const withheld = missingPermission(cause);
    if (withheld !== undefined) throw withheld;
    throw new BlobberError(
      "file-system",
      `cannot use ${quote(path)}: the current directory is gone`,
      {
        hint: "change to a directory that exists, or give the whole path",
        cause,
      },
    );
  }
}

/**
 * Removes directories that {@linkcode holdFile} made for a file that did not come to be. Those that hold
 * something by now stay.
 *
 * @param made their paths
 * @param options as they were for the file
 */
export function removeMade(made: readonly string[], options: PathOptions = {}): void {
  for (const path of made.toReversed()) {
    let above: HeldDirectory | undefined;
    try {
      above = holdDirectory(dirname(path), options);
      if (above === undefined) return;
      rmdirSync(above.entry(basename(path)));
    } catch {
      return; // what failed before is the error to tell of
    } finally {
      above?.close();
    }
  }
}

/**
 * Opens a directory's entry by name as {@linkcode holdPath} opens a component: through a link that is
 * trusted.
 *
 * @returns `undefined` when there is none
 */
export function holdEntry(
  dir: HeldDirectory,
  name: string,
  options: PathOptions = {},
): HeldDirectory | undefined {
  const start = { from: dir.again(), names: [name] };
  const walk = new Walk(dir.shown(name), options, { start });
  try {
    const found = walk.run();
    found.parent?.close();
    if (found.missing.length === 0) return found.dir;
    found.dir.close();
    return undefined;
  } catch (error) {
    walk.close();
    throw error;
  }
}

class Walk {
  readonly #path: string;
  readonly #options: PathOptions;
  /** Whether the last name may be a file's: then it is not entered. */
  readonly #toFile: boolean;
  #at: HeldDirectory;
  #above: HeldDirectory | undefined;
  #pending: string[];
  /** How many of the pending names are the user's own, and not a link's. */
  #own: number;
  #links = 0;

  constructor(
    path: string,
    options: PathOptions,
    { toFile = false, start }: {
      toFile?: boolean;
      start?: { from: HeldDirectory; names: string[] };
    } = {},
  ) {
    this.#path = path;
    this.#options = options;
    this.#toFile = toFile;
    start ??= {
      from: HeldDirectory.root(options),
      names: path.split("/").filter((name) => name !== ""),
    };
    this.#at = start.from;
    this.#pending = start.names;
    this.#own = this.#pending.length;
  }

  run(): HeldPath {
    try {
      while (this.#pending.length > 0) {
        if (!this.#step(this.#pending[0]!)) break;
        this.#own = Math.min(this.#own, this.#pending.length);
      }
    } catch (cause) {
      throw fileError("cannot use", this.#path, cause);
    }
    return {
      dir: this.#at,
      parent: this.#above,
      missing: this.#pending,
      dangling: this.#pending.length > this.#own,
    };
  }

  close(): void {
    this.#at.close();
    this.#above?.close();
  }

  /** Goes one name further, or gives `false` where nothing has it. */
  #step(name: string): boolean {
    const { allowShared, links = allowShared ? "all" : "trusted" } = this.#options;
    // The system follows what is not judged: a target need not be a text.
    const follow = links === "all" && !(this.#toFile && this.#pending.length === 1);
    for (let looks = 0;; looks++) {
      try {
        const next = this.#at.open(name, { follow });
        this.#pending.shift();
        this.#enter(next);
        return true;
      } catch (error) {
        if (errnoOf(error) === "ENOENT" && (follow || this.#at.look(name) === undefined)) {
          return false;
        }
        if (!isNoDirectory(error) || looks === MAX_PATH_LOOKS) {
          throw fileError("cannot use", this.#at.shown(name), error);
        }
      }
      const found = this.#at.look(name);
      if (found === undefined) return false;
      if (found.isSymbolicLink()) {
        this.#follow(name, found);
        return true;
      }
      if (found.isDirectory()) continue;
      if (this.#toFile && this.#pending.length === 1) return false;
      throw notDirectory(this.#path, this.#at.shown(name));
    }
  }

  #enter(next: HeldDirectory): void {
    this.#above?.close();
    this.#above = this.#at;
    this.#at = next;
  }

  #follow(name: string, link: Stats): void {
    const shown = this.#at.shown(name);
    if (++this.#links > MAX_LINK_HOPS) {
      throw new BlobberError(
        "file-system",
        `cannot use ${quote(this.#path)}: more than ${MAX_LINK_HOPS} links`,
      );
    }
    if (this.#options.links === "none") {
      throw new BlobberError(
        "file-system",
        `${quote(shown)} is a link, and there was none when it was decided that this may be used`,
      );
    }
    const target = readlinkSync(this.#at.entry(name));
    const { allowShared, links = allowShared ? "all" : "trusted" } = this.#options;
    if (links === "trusted") {
      const canBeAllowed = this.#options.links === undefined;
      checkLink({ path: shown, target, link, directory: this.#at.stat, canBeAllowed });
    }
    const now = this.#at.look(name);
    if (now === undefined || !isSame(now, link) || now.ctimeMs !== link.ctimeMs) {
      throw new BlobberError("file-system", `${quote(shown)} was replaced as it was looked at`);
    }
    if (target.startsWith("/")) {
      this.close();
      this.#above = undefined;
      this.#at = HeldDirectory.root(this.#options);
    }
    const names = target.split("/").filter((part) => part !== "" && part !== ".");
    this.#pending = [...names, ...this.#pending.slice(1)];
    this.#own = Math.min(this.#own, this.#pending.length - names.length);
  }
}

/**
 * Demands that a link leads to where this user or root wanted it to lead.
 *
 * @throws {BlobberError} `file-system`
 */
function checkLink(
  { path, target, link, directory, canBeAllowed }: {
    path: string;
    target: string;
    link: Stats;
    directory: Stats;
    /** Whether the option `allowSharedDirectories` would follow the link. */
    canBeAllowed: boolean;
  },
): void {
  const why = effectiveUser() === undefined
    ? "nothing here tells to whom it belongs"
    : !isTrusted(link)
    ? `it belongs to user ${link.uid}`
    : !isTrusted(directory)
    ? `the directory that it lies in belongs to user ${directory.uid}`
    : isOpenToAll(directory)
    ? "all users can write to the directory that it lies in"
    : undefined;
  if (why === undefined) return;
  throw new BlobberError(
    "file-system",
    `${quote(path)} is a link to ${quote(target)} that another user can change: ${why}`,
    {
      hint: [
        "name the directory that it leads to, if that is the one that you mean",
        ...canBeAllowed
          ? [", or follow the link with ", { option: "allowSharedDirectories" }] as const
          : [],
      ],
    },
  );
}

function notDirectory(path: string, shown: string): BlobberError {
  const which = shown === path ? "" : `: ${quote(shown)} is none`;
  return new BlobberError(
    "conflict",
    `${quote(path)} is not a directory, expected one or nothing${which}`,
  );
}

/** Windows has no owners that Node tells of: the path is resolved once, and that is all. */
function takePath(absolute: string): HeldPath {
  const missing: string[] = [];
  for (let at = absolute;; at = dirname(at)) {
    try {
      const dir = HeldDirectory.unjudged(realpathSync(at));
      if (!dir.stat.isDirectory()) throw notDirectory(absolute, at);
      const above = dirname(dir.path);
      const parent = above === dir.path ? undefined : HeldDirectory.unjudged(above);
      return { dir, parent, missing, dangling: false };
    } catch (error) {
      if (errnoOf(error) !== "ENOENT" || at === dirname(at)) {
        throw fileError("cannot use", at, error);
      }
      missing.unshift(basename(at));
    }
  }
}

function takeFile(absolute: string, mode = 0o777): HeldFile {
  let path = absolute;
  try {
    if (lstatSync(path).isSymbolicLink()) path = realpathSync(path);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw fileError("cannot use", path, error);
  }
  const made: string[] = [];
  const first = mkdirSync(dirname(path), { recursive: true, mode });
  for (let at = dirname(path); first !== undefined && at.length >= first.length; at = dirname(at)) {
    made.unshift(at);
  }
  const dir = HeldDirectory.unjudged(realpathSync(dirname(path)));
  return { dir, name: basename(path), found: dir.look(basename(path)), made };
}
