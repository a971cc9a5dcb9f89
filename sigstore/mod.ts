/**
 * Signs and verifies OCI artifacts with Sigstore.
 *
 * @module
 */

export {
  createSigner,
  type KeylessOptions,
  type KeyOptions,
  type ServiceOptions,
  type SignerOptions,
} from "./signer.ts";
export { type KeyFile, needsPassphrase } from "./private_key.ts";
export { type ServiceContext } from "./service.ts";
export { PUBLIC, type RekorVersion } from "./signing_config.ts";
export { type TokenRequest, type TokenSource } from "./tokens/token.ts";
export { type Environment } from "./tokens/environment.ts";
// The core's types that the signatures above are made of.
export type {
  Annotations,
  CallOptions,
  Digest,
  Notice,
  Signable,
  Signature,
  SignedName,
  Signer,
} from "@blobber/core";
