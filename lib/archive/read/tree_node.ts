/**
 * The nodes of a tree: what stands at a path, found name by name. No path is looked up as a whole, and none
 * is kept that is not a part of a name which was read, so a tree takes memory for its nodes and no more.
 *
 * @module
 */

import type { Listed } from "./listing.ts";

/** A directory that holds nothing yet: most that are named hold something, but none has to. */
const NOTHING: ReadonlyMap<string, never> = new Map<string, never>();

/** What stands at a path. */
export class Node<T> {
  /** Where it is; empty for the root. */
  readonly path: string;
  /** The directory it is in. */
  readonly above: Node<T> | undefined;
  /** What names it; nothing for a directory that is only implied. */
  listed: Listed<T> | undefined;
  /** Which layer the entry came with. */
  layer = -1;
  /** The last layer that named or implied this directory. */
  own = -1;
  /** The last layer below whose whiteouts nothing of a lower layer is left in this directory. */
  cleared = -1;
  #below: ReadonlyMap<string, Node<T>> | undefined;

  constructor(path: string, above: Node<T> | undefined) {
    this.path = path;
    this.above = above;
  }

  /** Its last component. */
  get name(): string {
    return this.path.slice(this.path.lastIndexOf("/") + 1);
  }

  get isDirectory(): boolean {
    return this.#below !== undefined;
  }

  /** What is in the directory, by name. */
  get below(): ReadonlyMap<string, Node<T>> {
    return this.#below ?? NOTHING;
  }

  /** Makes it a directory. */
  makeDirectory(): this {
    this.#below ??= NOTHING;
    return this;
  }

  /** Puts something into the directory. */
  add(name: string, node: Node<T>): void {
    if (this.#below === NOTHING) this.#below = new Map();
    (this.#below as Map<string, Node<T>>).set(name, node);
  }

  /** Takes something out of the directory. */
  delete(name: string): void {
    if (this.#below !== NOTHING) (this.#below as Map<string, Node<T>>).delete(name);
  }
}

/**
 * All nodes below one, each directory before what is in it.
 *
 * @param top left out itself
 */
export function* nodesBelow<T>(top: Node<T>): Generator<Node<T>, void> {
  const open = [top.below.values()];
  while (open.length > 0) {
    const { value, done } = open.at(-1)!.next();
    if (done) {
      open.pop();
      continue;
    }
    yield value;
    if (value.isDirectory) open.push(value.below.values());
  }
}

/** The node at a path, whose components are walked as they stand. */
export function nodeAt<T>(root: Node<T>, path: string): Node<T> | undefined {
  if (path === "") return root;
  let at: Node<T> | undefined = root;
  for (let from = 0; at !== undefined && from <= path.length;) {
    const slash = path.indexOf("/", from);
    const to = slash < 0 ? path.length : slash;
    at = at.below.get(path.slice(from, to));
    from = to + 1;
  }
  return at;
}
