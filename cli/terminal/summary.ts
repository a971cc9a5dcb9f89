/**
 * Parts of the line that sums up what was done: `Pushed REF: 11,478 files, 42.5 MB in 1.9 s, signed by key …`.
 *
 * @module
 */

import type { Verdict } from "@blobber/core";
import { formatSize } from "../line/values.ts";

/** Hexadecimal digits of a fingerprint that are shown: enough to know one's own key again. */
const SHOWN_DIGITS = 8;

/** `in 1.9 s`, `in 2 min 5 s`. */
export function tookText(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 9.95) return `in ${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return whole < 60 ? `in ${whole} s` : `in ${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** `1 file`, `11,478 files`: a number with its thousands apart, and what is counted. */
export function amountText(count: number, one: string, many: string = `${one}s`): string {
  return `${`${count}`.replace(/\B(?=(?:\d{3})+$)/g, ",")} ${count === 1 ? one : many}`;
}

/** `3 files, 1.2 kB`. */
export function filesText(files: number, bytes: number): string {
  return `${amountText(files, "file")}, ${formatSize(bytes)}`;
}

/** `, 1.2 MB sent` of a push onto a base, else nothing. */
export function sentText(base: { sent: number } | undefined): string {
  return base === undefined ? "" : `, ${formatSize(base.sent)} sent`;
}

/** `key SHA256:1b25e0c4…`, `jo@acme.example`; escaped where it is shown. */
export function signerName(signer: Verdict["signer"]): string {
  switch (signer.kind) {
    case "certificate":
      return signer.subject;
    case "key":
      return `key ${shortFingerprint(signer.fingerprint)}`;
    default:
      return signer.description;
  }
}

/** `, signed by key SHA256:1b25e0c4…` where a signature was verified, else nothing. */
export function signedBySuffix(verdict: Pick<Verdict, "signer"> | undefined): string {
  return verdict === undefined ? "" : `, signed by ${signerName(verdict.signer)}`;
}

function shortFingerprint(text: string): string {
  const end = text.indexOf(":") + 1 + SHOWN_DIGITS;
  return text.length <= end ? text : `${text.slice(0, end)}…`;
}
