/**
 * The tree that layers make together, applied in order with their whiteouts (OCI image spec, layer.md,
 * "Applying Changesets"), and what makes it one: every name once, parents that are directories, hard
 * links to what came before, and limits.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import type { UnpackLimits } from "../../options.ts";
import { quote } from "../../printable.ts";
import { type Entry, specialName } from "../entry.ts";
import { Budget } from "./budget.ts";
import type { Listed, Listing } from "./listing.ts";
import { checkPath, followLinks } from "../safe_path.ts";

/** An entry in the tree, and what belongs to it. */
export interface TreeNode<T> extends Listed<T> {
  /** Which layer it came with. */
  layer: number;
}

/** What an entry did to the tree. */
export interface Applied {
  /** The entry where it came to be: elsewhere than it says when it is below a link of a lower layer. */
  entry: Entry;
  /** Paths that are no longer what they were: to be removed, children before parents. */
  removed: readonly string[];
  /** Directories that the entry needs and that no entry names, parents first. */
  implied: readonly string[];
  /** Whether the entry itself is now in the tree; a whiteout and the root are not. */
  added: boolean;
  /** Whether it is a directory that a lower layer had already made. */
  merged: boolean;
}

const WHITEOUT = ".wh.";
const OPAQUE = ".wh..wh..opq";
/** What AUFS keeps for itself in a layer's root: no content, as container runtimes have it. */
const AUFS_METADATA = /^\.wh\.\.wh\.(?:aufs|orph|plnk)(?:\/|$)/;
const NONE: readonly string[] = [];

function fail(why: string, path: string): never {
  throw new BlobberError(
    "invalid-archive",
    `invalid or corrupt archive: ${quote(path)} ${why}`,
  );
}

/** The tree, while layers are applied to it. */
export class Tree<T = undefined> implements Listing<T> {
  readonly #nodes = new Map<string, TreeNode<T>>();
  /** Names in a directory, for directories that exist, the implied ones too. */
  readonly #children = new Map<string, Set<string>>([["", new Set()]]);
  readonly #budget: Budget;
  #layer = -1;
  /** Directory of the last entry, as stated. */
  #last = "";
  /** Directories that this layer named or implied. */
  #own = new Set<string>();
  /** The root's own entry, where an archive has one. */
  root: Entry | undefined;

  /** @param limits how much is accepted; the defaults where they say nothing */
  constructor(limits: UnpackLimits = {}) {
    this.#budget = new Budget(limits);
  }

  /** Begins the next layer. */
  nextLayer(): void {
    this.#layer++;
    this.#own = new Set([""]);
  }

  /**
   * Applies one entry.
   *
   * @param entry with a safe path in normal form
   * @param content what to keep with it
   * @throws {BlobberError} `invalid-archive`, `path-traversal`, `limit`
   */
  apply(entry: Entry, content: T): Applied {
    const { path } = entry;
    this.#budget.spend(path, entry.size);
    const applied: Applied = { entry, removed: NONE, implied: NONE, added: false, merged: false };
    if (path === "") {
      if (entry.type !== "directory") fail("is the root and no directory", path);
      this.root = entry;
      return applied;
    }
    if (path.startsWith(WHITEOUT) && AUFS_METADATA.test(path)) return applied;
    const slash = path.lastIndexOf("/");
    const last = this.#last;
    // Most entries follow one of the same directory: the same string is not hashed again.
    const stated = slash === last.length && path.startsWith(last)
      ? last
      : path.slice(0, Math.max(0, slash));
    this.#last = stated;
    const parent = this.#follow(stated, path);
    const name = path.slice(slash + 1);
    if (name.startsWith(WHITEOUT)) {
      applied.removed = this.#whiteout(parent, name, entry);
      return applied;
    }
    applied.implied = this.#makeParents(parent, path);
    applied.entry = this.#settle(entry, parent === stated ? path : join(parent, name));
    this.#add(applied, parent, name, content);
    return applied;
  }

