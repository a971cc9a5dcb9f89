/**
 * Whom a verifier trusts and what it demands. A policy that names no signer, or demands what cannot be
 * checked, does not construct: the types refuse it where they see it, and {@linkcode rulesOf} refuses it
 * for callers without types.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { isObject } from "@blobber/core/internal/json";
import { quote } from "@blobber/core/internal/printable";
import type { RepositoryName } from "@blobber/core/internal/reference";
import { claimName } from "./claims.ts";
import { type PublicKey, readPublicKey } from "../keys/public_key.ts";
import { parseSubjectPattern, type SubjectPattern } from "./subject_pattern.ts";
import { TrustMaterial } from "../trust/trust_root.ts";

/** A certificate's signer, letter by letter. */
export interface ExactIdentity {
  /** The OIDC issuer that vouched for the subject. */
  issuer: string;
  /** Mail address, URI or user name. */
  subject: string;
}

/** A certificate's signer by a pattern: `*` within a path segment, `**` across, neither crosses `@`. */
export interface PatternIdentity {
  /** The OIDC issuer that vouched for the subject; never a pattern. */
  issuer: string;
  /** The pattern: host and owner, or mail domain, are written out. */
  subjectPattern: string;
}

/** The holder of a key. */
export interface KeySigner {
  /** One PEM block `PUBLIC KEY`. */
  key: string;
  /** What to call it in messages. @default "the public key" */
  name?: string | undefined;
}

/** A signer that has a certificate. */
export type Identity = ExactIdentity | PatternIdentity;

/**
 * Gets trust material: called once, by the first signature that has to be checked with it, so that nothing is
 * fetched for one that another signer made.
 */
export type TrustSource = () => Promise<TrustMaterial>;

/** What every policy may say. */
export interface PolicyTerms {
  /**
   * Whether the signed statement has to name the repository, or repository and tag, that was asked for.
   * @default "off"
   */
  nameBinding?: "off" | "repository" | "reference" | undefined;
  /**
   * The repository that the signed statement has to name in place of the one that was asked for: what a
   * mirror or a layout is a copy of. Only with a name binding.
   */
  signedAs?: RepositoryName | undefined;
  /**
   * Whether a signature over the manifest's bytes alone, without a statement, counts: the Go tool's and
   * older cosign's. A service that signs files of others can be made to sign a manifest that way.
   * @default true
   */
  legacyMessageSignature?: boolean | undefined;
}

/** Trusts signers with certificates, and may look further into those. */
export interface IdentityPolicy extends PolicyTerms {
  /** Any one of them. */
  signers: [Identity, ...Identity[]];
  /** What is believed about certificates, logs and timestamps. */
  trust: TrustMaterial | TrustSource;
  /** Claims that the certificate must make, by Fulcio's names. */
  claims?: Record<string, string> | undefined;
  /** `OWNER/NAME` of the source repository, whichever workflow signed. */
  repo?: string | undefined;
  /** A certificate always needs its log. */
  requireLog?: boolean | undefined;
  /** Excludes signers. */
  unsafe?: never;
}

/** Trusts keys, or keys and certificates, and checks logs and timestamps against a root. */
export interface SignerPolicy extends PolicyTerms {
  /** Any one of them. */
  signers: [Identity | KeySigner, ...(Identity | KeySigner)[]];
  /** What is believed about certificates, logs and timestamps. */
  trust: TrustMaterial | TrustSource;
  /** Refuse a signature without a valid log entry. @default false for keys */
  requireLog?: boolean | undefined;
  /** Only with identities alone. */
  claims?: never;
  /** Only with identities alone. */
  repo?: never;
  /** Excludes signers. */
  unsafe?: never;
}

/** Trusts keys alone. Log entries and timestamps are reported, not checked. */
export interface KeyPolicy extends PolicyTerms {
  /** Any one of them. */
  signers: [KeySigner, ...KeySigner[]];
  /** With one, see {@linkcode SignerPolicy}. */
  trust?: undefined;
  /** Needs trust material: see {@linkcode SignerPolicy}. */
  requireLog?: false | undefined;
  /** Only with identities alone. */
  claims?: never;
  /** Only with identities alone. */
  repo?: never;
  /** Excludes signers. */
  unsafe?: never;
}

