/**
 * JSON from outside.
 *
 * @module
 */

import { BlobberError } from "./errors.ts";
import { quote } from "./text/printable.ts";

/**
 * Parses JSON from outside.
 *
 * @param bytes checked bytes
 * @param name what they are, for the message
 * @throws {BlobberError} `integrity`
 */
export function parseJson(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw new BlobberError("integrity", `${name} is not JSON: ${quote(String(cause))}`, { cause });
  }
}

/** Whether a JSON value is an object, and no array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
