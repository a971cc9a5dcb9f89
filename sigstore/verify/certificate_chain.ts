/**
 * That a trusted authority issued a certificate, that it was valid when it signed, and that it was put on
 * record in a certificate transparency log.
 *
 * @module
 */

import core from "@sigstore/core/dist/index.js";
import { verifyCertificateChain } from "@sigstore/verify/dist/key/certificate.js";
import { verifySCTs } from "@sigstore/verify/dist/key/sct.js";
import { toBase64 } from "@blobber/core/internal/bytes";
import { inside, readOne } from "../encoding/der.ts";
import { libraryAuthority, LibraryCertificate } from "./library_certificate.ts";
import { libraryLog } from "./log_entry.ts";
import { guarded, invalidSignature } from "../encoding/malformed.ts";
import type { TrustParts } from "../trust/trust_root.ts";

/** What a valid chain shows. */
export interface ChainEvidence {
  /** Whether a transparency log recorded the certificate, or why that was not asked. */
  transparency: "recorded" | "absent" | "unchecked";
}

/**
 * Checks a signer's certificate.
 *
 * @param material the certificate, and others that came with it: those are allowed, never needed
 * @param trust the trust root
 * @param times every time that was shown, of which there is one at least; the chain has to be valid at each
 * @throws {BlobberError} `signature-invalid`
 */
export function checkChain(
  { leaf, others }: { leaf: Uint8Array; others: Uint8Array[] },
  trust: TrustParts,
  times: [Date, ...Date[]],
): ChainEvidence {
  checkOthers(others, trust);
  return guarded("its certificate does not hold", invalidSignature, () => {
    const certificate = new LibraryCertificate(leaf);
    const authorities = trust.authorities.map(libraryAuthority);
    const paths = times.map((time) => verifyCertificateChain(time, certificate, authorities));
    const [signer, issuer] = paths[0]!;
    const recorded = certificate.extension(core.EXTENSION_OID_SCT) !== undefined;
    // A root without keys of certificate transparency logs cannot ask for what it could not check.
    if (trust.ctLogs.length === 0) {
      return { transparency: recorded ? "unchecked" as const : "absent" as const };
    }
    const logs = verifySCTs(signer!, issuer!, trust.ctLogs.map(libraryLog));
    if (logs.length === 0) {
      throw invalidSignature("the certificate carries no proof of certificate transparency (SCT)");
    }
    return { transparency: "recorded" as const };
  });
}

/** A bundle may carry intermediates of the trust root, and never a root of its own. */
function checkOthers(others: Uint8Array[], trust: TrustParts): void {
  const known = new Set(
    trust.authorities.flatMap(({ certificates }) => certificates.map(toBase64)),
  );
  for (const other of others) {
    if (!known.has(toBase64(other)) || isSelfIssued(other)) {
      throw invalidSignature(
        "its chain has a certificate that is not an intermediate of the trust root",
      );
    }
  }
}

function isSelfIssued(der: Uint8Array): boolean {
  const [tbs] = inside(readOne(der));
  const parts = inside(tbs);
  return parts[3] !== undefined && parts[5] !== undefined &&
    toBase64(parts[3].raw) === toBase64(parts[5].raw);
}
