/**
 * The arrows of the pictures: which part of a package imports which other.
 *
 * @module
 */

import { CLI_LAYERS, LAYERS, partOf, SIGSTORE_LAYERS } from "../../tests/layers.ts";
import { isSource, type SourceFile, targetsOf } from "../../tests/source_files.ts";
import type { Arrow } from "./reduce.ts";

/** The packages, by the folder that each is in. */
export type Package = "lib" | "sigstore" | "cli";

/** What the parts at the bottom of the core are together, in a picture. */
export const GROUND = "ground";

/** Which part of a package imports which other, sorted: folders as `verbs/`, files as `client`. */
export function partArrows(files: SourceFile[], folder: Package): Arrow[] {
  const layers = { lib: LAYERS, sigstore: SIGSTORE_LAYERS, cli: CLI_LAYERS }[folder];
  const nameOf = (path: string) => {
    const part = partOf(path);
    return folder === "lib" && LAYERS[0]!.includes(part) ? GROUND : part;
  };
  const depth = (name: string) => layers.findIndex((parts) => parts.includes(name));
  const inside = files.filter(({ path }) => isSource(path) && path.startsWith(`${folder}/`));
  const arrows = inside.flatMap((file) =>
    [...targetsOf(file)].filter((target) => target.startsWith(`${folder}/`))
      .map((target): Arrow => [nameOf(file.path), nameOf(target)])
  );
  return distinct(arrows.filter(([from, to]) => from !== to)).sort(([a, b], [c, d]) =>
    depth(c) - depth(a) || compare(a, c) || depth(d) - depth(b) || compare(b, d)
  );
}

/** Which package imports which other, sorted. */
export function packageArrows(files: SourceFile[]): Arrow[] {
  const nameOf = (path: string) => path === "mod.ts" ? "lib" : path.split("/")[0]!;
  const inside = files.filter(({ path }) => isSource(path) && path.includes("/"));
  const arrows = inside.flatMap((file) =>
    [...targetsOf(file)].map((target): Arrow => [nameOf(file.path), nameOf(target)])
  );
  return distinct(arrows.filter(([from, to]) => from !== to))
    .sort(([a, b], [c, d]) => compare(a, c) || compare(b, d));
}

function distinct(arrows: Arrow[]): Arrow[] {
  return [...new Map(arrows.map((arrow) => [arrow.join(">"), arrow])).values()];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
