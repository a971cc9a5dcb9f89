import { test } from "node:test";
import { DEVELOPER, MANIFEST } from "../../tests/fakes/bundles.ts";
import {
  make,
  refused,
  STATEMENT,
  trust,
  useSigstore,
  verify,
} from "../../tests/fakes/verification.ts";

useSigstore();

test("CVE-2022-35929: a statement with another predicate is no signature", () =>
  refused(
    verify(make(STATEMENT, {
      statement: (one) => ({ ...one, predicateType: "https://slsa.dev/provenance/v1" }),
    })),
    "signature-invalid",
    /slsa\.dev.*no signature/,
  ));

const hex = MANIFEST.digest.slice(7);
const other = { name: "x", digest: { sha256: "0".repeat(64) } };
for (
  const [name, change] of [
    ["no subject", { subject: [] }],
    ["1,000 subjects of which one fits", {
      subject: [...Array.from({ length: 999 }, () => other), { digest: { sha256: hex } }],
    }],
    ["upper-case hexadecimal", { subject: [{ digest: { sha256: hex.toUpperCase() } }] }],
    ["a wrong sha512 beside a right sha256", {
      subject: [{ digest: { sha256: hex, sha512: "0".repeat(128) } }],
    }],
    ["a digest of an unknown kind beside a right one", {
      subject: [{ digest: { sha256: hex, gitCommit: "00" } }],
    }],
    ["a digest with its algorithm in it", { subject: [{ digest: { sha256: MANIFEST.digest } }] }],
    ["no digest", { subject: [{ name: "x" }] }],
    ["an older statement type", { _type: "https://in-toto.io/Statement/v0.1" }],
    ["no predicate", { predicate: null }],
    ["a subject that is not a list", { subject: { digest: { sha256: hex } } }],
  ] as const
) {
  test(`a statement with ${name} is refused`, () =>
    refused(
      verify(make(STATEMENT, { statement: (one) => ({ ...one, ...change }) })),
      "signature-invalid",
    ));
}

test("a right sha512 beside the sha256 is fine", async () => {
  const { createHash } = await import("node:crypto");
  const sha512 = createHash("sha512").update(MANIFEST.bytes).digest("hex");
  await verify(make(STATEMENT, {
    statement: (one) => ({ ...one, subject: [{ digest: { sha256: hex, sha512 } }] }),
  }));
});

for (
  const [name, payload] of [
    [
      "a digest given twice",
      `{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"${
        "0".repeat(64)
      }",` +
      `"sha256":"${hex}"}}],"predicateType":"https://sigstore.dev/cosign/sign/v1","predicate":{}}`,
    ],
    ["no JSON", "signed"],
    ["nothing but a list", "[]"],
    ["a string", '"x"'],
    ["a byte order mark", `\ufeff{}`],
    ["deep nesting", "[".repeat(5000)],
  ] as const
) {
  test(`CVE-2026-39395: a signed payload that is ${name} is refused`, () =>
    refused(
      verify(make(STATEMENT, { payload: new TextEncoder().encode(payload) })),
      "signature-invalid",
    ));
}

test("a payload of another type is refused", () =>
  refused(verify(make(STATEMENT, { payloadType: "application/json" })), "signature-invalid"));

test("a policy can refuse signatures over bare bytes", async () => {
  await verify(make("v0.3 message"));
  await refused(
    verify(make("v0.3 message"), { signers: [DEVELOPER], trust, legacyMessageSignature: false }),
    "signature-invalid",
    /expected a signed statement/,
  );
});
