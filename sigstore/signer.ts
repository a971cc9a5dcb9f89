/**
 * Makes signatures with Sigstore: with an identity (keyless) or with a key of one's own. What makes no
 * sense does not construct.
 *
 * @module
 */

import { createHash } from "node:crypto";
import {
  BlobberError,
  type CallOptions,
  type Notice,
  quote,
  type Signable,
  type Signature,
  type Signer,
} from "@blobber/core";
import { toBase64, toPem } from "./bytes.ts";
import { BUNDLE_TYPE, encodeBundle, type KeyMaterial, type LogEntry } from "./encode_bundle.ts";
import { envelopeOf, preAuthEncoding } from "./dsse.ts";
import { requestCertificate } from "./fulcio.ts";
import { type KeyFile, readPrivateKey } from "./private_key.ts";
import { addToRekorV1 } from "./rekor_v1.ts";
import { addToRekorV2, fitsRekorV2 } from "./rekor_v2.ts";
import { type ServiceContext, serviceContext, serviceUrl } from "./service.ts";
import {
  PUBLIC,
  type RekorService,
  type RekorVersion,
  servicesOf,
  type SigningServices,
} from "./signing_config.ts";
import { ephemeralKey, publicKeyPem, type SigningKey } from "./signing_key.ts";
import { encodeStatement, PAYLOAD_TYPE, PREDICATE_TYPE, statementAbout } from "./statement.ts";
import { requestTimestamp } from "./timestamp.ts";
import { type IdentityToken, readToken, type TokenSource } from "./tokens/token.ts";

/** Services named one by one, or by a signing configuration, never both. */
export interface ServiceOptions {
  /** URL of the transparency log. @default none with a key; the public log without one */
  rekorUrl?: string | undefined;
  /** Version of the log's API. @default what the log turns out to know */
  rekorVersion?: RekorVersion | undefined;
  /** URL of an RFC 3161 timestamp authority; needed with a log of version 2. @default none */
  timestampUrl?: string | undefined;
  /** A signing configuration (v0.2), parsed, or what gets it when the first signature is made. */
  signingConfig?: unknown | (() => Promise<unknown>);
}

/** Signs as whoever an identity token is about, with a key that exists for one signature. */
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
export type SignerOptions = (KeylessOptions | KeyOptions) & {
  /** Told about what a person may want to know. */
  onNotice?: ((notice: Notice) => void) | undefined;
  /** How services are asked; for tests. */
  services?: Partial<ServiceContext> | undefined;
};

/**
 * Makes a signer.
 *
 * @param options an identity or a key, and the services that take part
 * @throws {BlobberError} `invalid-option`, `invalid-config`, `invalid-key`
 */
export async function createSigner(options: SignerOptions): Promise<Signer> {
  const context = serviceContext(options.services);
  const notify = options.onNotice ?? (() => {});
  if ("key" in options && options.key !== undefined) {
    if ("token" in options) throw nonsense("a key and an identity at once, expected one of them");
    return new SigstoreSigner(new OwnKey(await readPrivateKey(options.key)), options, context);
  }
  if (!("token" in options) || options.token === undefined) {
    throw nonsense("neither a key nor an identity, expected one of them");
  }
  return new SigstoreSigner(new Identity(options, notify), options, context);
}

/** Whose signature it is: gives a key for one signature, and what shows whose it is. */
interface Credential {
  readonly kind: "key" | "identity";
  /** What is known of the services once they are: refuses those that this credential cannot use. */
  check(services: SigningServices): void;
  acquire(services: SigningServices, context: ServiceContext): Promise<{
    key: SigningKey;
    material: KeyMaterial;
  }>;
}

class SigstoreSigner implements Signer {
  readonly #credential: Credential;
  readonly #context: ServiceContext;
  readonly #services: () => Promise<SigningServices>;

  constructor(credential: Credential, options: SignerOptions, context: ServiceContext) {
    this.#credential = credential;
    this.#context = context;
    const named = namedServices(options, credential.kind);
    const check = (services: SigningServices) => {
      credential.check(services);
      return services;
    };
    if (named !== undefined) {
      check(named);
      this.#services = () => Promise.resolve(named);
    } else if (typeof options.signingConfig !== "function") {
      const services = check(servicesOf(options.signingConfig));
      this.#services = () => Promise.resolve(services);
    } else {
      const load = options.signingConfig as () => Promise<unknown>;
      this.#services = async () => check(servicesOf(await load()));
    }
  }

