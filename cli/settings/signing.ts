/**
 * Settings of making signatures.
 *
 * @module
 */

import { type Setting, SIGNERS } from "./row.ts";

/** Rows of the table of settings. */
export const SIGNING = {
  sign: {
    flag: "sign",
    key: "sign.enabled",
    type: "boolean",
    default: false,
    help: "sign what is pushed; any --sign-… flag implies it",
    group: "signing",
    commands: ["push"],
  },
  signKey: {
    flag: "sign-key",
    key: "sign.key",
    type: "path",
    placeholder: "FILE",
    help: "private key (PEM) to sign with in place of an identity",
    group: "signing",
    commands: SIGNERS,
  },
  signPassword: {
    flag: "sign-key-pass",
    key: "sign.password",
    variables: ["BLOBBER_SIGN_KEY_PASS"],
    type: "secret",
    placeholder: "SECRET",
    help: "passphrase of the key: file:PATH, env:NAME or - for stdin",
    group: "signing",
    commands: SIGNERS,
  },
  fulcioUrl: {
    flag: "fulcio-url",
    key: "sign.fulcio",
    type: "string",
    placeholder: "URL",
    help: "certificate authority",
    group: "signing",
    commands: SIGNERS,
  },
  rekorUrl: {
    flag: "rekor-url",
    key: "sign.rekor",
    type: "string",
    placeholder: "URL",
    help: "transparency log",
    group: "signing",
    commands: SIGNERS,
  },
  timestampUrl: {
    flag: "timestamp-url",
    key: "sign.timestamp",
    type: "string",
    placeholder: "URL",
    help: "timestamp authority (RFC 3161)",
    group: "signing",
    commands: SIGNERS,
  },
  signingConfig: {
    flag: "signing-config",
    key: "sign.config",
    type: "path",
    placeholder: "FILE",
    help: "Sigstore signing config that names the services",
    group: "signing",
    commands: SIGNERS,
  },
  identityToken: {
    flag: "identity-token",
    type: "secret",
    placeholder: "TOKEN",
    help: "OIDC token, or a file that holds it: file:PATH, env:NAME or - for stdin",
    group: "signing",
    commands: SIGNERS,
  },
  oidcIssuer: {
    flag: "oidc-issuer",
    key: "sign.oidc-issuer",
    type: "string",
    placeholder: "URL",
    help: "where to log in",
    group: "signing",
    commands: SIGNERS,
  },
  oidcClientId: {
    flag: "oidc-client-id",
    key: "sign.oidc-client-id",
    type: "string",
    placeholder: "ID",
    help: "client id at the issuer",
    group: "signing",
    commands: SIGNERS,
  },
  signLog: {
    key: "sign.log",
    type: "boolean",
    default: false,
    help: "record signatures made with a key in the public log too",
    group: "signing",
    commands: SIGNERS,
  },
} as const satisfies Record<string, Setting>;
