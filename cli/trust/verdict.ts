/**
 * Who signed, as it is shown.
 *
 * @module
 */

import type { Verdict } from "@blobber/core";
import { printable } from "@blobber/core/printable";

/** The signer in JSON: what was proven, as it is. */
export function signerOf(verdict: Verdict): Record<string, unknown> {
  const { signer, time, log } = verdict;
  return {
    ...signer,
    ...time !== undefined && { time: time.toISOString() },
    ...log !== undefined && { log },
  };
}

/** The signer in words. Identities come from certificates and are shown with care. */
export function signerText({ signer }: Verdict): string {
  switch (signer.kind) {
    case "certificate":
      return `${printable(signer.subject)} (issuer ${printable(signer.issuer)})`;
    case "key":
      return `key ${printable(signer.fingerprint)}`;
    default:
      return printable(signer.description);
  }
}
