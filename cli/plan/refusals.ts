/**
 * How combinations of flags and settings are refused.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { flagOf, type SettingName } from "../settings/table.ts";
import type { Refused } from "./own_demand.ts";

/** What was said, so that a message can name it. */
export interface Said {
  /** Settings that name a signer, one of each way, or the one that lacks something. */
  signer: readonly SettingName[];
  /** Flags that demand a signature. */
  flags: readonly SettingName[];
  /** Settings of claims. */
  claims: readonly SettingName[];
}

/**
 * The error of a combination.
 *
 * @param refused which
 * @param said what was said
 */
export function refusalOf(refused: Refused, said: Said): BlobberError {
  const { message, hint } = TEXTS[refused](said);
  return new BlobberError("usage", message, { ...hint !== undefined && { hint } });
}

const TEXTS: Record<Refused, (said: Said) => { message: string; hint?: string }> = {
  "signed-as without a name": () =>
    contradiction(flagOf("signedAs"), `${flagOf("verifyName")} off`),
  "no-verify and a demand": ({ flags }) => contradiction("--no-verify", flagOf(flags[0]!)),
  "no-verify and verify": () => contradiction("--no-verify", "--verify"),
  "verify=false and a demand": ({ flags }) => contradiction("--verify=false", flagOf(flags[0]!)),
  "two ways to name a signer": ({ signer: [a, b] }) => ({
    message: `${flagOf(a!)} and ${flagOf(b!)} are mutually exclusive`,
    hint: "--verify-signer may be repeated, and any one of them is enough",
  }),
  "two subjects": () => ({
    message: "--verify-subject and --verify-subject-pattern are mutually exclusive",
  }),
  "subject without issuer": ({ signer: [subject] }) => ({
    message: `${flagOf(subject!)} needs --verify-issuer`,
    hint: "a subject means nothing without the issuer that vouches for it",
  }),
  "issuer without subject": () => ({
    message: "--verify-issuer needs --verify-subject or --verify-subject-pattern",
    hint: "an issuer vouches for everyone who has an account there",
  }),
  "demand without signer": () => ({
    message: "verification needs to know whom to trust",
    hint: "--verify-issuer with --verify-subject, --verify-key, --verify-signer, or " +
      "--verify-unsafe for development",
  }),
  "claims without identity": ({ claims }) => ({
    message: `${
      flagOf(claims[0]!)
    } needs an identity: a key has no claims, and an unknown signer's are worth nothing`,
  }),
};

function contradiction(a: string, b: string): { message: string } {
  return { message: `${a} and ${b} contradict each other` };
}
