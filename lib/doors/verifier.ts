/**
 * The door for verifiers: what stands in the option is one or several of them, and what they answer is looked at
 * before it counts.
 *
 * @module
 */

import { disregard, theirs } from "../caller_errors.ts";
import { BlobberError } from "../errors.ts";
import type { Signable, Signature, Verifier } from "../signing.ts";
import { verifierOption } from "./option_checks.ts";
import { flag, inWords } from "./shape.ts";
import { type AcceptedVerdict, acceptVerdict } from "./verdict.ts";

/**
 * The verifiers that an option names.
 *
 * @param option what a caller names them with
 * @throws {BlobberError} `invalid-option` for anything that is not one verifier, or a list of at least one: who
 * names none demands something all the same
 */
export function checkedVerifiers(
  option: Verifier | readonly Verifier[],
): CheckedVerifier[] {
  const wrong = verifierOption(option);
  if (wrong !== undefined) {
    throw new BlobberError(
      "invalid-option",
      `invalid option verifier${wrong.path}: ${wrong.found}, expected ${wrong.expected}`,
    );
  }
  const list = Array.isArray(option) ? option : [option];
  return list.map((verifier: Verifier) => new CheckedVerifier(verifier));
}

/** A verifier whose answers are looked at. */
export class CheckedVerifier {
  readonly #verifier: Verifier;
  /** As {@linkcode Verifier.title}. */
  readonly title: string | undefined;

  /** Use {@linkcode checkedVerifiers}. */
  constructor(verifier: Verifier) {
    this.#verifier = verifier;
    this.title = verifier.title;
  }

  /** As {@linkcode Verifier.accepts}. */
  accepts(mediaType: string): boolean {
    return this.#answer("accepts", theirs(() => this.#verifier.accepts(mediaType)));
  }

  /** As {@linkcode Verifier.mayFit}: who cannot tell says yes. */
  mayFit(manifest: Signable, signature: Signature): boolean {
    if (this.#verifier.mayFit === undefined) return true;
    return this.#answer("mayFit", theirs(() => this.#verifier.mayFit!(manifest, signature)));
  }

  /**
   * As {@linkcode Verifier.verify}.
   *
   * @throws {BlobberError} what the verifier throws, and `invalid-option` for an answer that is no verdict
   */
  async verify(manifest: Signable, signature: Signature): Promise<AcceptedVerdict> {
    return acceptVerdict(
      await theirs(() => this.#verifier.verify(manifest, signature)),
      this.title,
    );
  }

  #answer(method: "accepts" | "mayFit", answer: unknown): boolean {
    const wrong = flag(answer);
    if (wrong === undefined) return answer as boolean;
    disregard(answer);
    const title = this.title === undefined ? "" : `${this.title}: `;
    throw new BlobberError(
      "invalid-option",
      `${title}${method} of the verifier returned ${inWords(answer)}, expected ${wrong.expected}`,
    );
  }
}
