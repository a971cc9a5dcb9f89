import { test } from "node:test";
import assert from "node:assert/strict";
import { suggest } from "./suggest.ts";

/** Letters to change, add or take away, by looking at every cell. */
function allCells(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

test("a name is suggested when it is as few letters off as one may be, whatever is looked at", () => {
  let seed = 3;
  const next = (below: number) => (seed = (seed * 48271) % 0x7fffffff) % below;
  const word = () => Array.from({ length: 1 + next(9) }, () => "abc"[next(3)]).join("");
  let near = 0;
  for (let round = 0; round < 20_000; round++) {
    const [wanted, there] = [word(), word()];
    const allowed = Math.min(3, Math.ceil(wanted.length / 3)) - 1;
    const expected = allCells(wanted, there) <= allowed;
    if (expected) near++;
    assert.equal(suggest(wanted, [there]), expected ? there : undefined, `${wanted} ${there}`);
  }
  assert.ok(near > 200, `${near} near`);
});

test("the same name elsewhere, or in other letters, is what was meant", () => {
  assert.equal(suggest("a/readme", ["b/x", "b/c/readme"]), "b/c/readme");
  assert.equal(suggest("README.md", ["readme.md"]), "readme.md");
  assert.equal(suggest("nothing", ["x"]), undefined);
});
