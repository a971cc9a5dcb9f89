import { test } from "node:test";
import assert from "node:assert/strict";
import { claimName, readClaims } from "./claims.ts";
import { element, octetString, TAG } from "../encoding/der.ts";
import { invalidSignature } from "../encoding/malformed.ts";

const ARC = "1.3.6.1.4.1.57264.1";
const raw = (text: string) => new TextEncoder().encode(text);
const der = (text: string) => element(TAG.utf8String, raw(text));
const read = (...pairs: [number | string, Uint8Array][]) =>
  readClaims(
    new Map(pairs.map(([arc, value]) => [typeof arc === "number" ? `${ARC}.${arc}` : arc, value])),
    invalidSignature,
  );

test("old claims are raw bytes and new ones DER strings, each in its own way only", () => {
  assert.deepEqual(
    read([1, raw("https://i")], [5, raw("acme/app")], [8, der("https://i")], [15, der("12")]),
    {
      "issuer": "https://i",
      "github-workflow-repository": "acme/app",
      "source-repository-identifier": "12",
    },
  );
  for (
    const value of [
      raw("https://i"),
      octetString(raw("https://i")),
      new Uint8Array([...der("https://i"), 0]),
      element(0x13, raw("https://i")),
      new Uint8Array(),
      element(TAG.utf8String, new Uint8Array([0xff])),
    ]
  ) assert.throws(() => read([8, value]), { code: "signature-invalid" });
  // A DER string where raw bytes belong is another text.
  assert.notEqual(read([1, der("https://i")])["issuer"], "https://i");
});

test("token-subject: every claim of Fulcio's document is read under its name", () => {
  const documented: Record<number, string> = {
    1: "Issuer",
    2: "GitHub Workflow Trigger",
    3: "GitHub Workflow SHA",
    4: "GitHub Workflow Name",
    5: "GitHub Workflow Repository",
    6: "GitHub Workflow Ref",
    9: "Build Signer URI",
    10: "Build Signer Digest",
    11: "Runner Environment",
    12: "Source Repository URI",
    13: "Source Repository Digest",
    14: "Source Repository Ref",
    15: "Source Repository Identifier",
    16: "Source Repository Owner URI",
    17: "Source Repository Owner Identifier",
    18: "Build Config URI",
    19: "Build Config Digest",
    20: "Build Trigger",
    21: "Run Invocation URI",
    22: "Source Repository Visibility At Signing",
    23: "Deployment Environment",
    24: "Token Subject",
  };
  for (const [number, name] of Object.entries(documented)) {
    const value = Number(number) <= 6 ? raw("x") : der("x");
    assert.deepEqual(read([Number(number), value]), { [claimName(name)]: "x" }, name);
  }
  assert.equal(claimName("Token Subject"), "token-subject");
});

test("two issuers that differ are refused", () => {
  assert.throws(() => read([1, raw("https://a")], [8, der("https://b")]), {
    code: "signature-invalid",
    message: /two issuers/,
  });
});

test("extensions that are not Fulcio's claims are passed over", () => {
  assert.deepEqual(read(["2.5.29.15", raw("x")], [`${ARC}.12.1`, raw("x")], [99, raw("x")]), {});
  assert.deepEqual(
    read(["1.3.6.1.4.1.57264.2", raw("x")], ["11.3.6.1.4.1.57264.1.8", raw("x")]),
    {},
  );
});

test("a claim goes by each way in which Fulcio writes its name, and by no other", () => {
  for (
    const name of ["Source Repository URI", "SourceRepositoryURI", "source-repository-uri"]
  ) assert.equal(claimName(name), "source-repository-uri");
  assert.equal(claimName("GitHub Workflow SHA"), "github-workflow-sha");
  for (const name of ["", "source", "constructor", "__proto__", "sourceRepository"]) {
    assert.throws(() => claimName(name), { code: "invalid-option" });
  }
});
