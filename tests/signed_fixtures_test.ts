// Artifacts that the Go tool and cosign signed with real services, verified offline.

import { test } from "node:test";
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { digestOf } from "../lib/digest.ts";
import type { Descriptor, Index, Manifest, Signable, Signature, Verdict } from "../mod.ts";
import { createVerifier, loadTrustedRoot, type Policy } from "../sigstore/mod.ts";

const directory = process.env["FIXTURES_DIR"] ?? "../shared/fixtures/interop";
const skip = !existsSync(directory);
if (skip) test(`skipped: no signed fixtures at ${directory}`, { skip }, () => {});

const read = (path: string) => new Uint8Array(readFileSync(join(directory, path)));
const json = <T>(bytes: Uint8Array): T => JSON.parse(new TextDecoder().decode(bytes));
const blob = (digest: string): Uint8Array => {
  const bytes = read(`layout/blobs/${digest.replace(":", "/")}`);
  assert.equal(digestOf(bytes), digest);
  return bytes;
};

/** A tagged manifest and the signatures that refer to it. */
function signed(tag: string): { manifest: Signable; signatures: Signature[] } {
  const { manifests } = json<Index>(read("layout/index.json"));
  const tagged = manifests.find((one) =>
    one.annotations?.["org.opencontainers.image.ref.name"] === tag
  ) as Descriptor;
  const signatures = manifests.map((one) => json<Manifest>(blob(one.digest)))
    .filter((one) => one.subject?.digest === tagged.digest)
    .map(({ layers: [layer] }) => ({ mediaType: layer!.mediaType, bytes: blob(layer!.digest) }));
  return { manifest: { ...tagged, bytes: blob(tagged.digest) }, signatures };
}

const trust = () => loadTrustedRoot(read("trusted_root.json"), "the fixtures' root");
const withKey = (): Policy => ({
  signers: [{ key: new TextDecoder().decode(read("key.pub")) }],
  trust: trust(),
});
const ci = (): Policy => ({
  signers: [{
    issuer: "http://127.0.0.1:18080/gha",
    subject: "https://github.com/acme/demo/.github/workflows/ci.yml@refs/heads/main",
  }],
  trust: trust(),
  repo: "acme/demo",
  claims: { "runner-environment": "github-hosted", "build-trigger": "push" },
});
const dev = (): Policy => ({
  signers: [{ issuer: "http://127.0.0.1:18080", subject: "dev@example.com" }],
  trust: trust(),
});

/** Tries every signature of a tag, as a reader does, and gives what satisfies. */
async function verdicts(tag: string, policy: Policy): Promise<Verdict[]> {
  const { manifest, signatures } = signed(tag);
  assert.ok(signatures.length > 0, `${tag} has no signature`);
  const verifier = createVerifier(policy);
  const results = await Promise.allSettled(
    signatures.map((signature) => verifier.verify(manifest, signature)),
  );
  return results.flatMap((one) => one.status === "fulfilled" ? one.value : []);
}

for (
  const [tag, policy, checks] of [
    ["blobber-gzip", ci, { log: "passed", timestamp: "passed", transparency: "passed" }],
    ["blobber-signed", ci, { log: "passed", certificate: "passed" }],
    ["blobber-gzip", withKey, { log: "passed", certificate: "absent" }],
    ["blobber-keysigned", withKey, { log: "passed", certificate: "absent" }],
    ["cosign-rekor1", dev, { log: "passed", timestamp: "passed", transparency: "passed" }],
    ["cosign-rekor2", dev, { log: "passed", timestamp: "passed", transparency: "passed" }],
    ["cosign-key", withKey, { log: "passed", timestamp: "passed" }],
    ["cosign-key-notlog", withKey, { log: "absent", timestamp: "absent" }],
  ] as [string, () => Policy, Record<string, string>][]
) {
  test(`${tag} verifies with ${policy.name}`, { skip }, async () => {
    const [verdict, ...more] = await verdicts(tag, policy());
    assert.ok(verdict !== undefined && more.length === 0);
    const results = Object.fromEntries(verdict.checks.map(({ name, result }) => [name, result]));
    assert.deepEqual({ ...results, ...checks }, results);
  });
}

test(
  "a fixture's signature is by its signer alone, and of its manifest alone",
  { skip },
  async () => {
    assert.deepEqual(await verdicts("cosign-rekor1", ci()), []);
    assert.deepEqual(await verdicts("cosign-rekor1", withKey()), []);
    assert.deepEqual(await verdicts("cosign-key", dev()), []);
    const verifier = createVerifier(dev());
    const [signature] = signed("cosign-rekor1").signatures;
    await assert.rejects(verifier.verify(signed("cosign-rekor2").manifest, signature!), {
      code: "signature-invalid",
    });
  },
);

test(
  "a required log entry tells the fixtures with one from the one without",
  { skip },
  async () => {
    const policy = { ...withKey(), requireLog: true } as Policy;
    assert.equal((await verdicts("cosign-key", policy)).length, 1);
    assert.equal((await verdicts("cosign-key-notlog", policy)).length, 0);
  },
);
