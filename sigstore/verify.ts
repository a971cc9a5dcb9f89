/**
 * The half of `@blobber/sigstore` that verifies, for those who do not sign: it loads in a fraction of the time.
 *
 * @example
 * ```ts
 * import { createVerifier, publicTrustRoot } from "@blobber/sigstore/verify";
 *
 * const verifier = createVerifier({
 *   signers: [{
 *     issuer: "https://token.actions.githubusercontent.com",
 *     subject: "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1",
 *   }],
 *   trust: publicTrustRoot,
 * });
 * if (!verifier.accepts("application/vnd.dev.sigstore.bundle.v0.3+json")) throw new Error("bundles");
 * ```
 *
 * @module
 */

export { createVerifier } from "./verify/verifier.ts";
export { claimReader } from "./claims/claim_reader.ts";
export { isBundleType } from "./encoding/bundle.ts";
export { type ClaimedSigner, claimText, readClaimedSigner } from "./verify/claimed_signer.ts";
export type {
  ExactIdentity,
  Identity,
  IdentityPolicy,
  KeyPolicy,
  KeySigner,
  PatternIdentity,
  Policy,
  PolicyTerms,
  SignerPolicy,
  TrustSource,
  UnsafePolicy,
} from "./verify/policy.ts";
export {
  loadTrustedRoot,
  readTrustedRoot,
  type TrustedAuthority,
  type TrustedLog,
  TrustMaterial,
  type TrustParts,
  type Validity,
} from "./trust/trust_root.ts";
export {
  type PublicRootOptions,
  type PublicTarget,
  publicTarget,
  publicTrustRoot,
} from "./trust/tuf.ts";
export type { RequestOptions } from "./service.ts";
export { CLAIM_NAMES, claimName } from "./verify/claims.ts";
export { parseSubjectPattern, type SubjectPattern } from "./verify/subject_pattern.ts";
export { type PublicKey, readPublicKey } from "./keys/public_key.ts";
// The core's types that verification is made of.
export type {
  Annotations,
  Check,
  ClaimedBy,
  ClaimReader,
  Claims,
  Digest,
  Fetch,
  FetchInit,
  FetchResponse,
  Notice,
  Observer,
  OnRequest,
  Phase,
  Progress,
  RepositoryName,
  RequestEnd,
  RequestStart,
  Signable,
  Signature,
  SignedName,
  SignerIdentity,
  Verdict,
  Verifier,
} from "@blobber/core";
