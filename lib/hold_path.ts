/**
 * From a path to the directory that it names, held: one component after another from the root, so that what
 * was looked at on the way is what is opened in the end.
 *
 * @module
 */

import { readlinkSync, realpathSync, type Stats } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { BlobberError } from "./errors.ts";
import { errnoOf, fileError } from "./files.ts";
import {
  effectiveUser,
  HeldDirectory,
  type HoldOptions,
  isNoDirectory,
  isOpenToAll,
  isSame,
  isTrusted,
} from "./held_directory.ts";
import { quote } from "./printable.ts";
import { thisPlatform } from "./runtime.ts";

/** Links followed on the way, as many as Linux follows. */
const MAX_LINKS = 40;
/** Times that a component is looked at again which was another thing when it was opened. */
const MAX_LOOKS = 10;

/** How a path is walked. */
export interface PathOptions extends HoldOptions {
  /** Whether links are followed at all; for a path that is known to have none. @default "follow" */
  links?: "follow" | "refuse" | undefined;
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
  const absolute = resolve(path);
  if (thisPlatform().os === "windows") return takePath(absolute);
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
  const walk = new Walk(dir.shown(name), options, { from: dir.again(), names: [name] });
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
  #at: HeldDirectory;
  #above: HeldDirectory | undefined;
  #pending: string[];
  /** How many of the pending names are the user's own, and not a link's. */
  #own: number;
  #links = 0;

  constructor(
    path: string,
    options: PathOptions,
    start: { from: HeldDirectory; names: string[] } = {
      from: HeldDirectory.root(options),
      names: path.split("/").filter((name) => name !== ""),
    },
  ) {
    this.#path = path;
    this.#options = options;
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
    for (let looks = 0;; looks++) {
      try {
        const next = this.#at.open(name);
        this.#pending.shift();
        this.#enter(next);
        return true;
      } catch (error) {
        if (errnoOf(error) === "ENOENT" && this.#at.look(name) === undefined) return false;
        if (!isNoDirectory(error) || looks === MAX_LOOKS) {
          throw fileError("cannot use", this.#at.shown(name), error);
        }
      }
      const found = this.#at.look(name);
      if (found === undefined) return false;
      if (found.isSymbolicLink()) {
        this.#follow(name, found);
        return true;
      }
      if (!found.isDirectory()) throw notDirectory(this.#path, this.#at.shown(name));
    }
  }

  #enter(next: HeldDirectory): void {
    this.#above?.close();
    this.#above = this.#at;
    this.#at = next;
  }

  #follow(name: string, link: Stats): void {
    const shown = this.#at.shown(name);
    if (++this.#links > MAX_LINKS) {
      throw new BlobberError("file-system", `cannot use ${quote(this.#path)}: too many links`);
    }
    if (this.#options.links === "refuse") {
      throw new BlobberError(
        "file-system",
        `${quote(shown)} is a link, and there was none when it was decided that this may be used`,
      );
    }
    const target = readlinkSync(this.#at.entry(name));
    checkLink(shown, link, this.#at.stat, { target, ...this.#options });
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
  path: string,
  link: Stats,
  directory: Stats,
  { target, allowShared }: HoldOptions & { target: string },
): void {
  if (allowShared) return;
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
    { hint: "name the directory that it leads to, when that is the one that you mean" },
  );
}

function notDirectory(path: string, shown: string): BlobberError {
  const which = shown === path ? "" : `: ${quote(shown)} is none`;
  return new BlobberError(
    "conflict",
    `${quote(path)} is no directory, expected one or nothing${which}`,
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
