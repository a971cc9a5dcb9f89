/**
 * Where content is checked against a digest: streams while they are read, bytes in memory, and what a
 * store was given to keep.
 *
 * @module
 */

import { computeDigest, type Digest, Digester, digestOf, isDigest } from "./digest.ts";
import { BlobberError, isBlobberError } from "./errors.ts";
import { counted, quote } from "./text/printable.ts";
import type { Descriptor } from "./types.ts";

/** What the bytes must turn out to be. */
export interface Expected {
  /** Bytes. */
  size: number;
  /** Left out for a range, which has no digest of its own: the reader of its members checks those. */
  digest?: Digest | undefined;
  /** What is read, for messages. */
  name: string;
}

/** Memory taken before any byte has come, at the most. */
const FIRST_ROOM = 1024 * 1024;
/** Bytes read at once. */
const SCRATCH_BYTES = 256 * 1024;
const NOT_USED = "what the store sent is not what was asked for; nothing of it was used";

/**
 * Reads a stream and checks it against what was promised. The last bytes are handed out only after the
 * whole has been checked, so a caller that has seen the end has seen the right bytes, and one that writes
 * as it goes must not publish before the end.
 */
export class CheckedReader {
  readonly #reader: ReadableStreamBYOBReader | ReadableStreamDefaultReader<Uint8Array>;
  readonly #byob: boolean;
  readonly #expected: Expected;
  readonly #digester: Digester | undefined;
  #read = 0;
  #done = false;

  /**
   * @param stream bytes from a store
   * @param expected what they must be
   */
  constructor(stream: ReadableStream<Uint8Array>, expected: Expected) {
    this.#expected = expected;
    this.#digester = expected.digest === undefined ? undefined : new Digester();
    let reader: ReadableStreamBYOBReader | ReadableStreamDefaultReader<Uint8Array>;
    try {
      reader = stream.getReader({ mode: "byob" });
      this.#byob = true;
    } catch { // not a byte stream
      reader = stream.getReader();
      this.#byob = false;
    }
    this.#reader = reader;
  }

