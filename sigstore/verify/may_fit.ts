/**
 * Whether a bundle could satisfy a policy, by what it says of itself. Nothing is proven, and no cryptography
 * is done beyond a hash of the statement: thousands of bundles are told apart in the time that it takes to
 * verify a few.
 *
 * @module
 */

import { toHex } from "@blobber/core/internal/bytes";
import type { Signable, Signature } from "@blobber/core";
import { isBlobberError } from "@blobber/core/errors";
import type { Bundle } from "../encoding/bundle.ts";
import { readCertificate } from "./certificate.ts";
import { checkIdentity } from "./identity.ts";
import type { Rules } from "./policy.ts";
import { bindContent } from "./signed_content.ts";
import { readSignature } from "../encoding/simple_signing.ts";

/**
 * Looks at a signature.
 *
 * @param manifest what it must be about
 * @param signature as it is stored
 * @param rules whom it must be of
 */
export function mayFit(manifest: Signable, signature: Signature, rules: Rules): boolean {
  try {
    const bundle = readSignature(signature);
    return isAbout(bundle, manifest, rules) && isOf(bundle, rules);
  } catch (error) {
    if (isBlobberError(error)) return false;
    throw error;
  }
}

function isAbout({ content }: Bundle, manifest: Signable, rules: Rules): boolean {
  // A manifest may have megabytes, and is not hashed again for each.
  if (content.kind === "message") {
    return rules.legacyMessageSignature && rules.nameBinding === "off" &&
      `sha256:${toHex(content.digest)}` === manifest.digest;
  }
  bindContent(content, manifest, rules);
  return true;
}

function isOf({ material }: Bundle, rules: Rules): boolean {
  if (material.kind === "key") {
    return rules.keys.some(({ hint }) => material.hint === "" || hint === material.hint);
  }
  if (rules.trust === undefined || (rules.identities.length === 0 && !rules.unsafe)) return false;
  checkIdentity(readCertificate(material.leaf), rules);
  return true;
}
