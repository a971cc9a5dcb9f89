/**
 * Reads what signatures and attestations say about themselves, for those who look at what refers to an artifact.
 * Nothing of it is verified.
 *
 * @module
 */

import type { ClaimedBy, ClaimReader, Claims, Signature } from "@blobber/core";
import { fromBase64 } from "@blobber/core/internal/bytes";
import { isBlobberError } from "@blobber/core/errors";
import { isObject, parseJson } from "@blobber/core/internal/json";
import { type Bundle, isBundleType } from "../encoding/bundle.ts";
import { invalidSignature } from "../encoding/malformed.ts";
import { readSignature, SIMPLE_SIGNING_TYPE } from "../encoding/simple_signing.ts";
import { PAYLOAD_TYPE, PREDICATE_TYPE } from "../encoding/statement.ts";
import { claimedSigner } from "../verify/claimed_signer.ts";

/** Envelopes and statements by themselves, as cosign attached them before bundles. */
const BARE_TYPES =
  /^application\/(?:vnd\.dsse\.envelope\.v1\+json|vnd\.in-toto(?:\.[a-z.-]+)?\+(?:json|dsse))$/;

/**
 * Reads bundles, signatures in cosign's older form, and attestations without a bundle.
 *
 * @example
 * ```ts
 * import { Client, MemoryStore } from "@blobber/core";
 * import { claimReader } from "@blobber/sigstore/verify";
 *
 * const [client, at] = [new Client(), { store: new MemoryStore(), reference: "v1" }];
 * await client.push({ directory: "examples/site" }, at);
 * const { root } = await client.tree(at, { claims: claimReader });
 * if (root.referrers.length !== 0) throw new Error("expected no signature yet");
 * await client.close();
 * ```
 */
export const claimReader: ClaimReader = {
  accepts: (type) => isBundleType(type) || type === SIMPLE_SIGNING_TYPE || BARE_TYPES.test(type),
  read: (signature) =>
    BARE_TYPES.test(signature.mediaType) ? readBare(signature) : claimsOf(readSignature(signature)),
};

function claimsOf(bundle: Bundle): Claims {
  const { signer } = claimedSigner(bundle);
  const time = loggedTime(bundle);
  return {
    ...kindOf(bundle),
    signer: byWhom(signer),
    ...time !== undefined && { time },
  };
}

function byWhom(signer: ReturnType<typeof claimedSigner>["signer"]): ClaimedBy {
  if (signer.kind === "certificate") return signer;
  const { kind, fingerprint, hint } = signer;
  return fingerprint === undefined ? { kind, ...hint !== "" && { hint } } : { kind, fingerprint };
}

/** A statement with cosign's predicate says "signed", any other one states something else. */
function kindOf({ content }: Bundle): Pick<Claims, "kind" | "predicateType"> {
  if (content.kind !== "dsse") return { kind: "signature" };
  const predicateType = content.payloadType === PAYLOAD_TYPE
    ? predicateIn(content.payload)
    : undefined;
  if (predicateType === PREDICATE_TYPE) return { kind: "signature" };
  return { kind: "attestation", ...predicateType !== undefined && { predicateType } };
}

/** When a log says that it took it, in seconds since 1970. */
function loggedTime({ entries }: Bundle): Date | undefined {
  const seconds = Number(
    entries.find(({ integratedTime }) => integratedTime !== "0")?.integratedTime,
  );
  const time = new Date(seconds * 1000);
  return isNaN(time.getTime()) ? undefined : time;
}

/** An envelope of DSSE, or the statement itself. */
function readBare({ bytes }: Signature): Claims {
  const json = parsed(bytes);
  if (!isObject(json)) throw invalidSignature("it is neither an envelope nor a statement");
  const payload = typeof json.payload === "string" ? fromBase64(json.payload) : undefined;
  const predicateType = payload === undefined ? textOf(json.predicateType) : predicateIn(payload);
  return { kind: "attestation", ...predicateType !== undefined && { predicateType } };
}

function predicateIn(payload: Uint8Array): string | undefined {
  const statement = parsed(payload);
  return isObject(statement) ? textOf(statement.predicateType) : undefined;
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes, "the statement");
  } catch (error) {
    if (isBlobberError(error)) return undefined;
    throw error;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
