/**
 * What a Fulcio certificate says about a signer beyond its subject, under Fulcio's own names
 * (Fulcio, docs/oid-info.md). The subject of a job in a reusable workflow is the called workflow's;
 * only these say who called it.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/internal/printable";
import { readOne, TAG } from "../encoding/der.ts";
import type { Fail } from "../encoding/malformed.ts";

/** Arc of Fulcio's extensions, in the octets that follow the tag and length of an OID. */
const ARC = "1.3.6.1.4.1.57264.1.";

/**
 * Names by the last number of the OID. Up to 6 the value is the text's raw bytes, from 8 a DER UTF8String; 7 is
 * no extension but the type of a user name in the subject (`certificate.ts`). One that Fulcio adds to its
 * document gets a row here, named as there in lower case and with hyphens, and is a claim from then on.
 */
const NAMES: Readonly<Record<string, string>> = {
  "1": "issuer",
  "2": "github-workflow-trigger",
  "3": "github-workflow-sha",
  "4": "github-workflow-name",
  "5": "github-workflow-repository",
  "6": "github-workflow-ref",
  "8": "issuer",
  "9": "build-signer-uri",
  "10": "build-signer-digest",
  "11": "runner-environment",
  "12": "source-repository-uri",
  "13": "source-repository-digest",
  "14": "source-repository-ref",
  "15": "source-repository-identifier",
  "16": "source-repository-owner-uri",
  "17": "source-repository-owner-identifier",
  "18": "build-config-uri",
  "19": "build-config-digest",
  "20": "build-trigger",
  "21": "run-invocation-uri",
  "22": "source-repository-visibility-at-signing",
  "23": "deployment-environment",
  "24": "token-subject",
};
const LAST_RAW = 6;

/** Names that a policy may ask for. */
export const CLAIM_NAMES: readonly string[] = [...new Set(Object.values(NAMES))];

/**
 * The canonical form of a claim's name: Fulcio's documents write `Source Repository URI`, its sources
 * `SourceRepositoryURI`, flags `source-repository-uri`.
 *
 * @example
 * ```ts
 * import { CLAIM_NAMES, claimName } from "@blobber/sigstore/verify";
 *
 * const name = claimName("SourceRepositoryURI");
 * if (name !== "source-repository-uri" || !CLAIM_NAMES.includes(name)) throw new Error(name);
 * ```
 *
 * @throws {BlobberError} `invalid-option` for a name that Fulcio does not have
 */
export function claimName(text: string): string {
  const squash = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, "");
  const found = CLAIM_NAMES.find((name) => squash(name) === squash(text));
  if (found === undefined) {
    throw new BlobberError("invalid-option", `unknown claim ${quote(text)}`, {
      hint: `claims are ${CLAIM_NAMES.join(", ")}`,
    });
  }
  return found;
}

/**
 * Reads the claims out of a certificate's extensions. The issuer, which stands in two of them, must be the
 * same in both.
 *
 * @param extensions value by dotted OID
 * @param fail the error of the reader
 */
export function readClaims(
  extensions: ReadonlyMap<string, Uint8Array>,
  fail: Fail,
): Record<string, string> {
  const claims: Record<string, string> = {};
  for (const [oid, value] of extensions) {
    const number = oid.startsWith(ARC) ? oid.slice(ARC.length) : "";
    const name = NAMES[number];
    if (name === undefined) continue;
    const text = Number(number) <= LAST_RAW
      ? utf8(value, name, fail)
      : utf8String(value, name, fail);
    if (Object.hasOwn(claims, name) && claims[name] !== text) {
      throw fail(
        `the certificate names two issuers, ${quote(claims[name]!)} and ${quote(text)}`,
      );
    }
    claims[name] = text;
  }
  return claims;
}

function utf8String(value: Uint8Array, name: string, fail: Fail): string {
  let content: Uint8Array;
  try {
    content = readOne(value, TAG.utf8String).content;
  } catch (cause) {
    throw fail(`the certificate's ${name} is not a DER UTF8String`, cause);
  }
  return utf8(content, name, fail);
}

function utf8(bytes: Uint8Array, name: string, fail: Fail): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw fail(`the certificate's ${name} is not UTF-8`, cause);
  }
}
