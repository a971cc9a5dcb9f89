/**
 * The tree that layers make together, applied in order with their whiteouts (OCI image spec, layer.md,
 * "Applying Changesets"), and what makes it one: every name once, parents that are directories, hard
 * links to what came before, and limits.
 *
 * An entry below a link of a lower layer is put where the link leads, inside the image's root, as container
 * runtimes do; a link of its own layer, or a chain that leads out or in circles, is refused. A directory takes
 * the place of a link. What an entry became is `Applied.entry`; tables and tars are compared as they are
 * written.
 *
 * An entry costs steps for each component of its name and target, and one for each node that it adds or
 * takes away; a directory is looked through for a whiteout once in each layer. So a tree costs steps and
 * memory in proportion to the bytes of the names in it, except where a name is below links of lower layers:
 * those steps have a bound of their own (`Budget.follow`).
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import type { UnpackLimits } from "../../options.ts";
import { Pace } from "../../system/pace.ts";
import { quote } from "../../text/printable.ts";
import type { CallOptions } from "../../store.ts";
import { type Entry, specialName } from "../entry.ts";
import { checkPath } from "../safe_path.ts";
import { Budget } from "../budget.ts";
import { ENTRIES_AT_A_TIME, type EntriesOptions, type Listed, type Listing } from "./listing.ts";
import { isFile, type Total } from "./placed_tree.ts";
import { findDirectory, type Found, join } from "./tree_find.ts";
import { Node, nodeAt, nodesBelow } from "./tree_node.ts";
import { inOrder } from "./tree_order.ts";
import { invalidArchive } from "../invalid_archive.ts";

/** What an entry did to the tree. */
export interface Applied {
  /** The entry at its final path, which differs from its own when a lower layer has a link on the way. */
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

/** The error for an entry that does not fit to those before it. */
function invalidEntry(path: string, why: string): BlobberError {
  return invalidArchive(`${quote(path)} ${why}`);
}

/** The tree, while layers are applied to it. */
export class Tree<T = undefined> implements Listing<T> {
  readonly #root = new Node<T>("", undefined).makeDirectory();
  readonly #budget: Budget;
  readonly #pace: Pace;
  #layer = -1;
  /** Directory of the last entry as stated, and where it is while nothing has been removed since. */
  #last = "";
  #lastNode: Node<T> | undefined;
  /** The root's own entry, where an archive has one. */
  root: Entry | undefined;

  /**
   * @param limits how much is accepted; the defaults where they say nothing
   * @param pace counts the steps; the caller who applies many entries breathes when they are due
   */
  constructor(limits: UnpackLimits = {}, pace: Pace = new Pace()) {
    this.#budget = new Budget(limits);
    this.#pace = pace;
  }

  /** Begins the next layer. */
  nextLayer(): void {
    this.#layer++;
    this.#root.own = this.#layer;
    this.#lastNode = undefined;
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
    this.#budget.spend(path, entry.size, entry.linkTarget);
    this.#pace.due();
    const applied: Applied = { entry, removed: NONE, implied: NONE, added: false, merged: false };
    if (path === "") {
      if (entry.type !== "directory") throw invalidEntry(path, "is the root and no directory");
      this.root = entry;
      return applied;
    }
    if (path.startsWith(WHITEOUT) && AUFS_METADATA.test(path)) return applied;
    const slash = path.lastIndexOf("/");
    const name = path.slice(slash + 1);
    const parent = this.#parentOf(path, slash, applied, name.startsWith(WHITEOUT));
    if (name.startsWith(WHITEOUT)) {
      applied.removed = this.#whiteout(parent, name, entry);
      return applied;
    }
    applied.entry = this.#settle(entry, slash, name, parent!);
    this.#add(applied, parent!, name, content);
    return applied;
  }

