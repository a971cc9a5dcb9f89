/**
 * The layers of each package, and which part may import which: the tables of `docs/architecture.md`.
 *
 * @module
 */

import { posix } from "node:path";
import type { Import } from "./source_files.ts";

/**
 * The layers of `lib/` from the ground up: files of its root by their names, folders with everything below
 * them. A file may import its own part and every layer above it here, never a neighbour in its layer.
 */
export const LAYERS: string[][] = [
  [
    "errors",
    "caller_errors",
    "verb_call",
    "limits",
    "options",
    "results",
    "looking",
    "types",
    "events",
    "version",
    "digest",
    "bytes",
    "json",
    "media_type",
    "checked_content",
    "reference",
    "store",
    "signing",
    "limits/",
    "options/",
    "text/",
    "system/",
  ],
  ["artifact/", "doors/"],
  ["registry/", "archive/", "signatures/"],
  ["stores/", "threads/", "testing/"],
  ["verbs/"],
  ["calls/"],
  ["client"],
];
/** Layers of `lib/` whose parts may import each other: the ground. */
const OPEN_LAYERS = [0];

/** The layers of the other packages, told in the same way. */
export const SIGSTORE_LAYERS: string[][] = [
  ["encoding/"],
  ["service"],
  ["keys/"],
  ["trust/", "tokens/"],
  ["verify/"],
  ["claims/"],
  ["sign/"],
  ["verify"],
  ["mod"],
];
export const CLI_LAYERS: string[][] = [
  ["home", "build", "machine"],
  ["settings/", "command_table/"],
  ["line/"],
  ["rules/"],
  ["config/"],
  ["plan/"],
  ["terminal/"],
  ["context"],
  ["library/", "help/"],
  ["trust/"],
  ["signing/"],
  ["upgrade/"],
  ["completion/"],
  ["commands/", "reference/"],
  ["execute"],
  ["run"],
  ["main"],
];

/** The parts of the archive, and what each may import of the others. */
const ARCHIVE: Record<string, string[]> = {
  "": [],
  "chunking": [""],
  "deflate": [""],
  "compression": ["", "deflate"],
  "tar": [""],
  "table": ["", "compression", "tar"],
  "tree": ["", "table"],
  "read": ["", "compression", "tar", "table", "tree"],
  "input": ["", "compression", "tar"],
  "pack": ["", "chunking", "compression", "tar", "table", "input"],
  "destination": ["", "tree"],
  "unpack": ["", "compression", "tar", "table", "tree", "read", "destination"],
  "compare": ["", "tree", "read", "destination"],
  "estargz": ["", "compression", "table", "read", "input", "pack"],
  "update": [
    "",
    "chunking",
    "tree",
    "table",
    "read",
    "destination",
    "unpack",
    "compare",
    "select",
  ],
  "select": ["", "tar", "table", "tree", "read", "destination", "unpack"],
};

/** Why an import is not allowed, or nothing. */
export function forbidden(path: string, { specifier }: Import): string | undefined {
  const folder = path.split("/")[0]!;
  if (specifier.startsWith("node:")) return;
  if (!specifier.startsWith(".")) {
    if (folder === "lib" || path === "mod.ts") {
      return `"${specifier}", and the core has no packages`;
    }
    if (folder === "sigstore" && specifier.startsWith("@blobber/cli")) return `"${specifier}"`;
    return;
  }
  const target = posix.join(posix.dirname(path), specifier);
  const targetFolder = target.split("/")[0]!;
  if (["sigstore", "cli"].includes(folder) && targetFolder !== folder) {
    return `${target}, where the package's name is to be used`;
  }
  if (folder === "sigstore") return outOfLayer(SIGSTORE_LAYERS, path, target);
  if (folder === "cli") return outOfLayer(CLI_LAYERS, path, target);
  if (folder !== "lib") return;
  if (targetFolder !== "lib") return `${target}, which is not in the core`;
  const [above, below] = [archivePart(path), archivePart(target)];
  if (above !== undefined && below !== undefined && above !== below) {
    if (!ARCHIVE[above]?.includes(below)) return `${target}, and ${above} knows nothing of it`;
  }
  return outOfLayer(LAYERS, path, target, OPEN_LAYERS);
}

/** Why an import does not go down, or nothing. */
function outOfLayer(
  layers: string[][],
  path: string,
  target: string,
  open: number[] = [],
): string | undefined {
  const [from, to] = [layerOf(layers, path), layerOf(layers, target)];
  const near = from === to && (open.includes(from) || partOf(path) === partOf(target));
  if (to < from || near) return;
  return `${target}, which does not stand above it in docs/architecture.md`;
}

/** The part of the archive that a file is in: a folder's name, or nothing for the root of it. */
function archivePart(path: string): string | undefined {
  return /^lib\/archive\/(?:(\w+)\/)?\w+\.ts$/.exec(path)?.slice(1).map((part) => part ?? "")[0];
}

/** `archive/` for a file in a folder of a package, else the file's name without its ending. */
export function partOf(path: string): string {
  const [, first, ...rest] = path.split("/");
  return rest.length > 0 ? `${first}/` : first!.replace(/\.ts$/, "");
}

function layerOf(layers: string[][], path: string): number {
  const layer = layers.findIndex((names) => names.includes(partOf(path)));
  return layer < 0 ? layers.length : layer;
}
