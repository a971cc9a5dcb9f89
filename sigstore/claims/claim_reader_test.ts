import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { toBase64 } from "@blobber/core/internal/bytes";
import { signable } from "../../tests/fakes/bundles.ts";
import { statementAbout } from "../encoding/statement.ts";
import { createSigner } from "../sign/signer.ts";
import { claimReader } from "./claim_reader.ts";

const SLSA = "https://slsa.dev/provenance/v1";
const DSSE = "application/vnd.dsse.envelope.v1+json";
const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const key = { pem: privateKey.export({ type: "pkcs8", format: "pem" }) as string };
const MANIFEST = signable("{}");

test("a bundle says who signed it, and by its predicate whether it is a signature", async () => {
  const signature = await (await createSigner({ key })).sign(MANIFEST);
  assert.ok(claimReader.accepts(signature.mediaType));
  const claims = await claimReader.read(signature);
  assert.equal(claims.kind, "signature");
  assert.equal(claims.signer?.kind, "key");
  assert.match((claims.signer as { fingerprint: string }).fingerprint, /^SHA256:[0-9a-f]{64}$/);
  assert.deepEqual([claims.time, claims.predicateType], [undefined, undefined]);

  const bundle = JSON.parse(new TextDecoder().decode(signature.bytes));
  const other = { ...statementAbout(MANIFEST.digest), predicateType: SLSA };
  bundle.dsseEnvelope.payload = toBase64(encode(other));
  const attestation = { ...signature, bytes: encode(bundle) };
  assert.deepEqual(await claimReader.read(attestation), {
    kind: "attestation",
    predicateType: SLSA,
    signer: claims.signer,
  });
  bundle.dsseEnvelope.payloadType = "application/vnd.example";
  assert.deepEqual(await claimReader.read({ ...signature, bytes: encode(bundle) }), {
    kind: "attestation",
    signer: claims.signer,
  });
});

test("a time is what a log says, and none where there is none", async () => {
  const signature = await (await createSigner({ key })).sign(MANIFEST);
  const bundle = JSON.parse(new TextDecoder().decode(signature.bytes));
  const entry = (integratedTime: string) => ({
    logIndex: "1",
    logId: { keyId: "AAAA" },
    kindVersion: { kind: "dsse", version: "0.0.1" },
    integratedTime,
    inclusionProof: {
      logIndex: "1",
      rootHash: "AAAA",
      treeSize: "2",
      hashes: [],
      checkpoint: { envelope: "x" },
    },
    canonicalizedBody: "AAAA",
  });
  const timeOf = async (...times: string[]) => {
    bundle.verificationMaterial.tlogEntries = times.map(entry);
    return (await claimReader.read({ ...signature, bytes: encode(bundle) })).time;
  };
  assert.deepEqual(await timeOf("0", "1795371511"), new Date(1795371511000));
  assert.equal(await timeOf("0"), undefined);
  assert.equal(await timeOf("99999999999999"), undefined);
});

test("an envelope and a statement by themselves are attestations of their predicate's type", async () => {
  const statement = { _type: "https://in-toto.io/Statement/v1", predicateType: SLSA, subject: [] };
  const envelope = {
    payloadType: "application/vnd.in-toto+json",
    payload: toBase64(encode(statement)),
  };
  for (
    const [mediaType, content, expected] of [
      [DSSE, envelope, { kind: "attestation", predicateType: SLSA }],
      ["application/vnd.in-toto+json", statement, { kind: "attestation", predicateType: SLSA }],
      ["application/vnd.in-toto.provenance+dsse", envelope, {
        kind: "attestation",
        predicateType: SLSA,
      }],
      [DSSE, { payload: "AAAA" }, { kind: "attestation" }],
      [DSSE, { payload: 7, predicateType: 7 }, { kind: "attestation" }],
    ] as const
  ) {
    assert.ok(claimReader.accepts(mediaType));
    assert.deepEqual(await claimReader.read({ mediaType, bytes: encode(content) }), expected);
  }
  const broken = () => claimReader.read({ mediaType: DSSE, bytes: new TextEncoder().encode("[") });
  assert.throws(broken, { code: "signature-invalid" });
  assert.equal(claimReader.accepts("application/spdx+json"), false);
});
