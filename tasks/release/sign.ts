/**
 * Signs `checksums.txt` for those who download files from a page: a Sigstore bundle that cosign verifies. What
 * registries hold is signed there.
 *
 * @module
 */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import type { Digest, Signable, Signer } from "@blobber/core";
import {
  createSigner,
  createVerifier,
  findToken,
  parseSigningConfig,
  publicTrustRoot,
  readTrustedRoot,
  type TrustMaterial,
} from "@blobber/sigstore";
import { CHECKSUMS } from "../binary/checksums.ts";
import { identityOf, type Places } from "./places.ts";
import { at, demandReal, PATHS, read, type Release } from "./state.ts";

/** The name of the bundle. */
export const BUNDLE = `${CHECKSUMS}.sigstore.json`;

/** The media type of a Sigstore bundle. */
const BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";

/** Signs, and verifies what was made; a bundle that holds already is left as it is. */
export async function signChecksums(release: Release): Promise<void> {
  demandReal(release);
  const text = read(release, `${PATHS.page}/${CHECKSUMS}`, "checksums");
  const path = at(release, PATHS.page, BUNDLE);
  if (existsSync(path) && await holds(release, text, readFileSync(path))) return;
  const { bytes } = await signerOf(release.places).then((signer) => signer.sign(signable(text)));
  if (!await holds(release, text, bytes)) {
    throw new Error(`the signature is not by ${identityOf(release.places, release.tag)}`);
  }
  writeFileSync(path, bytes);
}

/** Whether a bundle is a signature over the text by the release's identity. */
async function holds(release: Release, text: string, bytes: Uint8Array): Promise<boolean> {
  const { places, tag } = release;
  const verifier = createVerifier({
    signers: [{ issuer: places.signer.issuer, subject: identityOf(places, tag) }],
    trust: () => trustOf(places),
  });
  try {
    await verifier.verify(signable(text), { mediaType: BUNDLE_TYPE, bytes });
    return true;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "signature-invalid" || code === "identity-mismatch") return false;
    throw error;
  }
}

function signerOf({ sigstore }: Places): Promise<Signer> {
  const token = findToken();
  if (sigstore === undefined) return createSigner({ token });
  const { signingConfig, trustedRoot } = sigstore;
  return createSigner({
    token,
    signingConfig: parseSigningConfig(readFileSync(signingConfig), signingConfig),
    trust: () => readTrustedRoot(trustedRoot),
  });
}

function trustOf({ sigstore }: Places): Promise<TrustMaterial> {
  return sigstore === undefined ? publicTrustRoot() : readTrustedRoot(sigstore.trustedRoot);
}

/** A file as what a signer signs: its digest and its bytes. */
function signable(text: string): Signable {
  const bytes = new TextEncoder().encode(text);
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}` as Digest;
  return { digest, mediaType: "text/plain", size: bytes.length, bytes };
}
