import { afterEach, beforeEach, test } from "node:test";
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keyless, manifest, ownKey, services } from "../tests/fakes/signing.ts";
import { type FakeSigstore, startSigstore } from "../tests/fakes/sigstore.ts";
import { TufRepository } from "../tests/fakes/tuf_repository.ts";
import { createSigner } from "./sign/signer.ts";
import { parseSigningConfig, publicSigningConfig } from "./sign/signing_config.ts";
import { loadTrustedRoot } from "./trust/trust_root.ts";
import { createVerifier } from "./verify/verifier.ts";
import { givenToken } from "./tokens/given.ts";
import { signedName } from "../tests/fakes/registry/references.ts";

let sigstore: FakeSigstore;
beforeEach(async () => {
  sigstore = await startSigstore();
});
afterEach(() => sigstore.close());

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const trust = () => loadTrustedRoot(encode(sigstore.trustedRoot()), "the fake", new Date());
const dev = () => ({ issuer: sigstore.urls.oidc, subject: "dev@example.com" });

for (const version of [1, 2] as const) {
  test(`what is signed with an identity and Rekor v${version} verifies, under its name`, async () => {
    const signer = await createSigner({
      token: givenToken(sigstore.oidc.token()),
      signingConfig: sigstore.signingConfig(version),
      services,
    });
    const verifier = createVerifier({
      signers: [dev()],
      trust: trust(),
      nameBinding: "reference",
    });
    const signature = await signer.sign(manifest);
    assert.ok(verifier.accepts(signature.mediaType));
    const verdict = await verifier.verify(manifest, signature);
    assert.equal(verdict.signer.kind, "certificate");
    assert.ok(verdict.time);
    const elsewhere = { ...manifest, name: signedName("ghcr.io/acme/app", "v2") };
    await assert.rejects(verifier.verify(elsewhere, signature), { code: "name-mismatch" });
  });
}

test("what is signed with Rekor v1 alone verifies", async () => {
  const signature = await (await createSigner(keyless(sigstore))).sign(manifest);
  const verifier = createVerifier({ signers: [dev()], trust: trust() });
  const verdict = await verifier.verify(manifest, signature);
  assert.equal(verdict.log?.index, "1000");
});

for (const curve of ["P-256", "P-384", "P-521"]) {
  test(`what is signed with a ${curve} key verifies with it`, async () => {
    const pair = generateKeyPairSync("ec", { namedCurve: curve });
    const pem = pair.privateKey.export({ type: "pkcs8", format: "pem" }) as string;
    const key = pair.publicKey.export({ type: "spki", format: "pem" }) as string;
    const signature = await (await createSigner({ key: { pem } })).sign(manifest);
    await createVerifier({ signers: [{ key }] }).verify(manifest, signature);
  });
}

for (const kind of ["rsa", "ed25519"] as const) {
  test(`what is signed with ${kind} verifies with it, with and without a log`, async () => {
    const key = ownKey(kind);
    const publicKey = key.publicKey.export({ type: "spki", format: "pem" }) as string;
    const plain = await (await createSigner({ key })).sign(manifest);
    await createVerifier({ signers: [{ key: publicKey }] }).verify(manifest, plain);
    const log = { rekorUrl: sigstore.urls.rekor1, services };
    const logged = await (await createSigner({ key, ...log })).sign(manifest);
    const strict = createVerifier({
      signers: [{ key: publicKey }],
      trust: trust(),
      requireLog: true,
    });
    await strict.verify(manifest, logged);
    await assert.rejects(strict.verify(manifest, plain));
  });
}

test("the signing configuration comes by TUF, and signing uses it", async () => {
  const repository = new TufRepository();
  const cacheDir = mkdtempSync(join(tmpdir(), "blobber-config-"));
  try {
    const url = await repository.serve();
    const root = repository.firstRoot();
    const targets = { "signing_config.v0.2.json": encode(sigstore.signingConfig(2)) };
    repository.publish({ version: 1, targets });
    const signer = await createSigner({
      token: givenToken(sigstore.oidc.token()),
      signingConfig: () => publicSigningConfig({ url, root, cacheDir }),
      services,
    });
    const signature = await signer.sign(manifest);
    await createVerifier({ signers: [dev()], trust: trust() }).verify(manifest, signature);
    repository.broken = "timestamp";
    rmSync(cacheDir, { recursive: true });
    await assert.rejects(publicSigningConfig({ url, root, cacheDir }), {
      code: "signing-service",
      message: /Sigstore's list of its signing services/,
    });
    assert.throws(() => parseSigningConfig(new Uint8Array([0xff]), "F"), {
      code: "invalid-config",
    });
  } finally {
    await repository.close();
    rmSync(cacheDir, { recursive: true, force: true });
  }
});
