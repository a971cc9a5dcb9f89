/**
 * Reads one referrer: what it is, and of signatures whether a verifier accepts them and what they claim.
 *
 * @module
 */

import { isDocumentType, isIndex, parseDocument } from "../../artifact/manifest.ts";
import { kindOf, layerPredicate } from "../../artifact/referrer_kind.ts";
import { untilAborted } from "../../caller_errors.ts";
import type { CheckedClaims } from "../../doors/claims.ts";
import type { CheckedVerifier } from "../../doors/verifier.ts";
import { BlobberError, checkAborted, isBlobberError } from "../../errors.ts";
import { MAX_REFERRER_BYTES, MAX_SIGNATURE_BYTES, MAX_TREE_REFERRERS } from "../../limits.ts";
import type { Claims, SignatureFound, TreeNode } from "../../looking.ts";
import { quote } from "../../text/printable.ts";
import { Allowance, readPart } from "../../signatures/candidates.ts";
import type { Signature, SignedName } from "../../signing.ts";
import type { CallOptions, Source } from "../../store.ts";
import { Pace } from "../../system/pace.ts";
import {
  ANNOTATION,
  type Descriptor,
  type Document,
  type Index,
  type Manifest,
} from "../../types.ts";
import { signable } from "../resolve.ts";

/** What is done with signatures. */
export interface ReferrerReaderOptions extends CallOptions {
  /** Who verifies them. @default none is verified */
  verifiers?: readonly CheckedVerifier[] | undefined;
  /** Who reads what they claim. @default nothing is read of them */
  claims?: CheckedClaims | undefined;
  /** The name under which the artifact is asked for, which a signature may have to state. */
  name?: SignedName | undefined;
}

/** What ties a referrer to its subject. */
export interface Tie extends CallOptions {
  /** The subject, where a signature of it is to be verified. */
  subject?: (() => Promise<Document<Manifest | Index>>) | undefined;
  /** The tag of cosign's, where the manifest itself does not say what it is about. */
  tag?: string | undefined;
}

/** Reads the referrers of one walk, which have an allowance together. */
export class ReferrerReader {
  readonly #source: Source;
  readonly #options: ReferrerReaderOptions;
  readonly #allowance = new Allowance();
  readonly #pace = new Pace();

  /** @param source where they are */
  constructor(source: Source, options: ReferrerReaderOptions) {
    this.#source = source;
    this.#options = options;
  }

  /**
   * Reads a referrer's manifest.
   *
   * @throws {BlobberError} `integrity`, `invalid-manifest`, `limit`, `not-found`, or the store's
   */
  async read(one: Descriptor, call: CallOptions): Promise<Document<Manifest | Index>> {
    if (!isDocumentType(one.mediaType)) {
      throw new BlobberError(
        "invalid-manifest",
        `invalid manifest ${one.digest}: its media type is ${
          quote(one.mediaType)
        }, expected that of a ` +
          "manifest or an index",
      );
    }
    const how = {
      ...call,
      kind: "referrer",
      limit: MAX_REFERRER_BYTES,
      allowance: this.#allowance,
    };
    return parseDocument(one, await readPart(this.#source, one, how));
  }

  /**
   * What is shown of a manifest, with what its signatures come to.
   *
   * @param document checked
   * @param tie to its subject; none for what is shown as the manifest or index that it is
   */
  async nodeOf(document: Document<Manifest | Index>, tie?: Tie): Promise<TreeNode> {
    const { mediaType, digest, size } = document.descriptor;
    const said = kindOf(document);
    const isSigned = said.kind === "signature" || said.kind === "attestation";
    // A signature is what those take for one who read it, whatever it is called.
    const found = tie && !isSigned && this.#isRead(document)
      ? { ...said, kind: "signature" as const }
      : said;
    const signatures = tie && (found !== said || isSigned)
      ? await this.#signatures(document, tie, found)
      : undefined;
    const isAttestation = signatures?.some(({ state, claims }) =>
      state !== "verified" && claims?.kind === "attestation"
    );
    const created = document.value.annotations?.[ANNOTATION.created];
    return {
      kind: tie === undefined
        ? isIndex(document) ? "index" : "manifest"
        : isAttestation
        ? "attestation"
        : found.kind,
      digest,
      mediaType,
      size,
      ...found.type && { artifactType: found.type },
      ...found.format && { format: found.format },
      ...tie?.tag !== undefined && { tag: tie.tag },
      ...created && { created },
      ...signatures && { signatures },
      manifests: [],
      referrers: [],
    };
  }

  #isRead({ value }: Document<Manifest | Index>): boolean {
    if (!("layers" in value) || value.layers.length !== 1) return false;
    const type = value.artifactType || value.config.mediaType;
    const { verifiers = [], claims } = this.#options;
    return value.layers[0]!.mediaType === type &&
      (verifiers.some((one) => one.accepts(type)) || (claims?.accepts(type) ?? false));
  }

  /** Each layer of a signature or an attestation is one. */
  async #signatures(
    document: Document<Manifest | Index>,
    tie: Tie,
    { kind, predicateType }: { kind: string; predicateType?: string | undefined },
  ): Promise<SignatureFound[]> {
    const { value } = document;
    if (!("layers" in value)) return [{ state: "unchecked" }];
    const found: SignatureFound[] = [];
    for (const layer of value.layers.slice(0, MAX_TREE_REFERRERS)) {
      const stated = layerPredicate(layer) ?? predicateType;
      const said: Claims | undefined = kind === "attestation"
        ? { kind, ...stated !== undefined && { predicateType: stated } }
        : undefined;
      found.push(await this.#one(layer, { value, tie, said }));
    }
    return found;
  }

  async #one(
    layer: Descriptor,
    { value, tie, said }: { value: Manifest; tie: Tie; said: Claims | undefined },
  ): Promise<SignatureFound> {
    const { claims: reader } = this.#options;
    const verifiers = this.#verifiersOf(layer, value, tie);
    const reads = reader?.accepts(layer.mediaType) ?? false;
    const unread: SignatureFound = { state: "unchecked", ...said && { claims: said } };
    if (verifiers.length === 0 && !reads) return unread;
    const bytes = await this.#bytesOf(layer, tie);
    if (bytes === undefined) return unread;
    // Of the older form, everything but the payload stands in the annotations of the layer.
    const annotations = tie.tag === undefined ? value.annotations : layer.annotations;
    const signature = { mediaType: layer.mediaType, bytes, ...annotations && { annotations } };
    const claims = reads ? await this.#claimsOf(signature, tie) ?? said : said;
    const judged = await this.#judge(signature, verifiers, tie);
    // A statement about something else is not refused: it is no signature.
    if (judged.state === "refused" && claims?.kind === "attestation") {
      return { state: "unchecked", claims };
    }
    return { ...judged, ...claims && { claims } };
  }

