/**
 * The options of a signer, and the services that they name. What makes no sense is refused here.
 *
 * @module
 */

import type { Notice } from "@blobber/core";
import { BlobberError } from "@blobber/core/errors";
import type { KeyFile } from "../keys/private_key.ts";
import { type RequestOptions, type ServiceContext, serviceUrl } from "../service.ts";
import {
  PUBLIC,
  type RekorService,
  type RekorVersion,
  type SigningServices,
} from "./signing_config.ts";
import type { TrustMaterial } from "../trust/trust_root.ts";
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
