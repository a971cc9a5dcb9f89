import { afterEach, beforeEach, test } from "node:test";
import assert from "node:assert/strict";
import { fromBase64, toBase64 } from "@blobber/core/internal/bytes";
import { isBlobberError } from "@blobber/core";
import { bundleOf, keyless, ownKey, services } from "../../tests/fakes/signing.ts";
import { type FakeSigstore, startSigstore } from "../../tests/fakes/sigstore.ts";
import { FakeKey } from "../../tests/fakes/sigstore/keys.ts";
import { givenToken } from "../tokens/given.ts";

let sigstore: FakeSigstore;
beforeEach(async () => {
  sigstore = await startSigstore();
});
afterEach(() => sigstore.close());

const asked = () => sigstore.requests.map(({ service, path }) => `${service}${path}`);

test("a certificate for another key or identity is refused", async () => {
  const issuer = sigstore.urls.oidc;
  const changes: Parameters<typeof refusedLeaf>[] = [
    [{ spki: new FakeKey().spki }, /for another key/],
    [
      { names: [{ email: "eve@example.com" }] },
      /for "eve@example.com", expected "dev@example.com"/,
    ],
    [{ names: [{ uri: "dev@example.com" }] }, /expected "dev@example.com"/],
    [{ issuer: "https://evil.example" }, /of the issuer "https:\/\/evil\.example"/],
    [{ issuer, issuerV2: "https://evil.example" }, /of the issuer "https:\/\/evil\.example"/],
    [{ names: [] }, /certificate/],
    [{ names: [{ email: "dev@example.com" }, { email: "eve@example.com" }] }, /exactly one name/],
  ];
  for (const [leaf, said] of changes) await refusedLeaf(leaf, said);
  assert.ok(!asked().some((path) => path.startsWith("rekor")));
});
async function refusedLeaf(
  change: Partial<Parameters<FakeSigstore["ca"]["issue"]>[0]>,
  said: RegExp,
): Promise<void> {
  sigstore.onIssue = (leaf) => ({ ...leaf, ...change });
  await assert.rejects(bundleOf(keyless(sigstore)), (error) => {
    assert.ok(isBlobberError(error, "signing-service"), String(error));
    assert.match(error.message, said);
    return true;
  });
}

test("for a job of GitHub Actions the certificate's name ends in the token's workflow", async () => {
  const token = givenToken(sigstore.oidc.githubToken());
  await bundleOf(keyless(sigstore, { token }));
  sigstore.onIssue = (leaf) => ({
    ...leaf,
    names: [{ uri: "https://github.com/evil/x@refs/heads/main" }],
  });
  await assert.rejects(bundleOf(keyless(sigstore, { token })), { code: "signing-service" });
});

for (
  const [name, workflow] of [
    ["workflow-spaces", "acme/demo/.github/workflows/Windows hardening é.yml@refs/heads/main"],
    ["ref-characters", "acme/demo/.github/workflows/ci.yml@refs/heads/fix-#12+a"],
    ["ref-characters", "acme/demo/.github/workflows/ci.yml@refs/tags/@acme/pkg@1.2.3"],
    ["ref-characters", "acme/demo/.github/workflows/ci.yml@refs/heads/100%"],
    ["ref-characters", "acme/demo/.github/workflows/100%25 ?.yml@refs/heads/a%b"],
  ] as const
) {
  test(`${name}: ${workflow} signs, and another workflow does not`, async () => {
    const token = givenToken(sigstore.oidc.githubToken({ job_workflow_ref: workflow }));
    await bundleOf(keyless(sigstore, { token }));
    sigstore.onIssue = (leaf) => ({
      ...leaf,
      names: leaf.names.map((one) => "uri" in one ? { uri: `${one.uri}x` } : one),
    });
    await assert.rejects(bundleOf(keyless(sigstore, { token })), { code: "signing-service" });
  });
}

test("an entry for another payload, signature or verifier is refused (CVE-2022-36056)", async () => {
  const v1 =
    (change: (spec: Record<string, unknown>) => void) => (body: Record<string, unknown>) => {
      const [[uuid, entry]] = Object.entries(body) as [[string, { body: string }]];
      const value = JSON.parse(atob(entry.body));
      change(value.spec);
      return { [uuid]: { ...entry, body: btoa(JSON.stringify(value)) } };
    };
  type Signatures = { signature: string; verifier: string }[];
  for (
    const rewrite of [
      v1((spec) => (spec.payloadHash as { value: string }).value = "0".repeat(64)),
      v1((spec) => (spec.signatures as Signatures)[0]!.signature = "AAAA"),
      v1((spec) => (spec.signatures as Signatures)[0]!.verifier = "AAAA"),
      v1((spec) => (spec.signatures as Signatures).push({ signature: "AAAA", verifier: "AAAA" })),
      v1((spec) => delete spec.signatures),
    ]
  ) {
    sigstore.onRequest = ({ service }) => service === "rekor1" ? { rewrite } : undefined;
    await assert.rejects(bundleOf(keyless(sigstore)), /an entry for something else than was sent/);
  }
  type Record002 = { data: { digest: string }; signature: { content: string; verifier: unknown } };
  const v2 = (change: (record: Record002) => void) => (body: Record<string, unknown>) => {
    const value = JSON.parse(atob(body.canonicalizedBody as string));
    change(value.spec.hashedRekordV002);
    return { ...body, canonicalizedBody: btoa(JSON.stringify(value)) };
  };
  for (
    const rewrite of [
      v2((record) => record.data.digest = toBase64(new Uint8Array(32))),
      v2((record) => record.signature.content = "AAAA"),
      v2((record) => record.signature.verifier = { x509Certificate: { rawBytes: "AAAA" } }),
    ]
  ) {
    sigstore.onRequest = ({ service }) => service === "rekor2" ? { rewrite } : undefined;
    const options = keyless(sigstore, {
      rekorUrl: sigstore.urls.rekor2,
      rekorVersion: 2,
      timestampUrl: sigstore.urls.tsa,
    });
    await assert.rejects(bundleOf(options), /an entry for something else than was sent/);
  }
});

test("an entry without a proof or a checkpoint is refused", async () => {
  for (const part of ["inclusionProof", "signedEntryTimestamp"]) {
    sigstore.onRequest = ({ service }) =>
      service === "rekor1"
        ? {
          rewrite: (body) => {
            const [entry] = Object.values(body) as { verification: Record<string, unknown> }[];
            delete entry!.verification[part];
            return body;
          },
        }
        : undefined;
    await assert.rejects(bundleOf(keyless(sigstore)), /an incomplete entry/);
  }
});

test("a timestamp of something else, or from another request, is refused", async () => {
  let first: string | undefined;
  const relay = async (input: unknown, init?: RequestInit) => {
    const response = await fetch(input as string, init);
    if (String(input) !== sigstore.urls.tsa) return response;
    const body = new Uint8Array(await response.arrayBuffer());
    first ??= toBase64(body);
    return new Response(fromBase64(first), { status: 201 });
  };
  const options = {
    ...keyless(sigstore, { timestampUrl: sigstore.urls.tsa }),
    services: { ...services, fetch: relay as typeof fetch },
  };
  await bundleOf(options);
  await assert.rejects(bundleOf(options), /a timestamp of something else than was sent/);
  // The same signature twice: only the nonce tells the answers apart.
  first = undefined;
  const own = {
    key: ownKey("ed25519"),
    timestampUrl: sigstore.urls.tsa,
    services: options.services,
  };
  await bundleOf(own);
  await assert.rejects(bundleOf(own), /does not repeat the request's nonce/);
});
