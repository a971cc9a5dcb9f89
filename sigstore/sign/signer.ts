/**
 * Makes signatures with Sigstore: with an identity (keyless) or with a key of one's own. What makes no
 * sense does not construct.
 *
 * @module
 */

import { theirs } from "@blobber/core/internal/caller-errors";
import { VerbCall } from "@blobber/core/internal/verb-call";
import type { CallOptions, Notice, Signable, Signature, Signer } from "@blobber/core";
import { toHex } from "@blobber/core/internal/bytes";
import { BlobberError } from "@blobber/core/errors";
import { counted, quote } from "@blobber/core/internal/printable";
import { type Credential, Identity, OwnKey } from "./credential.ts";
import { digestOf } from "../encoding/sha256.ts";
import { makeSignature, type Means } from "./make_signature.ts";
import { checkOwnSignature } from "./own_signature.ts";
import { trustForServices } from "./own_trust.ts";
import { readPrivateKey } from "../keys/private_key.ts";
import { fetchBy, type ServiceContext, serviceContext } from "../service.ts";
import { checkOptions, namedServices, nonsense, type SignerOptions } from "./signer_options.ts";
import { servicesOf, type SigningServices } from "./signing_config.ts";
import type { TrustMaterial } from "../trust/trust_root.ts";

/**
 * Makes a signer.
 *
 * @example
 * ```ts
 * import { Client, MemoryStore } from "@blobber/core";
 * import { createSigner } from "@blobber/sigstore";
 * import { generateKeyPairSync } from "node:crypto";
 *
 * const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
 * const pem = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
 * const signer = await createSigner({ key: { pem } }); // or { token: findToken() }
 *
 * const client = new Client({ signer });
 * const at = { store: new MemoryStore(), reference: "v1" };
 * const { signature } = await client.push({ directory: "examples/site" }, at);
 * if (signature === undefined) throw new Error("expected a signature");
 * await client.close();
 * ```
 *
 * @param options an identity or a key, and the services that take part
 * @throws {BlobberError} `invalid-option`, `invalid-config`, `invalid-key`
 */
export async function createSigner(options: SignerOptions): Promise<Signer> {
  checkOptions(options);
  const calls = new Set<VerbCall>();
  const { onNotice: given, onRequest, services } = options;
  const onNotice = (notice: Notice) => {
    const returned = given && theirs(() => given(notice));
    for (const call of calls) call.await(returned);
  };
  options = { ...options, onNotice };
  const fetch = fetchBy(options.fetch);
  const context = serviceContext({ onRequest, onNotice, ...services, ...fetch && { fetch } });
  if ("key" in options && options.key !== undefined) {
    if ("token" in options && options.token !== undefined) {
      throw nonsense("a key and an identity at once, expected one of them");
    }
    return new SigstoreSigner(new OwnKey(await readPrivateKey(options.key)), {
      options,
      context,
      calls,
    });
  }
  if (!("token" in options) || options.token === undefined) {
    throw nonsense("neither a key nor an identity, expected one of them");
  }
  return new SigstoreSigner(new Identity(options, onNotice), { options, context, calls });
}

class SigstoreSigner implements Signer {
  readonly #credential: Credential;
  readonly #context: ServiceContext;
  readonly #services: () => Promise<SigningServices>;
  readonly #options: SignerOptions;
  /** Those that are running, which wait for what a callback returns. */
  readonly #calls: Set<VerbCall>;
  #trust: TrustMaterial | undefined;

  get publicKey(): Uint8Array | undefined {
    return this.#credential.publicKey;
  }

  constructor(
    credential: Credential,
    { options, context, calls }: {
      options: SignerOptions;
      context: ServiceContext;
      calls: Set<VerbCall>;
    },
  ) {
    this.#credential = credential;
    this.#calls = calls;
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
      this.#services = async () => services ??= check(servicesOf(await theirs(load)));
    }
  }

  async sign(manifest: Signable, options: CallOptions = {}): Promise<Signature> {
    const call = new VerbCall(options.signal);
    this.#calls.add(call);
    try {
      return await call.run(() => this.#sign(manifest, { signal: call.signal }));
    } finally {
      this.#calls.delete(call);
    }
  }

  async #sign(manifest: Signable, options: CallOptions): Promise<Signature> {
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
    // Get the trust material before anything is published that could not be verified.
    const ready = async () => {
      const services = await this.#services();
      this.#trust ??= await trustForServices(services, this.#options, options);
      return services;
    };
    const credential = await this.#credential.acquire(ready, context);
    const means: Means = { credential, services: await ready(), context };
    const made = await makeSignature(manifest, means) ??
      // The answer to an earlier try was lost, or the key signs alike each time: a statement with a nonce
      // says the same and is another entry.
      await makeSignature(manifest, means, toHex(crypto.getRandomValues(new Uint8Array(8))));
    if (made === undefined) {
      throw new BlobberError(
        "signing-service",
        "Rekor says that it has a signature already which was made just now",
        { hint: "try again later" },
      );
    }
    await this.#check(manifest, made, means);
    return made;
  }

  /** Verifies the signature before it is handed out, and says so where that was not possible. */
  async #check(manifest: Signable, signature: Signature, means: Means): Promise<void> {
    const { credential: { key, material }, services } = means;
    const verified = await checkOwnSignature({
      manifest,
      signature,
      publicKey: "certificate" in material ? undefined : key.publicKey,
      logged: services.logs.length > 0,
      trust: this.#trust,
    });
    if (verified) return;
    // With a key, those who verify need no root either, and are told that the entry is unchecked.
    this.#options.onNotice?.({
      level: "certificate" in material ? "warning" : "info",
      code: "own-signature-unchecked",
      message:
        "what the signing services answered is not verified: no trust root is named for them",
    });
  }
}
