import { test } from "node:test";
import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import sigstoreCrypto from "@sigstore/core/dist/crypto.js";
import core from "@sigstore/core/dist/index.js";
import { needsNamedHash, prepareSigstoreCrypto } from "./deno_crypto.ts";

const data = Buffer.from("signed");
const pairs = [
  generateKeyPairSync("ec", { namedCurve: "P-256" }),
  generateKeyPairSync("rsa", { modulusLength: 2048 }),
  generateKeyPairSync("ed25519"),
];

test("the care is needed under Deno and nowhere else; red here means that it can go", () => {
  assert.equal(needsNamedHash(), "Deno" in globalThis);
});

test("where the care is not needed, the library is left as it is", () => {
  const before = sigstoreCrypto.verify;
  prepareSigstoreCrypto();
  assert.equal(sigstoreCrypto.verify === before, !needsNamedHash());
  const once = sigstoreCrypto.verify;
  prepareSigstoreCrypto();
  assert.equal(sigstoreCrypto.verify, once);
});

test("with the care in place the library verifies where it names no hash, through every door", () => {
  prepareSigstoreCrypto();
  for (const { privateKey, publicKey } of pairs) {
    const hash = publicKey.asymmetricKeyType === "ed25519" ? null : "sha256";
    const signature = sign(hash, data, privateKey);
    for (const verify of [sigstoreCrypto.verify, core.crypto.verify]) {
      assert.ok(verify(data, publicKey, signature));
      assert.ok(!verify(Buffer.from("other"), publicKey, signature));
      assert.ok(!verify(data, publicKey, Buffer.from("no signature")));
    }
  }
});
