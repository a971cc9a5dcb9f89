import { test } from "node:test";
import assert from "node:assert/strict";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { StoppingPace } from "../../../tests/fakes/pace.ts";
import { imageOf, tarOf } from "../../../tests/fakes/tar.ts";
import { STEPS_A_TURN } from "../../system/pace.ts";
import { readLayer } from "./layer_stream.ts";

const tar = tarOf(...Array.from({ length: 20_000 }, (_, i) => ({ name: `f${i}` })));

for (const [format, layer] of [["gzip", gzipSync(tar)], ["zstd", zstdCompressSync(tar)]] as const) {
  test(`${format}: a layer of which a few bytes become many entries stops soon when it is told to`, async () => {
    const { source, manifest } = imageOf(layer);
    const [descriptor] = manifest.value.layers;
    const read = async (pace: StoppingPace, cost: number) => {
      const stream = await source.fetch(descriptor!);
      const handler = { entry: () => void pace.due(cost), data() {}, fileEnd() {} };
      await assert.rejects(readLayer(stream, descriptor!, handler, { pace }), {
        code: "interrupted",
      });
      return pace.late;
    };
    assert.ok(await read(new StoppingPace(3), 0) <= 2 * STEPS_A_TURN);
    // What an entry costs who is told of it, such as directories to make, counts.
    assert.ok(await read(new StoppingPace(3), 1000) <= 3 * STEPS_A_TURN);
  });
}
