import { test } from "node:test";
import assert from "node:assert/strict";
import { editDistance, nearestWord } from "./spelling.ts";

/** Letters to change, insert, remove or swap, by looking at every cell. */
function allCells(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, i) => i)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(changed, rows[i - 1]![j]! + 1, row[j - 1]! + 1));
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] && i > 1 && j > 1) {
        row[j] = Math.min(row[j]!, rows[i - 2]![j - 2]! + 1);
      }
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}

test("the distance is the one that looking at every cell gives, up to its limit", () => {
  let seed = 3;
  const next = (below: number) => (seed = (seed * 48271) % 0x7fffffff) % below;
  const word = () => Array.from({ length: next(10) }, () => "abc"[next(3)]).join("");
  let near = 0;
  for (let round = 0; round < 40_000; round++) {
    const [a, b, limit] = [word(), word(), 1 + next(4)];
    const expected = Math.min(allCells(a, b), limit);
    if (expected < limit) near++;
    assert.equal(editDistance(a, b, limit), expected, `${a} ${b} ${limit}`);
  }
  assert.ok(near > 200, `${near} near`);
});

test("the nearest word is near", () => {
  assert.equal(editDistance("push", "psuh", 9), 1);
  assert.equal(nearestWord("psuh", ["pull", "push"]), "push");
  assert.equal(nearestWord("verfy", ["verify", "version"]), "verify");
  assert.equal(nearestWord("frobnicate", ["verify", "version"]), undefined);
});
