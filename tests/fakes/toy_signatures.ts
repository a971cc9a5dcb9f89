/**
 * Signatures that need no key, for tests of what the core does with signatures: the bytes say what the
 * verifier shall answer.
 *
 * @module
 */

import { BlobberError, type Code } from "../../lib/errors.ts";
import type { Signable, Signature, Verdict, Verifier } from "../../lib/signing.ts";
import type { Descriptor } from "../../lib/types.ts";

/** Media type of toy signatures. */
export const TOY = "application/vnd.example.toy";

/**
 * A toy signature.
 *
 * @param subject what it is for
 * @param answer `good`, or the code of the error that the verifier shall throw
 * @param note tells it from others
 */
export function toy(subject: Descriptor, answer: "good" | Code = "good", note = ""): Signature {
  const bytes = new TextEncoder().encode(JSON.stringify({ of: subject.digest, answer, note }));
  return { mediaType: TOY, bytes };
}

/** Answers as the signature says, and writes down what it was asked. */
export class ToyVerifier implements Verifier {
  /** Notes of the signatures seen. */
  seen: string[] = [];

  /** As {@linkcode Verifier.accepts}. */
  accepts(mediaType: string): boolean {
    return mediaType === TOY;
  }

  /** As {@linkcode Verifier.verify}. */
  // deno-lint-ignore require-await -- errors are rejections
  async verify(manifest: Signable, signature: Signature): Promise<Verdict> {
    const { of, answer, note } = JSON.parse(new TextDecoder().decode(signature.bytes));
    this.seen.push(note);
    if (of !== manifest.digest) {
      throw new BlobberError("signature-invalid", "the signature is of another artifact");
    }
    if (answer !== "good") throw new BlobberError(answer, `${answer} ${note}`);
    return {
      signer: { kind: "other", description: note || "toy" },
      checks: [{ name: "signature", result: "passed", evidence: "it says so" }],
    };
  }
}
