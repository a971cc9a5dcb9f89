import assert from "node:assert/strict";
import { test } from "node:test";
import { depthOf } from "./depth.ts";

/** Pushes onto each other, each of which changes other files; every byte costs one. */
async function pushes(changes: number[], whole = 10_000) {
  let layers: Set<string>[] = [new Set(Array.from({ length: whole }, (_, i) => `old ${i}`))];
  const sent: number[] = [];
  const depths: number[] = [];
  let most = 0;
  let tree = new Set(layers[0]);
  for (const [turn, count] of changes.entries()) {
    const old = [...tree].slice(0, count);
    tree = new Set([...tree].filter((one) => !old.includes(one)));
    for (let i = 0; i < count; i++) tree.add(`new ${turn} ${i}`);
    const changedFrom = (kept: number) => {
      const below = new Set(layers.slice(0, kept).flatMap((layer) => [...layer]));
      const bytes = [...tree].filter((one) => !below.has(one)).length;
      return Promise.resolve({ entries: 0, bytes });
    };
    const sizes = layers.map(({ size }) => size);
    const base = { entries: 0, bytes: sizes.reduce((sum, size) => sum + size, 0) };
    const kept = await depthOf({
      sizes,
      base,
      tree: { entries: 0, bytes: tree.size },
      changedFrom,
    });
    const below = new Set(layers.slice(0, kept ?? 0).flatMap((layer) => [...layer]));
    const top = new Set([...tree].filter((one) => !below.has(one)));
    layers = [...layers.slice(0, kept ?? 0), ...top.size > 0 ? [top] : []];
    sent.push(top.size);
    depths.push(layers.length);
    most = Math.max(most, layers.reduce((sum, { size }) => sum + size, 0) / whole);
  }
  return { sent, depths, most };
}

test("twenty pushes of one per cent make few layers, and send and store little", async () => {
  const { sent, depths, most } = await pushes(Array(20).fill(100));
  assert.deepEqual(depths, [2, 2, 3, 2, 3, 3, 4, 2, 3, 3, 4, 3, 4, 4, 5, 2, 3, 3, 4, 3]);
  assert.deepEqual(sent.slice(0, 8), [100, 200, 100, 400, 100, 200, 100, 800]);
  assert.equal(sent.reduce((sum, one) => sum + one, 0) / sent.length / 10_000 < 0.035, true);
  assert.ok(most <= 1.21, `${most}`);
});

test("layers never have more than 1.3 of one", async () => {
  const { sent, depths, most } = await pushes(Array(60).fill(150));
  assert.ok(most <= 1.3, `${most}`);
  assert.ok(Math.max(...depths) <= 6);
  assert.ok(sent.includes(10_000));
});

test("what is twice as large stays, what is smaller is absorbed", async () => {
  const amount = (bytes: number) => ({ entries: 0, bytes });
  const question = { base: amount(1200), tree: amount(1000) };
  const changes = [0, 1000, 150, 50].map(amount);
  const changedFrom = (kept: number) => Promise.resolve(changes[kept]);
  assert.equal(await depthOf({ ...question, sizes: [1000, 100, 100], changedFrom }), 3);
  assert.equal(await depthOf({ ...question, sizes: [1000, 101, 99], changedFrom }), undefined);
  const always = () => Promise.resolve(amount(51));
  assert.equal(await depthOf({ ...question, sizes: [800, 300, 100], changedFrom: always }), 2);
  // What layers cannot say, fewer may, or one whole layer.
  const above = (kept: number) => Promise.resolve(kept === 3 ? undefined : amount(1));
  assert.equal(await depthOf({ ...question, sizes: [1000, 100, 100], changedFrom: above }), 2);
  const never = () => Promise.resolve(undefined);
  assert.equal(await depthOf({ ...question, sizes: [1000, 200], changedFrom: never }), undefined);
});

test("entries count beside their content", async () => {
  const base = { entries: 10, bytes: 400 };
  const changedFrom = () => Promise.resolve({ entries: 5, bytes: 0 });
  const question = { base, tree: { entries: 10, bytes: 400 }, changedFrom };
  // Of 1200 bytes 800 are those of entries; 5 of them take 400.
  assert.equal(await depthOf({ ...question, sizes: [1200] }), undefined);
  assert.equal(await depthOf({ ...question, sizes: [1400] }), 1);
  assert.equal(await depthOf({ ...question, sizes: [600, 800] }), 2);
});

test("where nothing changed all layers stay, whatever they have", async () => {
  const nothing = { entries: 0, bytes: 0 };
  const changedFrom = () => Promise.resolve(nothing);
  const base = { entries: 0, bytes: 100 };
  assert.equal(await depthOf({ sizes: [10, 90], base, tree: nothing, changedFrom }), 2);
  assert.equal(await depthOf({ sizes: [0], base: nothing, tree: nothing, changedFrom }), 1);
});
