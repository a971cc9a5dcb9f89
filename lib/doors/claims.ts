/**
 * The door for readers of claims: what they return is looked at, and no longer than it has to be.
 *
 * @module
 */

import { disregard, theirs, theirsUntil } from "../caller_errors.ts";
import { BlobberError } from "../errors.ts";
import { MAX_CLAIM_CHARS } from "../limits.ts";
import type { ClaimedBy, ClaimReader, Claims } from "../looking.ts";
import type { Signature } from "../signing.ts";
import type { CallOptions } from "../store.ts";
import {
  type Check,
  fault,
  flag,
  inWords,
  isRecord,
  objectWith,
  oneOf,
  optional,
  type Shape,
  text,
  that,
} from "./shape.ts";

const CERTIFICATE: Shape<Omit<ClaimedBy & { kind: "certificate" }, "kind">> = {
  issuer: text,
  subject: text,
};
const KEY: Shape<Omit<ClaimedBy & { kind: "key" }, "kind">> = {
  fingerprint: optional(text),
  hint: optional(text),
};
const WHO = "who signed, by a certificate or a key";
const SIGNERS = { certificate: objectWith(CERTIFICATE, WHO), key: objectWith(KEY, WHO) };

const signer: Check = (value) => {
  if (!isRecord(value)) return fault(value, WHO);
  const { kind } = value;
  return kind === "certificate" || kind === "key" ? SIGNERS[kind](value) : fault(value, WHO);
};

const CLAIMS: Shape<Claims> = {
  kind: oneOf("signature", "attestation"),
  signer: optional(signer),
  time: optional(that((value) => value instanceof Date && !isNaN(value.getTime()), "a valid Date")),
  predicateType: optional(text),
};
const claimsCheck = objectWith(CLAIMS, "what a signature claims");

/** A reader of claims whose answers are looked at. */
export class CheckedClaims {
  readonly #reader: ClaimReader;

  /** @param reader another's, whose shape was checked with the options */
  constructor(reader: ClaimReader) {
    this.#reader = reader;
  }

  /** As {@linkcode ClaimReader.accepts}. */
  accepts(mediaType: string): boolean {
    const answer: unknown = theirs(() => this.#reader.accepts(mediaType));
    if (flag(answer) === undefined) return answer as boolean;
    disregard(answer);
    throw new BlobberError(
      "invalid-option",
      `accepts of the option claims returned ${inWords(answer)}, expected true or false`,
    );
  }

  /**
   * As {@linkcode ClaimReader.read}.
   *
   * @throws {BlobberError} what the reader throws, and `invalid-option` for an answer that is no claims
   */
  async read(signature: Signature, { signal }: CallOptions): Promise<Claims> {
    const answer: unknown = await theirsUntil(signal, () => this.#reader.read(signature));
    const wrong = claimsCheck(answer);
    if (wrong !== undefined) {
      const { path, found, expected } = wrong;
      const what = path === "" ? found : `claims whose ${path.slice(1)} is ${found}`;
      throw new BlobberError(
        "invalid-option",
        `read of the option claims returned ${what}, expected ${expected}`,
      );
    }
    const { kind, signer, time, predicateType } = answer as Claims;
    return {
      kind,
      ...signer !== undefined && { signer: signerCopy(signer) },
      ...time !== undefined && { time: new Date(time) },
      ...predicateType !== undefined && { predicateType: short(predicateType) },
    };
  }
}

function signerCopy(signer: ClaimedBy): ClaimedBy {
  if (signer.kind === "certificate") {
    const { kind, issuer, subject } = signer;
    return { kind, issuer: short(issuer), subject: short(subject) };
  }
  const { kind, fingerprint, hint } = signer;
  return {
    kind,
    ...fingerprint !== undefined && { fingerprint: short(fingerprint) },
    ...hint !== undefined && { hint: short(hint) },
  };
}

/** Hundreds of them are held in memory. */
function short(claim: string): string {
  return claim.length > MAX_CLAIM_CHARS ? `${claim.slice(0, MAX_CLAIM_CHARS)}…` : claim;
}
