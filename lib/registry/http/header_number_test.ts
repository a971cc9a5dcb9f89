import assert from "node:assert/strict";
import { test } from "node:test";
import { wholeNumberIn } from "./header_number.ts";

for (
  const [value, number] of [
    ["0", 0],
    [" 17 ", 17],
    ["999999999999999", 999_999_999_999_999],
    ["9999999999999999", undefined],
    ["junk", undefined],
    ["", undefined],
    ["-5", undefined],
    ["1e9", undefined],
    ["0x10", undefined],
    ["NaN", undefined],
    ["1, 1", undefined],
  ] as const
) {
  test(`a header ${JSON.stringify(value)} holds ${number ?? "no number"}`, () => {
    assert.equal(wholeNumberIn(new Headers({ "content-length": value }), "content-length"), number);
  });
}

test("a header that is absent holds no number", () => {
  assert.equal(wholeNumberIn(new Headers(), "content-length"), undefined);
});