/** Accepts any certificate that the root's authorities issued, for any holder. */
export interface UnsafePolicy extends PolicyTerms {
  /** Says that no signer is named. */
  unsafe: true;
  /** What is believed about certificates, logs and timestamps. */
  trust: TrustMaterial | TrustSource;
  /** A certificate always needs its log. */
  requireLog?: boolean | undefined;
  /** Excluded by `unsafe`. */
  signers?: never;
  /** Claims that the certificate must make all the same. */
  claims?: Record<string, string> | undefined;
  /** `OWNER/NAME` that the certificate must name all the same. */
  repo?: string | undefined;
}

/** What a verifier is made with. */
export type Policy = IdentityPolicy | SignerPolicy | KeyPolicy | UnsafePolicy;

/** An identity that is looked for. */
export interface IdentityRule {
  issuer: string;
  subject: string | SubjectPattern;
}

/** A policy after all checks. */
export interface Rules {
  identities: IdentityRule[];
  keys: PublicKey[];
  unsafe: boolean;
  trust: TrustSource | undefined;
  claims: Record<string, string>;
  repo: string | undefined;
  nameBinding: "off" | "repository" | "reference";
  signedAs: RepositoryName | undefined;
  requireLog: boolean;
  legacyMessageSignature: boolean;
}

/**
 * Checks a policy.
 *
 * @param policy from a caller with or without types
 * @throws {BlobberError} `invalid-option`, `invalid-key`
 */
export function rulesOf(policy: Policy): Rules {
  if (!isObject(policy)) throw invalidPolicy("it is not an object");
  const loose = policy as unknown as Record<string, unknown>;
  const known = [
    "signers",
    "trust",
    "claims",
    "repo",
    "requireLog",
    "unsafe",
    "nameBinding",
    "signedAs",
    "legacyMessageSignature",
  ];
  for (const name of Object.keys(loose)) {
    if (!known.includes(name)) throw invalidPolicy(`it has an unknown member ${quote(name)}`);
  }
  for (const name of ["unsafe", "requireLog", "legacyMessageSignature"]) {
    if (loose[name] !== undefined && typeof loose[name] !== "boolean") {
      throw invalidPolicy(`${name} is not a boolean`);
    }
  }
  const unsafe = policy.unsafe === true;
  const signers: unknown = policy.signers ?? [];
  if (!Array.isArray(signers)) throw invalidPolicy("signers is not a list");
  if (unsafe && signers.length > 0) {
    throw invalidPolicy("it names signers and accepts any; expected one of the two");
  }
  if (!unsafe && signers.length === 0) {
    throw invalidPolicy("it names no signer; expected an identity, a key, or unsafe");
  }
  const trust = policy.trust === undefined ? undefined : readTrust(policy.trust);
  const identities: IdentityRule[] = [];
  const keys: PublicKey[] = [];
  for (const signer of signers) readSigner(signer, identities, keys);
  const claims = readClaims(policy.claims);
  const repo = readRepo(policy.repo);
  const demandsClaims = repo !== undefined || Object.keys(claims).length > 0;
  if (demandsClaims && keys.length > 0) {
    throw invalidPolicy(
      "it demands claims, which a key does not make",
    );
  }
  if (policy.trust === undefined && (unsafe || identities.length > 0)) {
    throw invalidPolicy("it trusts certificates without trust material to check them with");
  }
  if (policy.trust === undefined && loose["requireLog"] === true) {
    throw invalidPolicy("it requires a log entry without trust material to check it with");
  }
  const { nameBinding = "off" } = policy; // null is no way to say "off"
  if (!["off", "repository", "reference"].includes(nameBinding)) {
    throw invalidPolicy(`nameBinding is ${quote(nameBinding)}`);
  }
  const { signedAs } = policy;
  if (signedAs !== undefined && (typeof signedAs !== "string" || nameBinding === "off")) {
    throw invalidPolicy("it says what the artifact is signed as, and does not demand that name");
  }
  return {
    identities,
    keys,
    unsafe,
    trust,
    claims,
    repo,
    nameBinding,
    signedAs,
    requireLog: policy.requireLog ?? false,
    legacyMessageSignature: policy.legacyMessageSignature ?? true,
  };
}

