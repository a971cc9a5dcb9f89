/**
 * Trust material: whose certificates, logs and timestamps are believed. It comes from one trusted root
 * (sigstore_trustroot.proto), whole; two roots are never merged, because an authority of one could then
 * vouch for the issuers of the other.
 *
 * @module
 */

import { createPublicKey, type KeyObject } from "node:crypto";
import { BlobberError } from "@blobber/core/errors";
import { MAX_ROOT_PARTS, MAX_TRUSTED_ROOT_BYTES } from "@blobber/core/limits";
import { quote } from "@blobber/core/internal/printable";
import { inside, readOne } from "../encoding/der.ts";
import { checkDer } from "../encoding/der_bounds.ts";
import { checkRsa, checkSpki } from "../keys/spki.ts";
import { Fields } from "../encoding/fields.ts";
import { guarded, invalidTrustRoot } from "../encoding/malformed.ts";
import { parseStrictJson } from "../encoding/strict_json.ts";

/** When something may be used; both ends belong to it. */
export interface Validity {
  /** First moment. */
  start: Date;
  /** Last moment. */
  end: Date;
}

/** A log whose signatures are believed. */
export interface TrustedLog {
  /** Where the log is; a checkpoint's name is part of it. */
  baseUrl: string;
  /** What entries and SCTs name the log by. */
  keyId: Uint8Array<ArrayBuffer>;
  /**
   * What signatures of checkpoints name the key by, of which the first four bytes count and more need not be
   * known. @default keyId
   */
  checkpointKeyId?: Uint8Array<ArrayBuffer> | undefined;
  /** What it signs with. */
  key: KeyObject;
  /** When the key was in use. */
  validFor: Validity;
}

/** A chain of certificates that is believed, leaf or lowest intermediate first. */
export interface TrustedAuthority {
  /** DER. */
  certificates: Uint8Array<ArrayBuffer>[];
  /** When the authority was in use. */
  validFor: Validity;
}

/** What a trusted root holds. */
export interface TrustParts {
  /** Transparency logs of signatures. */
  logs: TrustedLog[];
  /** Transparency logs of certificates. */
  ctLogs: TrustedLog[];
  /** Issuers of signers' certificates. */
  authorities: TrustedAuthority[];
  /** Issuers of timestamps. */
  timestampAuthorities: TrustedAuthority[];
}

/**
 * One trusted root, read and checked. Make it with {@linkcode loadTrustedRoot}.
 *
 * @example
 * ```ts
 * import { loadTrustedRoot, TrustMaterial } from "@blobber/sigstore/verify";
 *
 * const mediaType = "application/vnd.dev.sigstore.trustedroot+json;version=0.1";
 * const root = loadTrustedRoot(new TextEncoder().encode(JSON.stringify({ mediaType })), "my root");
 * if (!(root instanceof TrustMaterial) || root.source !== "my root") throw new Error(root.source);
 * if (root.parts.authorities.length !== 0) throw new Error("expected a root that trusts none");
 * ```
 */
export class TrustMaterial {
  /** Where it came from, in words: a file's name, or the repository and when it was last asked. */
  readonly source: string;
  /** When a TUF repository last confirmed it; a file says nothing of the kind. */
  readonly confirmed: Date | undefined;
  readonly #parts: TrustParts;

  /**
   * Takes what was read and checked; {@linkcode loadTrustedRoot} does that.
   *
   * @param parts what the root holds
   * @param source in words
   * @param confirmed when a TUF repository last confirmed it
   */
  constructor(parts: TrustParts, source: string, confirmed?: Date) {
    this.#parts = parts;
    this.source = source;
    this.confirmed = confirmed;
  }

  /** What the root holds. */
  get parts(): TrustParts {
    return this.#parts;
  }
}

const MEDIA_TYPE =
  /^application\/vnd\.dev\.sigstore\.trustedroot(?:\+json;version=0\.[12]|\.v0\.[12]\+json)?$/;
const BEGINNING = new Date(0);
const END = new Date(8_640_000_000_000_000);

/**
 * Reads a trusted root.
 *
 * @example
 * ```ts
 * import { isBlobberError } from "@blobber/core";
 * import { loadTrustedRoot } from "@blobber/sigstore/verify";
 *
 * let error: unknown;
 * try {
 *   loadTrustedRoot(new TextEncoder().encode("{}"), "my root");
 * } catch (thrown) {
 *   error = thrown;
 * }
 * if (!isBlobberError(error, "trust-root")) throw error ?? new Error("expected a refusal");
 * ```
 *
 * @param bytes JSON
 * @param source where it came from, for messages and evidence
 * @param confirmed when a TUF repository last confirmed it
 * @throws {BlobberError} `trust-root`
 */
