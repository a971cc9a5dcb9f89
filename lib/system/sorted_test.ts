import { test } from "node:test";
import assert from "node:assert/strict";
import { StoppingPace } from "../../tests/fakes/pace.ts";
import { Pace } from "./pace.ts";
import { sorted } from "./sorted.ts";

/** Names in an order that nothing is known about. */
function names(count: number): string[] {
  let seed = 1;
  return Array.from({ length: count }, () => {
    seed = (seed * 48271) % 0x7fffffff;
    return `${seed % 1000}/\u00e4${String.fromCharCode(0xd7f0 + seed % 64)}${seed}`;
  });
}

test("lists of any length are sorted as sort does it", async () => {
  for (const count of [0, 1, 1000, 32_768, 32_769, 100_000, 131_072]) {
    const list = names(count);
    assert.deepEqual(await sorted([...list], new Pace()), list.toSorted(), `${count}`);
    const down = (a: string, b: string) => a < b ? 1 : a > b ? -1 : 0;
    assert.deepEqual(await sorted([...list], new Pace(), down), list.toSorted(down), `${count}`);
    assert.deepEqual(await sorted(list.toSorted(), new Pace()), list.toSorted());
  }
});

test("equal elements keep their order", async () => {
  const list = Array.from({ length: 100_000 }, (_, i) => ({ key: i % 7, i }));
  const found = await sorted([...list], new Pace(), (a, b) => a.key - b.key);
  assert.deepEqual(found, list.toSorted((a, b) => a.key - b.key));
});

test("sorting stops soon when it is told to", async () => {
  for (const breaths of [1, 4, 8, 20]) {
    const pace = new StoppingPace(breaths);
    await assert.rejects(sorted(names(200_000), pace), { code: "interrupted" });
    assert.ok(pace.late <= 32 * 1024, `${pace.late} elements`);
  }
});
