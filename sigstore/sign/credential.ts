/**
 * Whose signature it is: a key of one's own, or an identity that a certificate gives to a key made for one
 * signature.
 *
 * @module
 */

import { theirs } from "@blobber/core/internal/caller-errors";
import { toBase64 } from "@blobber/core/internal/bytes";
import type { Notice } from "@blobber/core";
import { BlobberError, checkAborted } from "@blobber/core/errors";
import { sha256 } from "../encoding/sha256.ts";
import type { KeyMaterial } from "../encoding/encode_bundle.ts";
import { requestCertificate } from "./fulcio.ts";
import { fitsRekorV2 } from "./rekor_v2.ts";
import type { ServiceContext } from "../service.ts";
import { type KeylessOptions, nonsense } from "./signer_options.ts";
import { PUBLIC, type SigningServices } from "./signing_config.ts";
import { ephemeralKey, type SigningKey } from "../keys/signing_key.ts";
import { type IdentityToken, readToken } from "../tokens/token.ts";

/** Gives a key for one signature, and what shows whose it is. */
export interface Credential {
  /** Which of the two it is. */
  readonly kind: "key" | "identity";
  /** The public half of a key that its owner keeps. */
  readonly publicKey?: Uint8Array | undefined;
  /** Refuses services that cannot serve it, as soon as they are known. */
  check(services: SigningServices): void;
  /** Gets the key; a certificate is checked before it is given. */
  acquire(services: () => Promise<SigningServices>, context: ServiceContext): Promise<Acquired>;
}

/** A key, and what a bundle says of it. */
export interface Acquired {
  key: SigningKey;
  material: KeyMaterial;
}

/** A key of one's own. */
export class OwnKey implements Credential {
  readonly kind = "key";
  readonly #key: SigningKey;

  constructor(key: SigningKey) {
    this.#key = key;
  }

  get publicKey(): Uint8Array {
    return this.#key.publicKey;
  }

  check({ logs, timestamps }: SigningServices): void {
    if (logs.length > 0 && this.#key.details === "PKIX_ECDSA_P521_SHA_512") {
      throw nonsense("a P-521 key and a log, none of which takes its signatures");
    }
    for (const log of logs) {
      if (log.version === 2) checkRekorV2(timestamps.length > 0, this.#key);
    }
  }

  acquire(): Promise<Acquired> {
    const hint = sha256(this.#key.publicKey);
    return Promise.resolve({ key: this.#key, material: { publicKeyHint: toBase64(hint) } });
  }
}

/** An identity: asks for a token once, and for a certificate with each signature. */
export class Identity implements Credential {
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
    services: () => Promise<SigningServices>,
    context: ServiceContext,
  ): Promise<Acquired> {
    const token = await this.#freshToken(services, context);
    await this.#confirm(token);
    checkAborted(context.signal);
    const { fulcio } = await services();
    const key = await ephemeralKey();
    const { certificate, hasSct } = await requestCertificate(context, fulcio!, { token, key });
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
  async #freshToken(
    services: () => Promise<SigningServices>,
    context: ServiceContext,
  ): Promise<IdentityToken> {
    if (this.#token !== undefined && this.#token.expires * 1000 > Date.now() + 30_000) {
      return this.#token;
    }
    const { token: source, clientId = PUBLIC.clientId } = this.#options;
    const issuer = async () => (await services()).issuer;
    const raw = await theirs(() => source.token({ clientId, context, issuer }));
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
    const { confirm } = this.#options;
    const answer: unknown = await theirs(() => confirm(email));
    // What is published stays so: only a clear yes counts.
    if (typeof answer !== "boolean") {
      throw nonsense("the function confirm returned neither true nor false");
    }
    if (!answer) {
      throw new BlobberError(
        "interrupted",
        "not signed: publishing the e-mail address was declined",
      );
    }
    this.#confirmed = email;
  }
}

/**
 * Refuses what a log of Rekor's second version cannot be used with.
 *
 * @param timestamped whether there is a timestamp authority
 * @param key the key, when it is one of one's own
 */
export function checkRekorV2(timestamped: boolean, key?: SigningKey): void {
  if (!timestamped) {
    throw nonsense("a log of version 2, which says no time, and no timestamp authority");
  }
  if (key !== undefined && !fitsRekorV2(key.details)) {
    throw nonsense(
      "a key that a log of version 2 does not take, expected ECDSA P-256 or RSA of 2048, 3072 or 4096 bits",
    );
  }
}
