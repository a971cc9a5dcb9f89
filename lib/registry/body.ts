/**
 * Reading the body of an answer: whole and bounded, or not at all.
 *
 * @module
 */

import { BlobberError } from "../errors.ts";
import { MAX_ERROR_BODY_BYTES } from "../limits.ts";
import type { HttpResponse } from "./exchange.ts";

/**
 * Reads a body into memory, which is taken as bytes arrive and not as a header claims.
 *
 * @param response whose body
 * @param limit the most bytes
 * @param what what it is, for the message
 * @throws {BlobberError} `limit`
 */
export async function readBody(
  response: HttpResponse,
  limit: number,
  what: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readUpTo(response, limit + 1);
  if (bytes.length <= limit) return bytes;
  throw new BlobberError("limit", `${what} is longer than ${limit} bytes, the most accepted`);
}

/**
 * Reads at most so many bytes of a body and gives the rest up.
 *
 * @param response whose body
 * @param limit the most bytes
 */
export async function readUpTo(
  response: HttpResponse,
  limit: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const piece = await response.body.read();
    if (piece === undefined) break;
    parts.push(piece.slice(0, limit - size));
    size += parts.at(-1)!.length;
    if (size >= limit) {
      await response.body.cancel();
      break;
    }
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * Does away with a body that nobody wants. A short one is read to its end, so that the connection can be
 * used again; the rest of a long one is not waited for.
 *
 * @param response whose body
 */
export async function drop(response: HttpResponse): Promise<void> {
  try {
    await readUpTo(response, MAX_ERROR_BODY_BYTES);
  } catch {
    await response.body.cancel();
  }
}
