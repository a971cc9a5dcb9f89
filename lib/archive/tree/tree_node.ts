/**
 * The nodes of a tree: what stands at a path, found name by name. No path is looked up as a whole, and none
 * is kept that is not a part of a name which was read, so a tree takes memory for its nodes and no more.
 *
 * @module
 */

import type { Listed } from "./listing.ts";

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
  /** Whether it is a directory, named by an entry or implied. */
  isDirectory = false;
  /** What is in the directory: nothing, one node, or nodes by their names. Most that names imply hold one. */
  #content: Node<T> | Map<string, Node<T>> | undefined;

  constructor(path: string, above: Node<T> | undefined) {
    this.path = path;
    this.above = above;
  }

  /** Its last component. */
  get name(): string {
    return this.path.slice(this.path.lastIndexOf("/") + 1);
  }

  /** Whether nothing is in it. */
  get isEmpty(): boolean {
    return this.#content === undefined;
  }

  /** What is in the directory under a name. */
  child(name: string): Node<T> | undefined {
    const content = this.#content;
    if (!(content instanceof Node)) return content?.get(name);
    return content.name === name ? content : undefined;
  }

  /** What is in the directory, in no order. */
  children(): IterableIterator<Node<T>> {
    const content = this.#content;
    return content instanceof Map
      ? content.values()
      : (content === undefined ? [] : [content]).values();
  }

  /** Makes it a directory. */
  makeDirectory(): this {
    this.isDirectory = true;
    return this;
  }

  /** Puts something into the directory, under a name that nothing has there. */
  add(name: string, node: Node<T>): void {
    const content = this.#content;
    if (content === undefined) this.#content = node;
    else if (content instanceof Map) content.set(name, node);
    else this.#content = new Map([[content.name, content], [name, node]]);
  }

  /** Takes something out of the directory. */
  delete(name: string): void {
    const content = this.#content;
    if (!(content instanceof Map)) this.#content = undefined;
    else if (content.delete(name) && content.size === 0) this.#content = undefined;
  }
}

/**
 * All nodes below one, each directory before what is in it.
 *
 * @param top left out itself
 */
export function* nodesBelow<T>(top: Node<T>): Generator<Node<T>, void> {
  const open = [top.children()];
  while (open.length > 0) {
    const { value, done } = open.at(-1)!.next();
    if (done) {
      open.pop();
      continue;
    }
    yield value;
    if (!value.isEmpty) open.push(value.children());
  }
}

/** The node at a path, whose components are walked as they stand. */
export function nodeAt<T>(root: Node<T>, path: string): Node<T> | undefined {
  if (path === "") return root;
  let at: Node<T> | undefined = root;
  for (let from = 0; at !== undefined && from <= path.length;) {
    const slash = path.indexOf("/", from);
    const to = slash < 0 ? path.length : slash;
    at = at.child(path.slice(from, to));
    from = to + 1;
  }
  return at;
}