  /** The directory of an entry; `undefined` for a whiteout in one that is not there, which is not made for it. */
  #parentOf(
    path: string,
    slash: number,
    applied: Applied,
    isWhiteout: boolean,
  ): Node<T> | undefined {
    const last = this.#last;
    // Most entries follow one of the same directory.
    if (
      this.#lastNode !== undefined && slash === last.length && path.startsWith(last) &&
      !isWhiteout
    ) {
      return this.#lastNode;
    }
    const stated = path.slice(0, Math.max(0, slash));
    const found = this.#find(stated, path);
    if (isWhiteout) return found.obstacle || found.missing.length > 0 ? undefined : found.node;
    if (found.obstacle) {
      throw invalidEntry(path, `is below ${quote(found.obstacle.path)}, which is not a directory`);
    }
    const parent = this.#make(found, stated, applied);
    // Known parents of this layer need no second look.
    for (let at = parent; at.own !== this.#layer; at = at.above!) at.own = this.#layer;
    this.#last = stated;
    return this.#lastNode = parent;
  }

  #add(applied: Applied, parent: Node<T>, name: string, content: T): void {
    let { entry } = applied;
    const { path } = entry;
    let node = parent.child(name);
    if (node?.listed !== undefined && node.layer === this.#layer) {
      throw invalidEntry(path, "stands in the archive twice");
    }
    if (node?.isDirectory && node.own === this.#layer && entry.type !== "directory") {
      // Implied by an entry of this layer: a directory of that name is the same one, nothing else is.
      throw invalidEntry(path, "is both a directory and something else");
    }
    const target = entry.type === "hardlink" ? this.#target(entry) : undefined;
    if (target !== undefined && target.entry.type !== "hardlink" && target.entry.type !== "file") {
      // Another name of a link or a device is such a thing itself, and is judged where it stands.
      entry = applied.entry = { ...target.entry, path };
    }
    if (node?.isDirectory && entry.type === "directory") {
      applied.merged = true;
    } else if (node !== undefined) {
      const removed: string[] = [];
      this.#remove(node, removed);
      applied.removed = removed;
      node = undefined;
    }
    if (node === undefined) {
      node = new Node(path, parent);
      parent.add(name, node);
    }
    if (entry.type === "directory") node.makeDirectory().own = this.#layer;
    node.listed = { entry, content: target === undefined ? content : target.content };
    node.layer = this.#layer;
    applied.added = true;
  }

