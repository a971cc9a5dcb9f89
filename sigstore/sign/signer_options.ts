/**
 * The options of a signer, and the services that they name. What makes no sense is refused here.
 *
 * @module
 */

import type { Notice } from "@blobber/core";
import { BlobberError } from "@blobber/core/errors";
import { isObject } from "@blobber/core/internal/json";
import { quote } from "@blobber/core/internal/printable";
import { nearestWord } from "@blobber/core/internal/spelling";
import type { KeyFile } from "../keys/private_key.ts";
import { type RequestOptions, type ServiceContext, serviceUrl } from "../service.ts";
import {
  PUBLIC,
  type RekorService,
  type RekorVersion,
  type SigningServices,
} from "./signing_config.ts";
import { TrustMaterial } from "../trust/trust_root.ts";
import type { TokenSource } from "../tokens/token.ts";

/** Services named one by one, or by a signing configuration, never both. */
export interface ServiceOptions {
  /** URL of the transparency log. @default none with a key; the public log without one */
  rekorUrl?: string | undefined;
  /** Version of the log's API. @default what the log turns out to know */
  rekorVersion?: RekorVersion | undefined;
  /** URL of an RFC 3161 timestamp authority; needed with a log of version 2. @default none */
  timestampUrl?: string | undefined;
  /** A signing configuration (v0.2), parsed, or a function that fetches it when the first signature is made. */
  signingConfig?: unknown | (() => Promise<unknown>);
}

/** Signs as the identity of a token, with a key that exists for one signature. */
export interface KeylessOptions extends ServiceOptions {
  /** Where tokens come from. */
  token: TokenSource;
  /** URL of the certificate authority; the token goes there. @default the public one */
  fulcioUrl?: string | undefined;
  /** The client that tokens are for. @default "sigstore" */
  clientId?: string | undefined;
  /**
   * Asked before an e-mail address goes into logs that everybody can read.
   * @default not asked
   */
  confirm?: ((identity: string) => Promise<boolean>) | undefined;
}

/** Signs with a key of one's own. Without a service named here, nothing leaves the machine. */
export interface KeyOptions extends ServiceOptions {
  /** The key. */
  key: KeyFile;
}

/** Options of {@linkcode createSigner}. */
export type SignerOptions = (KeylessOptions | KeyOptions) & RequestOptions & {
  /**
   * What each signature is verified with before it is given away.
   * @default the public root where the public Sigstore's services sign; else what needs no root is checked,
   * and a notice `own-signature-unchecked` says so
   */
  trust?: TrustMaterial | (() => Promise<TrustMaterial>) | undefined;
  /** Told about what a person may want to know. */
  onNotice?: ((notice: Notice) => void) | undefined;
  /** How services are asked; for tests. */
  services?: Partial<ServiceContext> | undefined;
};

/** Every option of any signer, what it may be, and that in words. */
type AllOptions = KeylessOptions & KeyOptions & SignerOptions;
const OPTIONS: { [K in keyof Required<AllOptions>]: [(value: unknown) => boolean, string] } = {
  key: [isKeyFile, "an object with the PEM text as pem and, where it needs one, a passphrase"],
  token: [isTokenSource, "a source of tokens, such as givenToken(value) makes"],
  fulcioUrl: [isText, "a URL"],
  clientId: [isText, "a string that is not empty"],
  confirm: [isFunction, "a function"],
  rekorUrl: [isText, "a URL"],
  rekorVersion: [(value) => value === 1 || value === 2, "1 or 2"],
  timestampUrl: [isText, "a URL"],
  signingConfig: [() => true, "a signing configuration"], // checked where it is read
  trust: [
    (value) => isFunction(value) || value instanceof TrustMaterial,
    "what loadTrustedRoot returns, or a function that gets it",
  ],
  onNotice: [isFunction, "a function"],
  fetch: [isFunction, "a function"],
  onRequest: [isFunction, "a function"],
  services: [isObject, "an object"],
};

/**
 * Checks the types of options. A name that is unknown is refused: a log that is misspelled would be the public
 * one. No value is shown, as it may be a secret.
 *
 * @throws {BlobberError} `invalid-option`
 */
export function checkOptions(options: SignerOptions): void {
  const given: unknown = options;
  if (!isObject(given)) throw nonsense("no options, expected a key or an identity");
  for (const name of Object.keys(given)) {
    if (given[name] === undefined || Object.hasOwn(OPTIONS, name)) continue;
    const meant = nearestWord(name, Object.keys(OPTIONS));
    throw new BlobberError("invalid-option", `invalid signer: unknown option ${quote(name)}`, {
      hint: meant === undefined ? undefined : `did you mean "${meant}"?`,
    });
  }
  for (const [name, [holds, expected]] of Object.entries(OPTIONS)) {
    const value = given[name];
    if (value === undefined || holds(value)) continue;
    throw nonsense(`the option ${name} is another thing than was expected: ${expected}`);
  }
}

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function isKeyFile(value: unknown): boolean {
  return isObject(value) && typeof value.pem === "string" &&
    (value.passphrase === undefined || typeof value.passphrase === "string");
}

function isTokenSource(value: unknown): boolean {
  return isObject(value) && isText(value.name) && isFunction(value.token);
}

/**
 * The services that the options name one by one.
 *
 * @param options of a signer
 * @param kind what signs
 * @returns the services; nothing when a signing configuration names them
 * @throws {BlobberError} `invalid-option`
 */
export function namedServices(
  options: SignerOptions,
  kind: "key" | "identity",
): SigningServices | undefined {
  const { rekorUrl, rekorVersion, timestampUrl, signingConfig } = options;
  const fulcioUrl = "fulcioUrl" in options ? options.fulcioUrl : undefined;
  if (signingConfig !== undefined) {
    if ([rekorUrl, timestampUrl, fulcioUrl].some((url) => url !== undefined)) {
      throw nonsense("a signing configuration and the URL of a service, expected one of them");
    }
    return undefined;
  }
  if (rekorVersion !== undefined && rekorUrl === undefined) {
    throw nonsense("the version of a log, and no log");
  }
  const timestamps = timestampUrl === undefined
    ? []
    : [serviceUrl(timestampUrl, "timestamp URL", false)];
  const logs: RekorService[] = rekorUrl === undefined
    ? []
    : [{ url: serviceUrl(rekorUrl, "Rekor URL", false), version: rekorVersion }];
  if (kind === "key") return { logs, timestamps };
  const fulcio = serviceUrl(fulcioUrl ?? PUBLIC.fulcio, "Fulcio URL", true);
  if (logs.length === 0) {
    // The public log must not learn of a private deployment by default.
    if (fulcio !== PUBLIC.fulcio) {
      throw nonsense("a certificate authority of its own, and no log; name one with the Rekor URL");
    }
    logs.push(PUBLIC.rekor);
  } else if (logs[0]!.url === PUBLIC.rekor.url) logs[0]!.version ??= 1;
  const issuer = fulcio === PUBLIC.fulcio ? PUBLIC.issuer : undefined;
  return { fulcio, issuer, logs, timestamps };
}

/** The error for options that contradict each other, or leave out what they need. */
export function nonsense(what: string): BlobberError {
  return new BlobberError("invalid-option", `invalid signer: ${what}`);
}
