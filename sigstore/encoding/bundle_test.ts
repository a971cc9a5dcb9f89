import { test } from "node:test";
import assert from "node:assert/strict";
import { MAX_LOG_ENTRIES, MAX_SIGNATURE_BYTES, MAX_TIMESTAMPS } from "@blobber/core/limits";
import { type Json, stored } from "../../tests/fakes/bundles.ts";
import { make, refused, useSigstore, verify } from "../../tests/fakes/verification.ts";
import { readBundle } from "./bundle.ts";

useSigstore();

const mediaType = "application/vnd.dev.sigstore.bundle.v0.3+json";
const read = (text: string | Uint8Array) =>
  readBundle({
    mediaType,
    bytes: typeof text === "string" ? new TextEncoder().encode(text) : text,
  });
const rejected = (bundle: Json, message?: RegExp) =>
  assert.throws(
    () => readBundle(stored(bundle)),
    { name: "BlobberError", code: "signature-invalid", ...(message && { message }) },
  );

test("CVE-2024-29902: a bundle of 50 MB is refused by its size alone", () => {
  const bytes = new Uint8Array(50_000_000).fill(0x5b);
  assert.throws(() => read(bytes), {
    code: "signature-invalid",
    message: new RegExp(`50000000 bytes, expected at most ${MAX_SIGNATURE_BYTES}`),
  });
});

test("CVE-2024-45395, GHSA-cq38-jh5f-37mq: too many log entries are refused before any is looked at", () => {
  const bundle = make("v0.3 statement");
  bundle.verificationMaterial.tlogEntries = Array(MAX_LOG_ENTRIES + 1).fill("not even an entry");
  rejected(bundle, /tlogEntries has 33 entries, expected at most 32/);
});

test("CVE-2024-45395, GHSA-cq38-jh5f-37mq: too many timestamps are refused", () => {
  const bundle = make("v0.3 statement");
  bundle.verificationMaterial.timestampVerificationData = {
    rfc3161Timestamps: Array(MAX_TIMESTAMPS + 1).fill({ signedTimestamp: "AAAA" }),
  };
  rejected(bundle, /rfc3161Timestamps has 33 entries/);
});

test("too many proof hashes and certificates are refused", () => {
  const proof = make("v0.3 statement");
  proof.verificationMaterial.tlogEntries[0].inclusionProof.hashes = Array(65).fill("AAAA");
  rejected(proof, /hashes has 65 entries/);
  const chain = make("v0.1 message, chain");
  const { certificates } = chain.verificationMaterial.x509CertificateChain;
  chain.verificationMaterial.x509CertificateChain.certificates = Array(11).fill(certificates[0]);
  rejected(chain, /certificates has 11 entries/);
});

test("too many subjects are refused", () =>
  refused(
    verify(make("v0.3 statement", {
      statement: (one) => ({ ...one, subject: Array(1025).fill(one.subject[0]) }),
    })),
    "signature-invalid",
    /subject has 1025 entries/,
  ));

for (
  const [name, base64] of [
    ["stray bits", "QR=="],
    ["no padding", "QQ"],
    ["white space", "Q Q=="],
    ["a line feed", "QQ==\n"],
    ["the alphabet of URLs", "_-8="],
    ["nothing", ""],
    ["padding inside", "QQ==QQ=="],
  ] as const
) {
  test(`base64 with ${name} is refused`, () => {
    const bundle = make("v0.3 statement");
    bundle.dsseEnvelope.signatures[0].sig = base64;
    rejected(bundle, /not canonical base64|is empty/);
  });
}

for (const number of ["-1", "01", "1e3", "0x1", " 1", "9223372036854775808000", "1.0", ""]) {
  test(`sigstore-js 04ea25a: a log index of ${JSON.stringify(number)} is refused with a typed error`, () => {
    const bundle = make("v0.3 statement");
    bundle.verificationMaterial.tlogEntries[0].logIndex = number;
    rejected(bundle, /logIndex/);
  });
}

test("keys that JSON parsers disagree on are refused", () => {
  const text = JSON.stringify(make("v0.3 statement"));
  assert.throws(() => read(text.replace("{", '{"__proto__":{},')), { code: "signature-invalid" });
  assert.throws(() => read(text.replace("{", `{"mediaType":"${mediaType}",`)), {
    code: "signature-invalid",
    message: /"mediaType" twice/,
  });
  assert.throws(() => read(`\ufeff${text}`), { code: "signature-invalid" });
  assert.throws(() => read("[".repeat(MAX_SIGNATURE_BYTES)), { code: "signature-invalid" });
});

for (const text of ["null", "[]", "1", '"x"', "{}", "{", "\0", '{"mediaType":1}']) {
  test(`what is no bundle at all is refused with a typed error: ${JSON.stringify(text)}`, () => {
    assert.throws(() => read(text), { name: "BlobberError", code: "signature-invalid" });
  });
}

test("a bundle has one content and one key or certificate", () => {
  const both = {
    ...make("v0.3 statement"),
    messageSignature: make("v0.3 message").messageSignature,
  };
  rejected(both, /no content, or two/);
  const neither = make("v0.3 statement");
  delete neither.dsseEnvelope;
  rejected(neither, /no content, or two/);
  const material = make("v0.3 statement");
  material.verificationMaterial.publicKey = { hint: "x" };
  rejected(material, /2 keys or certificates/);
  const signatures = make("v0.3 statement");
  signatures.dsseEnvelope.signatures.push(signatures.dsseEnvelope.signatures[0]);
  rejected(signatures, /expected one/);
});

test("a key id in the envelope, which nothing signs, is refused", () => {
  const bundle = make("v0.3 statement");
  bundle.dsseEnvelope.signatures[0].keyid = "";
  readBundle(stored(bundle));
  bundle.dsseEnvelope.signatures[0].keyid = "x";
  rejected(bundle, /key id/);
});
