import { test } from "node:test";
import assert from "node:assert/strict";
import { printable, printableLines, quote } from "./printable.ts";

test("row 50: what steers a terminal or hides is escaped", () => {
  assert.equal(printable("a\u001b[31m\u202eb\ud800"), "a\\x1b[31m\\u{202e}b\\u{d800}");
  assert.equal(quote("x".repeat(300)).length, 203);
});

test("row 50: lines are escaped as each of them is", () => {
  for (
    const text of [
      "",
      "\n",
      "plain\na\u001b[31m\n",
      "Þ\u202e\u{1f600}\ud800\n\u{e0001}x",
      "\ud83d\n\ude00",
    ]
  ) {
    const each = text.split("\n").map((line) => printable(line));
    assert.equal(printableLines(text), each.join("\n"));
  }
});

test("row 18: whatever JSON holds in place of text can be quoted", () => {
  assert.equal(quote(undefined), '"undefined"');
  assert.equal(quote(5), '"5"');
  assert.equal(quote(null), '"null"');
  assert.equal(quote(JSON.parse('{"toString": 1, "valueOf": 1}')), "an object");
  assert.equal(quote(JSON.parse("[".repeat(99_999) + "]".repeat(99_999))), "a list");
});
