/**
 * Entries of a tar that another program made, one after another, as a packer takes them.
 *
 * @module
 */

import { BlobberError, isBlobberError } from "../../errors.ts";
import { Decompressor } from "../compression/decompress.ts";
import type { Entry } from "../entry.ts";
import { invalidArchive } from "../invalid_archive.ts";
import { type ByteSource, type BytesReader, readerOf } from "./input.ts";
import { TarReader } from "../tar/tar_reader.ts";

/** Bytes given to the reader at a time: what is queued between it and the packer is no more. */
const STEP_BYTES = 64 * 1024;

/** How other compressed files begin, in Latin-1: what made them is named in place of a broken header. */
const OTHER_FORMATS: readonly (readonly [begin: string, name: string])[] = [
  ["\xfd7zXZ\0", "xz"],
  ["BZh", "bzip2"],
  ["\x04\x22\x4d\x18", "lz4"],
  ["PK\x03\x04", "zip"],
];

type Found = { entry: Entry } | { data: Uint8Array };

/** Reads a tar strictly, as the unpacker would: plain, or of gzip members or zstd frames, told by its first bytes. */
export class TarSource {
  readonly #bytes: BytesReader;
  readonly #reader: TarReader;
  readonly #decompressor = new Decompressor();
  readonly #found: Found[] = [];
  /** What becomes of the bytes that came last. */
  #plain: Iterator<Uint8Array, void> = [].values();
  /** The plain bytes that are given to the reader now. */
  #rest: Uint8Array | undefined;
  #isEmpty = true;
  /** Whether an entry was found. */
  #hasBegun = false;
  #ended = false;

  /**
   * @param bytes the tar
   * @param signal ends the wait for more of it
   */
  constructor(bytes: ByteSource, signal?: AbortSignal) {
    this.#bytes = readerOf(bytes, "the tar", signal);
    this.#reader = new TarReader({
      entry: (entry) => {
        this.#hasBegun = true;
        this.#found.push({ entry });
      },
      data: (data) => {
        this.#found.push({ data: data.slice() });
      },
      fileEnd: () => {},
    });
  }

  /**
   * The next entry; content of the one before that was not read is passed over.
   *
   * @throws {BlobberError} `invalid-archive`, `path-traversal`, `limit`
   */
  async next(): Promise<Entry | undefined> {
    for (;;) {
      const found = this.#found.shift();
      if (found === undefined) {
        if (!await this.#more()) return undefined;
      } else if ("entry" in found) {
        return found.entry;
      }
    }
  }

  /** Content of the current entry, as `ReadContent`. */
  async read(into: Uint8Array): Promise<number> {
    let found = this.#found[0];
    while (found === undefined) {
      if (!await this.#more()) return 0;
      found = this.#found[0];
    }
    if ("entry" in found) return 0;
    const part = found.data.subarray(0, into.length);
    into.set(part);
    if (part.length < found.data.length) found.data = found.data.subarray(part.length);
    else this.#found.shift();
    return part.length;
  }

  /** Gives the rest up. */
  async cancel(): Promise<void> {
    await this.#bytes.cancel();
  }

  /** Reads on. `false` at the end, which was then checked. */
  async #more(): Promise<boolean> {
    if (this.#ended) return false;
    this.#rest ??= await this.#nextPlain();
    if (this.#rest === undefined) {
      this.#ended = true;
      this.#checkEnd();
      return false;
    }
    this.#take(this.#rest.subarray(0, STEP_BYTES));
    this.#rest = this.#rest.length > STEP_BYTES ? this.#rest.subarray(STEP_BYTES) : undefined;
    return true;
  }

  #take(bytes: Uint8Array): void {
    try {
      this.#reader.write(bytes);
    } catch (error) {
      if (this.#hasBegun || !isBlobberError(error, "invalid-archive")) throw error;
      const { message, cause } = error;
      const hint = "expected a tar, plain or with gzip or zstd: it does not begin as one does";
      throw new BlobberError("invalid-archive", message, { cause, hint: error.hint ?? hint });
    }
  }

  /** The next plain bytes, valid until the next are asked for. However much a few bytes become, it comes in pieces. */
  async #nextPlain(): Promise<Uint8Array | undefined> {
    for (;;) {
      const { done, value } = this.#plain.next();
      if (!done) {
        if (this.#reader.position === 0) checkOtherFormats(value);
        return value;
      }
      const bytes = await this.#bytes.next();
      if (bytes === undefined) return undefined;
      this.#isEmpty = false;
      this.#plain = this.#decompressor.write(bytes);
    }
  }

  #checkEnd(): void {
    if (this.#isEmpty) {
      throw new BlobberError("invalid-archive", "the input is empty, expected a tar", {
        hint: "what was to write the tar may have failed",
      });
    }
    if (this.#decompressor.format === undefined) {
      throw invalidArchive("it ends in the middle of a block");
    }
    this.#decompressor.end();
    if (this.#reader.end()) return;
    // No digest shows that nothing is missing.
    throw new BlobberError(
      "invalid-archive",
      "invalid or corrupt archive: it has no end-of-archive blocks, and may have been cut off",
      { hint: "append two blocks of 512 zeros when it is known to be whole" },
    );
  }
}

function checkOtherFormats(bytes: Uint8Array): void {
  const begin = String.fromCharCode(...bytes.subarray(0, 6));
  const other = OTHER_FORMATS.find(([magic]) => begin.startsWith(magic));
  if (other === undefined) return;
  throw new BlobberError(
    "invalid-archive",
    `the input is compressed with ${other[1]}, expected a tar, plain or with gzip or zstd`,
    { hint: "decompress it first" },
  );
}
