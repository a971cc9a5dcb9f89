/** What a push refuses is what a pull does not accept without being told, and nothing else. */

import { after, test } from "node:test";
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { noise, pullOf, refused, removeScratch, scratch } from "../tests/fakes/pulling.ts";
import { concat } from "./bytes.ts";
import { header, imageOf, item, pax, stargz, tarOf } from "../tests/fakes/tar.ts";
import { allowanceFor, checkPullable } from "./archive/allowance.ts";
import { Budget } from "./archive/budget.ts";
import { Growth } from "./archive/growth.ts";
import type { Notice } from "./events.ts";
import { openImage } from "./verbs/image.ts";
import { MemoryStore } from "./stores/memory_store.ts";
import { pull } from "./verbs/pull.ts";
import { type InputEntry, push } from "./verbs/push.ts";
import { readDocument } from "./artifact/manifest.ts";
import type { Document, Manifest } from "./types.ts";

after(removeScratch);

test("limits: what is accepted grows with what was sent, entries up to a bound on memory", () => {
  assert.deepEqual(allowanceFor(0), { entries: 100_000, bytes: 10_000_000_000 });
  assert.deepEqual(allowanceFor(64_000_000), { entries: 1_000_000, bytes: 22_800_000_000 });
  assert.equal(allowanceFor(6_400_063).entries, 200_000);
  assert.equal(allowanceFor(2 ** 40).entries, 1_000_000);
});

test("limits: a push refuses what a pull would, and says which option allows it", () => {
  const told: Notice[] = [];
  const onNotice = (notice: Notice) => void told.push(notice);
  // A model of 3 GB that does not shrink, or a disk image of 9 GB of zeros.
  assert.ok(checkPullable({ entries: 1, bytes: 3e9, names: 5 }, 3e9, { onNotice }));
  assert.ok(checkPullable({ entries: 1, bytes: 9e9, names: 5 }, 9e6, { onNotice }));
  assert.ok(checkPullable({ entries: 900_000, bytes: 1e9, names: 9e7 }, 6e7, { onNotice }));
  assert.equal(told.length, 0);
  const zeros = { entries: 1, bytes: 30e9, names: 5 };
  const error = { code: "limit", hint: /^push with the option maxBytes: 30000000000 / };
  assert.throws(() => checkPullable(zeros, 30e6, { onNotice }), error);
  assert.throws(() => checkPullable(zeros, 30e6, { onNotice, maxBytes: 30e9 - 1 }), error);
  assert.throws(() => checkPullable(zeros, 30e6, { onNotice, maxEntries: 10 }), error);
  assert.ok(!checkPullable(zeros, 30e6, { onNotice, maxBytes: 30e9 }));
  assert.deepEqual(told.map(({ level, code }) => [level, code]), [["warning", "over-limits"]]);
  assert.match(told[0]!.message, /which must allow 30000000000 bytes$/);
});

test("limits: names that are very long, and directories that they imply, count as entries", async () => {
  const deep = { entries: 100, bytes: 0, names: 40_000_000 };
  assert.throws(() => checkPullable(deep, 1000, {}), {
    hint: /^push with the option maxEntries: 156250 /,
  });
  assert.ok(!checkPullable(deep, 1000, { maxEntries: 156_250 }));
  const limits = { maxEntries: 156_250 };
  new Budget(limits).spend("n".repeat(deep.names), 0);
  assert.throws(() => new Budget(limits).spend("n".repeat(deep.names + 1), 0), { code: "limit" });
  const entries = Array.from({ length: 70_000 }, (_, i): InputEntry => {
    return { path: `d${i}/f`, type: "file" };
  });
  const store = new MemoryStore();
  await assert.rejects(push(store, { entries }), { hint: /maxEntries: 140000 / });
  const { digest } = await push(store, { entries }, { maxEntries: 140_000 });
  const manifest = await readDocument(store, await store.resolve(digest)) as Document<Manifest>;
  const pullWith = (maxEntries: number) =>
    pull(store, manifest, join(scratch().path, "out"), { maxEntries });
  await assert.rejects(pullWith(139_999), { code: "limit" });
});

function* empties(count: number) {
  for (let i = 0; i < count; i++) yield { path: `${i}`, type: "file" as const };
}

test("limits: entries without content are worth little, and are pushed when that is said", async () => {
  const store = new MemoryStore();
  const count = 160_000;
  const entries = () => ({ entries: empties(count) });
  await assert.rejects(push(store, entries(), { tags: ["v1"] }), {
    code: "limit",
    hint: /maxEntries: 160000/,
  });
  await assert.rejects(store.resolve("v1"), { code: "not-found" });
  const notices: Notice[] = [];
  const onNotice = (notice: Notice) => void notices.push(notice);
  const { digest } = await push(store, entries(), { maxEntries: count, onNotice });
  assert.deepEqual(notices.map(({ code }) => code), ["over-limits"]);
  const manifest = await readDocument(store, await store.resolve(digest)) as Document<Manifest>;
  await assert.rejects(pull(store, manifest, join(scratch().path, "out")), {
    code: "limit",
    hint: /maxEntries/,
  });
});

test("limits: one file may have what all files may, unless its own limit is set", () => {
  const { entries, bytes } = allowanceFor(3_000_000);
  const limits = { maxEntries: entries, maxBytes: bytes };
  new Budget(limits).spend("model", 3_000_000_000);
  assert.throws(() => new Budget({ ...limits, maxFileBytes: 1e9 }).spend("model", 3e9), {
    code: "limit",
    hint: /maxFileBytes/,
  });
});

test("limits: a layer without a table, or with one, that grows beyond what came is given up", async () => {
  const zeros = { name: "zeros", data: new Uint8Array(20_000_000) };
  for (
    const layer of [
      gzipSync(tarOf(zeros)),
      zstdCompressSync(tarOf(zeros)),
      stargz([zeros], { chunkSize: 1_000_000 }),
      stargz([zeros], { chunkSize: 1_000_000, format: "zstd" }),
    ]
  ) {
    const error = { code: "limit", message: /bytes of layers became more than/ };
    for (const exists of [false, true]) {
      const dir = join(scratch().path, "out");
      if (exists) mkdirSync(dir);
      await assert.rejects(pullOf(dir, layer, { growth: new Growth(5_000_000, 20) }), error);
      if (exists) assert.deepEqual(readdirSync(dir), []);
    }
    const dir = join(scratch().path, "out");
    await pullOf(dir, layer, { growth: new Growth(25_000_000, 20) });
    assert.equal(readFileSync(join(dir, "zeros")).length, 20_000_000);
  }
});

test("limits: layers count together", async () => {
  const part = (name: string) => gzipSync(tarOf({ name, data: new Uint8Array(4_000_000) }));
  const layers = [part("a"), part("b")];
  const growth = () => new Growth(5_000_000, 20);
  const dir = join(scratch().path, "out");
  await pullOf(dir, layers[0]!, { growth: growth() });
  await refused(layers, { code: "limit" }, { growth: growth() });
});

test("limits: what is read without a table is held to the same rule", async () => {
  const size = 12_000_000_000;
  const layerOf = (sent: number) =>
    concat(item(pax({ size: `${size}` })), header({ name: "model", size: 0 }), noise(sent));
  const open = async (layer: Uint8Array) => {
    const { source, manifest } = imageOf(layer);
    await openImage(source, manifest);
  };
  await assert.rejects(open(layerOf(1_000_000)), { code: "limit" });
  // Enough was sent; that the rest is missing is another matter.
  await assert.rejects(open(layerOf(11_000_000)), { message: /ends in the middle of a file/ });
});
