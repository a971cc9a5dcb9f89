/**
 * A private temporary file that holds a blob while it is sent, so that a failed upload is repeated from it
 * and not from whoever makes the blob.
 *
 * @module
 */

import {
  closeSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readSync,
  rmdirSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type Digest, Digester } from "../../digest.ts";
import type { StreamBody } from "../http/exchange.ts";

/** What is read and sent at a time. */
const PIECE = 256 * 1024;

/** The file. It has no name where the system allows that, so that a kill leaves nothing behind. */
export class Spool {
  readonly #fd: number;
  readonly #path: string;
  readonly #directory: string;
  #named = true;
  #open = true;
  /** Bytes written. */
  size = 0;

  /** Makes the file, readable by this user alone. */
  constructor() {
    this.#directory = mkdtempSync(join(tmpdir(), "blobber-upload-"));
    this.#path = join(this.#directory, "blob");
    try {
      this.#fd = openSync(this.#path, "wx+", 0o600);
    } catch (error) {
      rmdirSync(this.#directory);
      throw error;
    }
    if (process.platform !== "win32") this.#unlink();
  }

  /** Appends bytes. */
  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const written = writeSync(this.#fd, bytes, at, bytes.length - at, this.size);
      at += written;
      this.size += written;
    }
  }

  /** The digest of what is in the file. */
  digest(): Digest {
    const digester = new Digester();
    const buffer = new Uint8Array(PIECE);
    for (let at = 0; at < this.size;) {
      const count = readSync(this.#fd, buffer, 0, buffer.length, at);
      if (count === 0) break;
      digester.update(buffer.subarray(0, count));
      at += count;
    }
    return digester.digest();
  }

  /**
   * A part of the file as the body of a request.
   *
   * @param start first byte
   * @param end the one behind the last
   */
  body(start = 0, end = this.size): StreamBody {
    return {
      length: end - start,
      replayable: true,
      open: () => this.#pieces(start, end),
    };
  }

  async *#pieces(start: number, end: number): AsyncGenerator<Uint8Array> {
    const buffer = new Uint8Array(Math.min(PIECE, end - start));
    for (let at = start; at < end;) {
      const count = readSync(this.#fd, buffer, 0, Math.min(buffer.length, end - at), at);
      if (count === 0) throw new Error(`temporary file ends at ${fstatSync(this.#fd).size}`);
      yield buffer.subarray(0, count);
      at += count;
    }
  }

  /** Does away with the file. Safe at any time. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#fd);
    if (this.#named) this.#unlink();
  }

  #unlink(): void {
    unlinkSync(this.#path);
    rmdirSync(this.#directory);
    this.#named = false;
  }
}
