/**
 * Which services sign: named one by one, or by a signing configuration (protobuf-specs,
 * `sigstore_trustroot.proto`, SigningConfig v0.2), which Sigstore publishes by TUF and private deployments
 * hand out as a file.
 *
 * @module
 */

import { BlobberError, isBlobberError } from "@blobber/core/errors";
import { MAX_KEY_FILE_BYTES, MAX_SIGNING_SERVICES } from "@blobber/core/limits";
import { counted, quote } from "@blobber/core/internal/printable";
import { serviceUrl } from "../service.ts";
import { isObject } from "@blobber/core/internal/json";
import type { PublicRootOptions } from "../trust/tuf.ts";

/** The versions of a log's API. */
export type RekorVersion = 1 | 2;

/** A transparency log. */
export interface RekorService {
  url: string;
  /** Left out: the log is asked with version 1 first, and with version 2 when it does not know that. */
  version?: RekorVersion | undefined;
}

/** The services that take part in a signature. */
export interface SigningServices {
  /** The certificate authority; none when only keys of one's own sign. */
  fulcio?: string | undefined;
  /** The issuer of identity tokens for a person at a browser. */
  issuer?: string | undefined;
  logs: RekorService[];
  timestamps: string[];
}

/** Sigstore's public services. */
export const PUBLIC = {
  fulcio: "https://fulcio.sigstore.dev",
  rekor: { url: "https://rekor.sigstore.dev", version: 1 },
  issuer: "https://oauth2.sigstore.dev/auth",
  clientId: "sigstore",
} as const;

/** Whether a service is one of the public Sigstore's, which the public trust root is about. */
export function isPublicService(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "sigstore.dev" || hostname.endsWith(".sigstore.dev");
}

const MEDIA_TYPE = "application/vnd.dev.sigstore.signingconfig.v0.2+json";

/**
 * Chooses services from a signing configuration: those that are valid now and whose version is known, the
 * newest version first, at most one of each operator, as many as the configuration says.
 *
 * @param value the configuration, parsed
 * @param now the time at which it must be valid
 * @throws {BlobberError} `invalid-config`
 */
export function servicesOf(value: unknown, now: Date = new Date()): SigningServices {
  if (!isObject(value) || value.mediaType !== MEDIA_TYPE) {
    throw invalidSigningConfig(
      `its media type is ${quote(isObject(value) ? value.mediaType : undefined)}, expected ${
        quote(MEDIA_TYPE)
      }`,
    );
  }
  const list = (key: string, versions: number[], secret: boolean) =>
    usableServices(value[key], { key, versions, secret, now });
  const fulcio = list("caUrls", [1], true)[0];
  const issuer = list("oidcUrls", [1], true)[0];
  const logs = choose(
    list("rekorTlogUrls", [1, 2], false),
    value.rekorTlogConfig,
    "rekorTlogConfig",
  );
  const timestamps = choose(list("tsaUrls", [1], false), value.tsaConfig, "tsaConfig");
  return {
    ...(fulcio && { fulcio: fulcio.url }),
    ...(issuer && { issuer: issuer.url }),
    logs: logs.map(({ url, version }) => ({ url, version: version as RekorVersion })),
    timestamps: timestamps.map(({ url }) => url),
  };
}

/**
 * Parses a signing configuration.
 *
 * @example
 * ```ts
 * import { isBlobberError } from "@blobber/core";
 * import { parseSigningConfig } from "@blobber/sigstore";
 *
 * let error: unknown;
 * try {
 *   parseSigningConfig(new TextEncoder().encode("not JSON"), "my file");
 * } catch (thrown) {
 *   error = thrown;
 * }
 * if (!isBlobberError(error, "invalid-config")) throw error ?? new Error("expected a refusal");
 * ```
 *
 * @param bytes the file
 * @param source where it is from, for messages
 * @throws {BlobberError} `invalid-config`
 */
export function parseSigningConfig(bytes: Uint8Array, source: string): unknown {
  try {
    if (bytes.length > MAX_KEY_FILE_BYTES) throw new Error("too large");
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw invalidSigningConfig(`${quote(source)} is not JSON`);
  }
}