  #add(applied: Applied, parent: string, name: string, content: T): void {
    let { entry } = applied;
    const { path } = entry;
    const before = this.#nodes.get(path);
    const isDirectory = this.#children.has(path);
    if (before?.layer === this.#layer) fail("stands in the archive twice", path);
    if (
      isDirectory && this.#own.has(path) && (before === undefined || before.layer < this.#layer)
    ) {
      // Implied by an entry of this layer: a directory of that name is the same one, nothing else is.
      if (entry.type !== "directory") fail("is both a directory and something else", path);
    }
    const target = entry.type === "hardlink" ? this.#target(entry) : undefined;
    if (target !== undefined && target.entry.type !== "hardlink" && target.entry.type !== "file") {
      // Another name of a link or a device is such a thing itself, and is judged where it stands.
      entry = applied.entry = { ...target.entry, path };
    }
    if (isDirectory && entry.type === "directory") {
      applied.merged = true;
    } else if (before !== undefined || isDirectory) {
      const removed: string[] = [];
      this.#remove(path, removed);
      applied.removed = removed;
    }
    if (entry.type === "directory") {
      if (!isDirectory) this.#children.set(path, new Set());
      this.#own.add(path);
    }
    this.#children.get(parent)!.add(name);
    this.#nodes.set(path, {
      entry,
      layer: this.#layer,
      content: target?.content ?? content,
    });
    applied.added = true;
  }

  /** The entry at a path, if there is one. */
  get(path: string): TreeNode<T> | undefined {
    return this.#nodes.get(path);
  }

  /** Whether a path is a directory, named by an entry or implied. */
  isDirectory(path: string): boolean {
    return this.#children.has(path);
  }

  /** Target of the symbolic link at a path, if there is one. */
  linkAt(path: string): string | undefined {
    const entry = this.#nodes.get(path)?.entry;
    return entry?.type === "symlink" ? entry.linkTarget : undefined;
  }

  /** Whether what stands at a path came with a lower layer. */
  isLower(path: string): boolean {
    const node = this.#nodes.get(path);
    return node !== undefined && node.layer < this.#layer;
  }

  /** Names in a directory, in no order. */
  childrenOf(path: string): Iterable<string> {
    return this.#children.get(path) ?? [];
  }

  /** All directories but the root, parents first, with the entries that name them. */
  directories(): { path: string; entry: Entry | undefined }[] {
    const paths = [...this.#children.keys()].slice(1); // the first is the root
    return paths.map((path) => ({ path, entry: this.#nodes.get(path)?.entry }));
  }

  /** All entries, parents before children, sorted. */
  nodes(): TreeNode<T>[] {
    return [...this.#nodes.values()].sort((a, b) => comparePaths(a.entry.path, b.entry.path));
  }

  /** As {@linkcode Listing.entries}. */
  entries(): Promise<Entry[]> {
    return Promise.resolve(this.nodes().map(({ entry }) => entry));
  }

  /** As {@linkcode Listing.paths}. */
  paths(): string[] {
    return [...this.#nodes.keys()].sort();
  }

  /** Targets of all symbolic links, by path. */
  links(): Map<string, string> {
    const links = new Map<string, string>();
    for (const { entry } of this.#nodes.values()) {
      if (entry.type === "symlink") links.set(entry.path, entry.linkTarget!);
    }
    return links;
  }

  /** How many entries the tree has, and bytes in files. */
  total(): { entries: number; bytes: number } {
    let bytes = 0;
    for (const { entry } of this.#nodes.values()) bytes += entry.size;
    return { entries: this.#nodes.size, bytes };
  }

  /**
   * Takes devices and named pipes out again.
   *
   * @returns their paths
   */
  dropSpecial(): string[] {
    const dropped: string[] = [];
    for (const { entry } of this.#nodes.values()) {
      if (specialName(entry.type) !== undefined) dropped.push(entry.path);
    }
    for (const path of dropped) this.drop(path);
    return dropped.sort();
  }

  /** Takes an entry out again: the table of contents itself, which no reader shows. */
  drop(path: string): void {
    this.#remove(path, []);
  }

  /**
   * Where a directory is when links of lower layers are followed, as overlay file systems and container
   * runtimes do: with `lib -> usr/lib` below it, a layer's `lib/x` is `usr/lib/x`. The tree's root is the
   * root of all. A link of the same layer is not followed: nobody writes such an archive in good faith.
   */
  #follow(dir: string, path: string): string {
    if (this.#children.has(dir)) return dir;
    const links = { get: (at: string) => this.#lowerLink(at, path) };
    const found = followLinks(links, dir, "root");
    if (typeof found !== "string") return found.path === dir ? dir : checkPath(found.path, true);
    const why = found === "loop" ? "whose links form a loop" : "whose links lead out of the tree";
    throw new BlobberError(
      "path-traversal",
      `path traversal detected: ${quote(path)} is below ${quote(dir)}, ${why}`,
    );
  }

  #lowerLink(at: string, path: string): string | undefined {
    const node = this.#nodes.get(at);
    if (node?.entry.type !== "symlink") return undefined;
    if (node.layer < this.#layer) return node.entry.linkTarget;
    throw new BlobberError(
      "path-traversal",
      `path traversal detected: ${quote(path)} is below ${quote(at)}, which is a link`,
    );
  }

  /** The entry at its place, a hard link's target at its own. */
  #settle(entry: Entry, path: string): Entry {
    let { linkTarget } = entry;
    if (entry.type === "hardlink" && !this.#nodes.has(linkTarget!)) {
      const slash = linkTarget!.lastIndexOf("/");
      const dir = slash < 0 ? "" : this.#follow(linkTarget!.slice(0, slash), entry.path);
      linkTarget = dir === "" ? linkTarget!.slice(slash + 1) : dir + linkTarget!.slice(slash);
    }
    const same = path === entry.path && linkTarget === entry.linkTarget;
    return same ? entry : { ...entry, path, linkTarget };
  }

  /** @returns the directories that were not there, parents first */
  #makeParents(parent: string, path: string): readonly string[] {
    if (this.#children.has(parent)) {
      // Known parents of this layer need no second look.
      for (let at = parent; !this.#own.has(at);) {
        this.#own.add(at);
        const slash = at.lastIndexOf("/");
        at = slash < 0 ? "" : at.slice(0, slash);
      }
      return NONE;
    }
    if (this.#nodes.has(parent)) fail(`is below ${quote(parent)}, which is no directory`, path);
    const slash = parent.lastIndexOf("/");
    const above = slash < 0 ? "" : parent.slice(0, slash);
    const made = this.#makeParents(above, path);
    this.#children.set(parent, new Set());
    this.#children.get(above)!.add(parent.slice(slash + 1));
    this.#own.add(parent);
    return [...made, parent];
  }

  /** CVE-2026-50163: the path that is checked is the path that is used. */
  #target(entry: Entry): TreeNode<T> {
    const target = this.#nodes.get(entry.linkTarget!);
    if (target === undefined || target.entry.type === "directory") {
      const what = target?.entry.type ??
        (this.#children.has(entry.linkTarget!) ? "directory" : undefined);
      fail(
        `is a hard link to ${quote(entry.linkTarget!)}, which is ` +
          `${what === undefined ? "not there" : `a ${what}`}, expected a file before it`,
        entry.path,
      );
    }
    return target;
  }

  #whiteout(parent: string, name: string, entry: Entry): string[] {
    const { path } = entry;
    const removed: string[] = [];
    // Under AUFS all whiteouts are one file, which archives of its layers have as hard links.
    const isEmpty = entry.type === "hardlink" || (entry.type === "file" && entry.size === 0);
    if (!isEmpty) fail("is a whiteout and no empty file", path);
    if (name === OPAQUE) {
      for (const child of [...this.childrenOf(parent)]) {
        this.#removeLower(join(parent, child), removed);
      }
      return removed;
    }
    const hidden = name.slice(WHITEOUT.length);
    if (hidden === "" || hidden === "." || hidden === ".." || hidden.startsWith(WHITEOUT)) {
      throw new BlobberError(
        hidden === ".." ? "path-traversal" : "invalid-archive",
        `invalid whiteout: ${quote(path)}, expected ".wh." and a name`,
      );
    }
    this.#removeLower(join(parent, hidden), removed);
    return removed;
  }

  /** Removes what lower layers put at a path. What this layer put there, before or after, stays. */
  #removeLower(path: string, removed: string[]): void {
    if (this.#children.has(path) && this.#own.has(path)) {
      for (const child of [...this.childrenOf(path)]) {
        this.#removeLower(`${path}/${child}`, removed);
      }
      return;
    }
    const node = this.#nodes.get(path);
    if (node?.layer === this.#layer) return;
    if (node !== undefined || this.#children.has(path)) this.#remove(path, removed);
  }

  #remove(path: string, removed: string[]): void {
    for (const child of [...this.childrenOf(path)]) this.#remove(`${path}/${child}`, removed);
    this.#children.delete(path);
    this.#nodes.delete(path);
    const slash = path.lastIndexOf("/");
    this.#children.get(slash < 0 ? "" : path.slice(0, slash))?.delete(path.slice(slash + 1));
    removed.push(path);
  }
}

function join(dir: string, name: string): string {
  return dir === "" ? name : `${dir}/${name}`;
}

/** The order in which entries are shown: by code units, as the archive writer sorts them. */
export function comparePaths(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