  /** What a layer holds; nothing of one that is too large to be a signature, as an SBOM in an attestation may be. */
  async #bytesOf(layer: Descriptor, { signal }: CallOptions): Promise<Uint8Array | undefined> {
    const how = { signal, kind: "signature", limit: MAX_SIGNATURE_BYTES };
    try {
      return await readPart(this.#source, layer, { ...how, allowance: this.#allowance });
    } catch (error) {
      if (isBlobberError(error, "limit")) return undefined;
      throw error;
    }
  }

  /** Those that read it: of a referrer only what it says it is, in the form that verification finds. */
  #verifiersOf({ mediaType }: Descriptor, value: Manifest, tie: Tie): readonly CheckedVerifier[] {
    const { verifiers = [] } = this.#options;
    if (tie.subject === undefined) return [];
    const type = value.artifactType || value.config.mediaType;
    const inForm = tie.tag === undefined
      ? value.layers.length === 1 && mediaType === type
      : tie.tag.endsWith(".sig");
    return inForm ? verifiers.filter((one) => one.accepts(mediaType)) : [];
  }

  async #judge(
    signature: Signature,
    verifiers: readonly CheckedVerifier[],
    tie: Tie,
  ): Promise<SignatureFound> {
    const { signal } = this.#options;
    let refused: SignatureFound | undefined;
    for (const verifier of verifiers) {
      const document = await tie.subject!();
      await this.#pace.breathe();
      checkAborted(signal);
      try {
        const judging = verifier.verify(signable(document, this.#options), signature);
        return { state: "verified", verdict: await untilAborted(signal, judging) };
      } catch (error) {
        checkAborted(signal);
        if (!isRefusal(error)) throw error;
        const { code, message } = error;
        refused ??= { state: "refused", refusal: { code, message } };
      }
    }
    return refused ?? { state: "unchecked" };
  }

  async #claimsOf(signature: Signature, call: CallOptions): Promise<Claims | undefined> {
    await this.#pace.breathe();
    checkAborted(call.signal);
    try {
      return await this.#options.claims!.read(signature, call);
    } catch (error) {
      checkAborted(call.signal);
      if (isBlobberError(error, "signature-invalid", "limit")) return undefined;
      throw error;
    }
  }
}

/** Whether a verifier refuses a signature. That it cannot tell, for want of a trust root, is no refusal. */
function isRefusal(error: unknown): error is BlobberError {
  return isBlobberError(error, "signature-invalid", "identity-mismatch", "name-mismatch", "limit");
}