  /** The entry at a path, if there is one. */
  get(path: string): Listed<T> | undefined {
    return path === "" ? undefined : nodeAt(this.#root, path)?.listed;
  }

  /** Whether a path is a directory, named by an entry or implied. */
  isDirectory(path: string): boolean {
    return nodeAt(this.#root, path)?.isDirectory ?? false;
  }

  /** Target of the symbolic link at a path, if there is one. */
  linkAt(path: string): string | undefined {
    const entry = this.get(path)?.entry;
    return entry?.type === "symlink" ? entry.linkTarget : undefined;
  }

  /** Whether what stands at a path came with a lower layer. */
  isLower(path: string): boolean {
    const node = nodeAt(this.#root, path);
    return node?.listed !== undefined && node.layer < this.#layer;
  }

  /** Names in a directory, in no order. */
  *childrenOf(path: string): Generator<string> {
    for (const node of nodeAt(this.#root, path)?.children() ?? []) yield node.name;
  }

  /** All directories but the root, parents first, with the entries that name them. */
  directories(): { path: string; entry: Entry | undefined }[] {
    const found: { path: string; entry: Entry | undefined }[] = [];
    for (const { path, isDirectory, listed } of nodesBelow(this.#root)) {
      if (isDirectory) found.push({ path, entry: listed?.entry });
    }
    return found;
  }

  /** As {@linkcode Listing.entries}. */
  async *entries({ signal, below = "" }: EntriesOptions = {}): AsyncGenerator<Entry[], void> {
    const top = nodeAt(this.#root, below);
    if (top === undefined) return;
    const pace = new Pace(signal);
    const nodes = [top, ...await inOrder(top, pace)];
    for (let at = 0; at < nodes.length; at += ENTRIES_AT_A_TIME) {
      if (pace.due(ENTRIES_AT_A_TIME)) await pace.breathe();
      const some = nodes.slice(at, at + ENTRIES_AT_A_TIME);
      yield some.flatMap(({ listed }) => listed === undefined ? [] : { ...listed.entry });
    }
  }

  /** As {@linkcode Listing.paths}. */
  async paths({ signal }: CallOptions = {}): Promise<string[]> {
    const nodes = await inOrder(this.#root, new Pace(signal));
    return nodes.flatMap(({ listed, path }) => listed === undefined ? [] : path);
  }

  /** Targets of all symbolic links, by path. */
  links(): Map<string, string> {
    const links = new Map<string, string>();
    for (const { listed } of nodesBelow(this.#root)) {
      if (listed?.entry.type === "symlink") links.set(listed.entry.path, listed.entry.linkTarget!);
    }
    return links;
  }

  /** How many entries the tree has, and bytes in files. */
  total(): Total {
    let [entries, files, bytes] = [0, 0, 0];
    for (const { listed } of nodesBelow(this.#root)) {
      if (listed === undefined) continue;
      entries++;
      if (isFile(listed.entry.type)) files++;
      bytes += listed.entry.size;
    }
    return { entries, files, bytes };
  }

  /** As {@linkcode Listing.emptied}. */
  *emptied(): Generator<string> {
    for (const node of nodesBelow(this.#root)) {
      if (node.isDirectory && node.isEmpty && node.listed === undefined) yield node.path;
    }
  }

  /**
   * Takes devices and named pipes out again.
   *
   * @returns their paths
   */
  dropSpecial(): string[] {
    const dropped: string[] = [];
    for (const { listed, path } of nodesBelow(this.#root)) {
      if (listed !== undefined && specialName(listed.entry.type) !== undefined) dropped.push(path);
    }
    for (const path of dropped) this.drop(path);
    return dropped.sort();
  }

  /** Takes an entry out again: the table of contents itself, which no reader shows. */
  drop(path: string): void {
    const node = nodeAt(this.#root, path);
    if (node !== undefined) this.#remove(node, []);
  }

  #find(dir: string, path: string): Found<T> {
    const found = findDirectory(this.#root, dir, { layer: this.#layer, path });
    this.#pace.due(found.steps);
    if (found.moved) this.#budget.follow(found.steps);
    return found;
  }

  /** Makes the directories that are missing. Their paths are parts of the one that was stated. */
  #make({ node, missing, moved }: Found<T>, stated: string, applied: Applied): Node<T> {
    const path = !moved ? stated : checkPath(join(node.path, missing.join("/")), true);
    if (missing.length === 0) return node;
    this.#budget.imply(missing.length);
    this.#pace.due(missing.length);
    const implied: string[] = [];
    let end = node.path === "" ? -1 : node.path.length;
    for (const name of missing) {
      end += 1 + name.length;
      const next = new Node<T>(path.slice(0, end), node).makeDirectory();
      next.own = this.#layer;
      node.add(name, next);
      implied.push(next.path);
      node = next;
    }
    applied.implied = implied;
    return node;
  }

  /** The entry at its place, a hard link's target at its own. */
  #settle(entry: Entry, slash: number, name: string, parent: Node<T>): Entry {
    const stays = parent.path.length === Math.max(0, slash) && entry.path.startsWith(parent.path);
    const path = stays ? entry.path : checkPath(join(parent.path, name), true);
    let { linkTarget } = entry;
    if (entry.type === "hardlink" && nodeAt(this.#root, linkTarget!)?.listed === undefined) {
      const slash = linkTarget!.lastIndexOf("/");
      const found = this.#find(linkTarget!.slice(0, Math.max(0, slash)), entry.path);
      const { node, missing, obstacle } = found;
      if (obstacle === undefined && missing.length === 0) {
        linkTarget = join(node.path, linkTarget!.slice(slash + 1));
      }
    }
    return stays && linkTarget === entry.linkTarget ? entry : { ...entry, path, linkTarget };
  }

  /** CVE-2026-50163: the path that is checked is the path that is used. */
  #target(entry: Entry): Listed<T> {
    const node = nodeAt(this.#root, entry.linkTarget!);
    const type = node?.listed?.entry.type;
    if (type !== undefined && type !== "directory") return node!.listed!;
    const what = type ?? (node?.isDirectory ? "directory" : undefined);
    throw invalidEntry(
      entry.path,
      `is a hard link to ${quote(entry.linkTarget!)}, which is ` +
        `${what === undefined ? "not there" : `a ${what}`}, expected a file before it`,
    );
  }

  #whiteout(parent: Node<T> | undefined, name: string, entry: Entry): string[] {
    const { path } = entry;
    const removed: string[] = [];
    // Under AUFS all whiteouts are one file, which archives of its layers have as hard links.
    const isEmpty = entry.type === "hardlink" || (entry.type === "file" && entry.size === 0);
    if (!isEmpty) throw invalidEntry(path, "is a whiteout and no empty file");
    if (name === OPAQUE) {
      if (parent !== undefined) this.#clear(parent, removed);
      return removed;
    }
    const hidden = name.slice(WHITEOUT.length);
    if (hidden === "" || hidden === "." || hidden === ".." || hidden.startsWith(WHITEOUT)) {
      throw new BlobberError(
        hidden === ".." ? "path-traversal" : "invalid-archive",
        `invalid whiteout: ${quote(path)}, expected ".wh." and a name`,
      );
    }
    const node = parent?.child(hidden);
    if (node !== undefined) this.#removeLower(node, removed);
    return removed;
  }

  /**
   * Removes what lower layers put into a directory. What this layer put there, before or after, stays; and
   * as nothing lower comes back, a second look would find nothing.
   */
  #clear(dir: Node<T>, removed: string[]): void {
    if (dir.cleared === this.#layer) return;
    dir.cleared = this.#layer;
    for (const child of [...dir.children()]) {
      this.#pace.due();
      this.#removeLower(child, removed);
    }
  }

  #removeLower(node: Node<T>, removed: string[]): void {
    if (node.isDirectory && node.own === this.#layer) this.#clear(node, removed);
    else if (node.listed === undefined || node.layer < this.#layer) this.#remove(node, removed);
  }

  #remove(node: Node<T>, removed: string[]): void {
    node.above!.delete(node.name);
    const paths = [node.path];
    for (const { path } of nodesBelow(node)) paths.push(path);
    this.#pace.due(paths.length);
    for (const path of paths.reverse()) removed.push(path);
    this.#lastNode = undefined;
  }
}
