import { test } from "node:test";
import assert from "node:assert/strict";
import { concat } from "@blobber/core/internal/bytes";
import { MAX_DER_BYTES, MAX_DER_DEPTH, MAX_DER_ELEMENTS } from "@blobber/core/limits";
import { FakeKey } from "../../tests/fakes/sigstore/keys.ts";
import { dotted, element, integer, octetString, oid, sequence, TAG } from "./der.ts";
import { checkDer } from "./der_bounds.ts";

/** An object identifier whose one number is so many bytes long. */
const longOid = (bytes: number) =>
  element(TAG.oid, new Uint8Array(bytes).fill(0x81), new Uint8Array([1]));
const refused = (der: Uint8Array, message: RegExp) =>
  assert.throws(() => checkDer(der), { name: "BlobberError", code: "integrity", message });

/** A list of so many integers. */
const list = (count: number) => sequence(...Array.from({ length: count }, () => integer(1)));
/** A sequence in a sequence, so many deep. */
function nested(depth: number, wrap: (inner: Uint8Array) => Uint8Array = sequence): Uint8Array {
  let der: Uint8Array = integer(1);
  for (let i = 1; i < depth; i++) der = wrap(der);
  return der;
}

test("long-oid: an object identifier is refused by its length, before a number of it is read", () => {
  for (const bytes of [64, 1000, 60_000]) {
    const message = new RegExp(`object identifier of ${bytes + 1} bytes`);
    refused(longOid(bytes), message);
    refused(sequence(sequence(longOid(bytes), octetString())), message);
    assert.throws(() => dotted(longOid(bytes).subarray(-bytes - 1)), { message });
  }
  assert.equal(checkDer(longOid(63)), 1);
});

test("long-oid: what is hidden in an octet string, which the library opens, is found too", () => {
  refused(sequence(octetString(sequence(longOid(100)))), /object identifier of 101 bytes/);
  refused(octetString(octetString(octetString(longOid(100)))), /object identifier of 101 bytes/);
});

test("an octet string that is no DER holds nothing to object to", () => {
  // It begins like an object identifier of 127 bytes, and another byte follows.
  const bytes = concat(new Uint8Array([TAG.oid, 127]), new Uint8Array(127), new Uint8Array([1]));
  assert.equal(checkDer(octetString(bytes)), 1);
  // Nor does one that would be at fault, if what stands behind it were DER too.
  const broken = concat(longOid(100), element(TAG.sequence, new Uint8Array([1])));
  assert.equal(checkDer(octetString(broken)), 3);
  refused(octetString(longOid(100), sequence()), /object identifier/);
});

test("the halves of a P-521 signature in an octet string are no fault", () => {
  const half = new Uint8Array(66).fill(0xff);
  checkDer(octetString(sequence(integer(half), integer(half))));
  refused(integer(new Uint8Array(200).fill(1)), /integer of 200 bytes/);
});

test("twice the elements are twice the steps, however they are wrapped", () => {
  const shapes: [string, (count: number) => Uint8Array][] = [
    ["a list", list],
    ["octet strings", (count) => octetString(...Array.from({ length: count }, () => list(0)))],
    [
      "octet strings that turn out to be none",
      (count) =>
        sequence(...Array.from({ length: count }, () => octetString(list(3), new Uint8Array([1])))),
    ],
    [
      "octet strings in each other, the innermost none",
      (count) =>
        sequence(...Array.from({ length: count }, () => nested(20, (inner) => octetString(inner)))),
    ],
  ];
  for (const [name, shape] of shapes) {
    const [once, twice] = [checkDer(shape(100)), checkDer(shape(200))];
    assert.ok(twice <= 2 * once, `${name}: ${once} steps, then ${twice}`);
    assert.ok(once <= shape(100).length / 2 + 1, `${name}: ${once} steps`);
  }
});

test("bytes, elements and nesting have limits", () => {
  refused(octetString(new Uint8Array(MAX_DER_BYTES)), /expected at most 65536/);
  refused(list(MAX_DER_ELEMENTS), /over 8192 elements/);
  refused(octetString(list(MAX_DER_ELEMENTS)), /over 8192 elements/);
  checkDer(list(MAX_DER_ELEMENTS - 1));
  checkDer(nested(MAX_DER_DEPTH));
  refused(nested(MAX_DER_DEPTH + 1), /deeper than 32 levels/);
  refused(nested(MAX_DER_DEPTH + 1, (inner) => octetString(inner)), /deeper than 32 levels/);
});

test("what is no DER is no document", () => {
  refused(new Uint8Array(), /truncated/);
  refused(sequence(integer(1)).subarray(0, -1), /truncated/);
  refused(concat(integer(1), integer(1)), /bytes follow/);
  refused(element(TAG.sequence, new Uint8Array([1])), /truncated/);
  checkDer(new FakeKey().spki);
  checkDer(oid("1.2.3"));
});
