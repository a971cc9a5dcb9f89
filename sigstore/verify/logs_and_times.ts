/**
 * Everything that logs and timestamp authorities say about a signature. What is there has to hold, all of it.
 *
 * @module
 */

import { quote } from "@blobber/core/internal/printable";
import type { Bundle } from "../encoding/bundle.ts";
import { invalidSignature } from "../encoding/malformed.ts";
import type { SignedContent } from "./signed_content.ts";
import { isWithin, type TrustedLog, type TrustParts } from "../trust/trust_root.ts";

/** What logs and timestamp authorities showed. */
export interface LogsAndTimes {
  /** Logs that recorded the signature, and its place there. */
  logs: { log: TrustedLog; index: string }[];
  /** Times that logs signed. */
  logged: Date[];
  /** Times that timestamp authorities signed. */
  stamped: Date[];
}

/**
 * Checks log entries and timestamps of a bundle.
 *
 * @param bundle whose signature was checked
 * @param content what was signed
 * @param trust the trust root
 * @param signer DER of the certificate, or of the public key, that signed
 * @throws {BlobberError} `signature-invalid`
 */
export async function checkLogsAndTimes(
  bundle: Bundle,
  { content, trust, signer }: { content: SignedContent; trust: TrustParts; signer: Uint8Array },
): Promise<LogsAndTimes> {
  const { checkLogEntry, checkTimestamp } = await import("./evidence.ts");
  const found = bundle.entries.map((entry) =>
    checkLogEntry(entry, trust.logs, { content, signer })
  );
  if (hasTwice(bundle.entries.map(({ keyId, body }) => `${keyId} ${body}`))) {
    throw invalidSignature("it has a log entry twice");
  }
  if (hasTwice(bundle.timestamps.map(String))) throw invalidSignature("it has a timestamp twice");
  const stamped = bundle.timestamps.map((der) =>
    checkTimestamp(der, content.signature, trust.timestampAuthorities)
  );
  const logged = found.flatMap(({ time }) => time ?? []);
  const times = [...logged, ...stamped];
  const logs = found.map(({ logs: [first, ...others], index }) => {
    // GHSA-wqqc-jjcq-vfxm: a key says nothing outside its validity. It may have several.
    const log = [first, ...others]
      .find(({ validFor }) => times.every((time) => isWithin(time, validFor)));
    if (log !== undefined) return { log, index };
    throw invalidSignature(`the key of the log ${quote(first.baseUrl)} was not valid then`);
  });
  return { logs, logged, stamped };
}

/** What is counted is counted once. */
function hasTwice(items: string[]): boolean {
  return new Set(items).size < items.length;
}
