/**
 * Where a release goes and who signs it. A rehearsal names other places in a file; everything else is the same.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { ARTIFACT, SIGNER } from "../../cli/home.ts";

/** Where a release goes. */
export interface Places {
  /** The repository of the artifact with the binaries; that of images has `-image` behind it. */
  artifact: string;
  /** Who signs: this issuer vouches for this prefix and the tag behind it. */
  signer: { issuer: string; identityPrefix: string };
  /** Registry of npm packages, with a slash at the end. */
  npm: string;
  /** Registry of JSR packages, with a slash at the end. */
  jsr: string;
  /** Files that name Sigstore's services, and what is trusted of them; the public ones where they are left out. */
  sigstore?: { signingConfig: string; trustedRoot: string };
}

/** The places of a real release. */
export const REAL: Places = {
  artifact: ARTIFACT,
  signer: SIGNER,
  npm: "https://registry.npmjs.org/",
  jsr: "https://jsr.io/",
};

/**
 * The places of a rehearsal.
 *
 * @param path a JSON file with all of them
 */
export function readPlaces(path: string): Places {
  const given = JSON.parse(readFileSync(path, "utf8")) as Places;
  const { artifact, signer, npm, jsr, sigstore, ...others } = given;
  const texts = [artifact, signer?.issuer, signer?.identityPrefix, npm, jsr];
  if (sigstore !== undefined) texts.push(sigstore.signingConfig, sigstore.trustedRoot);
  if (texts.some((text) => typeof text !== "string") || Object.keys(others).length > 0) {
    throw new Error(`${path} does not name the places of a release`);
  }
  return given;
}

/** The repository of the container images. */
export function imagesOf({ artifact }: Places): string {
  return `${artifact}-image`;
}

/** The identity that signs the release of a tag. */
export function identityOf({ signer }: Places, tag: string): string {
  return signer.identityPrefix + tag;
}