  /**
   * The next bytes. `scratch` is given away: it may back the result, and `result.buffer` is what to give
   * to the next call.
   *
   * @param scratch memory that the bytes may be put in
   * @returns at least one byte, or `undefined` after the last
   * @throws {BlobberError} `integrity`
   */
  async read(scratch: ArrayBuffer): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#done) return undefined;
    try {
      const bytes = await this.#next(scratch);
      if (bytes === undefined) {
        this.#done = true;
        this.#checkEnd();
        return undefined;
      }
      this.#read += bytes.length;
      if (this.#read > this.#expected.size) throw this.#wrong("is longer");
      this.#digester?.update(bytes);
      if (this.#read < this.#expected.size) return bytes;
      // The last expected byte: look behind it before it is handed out.
      const rest = await this.#next(new ArrayBuffer(1));
      this.#done = true;
      if (rest !== undefined) throw this.#wrong("is longer");
      this.#checkEnd();
      return bytes;
    } catch (error) {
      await this.cancel(error);
      throw error;
    }
  }

  /**
   * Finds out why content could not be understood: because it is not what was promised, or because it was
   * made that way. Reads the rest to know.
   *
   * @param error what its reader made of it
   * @returns the error to throw: `integrity` when the content is wrong, else the one given
   */
  async explain(error: unknown): Promise<unknown> {
    if (isBlobberError(error, "invalid-archive") && this.#digester !== undefined) {
      try {
        while (await this.read(new ArrayBuffer(65536)));
      } catch (found) {
        return found;
      }
    }
    await this.cancel(error);
    return error;
  }

  /** Gives the rest up and releases what the stream holds. */
  async cancel(reason?: unknown): Promise<void> {
    this.#done = true;
    await this.#reader.cancel(reason).catch(() => {});
  }

  async #next(scratch: ArrayBuffer): Promise<Uint8Array<ArrayBuffer> | undefined> {
    for (;;) {
      const { value, done } = this.#byob
        ? await (this.#reader as ReadableStreamBYOBReader).read(new Uint8Array(scratch))
        : await (this.#reader as ReadableStreamDefaultReader<Uint8Array>).read();
      if (done) return undefined;
      if (value.length > 0) return value as Uint8Array<ArrayBuffer>;
      scratch = value.buffer as ArrayBuffer;
    }
  }

  #checkEnd(): void {
    if (this.#read < this.#expected.size) {
      throw this.#wrong(`ends after ${counted(this.#read, "byte")}`);
    }
    const { digest } = this.#expected;
    if (this.#digester !== undefined && digest !== undefined) {
      const { name } = this.#expected;
      checkDigest({ actual: this.#digester.digest(), expected: digest, name, hint: NOT_USED });
    }
  }

  #wrong(how: string): BlobberError {
    return new BlobberError(
      "integrity",
      `${this.#expected.name} ${how}, expected ${counted(this.#expected.size, "byte")}`,
    );
  }
}

/** A digest that was computed, and the one that it has to be. */
export interface DigestCheck {
  actual: Digest | undefined;
  /** A digest, or what an answer has in its place. */
  expected: string;
  /** What has the digest, for the message. */
  name: string;
  /** Where the expected one stands, for the end of the message: `which the manifest states`. */
  stated?: string;
  hint?: string | undefined;
}

/**
 * Compares a digest that was computed with the one that was expected.
 *
 * @throws {BlobberError} `integrity`
 */
export function checkDigest({ actual, expected, name, stated, hint }: DigestCheck): void {
  if (actual === expected) return;
  throw new BlobberError(
    "integrity",
    `${name} has the digest ${actual}, expected ` +
      (isDigest(expected) ? expected : quote(expected)) +
      (stated === undefined ? "" : `, ${stated}`),
    hint === undefined ? {} : { hint },
  );
}

/**
 * Checks bytes in memory.
 *
 * @param bytes the content
 * @param expected what they must be
 * @throws {BlobberError} `integrity`
 */
export async function checkBytes(
  bytes: Uint8Array<ArrayBuffer>,
  { size, digest, name }: Expected & { digest: Digest },
): Promise<void> {
  if (bytes.length !== size) {
    throw new BlobberError(
      "integrity",
      `${name} has ${counted(bytes.length, "byte")}, expected ${size}`,
    );
  }
  checkDigest({ actual: await computeDigest(bytes), expected: digest, name, hint: NOT_USED });
}

/** Whether bytes in memory are the content that a descriptor, or a digest alone, names. */
export function isContent(
  bytes: Uint8Array,
  { digest, size = bytes.length }: { digest: Digest; size?: number },
): boolean {
  return bytes.length === size && digestOf(bytes) === digest;
}

/**
 * Checks what a store was given to keep.
 *
 * @param given the bytes, or what is known of those that were written
 * @param expected the descriptor that it was given them under
 * @param store its name
 * @throws {BlobberError} `integrity`
 */
export function checkGiven(
  given: Uint8Array | { digest: Digest; size: number },
  expected: Descriptor,
  store: string,
): void {
  const { digest, size } = given instanceof Uint8Array
    ? { digest: digestOf(given), size: given.length }
    : given;
  if (size === expected.size && digest === expected.digest) return;
  throw new BlobberError(
    "integrity",
    `${store} was given ${digest} (${counted(size, "byte")}), ` +
      `expected ${expected.digest} (${counted(expected.size, "byte")})`,
  );
}

/**
 * Reads all of a stream into memory, checked. Memory is taken as bytes arrive, not as a size is claimed.
 *
 * @param stream bytes from a store
 * @param expected what they must be
 * @param limit the most bytes to take, and the name of that limit's subject in the error
 */
export async function readChecked(
  stream: ReadableStream<Uint8Array>,
  expected: Expected,
  limit: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (expected.size > limit) {
    await stream.cancel().catch(() => {});
    throw new BlobberError(
      "limit",
      `${expected.name} has ${counted(expected.size, "byte")}, expected at most ${limit}`,
    );
  }
  const { size, digest, name } = expected;
  const reader = new CheckedReader(stream, { size, name }); // the digest is taken of the whole
  let whole = new Uint8Array(Math.min(size, FIRST_ROOM));
  let scratch = new ArrayBuffer(Math.min(size || 1, SCRATCH_BYTES));
  for (let at = 0;;) {
    const bytes = await reader.read(scratch);
    if (bytes === undefined) break;
    if (at + bytes.length > whole.length) {
      const larger = new Uint8Array(Math.min(size, whole.length * 2 + bytes.length));
      larger.set(whole.subarray(0, at));
      whole = larger;
    }
    whole.set(bytes, at);
    at += bytes.length;
    scratch = bytes.buffer;
  }
  if (digest !== undefined) await checkBytes(whole, { size, digest, name });
  return whole;
}
