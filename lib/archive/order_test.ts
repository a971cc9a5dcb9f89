import { test } from "node:test";
import assert from "node:assert/strict";
import { compareBytes, foldName } from "./order.ts";

test("names are in the order of their UTF-8 bytes, also where UTF-16 has another", () => {
  const names = [
    "b",
    "a/",
    "a",
    "a-b",
    "a0",
    "Z",
    "é",
    "\u{1f600}",
    "\uff5e",
    "\ue000",
    "\u{1f600}a",
  ];
  const byBytes = [...names].sort((a, b) => {
    const [left, right] = [new TextEncoder().encode(a), new TextEncoder().encode(b)];
    for (let i = 0; i < Math.min(left.length, right.length); i++) {
      if (left[i] !== right[i]) return left[i]! - right[i]!;
    }
    return left.length - right.length;
  });
  assert.deepEqual([...names].sort(compareBytes), byBytes);
  assert.notDeepEqual([...names].sort(), byBytes);
});

for (
  const [a, b] of [["README", "Readme"], ["stra\u00dfe", "STRASSE"], ["\u00e9", "e\u0301"]] as const
) {
  test(`${a} and ${b} are one name to a file system that folds`, () => {
    assert.equal(foldName(a), foldName(b));
  });
}

test("names that differ by more than case and form stay apart", () => {
  assert.notEqual(foldName("e"), foldName("\u00e9"));
  assert.notEqual(foldName("a b"), foldName("ab"));
});
