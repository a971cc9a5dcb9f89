/**
 * What it means that no signature satisfies, in one error.
 *
 * @module
 */

import { BlobberError } from "../errors.ts";
import type { AcceptedVerdict } from "../doors/verdict.ts";
import type { Rejected } from "../results.ts";
import type { Descriptor } from "../types.ts";
import { counted } from "../text/printable.ts";

/** What a look at the signatures of a manifest gave. */
export interface Judgement {
  /** The first that satisfies. */
  accepted?: { verdict: AcceptedVerdict; descriptor: Descriptor } | undefined;
  /** Those before it that do not, in the order in which they were decided. */
  rejected: Rejected[];
  /** Referrers read and decided. */
  looked: number;
  /** Referrers that could be signatures, as far as they were listed. */
  total: number;
  /** Whether there are more than that. */
  cut: boolean;
  /** A failure to list or read, which leaves open what else there is. */
  failure?: BlobberError | undefined;
  /** The tag under which there are signatures in cosign's older form, which may be none that are read. */
  older?: string | undefined;
  /** What was looked at, for messages. */
  name: string;
  /** `title` of the verifier that looked. */
  title: string | undefined;
}

/**
 * The error for signatures none of which satisfies. Its code is the first that applies of: trust root, the
 * store failed, a limit was reached, valid but not what was asked for, invalid, no signature. As long as
 * not everything was looked at, what was found says nothing about the rest. Its cause holds every rejection.
 *
 * @param judgements what was looked at: a manifest, or an index and then its manifest
 */
export function signatureRefusal(judgements: Judgement[]): BlobberError {
  const error = firstReason(judgements);
  const title = judgements[0]?.title;
  if (title === undefined) return error;
  const { code, message, cause, advice } = error;
  return new BlobberError(code, `${title}: ${message}`, { cause, ...advice });
}

function firstReason(judgements: Judgement[]): BlobberError {
  const rejected = judgements.flatMap((one) => one.rejected);
  const errors = rejected.map((one) => one.error);
  const cause = errors.length === 0 ? undefined : new AggregateError(errors, "signatures refused");
  const name = judgements[0]?.name ?? "";
  const sum = (of: (one: Judgement) => number) => judgements.reduce((n, one) => n + of(one), 0);
  const [looked, total] = [sum((one) => one.looked), sum((one) => one.total)];

  const cut = judgements.some((one) => one.cut);
  const trustRoot = errors.filter((error) => error.code === "trust-root");
  if (trustRoot.length > 0) return together(trustRoot, trustRoot[0]!.code, cause);
  const failure = judgements.find((one) => one.failure)?.failure;
  if (failure) {
    return new BlobberError(
      failure.code,
      `the signatures of ${name} could not be read: ${failure.message}`,
      { cause: failure, ...failure.advice },
    );
  }
  // A referrer that is listed and not there is none; one that could not be read is unknown.
  const decided = errors.filter((error) =>
    !isUnread(error) && error.code !== "limit" && error.code !== "not-found"
  );
  if (looked < total || cut) {
    const limit = errors.find((error) => error.code === "limit");
    return new BlobberError(
      "limit",
      `no signature of ${name} satisfies: looked at ${looked} of ${cut ? "more than " : ""}` +
        `${counted(total, "referrer")}${[limit, ...decided].slice(0, 2).map(asClause).join("")}`,
      {
        cause,
        hint: "a good one may be among the others: remove referrers that are not needed from the " +
          "repository, or copy the artifact with the one signature that is to be verified",
      },
    );
  }
  const mismatches = decided.filter((error) => error.exitStatus === 7);
  if (mismatches.length > 0) return together(mismatches, mismatches[0]!.code, cause);
  if (decided.length > 0) return together(decided, "signature-invalid", cause);
  const older = judgements.find((one) => one.older !== undefined)?.older;
  return new BlobberError("no-signature", `no signature found for ${name}`, {
    hint: older !== undefined
      ? [
        `the tag ${older} holds signatures in the form that cosign had before bundles, which is not ` +
        "accepted here: have it signed again, or accept the form with ",
        { option: "legacyMessageSignature", value: true },
      ]
      : total === 0
      ? ["sign it with ", { call: "sign" }, ", or ask its publisher to sign it"]
      : `${
        counted(total, "referrer")
      } found, of which none is a signature of it that can be read here`,
  });
}

function together(
  errors: BlobberError[],
  code: BlobberError["code"],
  cause: unknown,
): BlobberError {
  const messages = [...new Set(errors.map((error) => error.message))];
  const shown = messages.slice(0, 3).join("; ") +
    (messages.length > 3 ? `; and ${messages.length - 3} more` : "");
  const prefix = "signature verification failed";
  return new BlobberError(code, shown.startsWith(prefix) ? shown : `${prefix}: ${shown}`, {
    cause,
    ...errors.find((error) => error.hint !== undefined)?.advice,
  });
}

function asClause(error: BlobberError | undefined): string {
  return error === undefined ? "" : `; ${error.message}`;
}

/** Whether an error says that the store failed, so that the candidate remains unknown. */
export function isUnread(error: BlobberError): boolean {
  return error.exitStatus === 3 || error.exitStatus === 11;
}
