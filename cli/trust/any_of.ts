/**
 * A verifier that is satisfied if one of several is: the meaning of a rule's list of signers.
 *
 * @module
 */

import type { Code, Verdict, Verifier } from "@blobber/core";
import { BlobberError } from "@blobber/core/errors";

/** Which refusal is reported when all refuse: the one that came furthest, but a broken trust root first. */
const ORDER: Code[] = ["trust-root", "name-mismatch", "identity-mismatch", "signature-invalid"];

/**
 * Joins verifiers.
 *
 * @param title put before every refusal
 * @param verifiers at least one
 */
export function verifierOfAny(
  title: string,
  verifiers: readonly [Verifier, ...Verifier[]],
): Verifier {
  return {
    title,
    accepts: (mediaType) => verifiers.some((verifier) => verifier.accepts(mediaType)),
    mayFit: (manifest, signature) =>
      verifiers.some((one) => one.mayFit?.(manifest, signature) ?? true),
    verify: async (manifest, signature): Promise<Verdict> => {
      const refusals: BlobberError[] = [];
      for (const verifier of verifiers) {
        try {
          return await verifier.verify(manifest, signature);
        } catch (error) {
          if (!(error instanceof BlobberError) || !ORDER.includes(error.code)) throw error;
          refusals.push(error);
        }
      }
      throw joinRefusals(refusals);
    },
  };
}

function joinRefusals(refusals: BlobberError[]): BlobberError {
  const code = ORDER.find((one) => refusals.some((error) => error.code === one))!;
  const apt = refusals.filter((error) => error.code === code);
  const message = [...new Set(apt.map((error) => error.message))].join("; or ");
  return new BlobberError(code, message, {
    cause: refusals.length === 1 ? refusals[0] : new AggregateError(refusals),
    ...apt.find((error) => error.hint !== undefined)?.advice,
  });
}
