/**
 * The door for verdicts: what a verifier returns counts only when it says that something was verified. A
 * verifier is often a few lines of a user's, and the mistakes that are made in those read like a success:
 * nothing returned, or what `crypto.subtle.verify` answers.
 *
 * @module
 */

import { BlobberError } from "../errors.ts";
import type { Check as ProvenCheck, SignerIdentity, Verdict } from "../signing.ts";
import {
  type Check,
  fault,
  isRecord,
  listOf,
  mapOf,
  objectWith,
  oneOf,
  optional,
  type Shape,
  text,
  that,
  words,
} from "./shape.ts";

/**
 * A verdict that came through this door. Only {@linkcode acceptVerdict} makes one; the second half is there for
 * the compiler alone.
 */
export type AcceptedVerdict = Verdict & { readonly __accepted: true };

type SignerOf<K extends SignerIdentity["kind"]> = Omit<SignerIdentity & { kind: K }, "kind">;

const CERTIFICATE: Shape<SignerOf<"certificate">> = {
  issuer: words,
  subject: words,
  claims: mapOf(text, "an object of strings"),
};
const KEY: Shape<SignerOf<"key">> = { fingerprint: words };
const OTHER: Shape<SignerOf<"other">> = { description: words };

const WHO = "who signed";
const SIGNERS: Record<SignerIdentity["kind"], Check> = {
  certificate: objectWith(CERTIFICATE, WHO),
  key: objectWith(KEY, WHO),
  other: objectWith(OTHER, WHO),
};
const signerKind = oneOf(...Object.keys(SIGNERS));

const signer: Check = (value) => {
  if (!isRecord(value)) return fault(value, WHO);
  const wrong = signerKind(value.kind);
  if (wrong !== undefined) return { ...wrong, path: ".kind" };
  return SIGNERS[value.kind as SignerIdentity["kind"]](value);
};

const CHECK: Shape<ProvenCheck> = {
  name: words,
  result: oneOf("passed", "absent", "unchecked"),
  evidence: text,
};
const everyCheck = listOf(objectWith(CHECK, "a check"), "a list of checks");

const checks: Check = (value) =>
  everyCheck(value) ??
    ((value as ProvenCheck[]).some(({ result }) => result === "passed")
      ? undefined
      : fault(value, "at least one check that passed"));

const VERDICT: Shape<Verdict> = {
  signer,
  time: optional(that(isValidDate, "a valid Date, or nothing")),
  log: optional(objectWith({ url: text, index: text }, "a log entry, or nothing")),
  checks,
};
const verdictCheck = objectWith(VERDICT, "a verdict");

const WHAT_IT_IS = 'a verdict is an object with a "signer" and with "checks", of which at least ' +
  "one passed and none failed";
const WHAT_TO_DO =
  'throw a BlobberError with the code "signature-invalid" where a signature does ' +
  "not hold, and return a verdict where it does";

/**
 * Takes what a verifier returned. What is no verdict is a fault of the verifier and refuses the artifact: the
 * next signature is not tried, as a verifier that answers wrongly once has not checked the others either.
 *
 * @param returned by `verify`, after the promise
 * @param title of the verifier
 * @returns a copy, of what was checked and nothing else
 * @throws {BlobberError} `invalid-option` for everything but a verdict
 */
export function acceptVerdict(returned: unknown, title?: string): AcceptedVerdict {
  const wrong = verdictCheck(returned);
  if (wrong !== undefined) {
    const { path, found, expected } = wrong;
    const what = path === ""
      ? `returned ${found}, expected ${expected}`
      : `returned a verdict whose ${path.slice(1)} is ${found}, expected ${expected}`;
    throw new BlobberError(
      "invalid-option",
      `${title === undefined ? "" : `${title}: `}the verifier ${what}`,
      {
        hint: typeof returned === "boolean"
          ? `${returned} does not say what was checked: ${WHAT_TO_DO}; ${WHAT_IT_IS}`
          : `${WHAT_IT_IS}; ${WHAT_TO_DO}`,
      },
    );
  }
  const { signer, time, log, checks } = returned as Verdict;
  return {
    signer: signerCopy(signer),
    ...time !== undefined && { time: new Date(time) },
    ...log !== undefined && { log: { url: log.url, index: log.index } },
    checks: checks.map(({ name, result, evidence }) => ({ name, result, evidence })),
  } as AcceptedVerdict;
}

function signerCopy(signer: SignerIdentity): SignerIdentity {
  switch (signer.kind) {
    case "certificate": {
      const { kind, issuer, subject, claims } = signer;
      return { kind, issuer, subject, claims: { ...claims } };
    }
    case "key":
      return { kind: signer.kind, fingerprint: signer.fingerprint };
    case "other":
      return { kind: signer.kind, description: signer.description };
  }
}

function isValidDate(value: unknown): boolean {
  try {
    return !isNaN(Date.prototype.getTime.call(value)); // of another realm too
  } catch {
    return false;
  }
}
