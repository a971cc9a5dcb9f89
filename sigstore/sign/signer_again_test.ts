import { afterEach, beforeEach, test } from "node:test";
import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { fromBase64 } from "@blobber/core/internal/bytes";
import type { Signature } from "@blobber/core";
import { keyless, manifest, ownKey, services } from "../../tests/fakes/signing.ts";
import { type FakeSigstore, startSigstore } from "../../tests/fakes/sigstore.ts";
import { trustOf } from "../../tests/fakes/bundles.ts";
import { createSigner } from "./signer.ts";
import type { SignerOptions } from "./signer_options.ts";
import { createVerifier } from "../verify/verifier.ts";

let sigstore: FakeSigstore;
beforeEach(async () => {
  sigstore = await startSigstore();
});
afterEach(() => sigstore.close());

const keys = { rsa: ownKey("rsa"), ec: ownKey("ec") };
const withKey = (key: "rsa" | "ec"): SignerOptions => ({
  key: { pem: keys[key].pem },
  rekorUrl: sigstore.urls.rekor2,
  timestampUrl: sigstore.urls.tsa,
  services,
});
const posts = () => sigstore.requests.filter(({ path }) => path === "/api/v2/log/entries").length;

/** The signature holds, by the key and in the log. */
async function verified(signature: Signature, pem: string): Promise<void> {
  const verifier = createVerifier({
    signers: [{ key: pem }],
    trust: trustOf(sigstore),
    requireLog: true,
  });
  await verifier.verify(manifest, signature);
}
const publicPem = (key: "rsa" | "ec") =>
  String(createPublicKey(keys[key].pem).export({ type: "spki", format: "pem" }));

function payloadOf({ bytes }: Signature): { subject: { annotations: Record<string, string> }[] } {
  const bundle = JSON.parse(new TextDecoder().decode(bytes));
  return JSON.parse(new TextDecoder().decode(fromBase64(bundle.dsseEnvelope.payload)!));
}

for (const key of ["rsa", "ec"] as const) {
  test(`rekor2-answer-lost: a key whose first answer was lost signs all the same: ${key}`, async () => {
    let lost = 0;
    sigstore.onRequest = ({ path }) =>
      path === "/api/v2/log/entries" && lost++ === 0 ? "lose" : undefined;
    const signer = await createSigner(withKey(key));
    const signature = await signer.sign(manifest);
    assert.equal(lost, 3, "lost, refused as known, and another one");
    await verified(signature, publicPem(key));
    const { annotations } = payloadOf(signature).subject[0]!;
    assert.deepEqual(Object.keys(annotations), ["dev.blobber.tag", "dev.blobber.nonce"]);
    await verified(await signer.sign(manifest), publicPem(key));
  });
}

test("rekor2-answer-lost: an RSA key signs the same artifact twice", async () => {
  const signer = await createSigner(withKey("rsa"));
  const first = await signer.sign(manifest);
  assert.deepEqual(Object.keys(payloadOf(first).subject[0]!.annotations), ["dev.blobber.tag"]);
  assert.equal(posts(), 1);
  const second = await signer.sign(manifest);
  assert.equal(posts(), 3);
  for (const signature of [first, second]) await verified(signature, publicPem("rsa"));
});

test("rekor2-answer-lost: with an identity too", async () => {
  let lost = 0;
  sigstore.onRequest = ({ path }) =>
    path === "/api/v2/log/entries" && lost++ === 0 ? "lose" : undefined;
  const signer = await createSigner(
    keyless(sigstore, { rekorUrl: sigstore.urls.rekor2, timestampUrl: sigstore.urls.tsa }),
  );
  const signature = await signer.sign(manifest);
  const verifier = createVerifier({
    signers: [{ issuer: sigstore.urls.oidc, subject: "dev@example.com" }],
    trust: trustOf(sigstore),
  });
  await verifier.verify(manifest, signature);
});

test("a log that has everything already is an error, not a loop", async () => {
  sigstore.onRequest = ({ path }) =>
    path === "/api/v2/log/entries" ? { status: 409, body: "{}" } : undefined;
  const signer = await createSigner(withKey("rsa"));
  await assert.rejects(signer.sign(manifest), { code: "signing-service" });
  assert.equal(posts(), 2);
});