export function loadTrustedRoot(
  bytes: Uint8Array,
  source = "the given trust root",
  confirmed?: Date,
): TrustMaterial {
  if (bytes.length > MAX_TRUSTED_ROOT_BYTES) {
    throw invalidTrustRoot(
      `${source} has ${bytes.length} bytes, expected at most ${MAX_TRUSTED_ROOT_BYTES}`,
    );
  }
  const parts = guarded(`${source} cannot be read`, invalidTrustRoot, () => {
    const json = parseStrictJson(bytes, source, invalidTrustRoot);
    const root = new Fields(json, "the trust root", invalidTrustRoot);
    const mediaType = root.string("mediaType");
    if (!MEDIA_TYPE.test(mediaType)) {
      throw invalidTrustRoot(
        `${source} is a ${quote(mediaType)}, expected a Sigstore trust root`,
      );
    }
    return {
      logs: root.objects("tlogs", MAX_ROOT_PARTS).map(readLog),
      ctLogs: root.objects("ctlogs", MAX_ROOT_PARTS).map(readLog),
      authorities: root.objects("certificateAuthorities", MAX_ROOT_PARTS).map(readAuthority),
      timestampAuthorities: root.objects("timestampAuthorities", MAX_ROOT_PARTS).map(readAuthority),
    };
  });
  return new TrustMaterial(parts, source, confirmed);
}

/**
 * Reads a trusted root from a file.
 *
 * @example
 * ```ts
 * import { createVerifier, readTrustedRoot } from "@blobber/sigstore/verify";
 *
 * createVerifier({
 *   signers: [{ issuer: "https://accounts.example", subject: "me@acme.example" }],
 *   trust: () => readTrustedRoot("trusted_root.json"), // read when the first certificate is verified
 * });
 * ```
 *
 * @param path the file, which may be a pipe
 * @throws {BlobberError} `trust-root`, also when there is no such file
 */
export async function readTrustedRoot(path: string): Promise<TrustMaterial> {
  // Only who names a file needs what reads one.
  const { readInput } = await import("@blobber/core/internal/input-file");
  const { bytes } = await readInput(path, {
    limit: MAX_TRUSTED_ROOT_BYTES,
    fail: (why, cause) =>
      new BlobberError("trust-root", `cannot read the trust root ${quote(path)}: ${why}`, {
        cause,
        hint: ["give a trusted_root.json with ", { option: "trust" }],
      }),
  });
  return loadTrustedRoot(bytes, `the trust root ${quote(path)}`);
}

function readLog(fields: Fields): TrustedLog {
  const key = fields.object("publicKey");
  const baseUrl = fields.string("baseUrl");
  if (!URL.canParse(baseUrl)) throw invalidTrustRoot(`a log has the address ${quote(baseUrl)}`);
  // A key that was good since forever vouches for the time before it existed.
  if (key.optional("validFor")?.has("start") !== true) {
    throw invalidTrustRoot(`the key of the log ${quote(baseUrl)} has no start of validity`);
  }
  // sigstore_trustroot.proto: where a log has no id of its own for checkpoints, it is the log's.
  const own = fields.optional("checkpointKeyId")?.bytes("keyId");
  const keyId = fields.optional("logId")?.bytes("keyId") ?? own;
  if (keyId === undefined) throw invalidTrustRoot(`the log ${quote(baseUrl)} has no id`);
  if (own !== undefined && own.length < 4) {
    throw invalidTrustRoot(
      `the log ${quote(baseUrl)} has a checkpoint key id of less than 4 bytes`,
    );
  }
  return {
    baseUrl,
    keyId,
    checkpointKeyId: own,
    key: readKey(key.bytes("rawBytes"), baseUrl),
    validFor: readValidity(key),
  };
}

function readKey(der: Uint8Array<ArrayBuffer>, baseUrl: string): KeyObject {
  // Roots hold RSA keys both as SubjectPublicKeyInfo and as PKCS #1, under names that do not tell them apart.
  for (const type of ["spki", "pkcs1"] as const) {
    try {
      type === "spki" ? checkSpki(der) : checkRsa(der);
      return createPublicKey({ key: der as never, format: "der", type });
    } catch { // the other encoding
      continue;
    }
  }
  throw invalidTrustRoot(`the key of the log ${quote(baseUrl)} cannot be read`);
}

function readAuthority(fields: Fields): TrustedAuthority {
  const certificates = fields.object("certChain").objects("certificates", MAX_ROOT_PARTS)
    .map((certificate) => certificate.bytes("rawBytes"));
  if (certificates.length === 0) throw invalidTrustRoot("an authority has no certificate");
  for (const der of certificates) {
    checkDer(der);
    const parts = inside(inside(readOne(der))[0]);
    // RFC 5280, 4.1: the key is the sixth part behind the version, which may be left out.
    const key = parts[parts[0]?.tag === 0xa0 ? 6 : 5];
    if (key !== undefined) checkSpki(key.raw);
  }
  return { certificates, validFor: readValidity(fields) };
}

function readValidity(fields: Fields): Validity {
  const validFor = fields.optional("validFor");
  const time = (name: string, otherwise: Date) => {
    if (validFor?.has(name) !== true) return otherwise;
    const text = validFor.string(name);
    const date = new Date(text);
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(text) || isNaN(date.getTime())) {
      throw invalidTrustRoot(`a time is ${quote(text)}, expected RFC 3339 in UTC`);
    }
    return date;
  };
  const validity = { start: time("start", BEGINNING), end: time("end", END) };
  if (validity.start > validity.end) throw invalidTrustRoot("a validity ends before it starts");
  return validity;
}

/** Whether a time is within a validity, both ends included. */
export function isWithin(time: Date, { start, end }: Validity): boolean {
  return start <= time && time <= end;
}
