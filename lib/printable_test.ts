import { test } from "node:test";
import assert from "node:assert/strict";
import { printable, quote } from "./printable.ts";

test("row 50: what steers a terminal or hides is escaped", () => {
  assert.equal(printable("a\u001b[31m\u202eb\ud800"), "a\\x1b[31m\\u{202e}b\\u{d800}");
  assert.equal(quote("x".repeat(300)).length, 203);
});

test("row 18: whatever JSON holds in place of text can be quoted", () => {
  assert.equal(quote(undefined), '"undefined"');
  assert.equal(quote(5), '"5"');
  assert.equal(quote(null), '"null"');
  assert.equal(quote(JSON.parse('{"toString": 1, "valueOf": 1}')), "an object");
  assert.equal(quote(JSON.parse("[".repeat(99_999) + "]".repeat(99_999))), "a list");
});
