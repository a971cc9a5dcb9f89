/**
 * How a signer is shown.
 *
 * @module
 */

import type { Verdict } from "@blobber/core";
import { printable } from "@blobber/core/internal/printable";

/** The signer in JSON: what was verified, as it is. */
export function signerOf(verdict: Verdict): Record<string, unknown> {
  const { signer, time, log } = verdict;
  return {
    ...signer,
    ...time !== undefined && { time: time.toISOString() },
    ...log !== undefined && { log },
  };
}

/**
 * Who signed, and when where a signed time proves it, as a sentence: `Signed by SUBJECT (ISSUER) at TIME`.
 *
 * A certificate is valid for minutes, and the time lies within them: it is when the signature was made. A key
 * has no such bounds, so the time of its signature proves that it was not made later.
 */
export function signedBy({ signer, time }: Verdict): string {
  switch (signer.kind) {
    case "certificate":
      return `Signed by ${printable(signer.subject)} (${printable(signer.issuer)})` +
        (time === undefined ? "" : ` at ${minuteOf(time)}`);
    case "key":
      return `Signed with the key ${printable(signer.fingerprint)}` +
        (time === undefined ? "" : `, not later than ${secondAfter(time)}`);
    default:
      return `Signed by ${printable(signer.description)}` +
        (time === undefined ? "" : `, not later than ${secondAfter(time)}`);
  }
}

/** The signer alone, as the JSON of `trust check` names it. */
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

/** `2026-11-27 09:14 UTC`. */
function minuteOf(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** `2026-11-27 09:14:37 UTC`: a time that is not before the one that was proven. */
function secondAfter(time: Date): string {
  const whole = new Date(Math.ceil(time.getTime() / 1000) * 1000);
  return `${whole.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
