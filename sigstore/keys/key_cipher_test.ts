import { test } from "node:test";
import assert from "node:assert/strict";
import { toPem } from "../encoding/pem.ts";
import { integer, octetString, oid, sequence } from "../encoding/der.ts";
import { keyCipher } from "./key_cipher.ts";
import { readPrivateKey } from "./private_key.ts";

const PBES2 = "1.2.840.113549.1.5.13";
const PBKDF2 = "1.2.840.113549.1.5.12";
const AES256 = "2.16.840.1.101.3.4.1.42";
const iv = octetString(new Uint8Array(16));
const salt = octetString(new Uint8Array(8));

/** A key that PBES2 encrypts (RFC 8018, A.4); what is encrypted in it is noise. */
function encrypted(cipher: string, prf?: string, rounds = 2048): Uint8Array<ArrayBuffer> {
  const terms = sequence(
    salt,
    integer(rounds),
    ...(prf === undefined ? [] : [sequence(oid(prf), new Uint8Array([5, 0]))]),
  );
  const parameters = sequence(
    sequence(oid(PBKDF2), terms),
    sequence(oid(cipher), iv),
  );
  return sequence(sequence(oid(PBES2), parameters), octetString(new Uint8Array(160)));
}

const old = sequence(
  sequence(oid("1.2.840.113549.1.12.1.3"), sequence(salt, integer(2048))),
  octetString(new Uint8Array(160)),
);

for (
  const [name, der] of [
    ["3DES with HMAC-SHA256", encrypted("1.2.840.113549.3.7", "1.2.840.113549.2.9")],
    [
      "Camellia-256 with HMAC-SHA256",
      encrypted("1.2.392.200011.61.1.1.1.4", "1.2.840.113549.2.9"),
    ],
    ["AES-256 with HMAC-SHA1", encrypted(AES256)],
    ["AES-256 with HMAC-SHA1", encrypted(AES256, "1.2.840.113549.2.7")],
    ["PBE-SHA1-3DES", old],
    ["a cipher of another kind with HMAC-SHA1", encrypted("1.2.3.4.5")],
  ] as const
) {
  test(`key-ciphers: ${name} is told from a wrong passphrase`, async () => {
    assert.deepEqual(keyCipher(der), { name, common: false, excessive: false });
    const pem = toPem("ENCRYPTED PRIVATE KEY", der);
    await assert.rejects(readPrivateKey({ pem, passphrase: "x" }), (error: Error) => {
      const { message, hint = "" } = error as Error & { hint?: string };
      // Node has most of these ciphers, and then it is the passphrase.
      if (!("Deno" in globalThis) && /passphrase/.test(message)) return true;
      assert.ok(message.includes(`encrypted with ${name}, which is not supported`), message);
      assert.match(hint, /openssl pkcs8 -topk8 -v2 aes-256-cbc/);
      return true;
    });
  });
}

test("key-ciphers: a wrong passphrase of a common cipher is one", async () => {
  const der = encrypted(AES256, "1.2.840.113549.2.9");
  assert.equal(keyCipher(der)?.common, true);
  const pem = toPem("ENCRYPTED PRIVATE KEY", der);
  await assert.rejects(readPrivateKey({ pem, passphrase: "x" }), {
    message: /cannot be opened with this passphrase/,
  });
});

test("key-ciphers: a file does not decide how long its passphrase takes", async () => {
  const der = encrypted(AES256, "1.2.840.113549.2.9", 2_000_000_000);
  const pem = toPem("ENCRYPTED PRIVATE KEY", der);
  await assert.rejects(readPrivateKey({ pem, passphrase: "x" }), { message: /rounds/ });
});

test("key-ciphers: what is no encrypted key has no cipher", () => {
  for (const der of [new Uint8Array(), iv, sequence(), sequence(sequence()), old.subarray(1)]) {
    assert.equal(keyCipher(der), undefined);
  }
});
