/**
 * Trees for the tests of `diff`, as sides of every kind.
 *
 * @module
 */

import { chmodSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Change } from "../../lib/verbs/diff/changes.ts";
import { type Compared, type DiffSettings, diffTrees } from "../../lib/verbs/diff/diff.ts";
import type { Diff } from "../../lib/verbs/diff/result.ts";
import { imageOf, stargz, type TarItem, tarOf } from "./tar.ts";

/** Where directories are written; who uses any removes it. */
export const scratch: string = mkdtempSync(join(tmpdir(), "blobber-diff-"));

/** Writes what a tar would hold. */
export function write(items: readonly TarItem[]): string {
  mkdirSync(scratch, { recursive: true }); // Bun runs all files in one process: an earlier one has removed it
  const root = mkdtempSync(join(scratch, "tree-"));
  for (const { name, type = "0", data = "", mode = 0o644, link } of items) {
    const at = join(root, name);
    mkdirSync(dirname(at), { recursive: true, mode: 0o755 });
    if (type === "2") symlinkSync(link!, at);
    else if (type === "5") mkdirSync(at, { recursive: true });
    else writeFileSync(at, data);
    if (type !== "2") chmodSync(at, mode);
  }
  return root;
}

/** An image, whose source counts. */
export type Counted = ReturnType<typeof imageOf>;

/** An image of one layer, with a table. */
export function withTable(items: TarItem[], chunkSize?: number): Counted {
  return imageOf(stargz(items, chunkSize === undefined ? {} : { chunkSize }));
}

/** An image of one layer, without a table. */
export function withoutTable(items: TarItem[]): Counted {
  return imageOf(new Uint8Array(gzipSync(tarOf(...items))));
}

/** Every way in which a tree can be one side. */
export const KINDS: Record<string, (items: TarItem[]) => Compared> = {
  "a table": (items) => withTable(items),
  "a table of small chunks": (items) => withTable(items, 7),
  "a layer without a table": withoutTable,
  "a directory": (items) => ({ directory: write(items) }),
};

/** Compares, and lets go of both sides at once. */
export async function compare(
  before: Compared,
  after: Compared,
  options: Partial<DiffSettings> = {},
): Promise<Diff> {
  const diff = await open(before, after, options);
  await diff.close();
  return diff;
}

/** Compares, and leaves both sides open. */
export async function open(
  before: Compared,
  after: Compared,
  options: Partial<DiffSettings> = {},
): Promise<Diff> {
  return await diffTrees(before, after, { later: {}, ...options });
}

/** What a change says, in a line. */
export function line({ path, kind, differs }: Change): string {
  return [kind, path, ...differs].join(" ");
}

/** A change as it is seen from the other side. */
export function mirrored({ path, kind, differs, before, after }: Change): Change {
  return {
    path,
    kind: kind === "added" ? "removed" : kind === "removed" ? "added" : kind,
    differs,
    ...after !== undefined && { before: after },
    ...before !== undefined && { after: before },
  };
}

/** A tree, and what became of it. */
export const OLD: TarItem[] = [
  { name: "a", data: "one content, in several chunks" },
  { name: "bin/run", data: "#!/bin/sh\n" },
  { name: "empty/", type: "5", mode: 0o755 },
  { name: "gone/x", data: "x" },
  { name: "k", data: "kept" },
  { name: "l", type: "2", link: "a" },
  { name: "m", data: "mode and content", mode: 0o600 },
  { name: "s", data: "a size" },
  { name: "t", data: "type" },
  { name: "u", type: "2", link: "k" },
];
export const NEW: TarItem[] = [
  { name: "a", data: "one content, in Several chunks" },
  { name: "bin/run", data: "#!/bin/sh\n", mode: 0o755 },
  { name: "empty/", type: "5", mode: 0o700 },
  { name: "k", data: "kept" },
  { name: "l", type: "2", link: "k" },
  { name: "m", data: "MODE and content", mode: 0o640 },
  { name: "new/y", data: "" },
  { name: "s", data: "another size" },
  { name: "t/", type: "5", mode: 0o755 },
  { name: "t/in", data: "in it" },
  { name: "u", data: "k" },
];
