import { test } from "node:test";
import assert from "node:assert/strict";
import { createECDH, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { toPem } from "../encoding/pem.ts";
import { bitString, integer, oid, sequence, TAG } from "../encoding/der.ts";
import { element } from "../encoding/der.ts";
import { isSignedBy, readPublicKey } from "./public_key.ts";

const pem = (key: KeyObject) => String(key.export({ format: "pem", type: "spki" }));
const rejected = (text: string, message: RegExp) =>
  assert.throws(() => readPublicKey(text, "F"), { code: "invalid-key", message });
const data = new TextEncoder().encode("signed");

for (
  const [name, pair, hash] of [
    ["P-256", generateKeyPairSync("ec", { namedCurve: "P-256" }), "sha256"],
    ["P-384", generateKeyPairSync("ec", { namedCurve: "P-384" }), "sha384"],
    [
      "P-384 with SHA-256, as cosign signs",
      generateKeyPairSync("ec", { namedCurve: "P-384" }),
      "sha256",
    ],
    ["P-521", generateKeyPairSync("ec", { namedCurve: "P-521" }), "sha512"],
    ["RSA 2048", generateKeyPairSync("rsa", { modulusLength: 2048 }), "sha256"],
    ["Ed25519", generateKeyPairSync("ed25519"), null],
  ] as const
) {
  test(`keys of ${name} are read, and tell their signatures from others`, () => {
    const { key, hint, fingerprint } = readPublicKey(pem(pair.publicKey));
    const signature = new Uint8Array(sign(hash, data, pair.privateKey));
    assert.ok(isSignedBy(key, data, signature));
    assert.ok(!isSignedBy(key, new Uint8Array([...data, 0]), signature));
    signature[signature.length >> 1]! ^= 1;
    assert.ok(!isSignedBy(key, data, signature));
    assert.ok(!isSignedBy(key, data, new Uint8Array()));
    assert.equal(hint.length, 44);
    assert.match(fingerprint, /^SHA256:[0-9a-f]{64}$/);
  });
}

const good = pem(generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey);

test("a private key given as public is refused, and not echoed", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  for (
    const text of [
      String(privateKey.export({ format: "pem", type: "pkcs8" })),
      String(privateKey.export({ format: "pem", type: "sec1" })),
      good + String(privateKey.export({ format: "pem", type: "pkcs8" })),
      "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n",
    ]
  ) {
    rejected(text, /is a private key/);
    const body = text.split("\n")[1]!;
    assert.throws(() => readPublicKey(text), (error: Error) => !error.message.includes(body));
  }
});

test("several PEM blocks, certificates, and what is no PEM are refused", () => {
  rejected(good + good, /2 PEM blocks/);
  rejected(good.replaceAll("PUBLIC KEY", "CERTIFICATE"), /is a "CERTIFICATE"/);
  rejected("", /not PEM/);
  rejected("dev@example.com", /not PEM/);
  rejected(good.slice(0, 80), /not PEM/);
  rejected(good.replace(/\n[A-Za-z0-9+/]{8}/, "\nAAAAAAAA"), /cannot be read/);
  rejected("x".repeat(100_000), /longer than/);
});

test("weak and unknown keys are refused", () => {
  rejected(pem(generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey), /1024 bits/);
  rejected(pem(generateKeyPairSync("x25519").publicKey), /of type "x25519"/);
});

test("an RSA key with the exponent 3 is refused", () => {
  const { n } = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey
    .export({ format: "jwk" }) as { n: string };
  const modulus = Uint8Array.from(
    atob(n.replace(/-/g, "+").replace(/_/g, "/")),
    (c) => c.charCodeAt(0),
  );
  const spki = sequence(
    sequence(oid("1.2.840.113549.1.1.1"), element(TAG.null)),
    bitString(sequence(integer(modulus), integer(3))),
  );
  rejected(toPem("PUBLIC KEY", spki), /exponent 3|cannot be read/);
});

test("a compressed point is refused", () => {
  const ecdh = createECDH("prime256v1");
  ecdh.generateKeys();
  const point = new Uint8Array(ecdh.getPublicKey(null, "compressed"));
  const spki = sequence(
    sequence(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")),
    bitString(point),
  );
  rejected(toPem("PUBLIC KEY", spki), /compressed point|canonical encoding|cannot be read/);
});
