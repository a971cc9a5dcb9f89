/**
 * What signing and verification are to the core: two interfaces. The core stores signatures as referrers
 * and decides when to ask; it knows no signature format. `@blobber/sigstore` implements both with Sigstore,
 * and anyone may implement them with something else.
 *
 * @module
 */

import type { CallOptions } from "./store.ts";
import type { Digest } from "./digest.ts";
import type { RepositoryName } from "./reference.ts";
import type { Annotations, Descriptor } from "./types.ts";

/**
 * A digest that a signature covers, which was checked. Only the code that has it checked makes one; the second
 * half is there for the compiler alone.
 */
export type VerifiedDigest = Digest & { readonly __verified: true };

/** A descriptor whose digest a signature covers. */
export interface VerifiedDescriptor extends Descriptor {
  /** The digest. */
  digest: VerifiedDigest;
}

/** The name under which a manifest is signed or asked for. */
export interface SignedName {
  /** The repository; a layout is a place on a disk and names none. */
  repository?: RepositoryName | undefined;
  /** For a signer, every tag that will point at the manifest; for a verifier, the one that was asked for. */
  tags: readonly string[];
}

/** A manifest as a signer or verifier sees it. */
export interface Signable {
  /** Digest of the manifest. */
  digest: Digest;
  /** Media type of the manifest. */
  mediaType: string;
  /** Bytes. */
  size: number;
  /** The manifest itself; its digest is `digest`, already checked. */
  bytes: Uint8Array;
  /** The name under which it is signed or was asked for. */
  name?: SignedName | undefined;
}

/** A signature as it is stored: the one layer of a referrer. */
export interface Signature {
  /** The layer's media type, and the referrer's artifact type. */
  mediaType: string;
  /** The signature as its format writes it: at least one byte, and at most 1 MiB, as verification reads no more. */
  bytes: Uint8Array;
  /** Annotations of the referrer's manifest. */
  annotations?: Annotations | undefined;
}

/** Makes signatures. */
export interface Signer {
  /**
   * The public half, SubjectPublicKeyInfo in DER, of a key that its owner keeps. A push refuses a directory in
   * which the private half is.
   */
  readonly publicKey?: Uint8Array | undefined;
  /**
   * Signs a manifest.
   *
   * @returns the signature; anything else ends the call with `invalid-option`, and nothing of it is stored
   * @throws {BlobberError} `signing-service` naming the service, `unauthorized`, `invalid-key`
   */
  sign(manifest: Signable, options?: CallOptions): Promise<Signature>;
}

/** One thing that was checked, and what showed it. */
export interface Check {
  /** `signature`, `certificate`, `log`, `timestamp`, `identity`, `name`, … */
  name: string;
  /** `absent`: not there and not demanded. `unchecked`: there, and nothing to check it with. */
  result: "passed" | "absent" | "unchecked";
  /** What showed it, in words for a person. */
  evidence: string;
}

/** Who signed. */
export type SignerIdentity =
  | { kind: "certificate"; issuer: string; subject: string; claims: Record<string, string> }
  | { kind: "key"; fingerprint: string }
  | { kind: "other"; description: string };

/** What a valid signature that satisfies the policy shows. */
export interface Verdict {
  /** Who signed. */
  signer: SignerIdentity;
  /** When, from a signed source; never from the local clock. */
  time?: Date | undefined;
  /** The log entry, where one was checked. */
  log?: { url: string; index: string } | undefined;
  /** What was checked, in order. */
  checks: Check[];
}

/** Checks signatures against a policy that it was made with. */
export interface Verifier {
  /** Where the demand comes from, such as a rule in a configuration file; said before every refusal. */
  readonly title?: string | undefined;

  /** Whether this verifier reads signatures of a media type, which is the artifact type of their referrers. */
  accepts(mediaType: string): boolean;

  /**
   * Whether a signature could satisfy, by what is cheap to see: its subject, and whom it says it is of.
   * Nothing of that is proven. Asked only where there are many: those that could satisfy come first, and
   * the others are verified all the same. A verifier without it takes them as they come.
   */
  mayFit?(manifest: Signable, signature: Signature): boolean;

  /**
   * Checks one signature. Opens no socket and no file.
   *
   * @returns who signed, and what was checked: at least one check that passed. Anything else that is returned ends
   * the call with `invalid-option`, and no other signature is tried
   * @throws {BlobberError} `signature-invalid`; `identity-mismatch` or `name-mismatch` for a valid signature
   * that the policy does not ask for, naming what was found and what was expected; `trust-root`
   */
  verify(manifest: Signable, signature: Signature): Promise<Verdict>;
}
