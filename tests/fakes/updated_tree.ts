/**
 * What tests of updates share: a tree that was pulled, and is pulled over.
 *
 * @module
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PullResult } from "../../lib/results.ts";
import { pull, type PullSettings } from "../../lib/verbs/pull.ts";
import type { SeenRequest } from "./layout_source.ts";
import { noise, pullOf, scratch, snapshot } from "./pulling.ts";
import { imageOf, type LayerSpec, type MadeLayer, stargz, type TarItem } from "./tar.ts";

/** A file of four chunks. */
export const big = (seed: number): Uint8Array => noise(40_000).map((byte) => byte ^ seed);

/** Bytes of a chunk. */
export const CHUNK = 10_000;

/** A tree with a bit of everything. */
export const ITEMS: TarItem[] = [
  { name: "bin/run", data: "#!/bin/sh\n", mode: 0o755 },
  { name: "dir/", type: "5", mode: 0o755 },
  { name: "dir/a", data: "content of a" },
  { name: "dir/b", data: "content of b" },
  { name: "large", data: big(0), mode: 0o644 },
  { name: "link", type: "2", link: "large" },
  { name: "other", data: big(1), mode: 0o644 },
  { name: "second", type: "1", link: "large" },
  { name: "third", data: big(2), mode: 0o644 },
];

/** A layer of it with a table. */
export function withTable(items: TarItem[] = ITEMS): MadeLayer {
  return stargz(items, { chunkSize: CHUNK });
}

/** A directory into which an image was pulled. */
export interface Pulled {
  dir: string;
  /** What is in it. */
  whole: Record<string, string>;
  /** Pulls another image over it. */
  update(
    layers: LayerSpec[],
    settings?: PullSettings,
  ): Promise<PullResult & { requests: readonly SeenRequest[] }>;
}

/** Pulls an image, and gives what is needed to pull another one over it. */
export async function pulled(layers: LayerSpec[] = [withTable()]): Promise<Pulled> {
  const dir = join(scratch().path, "out");
  await pullOf(dir, layers);
  return {
    dir,
    whole: snapshot(dir),
    async update(layers, settings = {}) {
      const { source, manifest } = imageOf(...layers);
      const result = await pull(source, manifest, dir, { overwrite: true, ...settings });
      return { ...result, requests: source.requests };
    },
  };
}

/** Changes a file in place. */
export function spoil(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at]! ^= 1;
  writeFileSync(path, bytes);
}
