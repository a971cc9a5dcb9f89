import { test } from "node:test";
import assert from "node:assert/strict";
import { concat, fromHex, toHex } from "@blobber/core/internal/bytes";
import {
  ecdsaSignature,
  inside,
  integer,
  octetString,
  oid,
  readAll,
  readOne,
  sequence,
} from "./der.ts";

const bytes = (hex: string) => fromHex(hex.replaceAll(" ", ""))!;

test("integers are written in the fewest octets and never negative", () => {
  assert.equal(toHex(integer(0)), "020100");
  assert.equal(toHex(integer(127)), "02017f");
  assert.equal(toHex(integer(128)), "02020080");
  assert.equal(toHex(integer(bytes("0000ff"))), "020200ff");
});

test("object identifiers are written by X.690, 8.19", () => {
  assert.equal(toHex(oid("1.2.840.113549")), "06062a864886f70d");
  assert.equal(toHex(oid("1.3.6.1.4.1.57264.1.8")), "060a2b0601040183bf300108");
});

test("what is written is read back, also with long lengths", () => {
  for (const size of [0, 127, 128, 255, 256, 70000]) {
    const node = readOne(octetString(new Uint8Array(size)));
    assert.equal(node.content.length, size);
  }
  assert.equal(readAll(concat(integer(1), integer(2))).length, 2);
  assert.equal(inside(readOne(sequence(integer(1)))).length, 1);
});

test("an ECDSA signature with leading zeros or a high bit is valid DER", () => {
  const pair = bytes("00".repeat(31) + "01" + "ff".repeat(32));
  assert.equal(toHex(ecdsaSignature(pair)), "3026020101022100" + "ff".repeat(32));
});

for (
  const [what, hex] of [
    ["empty", ""],
    ["a tag alone", "30"],
    ["a length beyond the end", "3005 0201"],
    ["an indefinite length", "3080 0000"],
    ["a length of five octets", "3085 0000000001 00"],
    ["a short length in long form", "3081 02 0201"],
    ["a length with a leading zero", "308200 81" + "00".repeat(129)],
    ["a length cut off", "3082 01"],
    ["a tag of several octets", "1f8101 00"],
    ["trailing bytes", "0500 00"],
  ] as const
) {
  test(`not DER: ${what}`, () => {
    assert.throws(() => readOne(bytes(hex)), { code: "integrity" });
  });
}

test("an element of another type is refused", () => {
  assert.throws(() => inside(readOne(integer(1))), { code: "integrity" });
  assert.throws(() => inside(undefined), { code: "integrity" });
});