/**
 * The signing configuration of the public Sigstore, by TUF.
 *
 * @example
 * ```ts
 * import { createSigner, findToken, publicSigningConfig, publicTrustRoot } from "@blobber/sigstore";
 *
 * await createSigner({
 *   token: findToken(),
 *   trust: publicTrustRoot,
 *   signingConfig: publicSigningConfig, // fetched when the first signature is made
 * });
 * ```
 *
 * @param options where it is kept, and where from
 * @throws {BlobberError} `signing-service` when it cannot be fetched, `trust-root` when what was fetched
 * may not be believed
 */
export async function publicSigningConfig(options: PublicRootOptions = {}): Promise<unknown> {
  const name = "signing_config.v0.2.json";
  const { publicTarget } = await import("../trust/tuf.ts");
  try {
    return parseSigningConfig((await publicTarget(name, options)).bytes, name);
  } catch (error) {
    if (!(isBlobberError(error, "trust-root") && isBlobberError(error.cause, "network"))) {
      throw error;
    }
    throw new BlobberError(
      "signing-service",
      `Sigstore's list of its signing services cannot be fetched: ${error.cause.message}`,
      {
        hint: [
          "try again later, name the services with ",
          { option: "fulcioUrl" },
          " and ",
          { option: "rekorUrl" },
          ", or sign with a key of your own, which needs no service",
        ],
        cause: error,
      },
    );
  }
}

interface Candidate {
  url: string;
  version: number;
  operator: string;
}

function usableServices(
  list: unknown,
  { key, versions, secret, now }: {
    key: string;
    versions: number[];
    secret: boolean;
    now: Date;
  },
): Candidate[] {
  if (list === undefined) return [];
  if (!Array.isArray(list) || list.length > MAX_SIGNING_SERVICES) {
    throw invalidSigningConfig(`${key} is not a list of at most ${MAX_SIGNING_SERVICES} services`);
  }
  const found: Candidate[] = [];
  for (const item of list as unknown[]) {
    if (!isObject(item) || typeof item.url !== "string") {
      throw invalidSigningConfig(`${key} has an entry without a URL`);
    }
    const version = Number(item.majorApiVersion);
    if (!versions.includes(version) || !isValidAt(item.validFor, now)) continue;
    const operator = typeof item.operator === "string" ? item.operator : item.url;
    found.push({ url: serviceUrl(item.url, key, secret), version, operator });
  }
  // A stable sort: the file's order decides within a version.
  return found.sort((a, b) => b.version - a.version);
}

function choose(list: Candidate[], config: unknown, key: string): Candidate[] {
  const selector = isObject(config) ? config.selector : undefined;
  const operators = new Set<string>();
  const distinct = list.filter(({ operator }) =>
    operators.has(operator) ? false : (operators.add(operator), true)
  );
  if (list.length === 0 && (selector === undefined || selector === "ANY")) return [];
  switch (selector) {
    case "ANY":
      return distinct.slice(0, 1);
    case "ALL":
      if (distinct.length === 0) {
        throw invalidSigningConfig(`${key} wants all services, and none is valid now`);
      }
      return distinct;
    case "EXACT": {
      const count = Number(isObject(config) ? config.count : undefined);
      if (!Number.isSafeInteger(count) || count < 1) {
        throw invalidSigningConfig(`${key} has no count`);
      }
      if (distinct.length < count) {
        throw invalidSigningConfig(
          `${key} wants ${counted(count, "service")}, and ${distinct.length} are valid now`,
        );
      }
      return distinct.slice(0, count);
    }
    default:
      throw invalidSigningConfig(
        `${key} has the selector ${quote(selector)}, expected ANY, ALL or EXACT`,
      );
  }
}

function timeOf(value: unknown): number {
  return typeof value === "string" ? Date.parse(value) : NaN;
}

function isValidAt(period: unknown, now: Date): boolean {
  if (!isObject(period)) return false;
  const start = timeOf(period.start);
  const end = period.end === undefined ? Infinity : timeOf(period.end);
  return start <= now.getTime() && now.getTime() < end;
}

function invalidSigningConfig(why: string): BlobberError {
  return new BlobberError("invalid-config", `invalid signing configuration: ${why}`);
}
