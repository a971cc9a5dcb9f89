import { test } from "node:test";
import assert from "node:assert/strict";
import {
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  scryptSync,
  verify,
} from "node:crypto";
import { xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { toBase64 } from "@blobber/core/internal/bytes";
import { isBlobberError } from "@blobber/core";
import { toPem } from "../encoding/pem.ts";
import { needsPassphrase, readPrivateKey } from "./private_key.ts";

const ec = (namedCurve: string) => generateKeyPairSync("ec", { namedCurve }).privateKey;
const rsa = (modulusLength: number, publicExponent = 65537) =>
  generateKeyPairSync("rsa", { modulusLength, publicExponent }).privateKey;
const pkcs8 = (key: KeyObject, passphrase?: string) =>
  key.export({
    type: "pkcs8",
    format: "pem",
    ...(passphrase !== undefined && { cipher: "aes-256-cbc", passphrase }),
  }) as string;
const message = new TextEncoder().encode("message");

const KEYS: [string, KeyObject, string | null, string][] = [
  ["P-256", ec("P-256"), "sha256", "PKIX_ECDSA_P256_SHA_256"],
  ["P-384", ec("P-384"), "sha256", "PKIX_ECDSA_P384_SHA_256"],
  ["P-521", ec("P-521"), "sha512", "PKIX_ECDSA_P521_SHA_512"],
  ["RSA 2048", rsa(2048), "sha256", "PKIX_RSA_PKCS1V15_2048_SHA256"],
  ["Ed25519", generateKeyPairSync("ed25519").privateKey, null, "PKIX_ED25519"],
];
const p256 = KEYS[0]![1];

for (const [name, key, hash, details] of KEYS) {
  test(`a ${name} key signs, plain and encrypted`, async () => {
    for (const passphrase of [undefined, "pass phrase"]) {
      const pem = pkcs8(key, passphrase);
      assert.equal(needsPassphrase(pem), passphrase !== undefined);
      const signer = await readPrivateKey({ pem, passphrase });
      assert.equal(signer.details, details);
      const publicKey = createPublicKey({
        key: signer.publicKey as never,
        format: "der",
        type: "spki",
      });
      assert.ok(verify(hash, message, publicKey, await signer.sign(message)));
    }
  });
}

test("RSA and Ed25519 sign the same bytes twice, and ECDSA under Deno", async () => {
  for (const [name, key] of KEYS) {
    if (!("Deno" in globalThis) && name.startsWith("P-")) continue;
    if (name === "P-521") continue;
    const signer = await readPrivateKey({ pem: pkcs8(key) });
    assert.deepEqual(await signer.sign(message), await signer.sign(message), name);
  }
});

test("SEC1 and PKCS#1 keys are read, also behind EC parameters", async () => {
  const sec1 = p256.export({ type: "sec1", format: "pem" }) as string;
  const parameters = toPem("EC PARAMETERS", new Uint8Array([6, 8, 42, 134, 72, 206, 61, 3, 1, 7]));
  for (const pem of [sec1, parameters + sec1]) {
    assert.equal((await readPrivateKey({ pem })).details, "PKIX_ECDSA_P256_SHA_256");
  }
  const pkcs1 = KEYS[3]![1].export({ type: "pkcs1", format: "pem" }) as string;
  assert.equal((await readPrivateKey({ pem: pkcs1 })).details, "PKIX_RSA_PKCS1V15_2048_SHA256");
});

/** A key file as `cosign generate-key-pair` writes it, with cheaper parameters. */
function cosignFile(passphrase: string, change: (file: CosignFile) => void = () => {}): string {
  const [salt, nonce] = [randomBytes(32), randomBytes(24)];
  const params = { N: 1024, r: 8, p: 1 };
  const key = new Uint8Array(scryptSync(passphrase, salt, 32, params));
  const der = new Uint8Array(p256.export({ type: "pkcs8", format: "der" }));
  const file: CosignFile = {
    kdf: { name: "scrypt", params, salt: toBase64(salt) },
    cipher: { name: "nacl/secretbox", nonce: toBase64(nonce) },
    ciphertext: toBase64(xsalsa20poly1305(key, new Uint8Array(nonce)).encrypt(der)),
  };
  change(file);
  return toPem("ENCRYPTED SIGSTORE PRIVATE KEY", new TextEncoder().encode(JSON.stringify(file)));
}
interface CosignFile {
  kdf: { name: string; params: Record<string, number>; salt: string };
  cipher: { name: string; nonce: string };
  ciphertext: string;
}

test("cosign's own key file is opened, with the empty passphrase too", async () => {
  for (const passphrase of ["pw", ""]) {
    const pem = cosignFile(passphrase);
    assert.ok(needsPassphrase(pem));
    const key = await readPrivateKey({ pem, passphrase });
    assert.equal(key.details, "PKIX_ECDSA_P256_SHA_256");
  }
});

// Written by cosign 3.1.3 for the passphrase "pw"; the key was made for this test.
const BY_COSIGN = `-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----
eyJrZGYiOnsibmFtZSI6InNjcnlwdCIsInBhcmFtcyI6eyJOIjo2NTUzNiwiciI6
OCwicCI6MX0sInNhbHQiOiJ0UGdDSWhVRjVhQXMzckJRUXpMTHdvS1E2TnNrRXJQ
ZCtLTjJTZ1pMaWk4PSJ9LCJjaXBoZXIiOnsibmFtZSI6Im5hY2wvc2VjcmV0Ym94
Iiwibm9uY2UiOiIrNUplYkVTOTFUcnh0NktHZUJDUmdmVVVMbStCRGkrTSJ9LCJj
aXBoZXJ0ZXh0IjoiVktYSVg4dk8vaVVMc3ZmZFA5a3N3U1JpMWdLTVQ0YloxNFlu
eE1NWTdvMTFVdWpDLzRCalFmc1hxVEpFSkZCN0hUU1ZLREwvVTlxUVRkS2dJWkQz
S2RHbG9KVng3UHlWUlFUTjhpa2NNOHNLZkhVQnkrSnFDV2RXbkFmSStXQTNZSW1p
VGVVdmZPYlBFRmVMOU5sY01LUW84Qzd5UDVJQmZaSm9Ga0o3MDIxZEpVN1plSFBQ
bTh4Mm1aN0owblM3YUowL3A1aUFSQzMzdkE9PSJ9
-----END ENCRYPTED SIGSTORE PRIVATE KEY-----
`;

test("a key file that cosign itself wrote is opened", async () => {
  const key = await readPrivateKey({ pem: BY_COSIGN, passphrase: "pw" });
  assert.equal(key.details, "PKIX_ECDSA_P256_SHA_256");
});

// Bun cannot make one.
const SECP256K1 = `-----BEGIN PRIVATE KEY-----
MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgNz5HJm8x1OVz++/FLDAU
S2ILc+v7OxwOx/RFEhsCM7GhRANCAARf/mwikR3X+QK2O7uG24q5rL+fDUEMldud
HviZxaG8GAjcgvbEZcJJ7O94sVW3C2n32bJB04fF84JwJauEHIRU
-----END PRIVATE KEY-----
`;

const secret = "correct horse battery";
const publicPem = createPublicKey(pkcs8(p256)).export({ type: "spki", format: "pem" }) as string;
for (
  const [what, pem, passphrase, said] of [
    ["nothing", "", undefined, /no PEM block/],
    ["no PEM", "hello", undefined, /no PEM block/],
    ["a public key", publicPem, undefined, /PUBLIC KEY, which cannot sign/],
    ["two keys", pkcs8(p256) + pkcs8(p256), undefined, /2 PEM blocks/],
    ["e = 3", pkcs8(rsa(2048, 3)), undefined, /exponent 3/],
    ["RSA 1024", pkcs8(rsa(1024)), undefined, /RSA of 1024 bits/],
    ["another curve", SECP256K1, undefined, /secp256k1|cannot be read/],
    ["garbage", toPem("PRIVATE KEY", randomBytes(50)), undefined, /cannot be read/],
    ["another block", toPem("OPENSSH PRIVATE KEY", randomBytes(50)), undefined, /OPENSSH/],
    ["no passphrase", pkcs8(p256, secret), undefined, /no passphrase/],
    ["a wrong passphrase", pkcs8(p256, secret), "wrong", /with this passphrase/],
    ["cosign, no passphrase", cosignFile(secret), undefined, /no passphrase/],
    ["cosign, a wrong passphrase", cosignFile(secret), "wrong", /with this passphrase/],
    [
      "cosign, other kdf",
      cosignFile(secret, (f) => f.kdf.name = "x"),
      secret,
      /not a key file of cosign/,
    ],
    [
      "cosign, short nonce",
      cosignFile(secret, (f) => f.cipher.nonce = "AA=="),
      secret,
      /not a key file/,
    ],
    [
      "cosign, 64 GiB",
      cosignFile(secret, (f) => f.kdf.params.N = 2 ** 26),
      secret,
      /not a key file/,
    ],
    [
      "cosign, p of a year",
      cosignFile(secret, (f) => f.kdf.params.p = 1e9),
      secret,
      /not a key file/,
    ],
    [
      "cosign, N no power of two",
      cosignFile(secret, (f) => f.kdf.params.N = 1000),
      secret,
      /not a key file/,
    ],
    [
      "cosign, no JSON",
      toPem("ENCRYPTED COSIGN PRIVATE KEY", randomBytes(9)),
      secret,
      /not a key file/,
    ],
    ["too large", pkcs8(p256) + " ".repeat(2 ** 20), undefined, /too large/],
  ] as const
) {
  test(`a key that cannot be used is a usage error that quotes nothing of it: ${what}`, async () => {
    await assert.rejects(readPrivateKey({ pem, passphrase }), (error) => {
      assert.ok(isBlobberError(error, "invalid-key"));
      assert.equal(error.exitStatus, 2);
      assert.match(error.message, said);
      for (const text of [error.message, error.hint ?? "", String(error.cause)]) {
        assert.ok(!text.includes(secret) && !text.includes(pem.slice(40, 60) || "none"));
      }
      return true;
    });
  });
}

test("a key in OpenSSL's old encrypted form says how to convert it", async () => {
  const pem =
    "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,AA\n\n" +
    "AQID\n-----END EC PRIVATE KEY-----\n";
  assert.ok(needsPassphrase(pem));
  await assert.rejects(readPrivateKey({ pem, passphrase: "x" }), (error) => {
    assert.ok(isBlobberError(error, "invalid-key"));
    assert.match(error.hint!, /openssl pkcs8 -topk8/);
    return true;
  });
});
