/**
 * Finds a directory in a tree of layers.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import { MAX_LINK_HOPS } from "../../limits.ts";
import { quote } from "../../text/printable.ts";
import type { Node } from "./tree_node.ts";

/** Where a directory is, as far as it is there. */
export interface Found<T> {
  /** The last directory on the way that is there. */
  node: Node<T>;
  /** Names of the directories below it that are not there. */
  missing: readonly string[];
  /** What is on the way and no directory; then nothing is missing. */
  obstacle: Node<T> | undefined;
  /** Whether the way led through a link. */
  moved: boolean;
  /** Components walked: of the path, and of the targets of at most {@linkcode MAX_LINK_HOPS} links. */
  steps: number;
}

/**
 * Where a directory is when links of lower layers are followed, as overlay file systems and container
 * runtimes do: with `lib -> usr/lib` below it, a layer's `lib/x` is `usr/lib/x`. The tree's root is the
 * root of all. A link of the same layer is not followed: no honest program writes such an archive.
 *
 * @param root the tree
 * @param dir the directory, in normal form
 * @param entry the layer that states it, and what is in it, for messages
 * @throws {BlobberError} `path-traversal`
 */
export function findDirectory<T>(
  root: Node<T>,
  dir: string,
  entry: { layer: number; path: string },
): Found<T> {
  let node = root;
  const missing: string[] = [];
  let [hops, steps] = [0, 0];
  /** What is still to be walked, the innermost target last, and where in each. */
  const texts = [dir];
  const froms = [0];
  while (texts.length > 0) {
    const top = texts.length - 1;
    const [text, from] = [texts[top]!, froms[top]!];
    if (from >= text.length) {
      texts.pop();
      froms.pop();
      continue;
    }
    const slash = text.indexOf("/", from);
    const to = slash < 0 ? text.length : slash;
    froms[top] = to + 1;
    steps++;
    const name = text.slice(from, to);
    if (name === "" || name === ".") continue;
    if (name === "..") {
      if (missing.length > 0) missing.pop();
      else if (node.above === undefined) {
        throw traversal(entry, dir, ", whose links lead out of it");
      } else node = node.above;
      continue;
    }
    const next = missing.length > 0 ? undefined : node.child(name);
    if (next === undefined) {
      missing.push(name);
    } else if (next.isDirectory) {
      node = next;
    } else if (next.listed?.entry.type === "symlink") {
      if (next.layer >= entry.layer) throw traversal(entry, next.path, ", which is a link");
      if (++hops > MAX_LINK_HOPS) throw traversal(entry, dir, ", whose links form a loop");
      const target = next.listed.entry.linkTarget!;
      if (target.startsWith("/")) node = root;
      texts.push(target);
      froms.push(0);
    } else {
      return { node, missing, obstacle: next, moved: hops > 0, steps };
    }
  }
  return { node, missing, obstacle: undefined, moved: hops > 0, steps };
}

function traversal({ path }: { path: string }, dir: string, why: string): BlobberError {
  return new BlobberError(
    "path-traversal",
    `path traversal detected: ${quote(path)} is below ${quote(dir)}${why}`,
  );
}

/** A path below a directory, either of which may be the root. */
export function join(dir: string, path: string): string {
  return dir === "" || path === "" ? dir + path : `${dir}/${path}`;
}
