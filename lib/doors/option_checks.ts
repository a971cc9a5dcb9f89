/**
 * Checks of single options, which several calls take, and of those about connections.
 *
 * @module
 */

import { DIGEST_GRAMMAR, isDigest } from "../digest.ts";
import type { ConnectionOptions } from "../options.ts";
import { registryNamed } from "../reference.ts";
import type { Signer, Verifier } from "../signing.ts";
import type { Platform } from "../types.ts";
import {
  bytes,
  callable,
  type Check,
  type Fault,
  fault,
  faultIn,
  flag,
  hidden,
  isRecord,
  listOf,
  mapOf,
  objectWith,
  optional,
  type Shape,
  text,
  that,
  words,
} from "./shape.ts";

/** A path on this machine. */
export const path: Check = that(
  (value) => typeof value === "string" && value !== "" && !value.includes("\0"),
  "a path",
);
/** The path of an ignore file. */
export const ignoreFile: Check = that((value) => path(value) === undefined, "a path, or false");
/** Patterns as in an ignore file. */
export const patterns: Check = listOf(text, "a list of patterns");
/** What stops a call. */
export const signal: Check = that((value) => value instanceof AbortSignal, "an AbortSignal");
/** A digest. */
export const digest: Check = that(isDigest, DIGEST_GRAMMAR);
/** A platform. */
export const platform: Check = objectWith<Platform>({
  os: words,
  architecture: words,
  variant: optional(words),
  "os.version": optional(words),
}, "an object with os and architecture");
/** Tags. */
export const tags: Check = listOf(text, "a list of tags");

/** What stands there is not shown: it may be a private key. */
const certificates: Check = (value) =>
  typeof value === "string" && value.includes("-----BEGIN CERTIFICATE-----")
    ? undefined
    : hidden(value, "certificates in PEM");

/** Certificates in PEM, in a list. */
const everyCertificate: Check = listOf(certificates, "");

const SIGNER: Shape<Signer> = { publicKey: optional(bytes), sign: callable };
/** What signs. */
export const signer: Check = objectWith(SIGNER, "a signer");

const VERIFIER: Shape<Verifier> = {
  title: optional(words),
  accepts: callable,
  mayFit: optional(callable),
  verify: callable,
};
const oneVerifier = objectWith(VERIFIER, "a verifier");
const SOME_VERIFIERS = "a verifier or a list of at least one";
const everyVerifier = listOf(oneVerifier, SOME_VERIFIERS);

/** What the option `verifier` may be, where it is given: who names none demands something all the same. */
export function verifierOption(value: unknown): Fault | undefined {
  if (isRecord(value)) return oneVerifier(value);
  return everyVerifier(value) ??
    ((value as unknown[]).length === 0 ? fault(value, SOME_VERIFIERS) : undefined);
}

/** Connections to whatever registry. */
export const CONNECTION: Shape<ConnectionOptions> = {
  insecure: flag,
  insecureSkipTlsVerify: flag,
  caCerts: (value) =>
    Array.isArray(value) ? everyCertificate(value) : hidden(value, "a list of certificates in PEM"),
  maxConnections: that(
    (value) => Number.isSafeInteger(value) && (value as number) >= 1,
    "a whole number from 1",
  ),
};

const everyRegistry = mapOf(
  (value) => isRecord(value) ? faultIn(CONNECTION, value) : fault(value, "an object"),
  "an object of options by host[:port]",
);

/** Connections by registry: an exception for what is no registry would never hold. */
export function registries(value: unknown): Fault | undefined {
  const wrong = everyRegistry(value);
  if (wrong !== undefined) return wrong;
  const name = Object.keys(value as object).find((host) => registryNamed(host) === undefined);
  return name === undefined ? undefined : fault(name, 'options of a registry, "host[:port]"');
}
