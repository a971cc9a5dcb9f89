/**
 * The nodes of a tree in the order of their paths. Names are compared within their directory only: what
 * the paths of many entries have in common is never looked at.
 *
 * @module
 */

import type { Pace } from "../../system/pace.ts";
import { sorted } from "../../system/sorted.ts";
import type { Node } from "./tree_node.ts";

/**
 * All nodes but the root, sorted by path as strings are: `a`, `a-b`, `a/b`.
 *
 * @param root the tree
 * @param pace of the caller; a step is a name
 */
export async function inOrder<T>(root: Node<T>, pace: Pace): Promise<Node<T>[]> {
  const found: Node<T>[] = [];
  const open = [{ node: root, keys: await keysOf(root, pace), next: 0 }];
  while (open.length > 0) {
    const top = open.at(-1)!;
    const key = top.keys[top.next++];
    if (key === undefined) {
      open.pop();
      continue;
    }
    if (pace.due()) await pace.breathe();
    if (!key.endsWith("/")) found.push(top.node.child(key)!);
    else {
      const node = top.node.child(key.slice(0, -1))!;
      open.push({ node, keys: await keysOf(node, pace), next: 0 });
    }
  }
  return found;
}

/** A key for each name in a directory, and one with a slash for what is below it, which may come later. */
async function keysOf<T>(dir: Node<T>, pace: Pace): Promise<string[]> {
  const keys: string[] = [];
  for (const node of dir.children()) {
    const { name, isEmpty } = node;
    keys.push(name);
    if (!isEmpty) keys.push(`${name}/`);
  }
  return keys.length > 1 ? await sorted(keys, pace) : keys;
}