/** A function that returns the material, and fetches it once at most where a function was given. */
function readTrust(given: unknown): TrustSource {
  if (given instanceof TrustMaterial) return () => Promise.resolve(given);
  const wrong = invalidPolicy("trust is not trust material; expected what loadTrustedRoot returns");
  if (typeof given !== "function") throw wrong;
  let material: Promise<TrustMaterial> | undefined;
  return () =>
    material ??= Promise.resolve(given()).then((got) => {
      if (got instanceof TrustMaterial) return got;
      throw wrong;
    });
}

function readSigner(signer: unknown, identities: IdentityRule[], keys: PublicKey[]): void {
  if (!isObject(signer)) throw invalidPolicy("a signer is not an object");
  const { issuer, subject, subjectPattern, key, name, ...others } = signer;
  const [unknown] = Object.keys(others);
  // What it would demand is not demanded: the claims of all signers stand beside the list of them.
  if (unknown !== undefined) {
    throw invalidPolicy(`a signer has an unknown member ${quote(unknown)}`);
  }
  const forms = [subject, subjectPattern, key].filter((form) => form !== undefined);
  if (forms.length !== 1 || typeof forms[0] !== "string" || forms[0] === "") {
    throw invalidPolicy("a signer has to have exactly one of subject, subjectPattern and key");
  }
  if (typeof key === "string") {
    if (issuer !== undefined) throw invalidPolicy("a key has no issuer");
    keys.push(readPublicKey(key, typeof name === "string" ? name : undefined));
    return;
  }
  if (typeof issuer !== "string" || issuer === "") {
    throw invalidPolicy("a signer has a subject without the issuer that vouches for it");
  }
  if (issuer.includes("*")) throw invalidPolicy(`the issuer ${quote(issuer)} is a pattern`);
  if (typeof subjectPattern === "string") {
    identities.push({ issuer, subject: parseSubjectPattern(subjectPattern) });
    return;
  }
  if ((subject as string).includes("*")) {
    throw invalidPolicy(
      `the subject ${quote(subject as string)} is compared letter by letter and has a "*"; ` +
        "expected a subject pattern",
    );
  }
  identities.push({ issuer, subject: subject as string });
}

function readClaims(claims: unknown): Record<string, string> {
  const found: Record<string, string> = {};
  if (claims === undefined) return found;
  if (!isObject(claims)) throw invalidPolicy("claims is not an object");
  if (Object.keys(claims).length === 0) throw invalidPolicy("it demands claims and names none");
  for (const [name, value] of Object.entries(claims)) {
    if (typeof value !== "string" || value === "") {
      throw invalidPolicy(`the claim ${quote(name)} has no value`);
    }
    const canonical = claimName(name);
    if (Object.hasOwn(found, canonical)) {
      throw invalidPolicy(`the claim ${quote(canonical)} is there twice`);
    }
    found[canonical] = value;
  }
  return found;
}

function readRepo(repo: unknown): string | undefined {
  if (repo === undefined) return undefined;
  const segment = "(?!\\.{1,2}(?:/|$))[A-Za-z0-9._-]+";
  if (typeof repo !== "string" || !new RegExp(`^${segment}(?:/${segment})+$`).test(repo)) {
    throw invalidPolicy(`repo is ${quote(repo)}, expected OWNER/NAME`);
  }
  return repo;
}

function invalidPolicy(why: string): BlobberError {
  return new BlobberError("invalid-option", `invalid policy: ${why}`);
}
