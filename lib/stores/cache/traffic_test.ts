import { after, test } from "node:test";
import assert from "node:assert/strict";
import { join } from "node:path";
import { noise, removeScratch, scratch } from "../../../tests/fakes/pulling.ts";
import { imageOf, stargz, type TarItem } from "../../../tests/fakes/tar.ts";
import { pull } from "../../verbs/pull.ts";
import { withCache } from "./cached_source.ts";
import { Traffic } from "./traffic.ts";

after(removeScratch);

const items: TarItem[] = Array.from({ length: 4 }, (_, i) => ({
  name: `f${i}`,
  data: noise(700_000).subarray(i),
}));

test("a pull tells which bytes came over the wire, and which out of the cache", async () => {
  const dir = scratch();
  const made = imageOf(stargz(items));
  const { layers } = made.manifest.value;
  const size = layers[0]!.size;
  const pullTo = async (name: string, cache?: string) => {
    const traffic = new Traffic();
    const source = cache === undefined
      ? made.source
      : withCache(made.source, join(dir.path, cache), { traffic });
    const { fetched, reused } = await pull(source, made.manifest, join(dir.path, name), {
      traffic,
    });
    return { fetched, reused };
  };
  // The table is read before the rest is asked for.
  const tail = 1024 * 1024;
  assert.deepEqual(await pullTo("a"), { fetched: size + tail, reused: 0 });
  assert.deepEqual(await pullTo("b", "cache"), { fetched: size + tail, reused: 0 });
  assert.deepEqual(await pullTo("c", "cache"), { fetched: 0, reused: size + tail });
});

test("what a cache fetches whole, since its store gives no ranges, is counted once as fetched", async () => {
  const dir = scratch();
  const made = imageOf(stargz(items));
  made.source.ranges = false;
  const size = made.manifest.value.layers[0]!.size;
  const traffic = new Traffic();
  const source = withCache(made.source, join(dir.path, "cache"), { traffic });
  const result = await pull(source, made.manifest, join(dir.path, "out"), { traffic });
  assert.deepEqual([result.fetched, result.reused], [size, size + 1024 * 1024]);
});
