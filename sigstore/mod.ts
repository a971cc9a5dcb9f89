/**
 * Signs and verifies OCI artifacts with Sigstore.
 *
 * @module
 */

export { createSigner } from "./sign/signer.ts";
export type {
  KeylessOptions,
  KeyOptions,
  ServiceOptions,
  SignerOptions,
} from "./sign/signer_options.ts";
export { type KeyFile, needsPassphrase } from "./keys/private_key.ts";
export type { ServiceContext } from "./service.ts";
export {
  parseSigningConfig,
  PUBLIC,
  publicSigningConfig,
  type RekorVersion,
} from "./sign/signing_config.ts";
export { type TokenRequest, type TokenSource } from "./tokens/token.ts";
export type { Environment } from "./tokens/environment.ts";
export { givenToken, tokenFile } from "./tokens/given.ts";
export { findToken, type FindTokenOptions } from "./tokens/find.ts";
export type { BrowserOptions } from "./tokens/browser.ts";
export type { DeviceLogin, DeviceOptions } from "./tokens/device.ts";
export * from "./verify.ts";
// The core's types that the signatures above are made of.
export type { CallOptions, Signer } from "@blobber/core";
