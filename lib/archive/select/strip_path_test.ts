import { test } from "node:test";
import assert from "node:assert/strict";
import { stripPath } from "./strip_path.ts";

test("components go from the beginning of a path, and one that has no more is left out", () => {
  assert.equal(stripPath("a/b/c", 0), "a/b/c");
  assert.equal(stripPath("a/b/c", 1), "b/c");
  assert.equal(stripPath("a/b/c", 2), "c");
  assert.equal(stripPath("a/b/c", 3), undefined);
  assert.equal(stripPath("a", 1), undefined);
  assert.equal(stripPath("", 0), "");
});
