/**
 * What the tests of signing share: a manifest, keys, and options that sign with the fake Sigstore.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, type KeyObject } from "node:crypto";
import type { Signable } from "@blobber/core";
import { createSigner } from "../../sigstore/sign/signer.ts";
import type { KeylessOptions, SignerOptions } from "../../sigstore/sign/signer_options.ts";
import { givenToken } from "../../sigstore/tokens/given.ts";
import type { FakeSigstore } from "./sigstore.ts";
import { signedName } from "./registry/references.ts";

const bytes: Uint8Array<ArrayBuffer> = new TextEncoder().encode('{"schemaVersion":2}');

/** The hexadecimal digits of the manifest's digest. */
export const hex: string = createHash("sha256").update(bytes).digest("hex");

/** A manifest to sign. */
export const manifest: Signable = {
  digest: `sha256:${hex}`,
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  size: bytes.length,
  bytes,
  name: signedName("ghcr.io/acme/app", "v1"),
};

/** A signer with a key. */
export interface OwnKey {
  pem: string;
  publicKey: KeyObject;
  /** What a bundle says of it. */
  hint: string;
}

/** Makes a key. */
export function ownKey(kind: "ec" | "ed25519" | "rsa"): OwnKey {
  const pair = kind === "ec"
    ? generateKeyPairSync("ec", { namedCurve: "P-256" })
    : kind === "rsa"
    ? generateKeyPairSync("rsa", { modulusLength: 2048 })
    : generateKeyPairSync("ed25519");
  const spki = new Uint8Array(pair.publicKey.export({ type: "spki", format: "der" }));
  return {
    pem: pair.privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    publicKey: pair.publicKey,
    hint: createHash("sha256").update(spki).digest("base64"),
  };
}

/** No waiting between tries. */
export const services = { pause: (): Promise<void> => Promise.resolve() };

/** Signs as dev@example.com with Rekor v1, but for what is given. */
export function keyless(
  sigstore: FakeSigstore,
  more: Partial<KeylessOptions> = {},
): KeylessOptions & SignerOptions {
  return {
    token: givenToken(sigstore.oidc.token()),
    fulcioUrl: sigstore.urls.fulcio,
    rekorUrl: sigstore.urls.rekor1,
    services,
    ...more,
  };
}

/** Signs the manifest, and reads the bundle. */
// deno-lint-ignore no-explicit-any
export async function bundleOf(options: SignerOptions): Promise<any> {
  const signature = await (await createSigner(options)).sign(manifest);
  assert.equal(signature.mediaType, "application/vnd.dev.sigstore.bundle.v0.3+json");
  return JSON.parse(new TextDecoder().decode(signature.bytes));
}
