/**
 * Makes signatures with Sigstore: with an identity (keyless) or with a key of one's own. What makes no
 * sense does not construct.
 *
 * @module
 */

import { toHex } from "@blobber/core/bytes";
import type { CallOptions, Signable, Signature, Signer } from "@blobber/core";
import { BlobberError } from "@blobber/core/errors";
import { counted, quote } from "@blobber/core/printable";
import { digestOf } from "../encoding/sha256.ts";
import { toPem } from "../encoding/pem.ts";
import { type Acquired, checkRekorV2, type Credential, Identity, OwnKey } from "./credential.ts";
import { type Envelope, envelopeOf, preAuthEncoding } from "../encoding/dsse.ts";
import {
  BUNDLE_TYPE,
  encodeBundle,
  type KeyMaterial,
  type LogEntry,
} from "../encoding/encode_bundle.ts";
import { checkOwnSignature } from "./own_signature.ts";
import { readPrivateKey } from "../keys/private_key.ts";
import { addToRekorV1 } from "./rekor_v1.ts";
import { addToRekorV2 } from "./rekor_v2.ts";
import { type ServiceContext, serviceContext } from "../service.ts";
import { namedServices, nonsense, type SignerOptions } from "./signer_options.ts";
import {
  isPublicService,
  type RekorService,
  servicesOf,
  type SigningServices,
} from "./signing_config.ts";
import { publicKeyPem, type SigningKey } from "../keys/signing_key.ts";
import {
  encodeStatement,
  PAYLOAD_TYPE,
  PREDICATE_TYPE,
  statementAbout,
} from "../encoding/statement.ts";
import { requestTimestamp } from "./timestamp.ts";
import type { TrustMaterial } from "../trust/trust_root.ts";

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

/** What signs, and the services that take part. */
interface Ready {
  credential: Acquired;
  services: SigningServices;
}

/** A signature in the making. */
interface Made {
  key: SigningKey;
  material: KeyMaterial;
  payload: Uint8Array;
  /** What the signature is over. */
  signed: Uint8Array;
  signature: Uint8Array;
  envelope: Envelope;
}

class SigstoreSigner implements Signer {
  readonly #credential: Credential;
  readonly #context: ServiceContext;
  readonly #services: () => Promise<SigningServices>;
  readonly #options: SignerOptions;
  #trust: TrustMaterial | undefined;

  get publicKey(): Uint8Array | undefined {
    return this.#credential.publicKey;
  }

  constructor(credential: Credential, options: SignerOptions, context: ServiceContext) {
    this.#credential = credential;
    this.#context = context;
    this.#options = options;
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
      let services: SigningServices | undefined;
      this.#services = async () => services ??= check(servicesOf(await load()));
    }
  }

  async sign(manifest: Signable, options: CallOptions = {}): Promise<Signature> {
    // Sign the bytes that are here, whatever the caller says about them.
    if (digestOf(manifest.bytes) !== manifest.digest || manifest.bytes.length !== manifest.size) {
      throw new BlobberError(
        "integrity",
        `the manifest to be signed is not ${quote(manifest.digest)} of ${
          counted(manifest.size, "byte")
        }`,
      );
    }
    const context = { ...this.#context, signal: options.signal };
    // What it is verified with comes before anything is published that could not be.
    const ready = async () => {
      const services = await this.#services();
      this.#trust ??= await this.#trustFor(services, options);
      return services;
    };
    const credential = await this.#credential.acquire(ready, context);
    const services = await ready();
    const made = await this.#make(manifest, { credential, services }, context);
    if (made !== undefined) return made;
    // The answer to an earlier try was lost, or the key signs alike each time: a second statement that says the
    // same is another entry.
    const nonce = toHex(crypto.getRandomValues(new Uint8Array(8)));
    const again = await this.#make(manifest, { credential, services }, context, nonce);
    if (again !== undefined) return again;
    throw new BlobberError(
      "signing-service",
      "Rekor says that it has a signature already which was made just now",
      { hint: "try again later" },
    );
  }

  /** A signature, or nothing when a log has taken the same before and gives no proof of it any more. */
  async #make(
    manifest: Signable,
    { credential: { key, material }, services }: Ready,
    context: ServiceContext,
    nonce?: string,
  ): Promise<Signature | undefined> {
    const payload = encodeStatement(statementAbout(manifest.digest, manifest.name, nonce));
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
      const entry = await this.#log(log, timestamps.length > 0, context, {
        key,
        material,
        payload,
        signed,
        signature,
        envelope,
      });
      if (entry === undefined) return undefined;
      entries.push(entry);
    }
    const made: Signature = {
      mediaType: BUNDLE_TYPE,
      bytes: encodeBundle({ key: material, envelope, entries, timestamps }),
      // What cosign writes, but for the time: equal signatures must stay equal.
      annotations: {
        "dev.sigstore.bundle.content": "dsse-envelope",
        "dev.sigstore.bundle.predicateType": PREDICATE_TYPE,
      },
    };
    const checked = await checkOwnSignature({
      manifest,
      signature: made,
      publicKey: "certificate" in material ? undefined : key.publicKey,
      logged: services.logs.length > 0,
      trust: this.#trust,
    });
    if (!checked) {
      // With a key, those who verify need no root either, and are told that the entry is unchecked.
      this.#options.onNotice?.({
        level: "certificate" in material ? "warning" : "info",
        code: "own-signature-unchecked",
        message:
          "what the signing services answered is not verified: no trust root is named for them",
      });
    }
    return made;
  }

  /** What will be believed by those who verify, as far as that is known here. */
  async #trustFor(
    services: SigningServices,
    { signal }: CallOptions,
  ): Promise<TrustMaterial | undefined> {
    const { trust, onNotice } = this.#options;
    if (trust !== undefined) return typeof trust === "function" ? await trust() : trust;
    const { fulcio, logs, timestamps } = services;
    const asked = [...fulcio ? [fulcio] : [], ...logs.map(({ url }) => url), ...timestamps];
    // Of a mixture the public root knows only a part, and whoever verifies with it refuses the whole.
    const [decisive] = asked;
    if (decisive === undefined || !isPublicService(decisive)) return undefined;
    const { publicTrustRoot } = await import("../trust/tuf.ts");
    return await publicTrustRoot({ onNotice, signal });
  }

  async #log(
    log: RekorService,
    timestamped: boolean,
    context: ServiceContext,
    made: Made,
  ): Promise<LogEntry | undefined> {
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
