import { test } from "node:test";
import assert from "node:assert/strict";
import { envelopeOf, preAuthEncoding } from "./dsse.ts";
import { encodeStatement, PAYLOAD_TYPE, statementAbout } from "./statement.ts";
import { signedName } from "../../tests/fakes/registry/references.ts";

const D = `sha256:${"ab".repeat(32)}` as const;

test("the pre-authentication encoding is the one of the DSSE protocol's example", () => {
  const bytes = preAuthEncoding(
    "http://example.com/HelloWorld",
    new TextEncoder().encode("hello world"),
  );
  assert.equal(
    new TextDecoder().decode(bytes),
    "DSSEv1 29 http://example.com/HelloWorld 11 hello world",
  );
});

test("lengths in the encoding are of bytes, not characters", () => {
  const bytes = preAuthEncoding("é", new TextEncoder().encode("ü"));
  assert.equal(new TextDecoder().decode(bytes), "DSSEv1 2 é 2 ü");
});

test("the statement about a digest without a name is byte for byte what every verifier accepts", () => {
  assert.equal(
    new TextDecoder().decode(encodeStatement(statementAbout(D))),
    `{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"${
      "ab".repeat(32)
    }"}}],"predicateType":"https://sigstore.dev/cosign/sign/v1","predicate":{}}`,
  );
});

test("the statement names repository and tag", () => {
  const { subject } = statementAbout(D, signedName("ghcr.io/acme/app", "v1"));
  assert.deepEqual(subject, [{
    name: "ghcr.io/acme/app",
    digest: { sha256: "ab".repeat(32) },
    annotations: { "dev.blobber.tag": "v1" },
  }]);
  assert.equal("annotations" in statementAbout(D, signedName("r.io/a")).subject[0]!, false);
});

test("an envelope holds one signature and no key id", () => {
  const envelope = envelopeOf(PAYLOAD_TYPE, new Uint8Array([1, 2]), new Uint8Array([255]));
  assert.deepEqual(envelope, {
    payload: "AQI=",
    payloadType: "application/vnd.in-toto+json",
    signatures: [{ sig: "/w==" }],
  });
});
