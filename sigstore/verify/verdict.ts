/**
 * What a verified signature is reported as: the signer, and one line for each check. Nothing is decided here.
 *
 * @module
 */

import type { Check, SignerIdentity, Verdict } from "@blobber/core";
import { counted, quote } from "@blobber/core/internal/printable";
import type { Bundle } from "../encoding/bundle.ts";
import type { PublicKey } from "../keys/public_key.ts";
import type { SignerCertificate } from "./certificate.ts";
import type { ChainEvidence } from "./certificate_chain.ts";
import type { LogsAndTimes } from "./logs_and_times.ts";
import type { SignedContent } from "./signed_content.ts";

/** What was found of a signature by the holder of a certificate. */
export interface CertificateFindings {
  certificate: SignerCertificate;
  content: SignedContent;
  /** The trust root's name. */
  source: string;
  chain: ChainEvidence;
  shown: LogsAndTimes;
  /** Why the identity is the right one, in words. */
  identity: string;
}

/** Reports a signature by the holder of a certificate. */
export function certificateVerdict(found: CertificateFindings): Verdict {
  const { certificate, content, source, chain, shown, identity } = found;
  const { issuer, subject, claims } = certificate;
  const span = `${certificate.notBefore.toISOString()} to ${certificate.notAfter.toISOString()}`;
  return verdict({ kind: "certificate", issuer, subject, claims }, shown, [
    passed("signature", `${content.evidence}, by the certificate's key`),
    passed("certificate", `issued under ${source}, valid from ${span}, which covers the signing`),
    transparencyCheck(chain.transparency),
    ...logAndTimeChecks(shown),
    passed("identity", identity),
  ]);
}

/**
 * Reports a signature by a key.
 *
 * @param key that made it
 * @param content what it is over
 * @param bundle that it came in
 * @param shown what was checked of logs and timestamps; nothing without a trust root
 */
export function keyVerdict(
  { fingerprint }: PublicKey,
  { content, bundle, shown }: {
    content: SignedContent;
    bundle: Bundle;
    shown: LogsAndTimes | undefined;
  },
): Verdict {
  return verdict({ kind: "key", fingerprint }, shown, [
    passed("signature", `${content.evidence}, by the key ${fingerprint}`),
    { name: "certificate", result: "absent", evidence: "signed with a key" },
    ...shown === undefined ? uncheckedParts(bundle) : logAndTimeChecks(shown),
    passed("identity", `the key ${fingerprint}`),
  ]);
}

/** The earliest time that was shown is the latest at which the signature can have been made. */
function verdict(
  signer: SignerIdentity,
  shown: LogsAndTimes | undefined,
  checks: Check[],
): Verdict {
  const [first] = shown?.logs ?? [];
  const times = shown === undefined ? [] : [...shown.logged, ...shown.stamped];
  const earliest = times.reduce<Date | undefined>(
    (one, other) => one === undefined || other < one ? other : one,
    undefined,
  );
  return {
    signer,
    ...(earliest && { time: earliest }),
    ...(first && { log: { url: first.log.baseUrl, index: first.index } }),
    checks,
  };
}

function passed(name: string, evidence: string): Check {
  return { name, result: "passed", evidence };
}

function logAndTimeChecks({ logs, logged, stamped }: LogsAndTimes): Check[] {
  const times = [
    ...stamped.length === 0 ? [] : [`${shownTimes(stamped)} by a timestamp authority`],
    ...logged.length === 0 ? [] : [`${shownTimes(logged)} by the log`],
  ];
  const entries = logs.map(({ log, index }) => `entry ${index} of ${quote(log.baseUrl)}`);
  return [
    entries.length > 0
      ? passed("log", entries.join(", "))
      : { name: "log", result: "absent", evidence: "no log entry" },
    times.length > 0
      ? passed("timestamp", times.join(", "))
      : { name: "timestamp", result: "absent", evidence: "no signed time" },
  ];
}

function shownTimes(dates: Date[]): string {
  return dates.map((date) => date.toISOString()).join(", ");
}

/** Without a trust root, nothing that a log or an authority says can be checked. */
function uncheckedParts({ entries, timestamps }: Bundle): Check[] {
  const check = (name: string, count: number, [one, many]: [string, string]): Check =>
    count === 0 ? { name, result: "absent", evidence: `no ${one}` } : {
      name,
      result: "unchecked",
      evidence: `${counted(count, one, many)}, present, not checked`,
    };
  return [
    check("log", entries.length, ["log entry", "log entries"]),
    check("timestamp", timestamps.length, ["timestamp", "timestamps"]),
  ];
}

function transparencyCheck(found: ChainEvidence["transparency"]): Check {
  const name = "transparency";
  switch (found) {
    case "recorded":
      return passed(name, "a certificate transparency log recorded it");
    case "unchecked":
      return {
        name,
        result: "unchecked",
        evidence: "an SCT is present; the trust root names no certificate transparency log",
      };
    case "absent":
      return {
        name,
        result: "absent",
        evidence: "no SCT; the trust root names no certificate transparency log",
      };
  }
}
