/**
 * Reading the body of an answer: whole and bounded, or not at all.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import { MAX_ERROR_BODY_BYTES } from "../../limits.ts";
import { quote } from "../../text/printable.ts";
import type { BodyReader, HttpResponse } from "./exchange.ts";

/**
 * Reads a document into memory, which is taken as bytes arrive and not as a header claims. A content coding
 * that was not asked for is undone, because a document is what it is without (RFC 9110, 8.4); a blob's
 * never is: it may be compressed by itself, and its digest is of the bytes as they are.
 *
 * @param response whose body
 * @param limit the most bytes, with and without the coding
 * @param what what it is, for the message
 * @throws {BlobberError} `limit`; `registry` for a coding that is not known, or not what it says
 */
export async function readBody(
  response: HttpResponse,
  limit: number,
  what: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const tooLong = () =>
    new BlobberError("limit", `${what} is longer than ${limit} bytes, the most accepted`);
  const bytes = await readUpTo(response, limit + 1);
  if (bytes.length > limit) throw tooLong();
  const coding = (response.headers.get("content-encoding") ?? "").trim().toLowerCase();
  if (coding === "" || coding === "identity") return bytes;
  const wrong = (why: string, cause?: unknown) =>
    new BlobberError(
      "registry",
      `${what}: ${response.url.host} sent it with the Content-Encoding ${quote(coding)}, ${why}`,
      { hint: "a proxy in front of the registry may compress what it should not", cause },
    );
  if (coding !== "gzip" && coding !== "x-gzip") throw wrong('expected none, or "gzip"');
  const { gunzipSync } = await import("node:zlib"); // slow to load, and hardly ever needed
  try {
    return new Uint8Array(gunzipSync(bytes, { maxOutputLength: limit }));
  } catch (cause) {
    if ((cause as { code?: unknown }).code === "ERR_BUFFER_TOO_LARGE") throw tooLong();
    throw wrong("which it is not", cause);
  }
}

/** The media type that an answer states, without parameters, in lower case; empty when it states none. */
export function contentType({ headers }: Pick<HttpResponse, "headers">): string {
  return (headers.get("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
}

/** Whether a media type says nothing about what the bytes are, as servers send it that do not know. */
export function isTypeOfAnything(type: string): boolean {
  return ["", "application/json", "application/octet-stream", "binary/octet-stream", "text/plain"]
    .includes(type);
}

/**
 * Reads at most so many bytes of a body and gives the rest up.
 *
 * @param response whose body
 * @param limit the most bytes
 */
export async function readUpTo(
  response: Pick<HttpResponse, "body">,
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
 * Reads a body that may be needed later for its message, so that its connection is free. What is longer than
 * a message needs is cut.
 *
 * @param response whose body
 * @returns the same answer, with its body in memory
 */
export async function bodyInMemory(response: HttpResponse): Promise<HttpResponse> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await readUpTo(response, MAX_ERROR_BODY_BYTES);
  } catch { // its status says enough
    await response.body.cancel();
  }
  return { ...response, body: bodyOf(bytes) };
}

/**
 * Bytes in memory as a body.
 *
 * @param bytes all of it
 */
export function bodyOf(bytes: Uint8Array | undefined): BodyReader {
  let left = bytes;
  return {
    read: () => {
      const piece = left?.length ? left : undefined;
      left = undefined;
      return Promise.resolve(piece);
    },
    cancel: () => Promise.resolve(),
  };
}

/**
 * Discards a body that is not needed. A short one is read to its end, so that the connection can be
 * used again; the rest of a long one is not waited for.
 *
 * @param response whose body
 */
export async function discardBody(response: HttpResponse): Promise<void> {
  try {
    await readUpTo(response, MAX_ERROR_BODY_BYTES);
  } catch {
    await response.body.cancel();
  }
}
