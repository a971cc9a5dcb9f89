/**
 * Entries of a tar that another program made, one after another, as a packer takes them.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import type { Entry } from "../entry.ts";
import { type ByteSource, type BytesReader, readerOf } from "./input.ts";
import { TarReader } from "../tar/tar_reader.ts";

/** Bytes given to the reader at a time: what is queued between it and the packer is no more. */
const STEP_BYTES = 64 * 1024;

type Found = { entry: Entry } | { data: Uint8Array };

/** Reads a tar strictly, as the unpacker would. */
export class TarSource {
  readonly #bytes: BytesReader;
  readonly #reader: TarReader;
  readonly #found: Found[] = [];
  #rest: Uint8Array | undefined;
  #ended = false;

  /**
   * @param bytes the tar, not compressed
   * @param signal ends the wait for more of it
   */
  constructor(bytes: ByteSource, signal?: AbortSignal) {
    this.#bytes = readerOf(bytes, "the tar", signal);
    this.#reader = new TarReader({
      entry: (entry) => {
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
    this.#rest ??= await this.#bytes.next();
    if (this.#rest === undefined) {
      this.#ended = true;
      if (!this.#reader.end()) {
        // No digest shows that nothing is missing.
        throw new BlobberError(
          "invalid-archive",
          "invalid or corrupt archive: it has no end-of-archive blocks, and may have been cut off",
          { hint: "append two blocks of 512 zeros when it is known to be whole" },
        );
      }
      return false;
    }
    if (this.#reader.position === 0 && this.#rest[0] === 0x1f && this.#rest[1] === 0x8b) {
      throw new BlobberError("invalid-archive", "the tar is compressed, expected a plain one", {
        hint: "decompress it first",
      });
    }
    this.#reader.write(this.#rest.subarray(0, STEP_BYTES));
    this.#rest = this.#rest.length > STEP_BYTES ? this.#rest.subarray(STEP_BYTES) : undefined;
    return true;
  }
}
