/**
 * A program that reads an artifact from a layout through a cache, again and again, checks it, and prunes
 * now and then: for tests that run several of them at once and kill some.
 *
 *     cache_reader.ts LAYOUT CACHE COUNT
 *
 * @module
 */

import { writeSync } from "node:fs";
import process from "node:process";
import { withCache } from "../../../lib/stores/cache/cached_source.ts";
import { pruneCache } from "../../../lib/stores/cache/maintenance.ts";
import { LayoutStore } from "../../../lib/stores/layout/layout_store.ts";
import { readDocument } from "../../../lib/artifact/manifest.ts";
import type { Manifest } from "../../../lib/types.ts";
import { readChecked } from "../../../lib/checked_content.ts";

const [layout = "", cache = "", count = "0"] = process.argv.slice(2);
for (let i = 0; i < Number(count); i++) {
  const source = withCache(new LayoutStore(layout), cache);
  const document = await readDocument(source, await source.resolve("v1"));
  const [layer] = (document.value as Manifest).layers;
  const { digest, size } = layer!;
  if (i % 2 === 0) {
    await readChecked(await source.fetch(layer!), { size, digest, name: "layer" }, size);
  }
  const range = { start: (i * 997) % 1000, end: size - 5000 };
  const length = range.end - range.start;
  const bytes = await readChecked(
    await source.fetch(layer!, { range }),
    { size: length, name: "range" },
    length,
  );
  // The content counts up, so that a wrong byte shows anywhere.
  if (bytes.some((byte, at) => byte !== (range.start + at) % 251)) throw new Error("wrong bytes");
  if (i % 5 === 4) pruneCache(cache, { maxSize: 0 });
  writeSync(1, ".");
}