  async sign(manifest: Signable, options: CallOptions = {}): Promise<Signature> {
    // Row 59: what is signed are the bytes that are here, not what somebody says of them.
    const digest = `sha256:${createHash("sha256").update(manifest.bytes).digest("hex")}`;
    if (digest !== manifest.digest || manifest.bytes.length !== manifest.size) {
      throw new BlobberError(
        "integrity",
        `the manifest to be signed is not ${quote(manifest.digest)} of ${manifest.size} bytes`,
      );
    }
    const context = { ...this.#context, signal: options.signal };
    const services = await this.#services();
    const { key, material } = await this.#credential.acquire(services, context);

    const payload = encodeStatement(statementAbout(manifest.digest, manifest.name));
    const signed = preAuthEncoding(PAYLOAD_TYPE, payload);
    const signature = await key.sign(signed);
    const envelope = envelopeOf(PAYLOAD_TYPE, payload, signature);

    // Timestamps before the log: what fails before the log has published nothing there.
    const timestamps: Uint8Array[] = [];
    for (const url of services.timestamps) {
      timestamps.push(await requestTimestamp(context, url, signature));
    }
    const entries: LogEntry[] = [];
    for (const log of services.logs) {
      entries.push(
        await this.#log(log, timestamps.length > 0, context, {
          key,
          material,
          payload,
          signed,
          signature,
          envelope,
        }),
      );
    }
    return {
      mediaType: BUNDLE_TYPE,
      bytes: encodeBundle({ key: material, envelope, entries, timestamps }),
      // What cosign writes, but for the time: equal signatures must stay equal.
      annotations: {
        "dev.sigstore.bundle.content": "dsse-envelope",
        "dev.sigstore.bundle.predicateType": PREDICATE_TYPE,
      },
    };
  }

  async #log(
    log: RekorService,
    timestamped: boolean,
    context: ServiceContext,
    made: {
      key: SigningKey;
      material: KeyMaterial;
      payload: Uint8Array;
      signed: Uint8Array;
      signature: Uint8Array;
      envelope: ReturnType<typeof envelopeOf>;
    },
  ): Promise<LogEntry> {
    const { key, material, payload, signed, signature, envelope } = made;
    const certificate = "certificate" in material ? material.certificate : undefined;
    if (log.version !== 2) {
      const verifierPem = certificate ? toPem("CERTIFICATE", certificate) : publicKeyPem(key);
      const entry = await addToRekorV1(context, log.url, { envelope, payload, verifierPem });
      if (entry !== undefined) return entry;
      if (log.version === 1) {
        throw new BlobberError(
          "signing-service",
          `Rekor at ${new URL(log.url).host} does not know version 1 of the log's API`,
          { hint: "check the URL of the log, or name version 2" },
        );
      }
      checkRekorV2(timestamped, key);
    }
    return await addToRekorV2(context, log.url, {
      signed,
      signature,
      details: key.details!,
      verifier: certificate ? { certificate } : { publicKey: key.publicKey },
    });
  }
}

class OwnKey implements Credential {
  readonly kind = "key";
  readonly #key: SigningKey;

  constructor(key: SigningKey) {
    this.#key = key;
  }

  check({ logs, timestamps }: SigningServices): void {
    if (logs.length > 0 && this.#key.details === "PKIX_ECDSA_P521_SHA_512") {
      throw nonsense("a P-521 key and a log, none of which takes its signatures");
    }
    for (const log of logs) {
      if (log.version === 2) checkRekorV2(timestamps.length > 0, this.#key);
    }
  }

  acquire(): Promise<{ key: SigningKey; material: KeyMaterial }> {
    const hint = createHash("sha256").update(this.#key.publicKey).digest();
    return Promise.resolve({ key: this.#key, material: { publicKeyHint: toBase64(hint) } });
  }
}

class Identity implements Credential {
  readonly kind = "identity";
  readonly #options: KeylessOptions;
  readonly #notify: (notice: Notice) => void;
  #token: IdentityToken | undefined;
  #confirmed: string | undefined;

  constructor(options: KeylessOptions, notify: (notice: Notice) => void) {
    this.#options = options;
    this.#notify = notify;
  }

  check({ fulcio, logs, timestamps }: SigningServices): void {
    if (fulcio === undefined) throw nonsense("an identity, and no certificate authority");
    if (logs.length === 0 && timestamps.length === 0) {
      throw nonsense("an identity, and neither log nor timestamp authority to say when it signed");
    }
    for (const log of logs) {
      if (log.version === 2) checkRekorV2(timestamps.length > 0);
    }
  }

  async acquire(
    services: SigningServices,
    context: ServiceContext,
  ): Promise<{ key: SigningKey; material: KeyMaterial }> {
    const token = await this.#freshToken(context);
    await this.#confirm(token);
    context.signal?.throwIfAborted();
    const key = await ephemeralKey();
    const { certificate, hasSct } = await requestCertificate(context, services.fulcio!, token, key);
    if (!hasSct) {
      this.#notify({
        level: "warning",
        code: "no-sct",
        message:
          "the certificate carries no proof of a certificate log, which most verifiers demand",
      });
    }
    return { key, material: { certificate } };
  }

  /** One login serves as many signatures as are made while its token is valid. */
  async #freshToken(context: ServiceContext): Promise<IdentityToken> {
    if (this.#token !== undefined && this.#token.expires * 1000 > Date.now() + 30_000) {
      return this.#token;
    }
    const { token: source, clientId = PUBLIC.clientId } = this.#options;
    const raw = await source.token({ clientId, context });
    if (raw === undefined) {
      throw new BlobberError("unauthorized", `no identity token: ${source.name} gives none`, {
        hint: "give one (SIGSTORE_ID_TOKEN), log in with a browser, or sign with a key of your own",
      });
    }
    return this.#token = readToken(raw, clientId, source.name);
  }

  async #confirm(token: IdentityToken): Promise<void> {
    const { email } = token;
    if (email === undefined || email === this.#confirmed || !this.#options.confirm) return;
    if (!await this.#options.confirm(email)) {
      throw new BlobberError(
        "interrupted",
        "not signed: publishing the e-mail address was declined",
      );
    }
    this.#confirmed = email;
  }
}

/** The services that the options name one by one; nothing when a signing configuration does. */
function namedServices(
  options: SignerOptions,
  kind: Credential["kind"],
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
  return { fulcio, logs, timestamps };
}

function checkRekorV2(timestamped: boolean, key?: SigningKey): void {
  if (!timestamped) {
    throw nonsense("a log of version 2, which says no time, and no timestamp authority");
  }
  if (key !== undefined && !fitsRekorV2(key.details)) {
    throw nonsense(
      "a key that a log of version 2 does not take, expected ECDSA P-256 or RSA of 2048, 3072 or 4096 bits",
    );
  }
}

function nonsense(what: string): BlobberError {
  return new BlobberError("invalid-option", `invalid signer: ${what}`);
}
