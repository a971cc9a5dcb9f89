/**
 * A stream that also goes into the cache. What is kept is checked whenever it is read from there, so its
 * digest is not taken here once more. A failure to keep it is told and otherwise of no consequence.
 *
 * @module
 */

import { type Digest, Digester } from "../../digest.ts";
import { writeFully } from "../../system/files.ts";
import { nodeModule } from "../../system/runtime.ts";
import { byteStream } from "../../system/streams.ts";
import { CheckedReader, type Expected } from "../../checked_content.ts";
import type { CachePaths } from "./paths.ts";
import { temporaryPath } from "../own/directory.ts";

const BUFFER = 256 * 1024;

/** What is read, and what becomes of it. */
export interface TeeOptions {
  /** The digest under which it is kept; where none is given, that of the bytes themselves is taken. */
  name?: Digest | undefined;
  /** Puts the file, which is complete and has this digest, where it belongs. */
  keep(file: string, digest: Digest): void;
  /** Told once when it cannot be kept. */
  onFailure(error: unknown): void;
}

/**
 * Passes a stream on and keeps what passes.
 *
 * @param paths the cache
 * @param stream bytes from the source
 * @param expected what they must be; of a range only the size is known
 */
export function tee(
  paths: CachePaths,
  stream: ReadableStream<Uint8Array>,
  expected: Expected,
  options: TeeOptions,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = new CheckedReader(stream, expected);
  const { name } = options;
  const sum = name === undefined ? new Digester() : undefined;
  const copy = new TemporaryCopy(paths, options);
  let scratch = new ArrayBuffer(BUFFER);
  let pending = new Uint8Array(scratch, 0, 0);
  let left = expected.size;
  return byteStream(async (into) => {
    if (pending.length === 0) {
      const bytes = await reader.read(pending.buffer.byteLength > 0 ? pending.buffer : scratch);
      if (bytes === undefined) {
        if (left === 0) copy.finish(() => name ?? sum!.digest());
        return 0;
      }
      sum?.update(bytes);
      copy.write(bytes);
      left -= bytes.length;
      // The reader has seen the last byte already, and may never ask for the end.
      if (left === 0) copy.finish(() => name ?? sum!.digest());
      pending = bytes;
      scratch = bytes.buffer;
    }
    const n = Math.min(into.length, pending.length);
    into.set(pending.subarray(0, n));
    pending = pending.subarray(n);
    return n;
  }, () => {
    copy.drop();
    reader.cancel();
  });
}

class TemporaryCopy {
  readonly #path: string;
  readonly #options: TeeOptions;
  #fd: number | undefined;
  #done = false;

  constructor(paths: CachePaths, options: TeeOptions) {
    this.#path = temporaryPath(paths);
    this.#options = options;
    this.#try(() => {
      this.#fd = nodeModule("fs").openSync(this.#path, "wx", 0o600);
    });
  }

  write(bytes: Uint8Array): void {
    this.#try(() => {
      if (this.#fd !== undefined) writeFully(this.#fd, bytes);
    });
  }

  finish(digest: () => Digest): void {
    if (this.#done || this.#fd === undefined) return;
    this.#done = true;
    this.#try(() => {
      this.#close();
      this.#options.keep(this.#path, digest());
    });
    this.drop();
  }

  drop(): void {
    this.#close();
    nodeModule("fs").rmSync(this.#path, { force: true });
  }

  #try(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.drop();
      this.#options.onFailure(error);
    }
  }

  #close(): void {
    if (this.#fd !== undefined) nodeModule("fs").closeSync(this.#fd);
    this.#fd = undefined;
  }
}
