import { test } from "node:test";
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { bitString, element, integer, oid, sequence, TAG } from "../encoding/der.ts";
import { readPublicKey } from "./public_key.ts";
import { checkSpki } from "./spki.ts";
import { toPem } from "../encoding/pem.ts";

/** An RSA key with any modulus and exponent, without a private half. */
function rsa(modulus: Uint8Array, exponent: Uint8Array): Uint8Array {
  return sequence(
    sequence(oid("1.2.840.113549.1.1.1"), element(TAG.null)),
    bitString(sequence(integer(modulus), integer(exponent))),
  );
}
const ones = (bytes: number) => new Uint8Array(bytes).fill(0xff);
const refused = (spki: Uint8Array, message: RegExp) => {
  assert.throws(() => checkSpki(spki), { code: "integrity", message });
  const pem = toPem("PUBLIC KEY", spki);
  assert.throws(() => readPublicKey(pem), { code: "invalid-key", message });
};

test("long-oid: an RSA key whose modulus or exponent is enormous is refused by its length", () => {
  refused(rsa(ones(2049), ones(3)), /16392 bits, expected at most 16384/);
  refused(rsa(ones(40_000), ones(3)), /320000 bits/);
  refused(rsa(ones(256), ones(5)), /exponent has 40 bits, expected at most 32/);
  refused(rsa(ones(256), ones(30_000)), /exponent has 240000 bits/);
  refused(rsa(ones(131_072), ones(3)), /bytes, expected at most 65536|bits/);
  checkSpki(rsa(ones(2048), ones(4)));
});

test("CVE-2022-0778: a curve whose parameters are written out is refused before it is looked at", () => {
  // The form of RFC 3279, 2.3.5, with a modulus that is no prime.
  const parameters = sequence(
    integer(1),
    sequence(oid("1.2.840.10045.1.1"), integer(ones(32))),
    sequence(element(TAG.octetString, ones(32)), element(TAG.octetString, ones(32))),
    element(TAG.octetString, new Uint8Array([2]), ones(32)),
    integer(ones(32)),
  );
  const spki = sequence(
    sequence(oid("1.2.840.10045.2.1"), parameters),
    bitString(new Uint8Array([2, ...ones(32)])),
  );
  refused(spki, /curve is not named/);
  refused(sequence(sequence(oid("1.2.840.10045.2.1")), bitString(ones(65))), /curve is not named/);
});

test("keys as they are made pass", () => {
  for (
    const { publicKey } of [
      generateKeyPairSync("rsa", { modulusLength: 2048 }),
      generateKeyPairSync("ec", { namedCurve: "P-256" }),
      generateKeyPairSync("ec", { namedCurve: "P-521" }),
      generateKeyPairSync("ed25519"),
    ]
  ) checkSpki(new Uint8Array(publicKey.export({ format: "der", type: "spki" })));
});
