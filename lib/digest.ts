/**
 * Digests: content identifiers `algorithm:hex` (OCI image spec, descriptor.md, "Digests").
 *
 * Only sha256 is made and accepted: it is the one that every registry supports, and a second algorithm
 * would be a second way to name the same bytes.
 *
 * @module
 */

import { toHex } from "./bytes.ts";
import { BlobberError } from "./errors.ts";
import { quote } from "./text/printable.ts";
import { startSha256 } from "./system/runtime.ts";

/** A digest in canonical form: `sha256:` and 64 lower-case hexadecimal digits. */
export type Digest = `sha256:${string}`;

const CANONICAL = /^sha256:[0-9a-f]{64}$/;

/** Characters of what stands before the digits of a digest. */
export const ALGORITHM_LENGTH: number = "sha256:".length;
/** Characters of a digest. */
export const DIGEST_LENGTH: number = ALGORITHM_LENGTH + 64;

/**
 * Tells whether a value is a digest in canonical form.
 *
 * @example
 * ```ts
 * import { isDigest } from "@blobber/core";
 *
 * if (!isDigest(`sha256:${"0".repeat(64)}`)) throw new Error("expected a digest");
 * if (isDigest("latest")) throw new Error("expected a tag");
 * ```
 *
 * @param value anything
 */
export function isDigest(value: unknown): value is Digest {
  return typeof value === "string" && CANONICAL.test(value);
}

/** What a digest is made of, for messages. */
export const DIGEST_GRAMMAR = '"sha256:" and 64 lower-case hexadecimal digits';

/**
 * Checks that a value is a digest in canonical form.
 *
 * @param value anything, usually from JSON
 * @param what what the value is, for the message
 * @throws {BlobberError} `integrity` when it is not
 */
export function asDigest(value: unknown, what = "digest"): Digest {
  if (isDigest(value)) return value;
  throw new BlobberError(
    "integrity",
    `invalid ${what}: ${quote(value)}, expected ${DIGEST_GRAMMAR}`,
  );
}

/** The 64 hexadecimal digits of a digest. */
export function hexOf(digest: Digest): string {
  return digest.slice(ALGORITHM_LENGTH);
}

/**
 * The digest of bytes that are all there.
 *
 * @param bytes the content
 */
export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256:${startSha256().update(bytes).digest("hex")}`;
}

/** The 32 bytes of the SHA-256 of bytes that are all there. */
export function sha256(bytes: Uint8Array | string): Uint8Array {
  return startSha256().update(bytes).digest();
}

/**
 * As {@linkcode digestOf}, by the call that the web has for it. Reading goes this way: to load Node's takes
 * longer than to hash a table of contents.
 *
 * @param bytes the content, of which a copy is taken (Web Cryptography, "digest"): it may be given away at once
 */
export async function computeDigest(bytes: Uint8Array<ArrayBuffer>): Promise<Digest> {
  return `sha256:${toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)))}`;
}

/** A digest of bytes that arrive bit by bit. */
export class Digester {
  readonly #hash = startSha256();
  /** Bytes seen so far. */
  size = 0;

  /** Adds bytes; they may be reused once this returns. */
  update(bytes: Uint8Array): this {
    this.#hash.update(bytes);
    this.size += bytes.length;
    return this;
  }

  /** The digest of all bytes added. Call it once. */
  digest(): Digest {
    return `sha256:${this.#hash.digest("hex")}`;
  }
}

/** Characters collected before they are hashed: a call for each line would cost more than its bytes. */
const TEXT_PIECE = 64 * 1024;

/** Digest of text that comes in small pieces, in UTF-8. */
export class TextDigester {
  readonly #digester = new Digester();
  readonly #encoder = new TextEncoder();
  #text = "";

  /** Takes more. */
  update(text: string): void {
    this.#text += text;
    if (this.#text.length >= TEXT_PIECE) this.#flush();
  }

  /** The digest of all of it. Call it once. */
  digest(): Digest {
    this.#flush();
    return this.#digester.digest();
  }

  #flush(): void {
    this.#digester.update(this.#encoder.encode(this.#text));
    this.#text = "";
  }
}
