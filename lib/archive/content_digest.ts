/**
 * A digest of the contents of all files of a tree, by the same chunks as packing them makes: so a layer's
 * own chunk digests give it for nothing.
 *
 * @module
 */

import { type Digest, Digester } from "../digest.ts";
import { BATCH_BYTES } from "./batch.ts";
import type { JobRunner } from "./jobs.ts";
import type { FileRead } from "./source_file.ts";
import type { WalkedEntry } from "./walk.ts";

/** Bytes after which a job is given away: a few milliseconds of work. */
const JOB_BYTES = 4 * BATCH_BYTES;
/** The same, in files: opening one costs more than hashing little. */
const JOB_READS = 128;

const encoder = new TextEncoder();

/** Takes the digests of chunks, in the order of the archive. */
export class ContentDigest {
  readonly #digester = new Digester();

  /** @param digests 64 hexadecimal digits each */
  add(digests: string): void {
    this.#digester.update(encoder.encode(digests));
  }

  /** The digest of all that was added. Call it once. */
  digest(): Digest {
    return this.#digester.digest();
  }
}

/** Reads the files of a tree and hashes them, in any order, a few jobs at a time. */
export class ContentHasher {
  readonly #runner: JobRunner;
  readonly #ahead: number;
  readonly #content = new ContentDigest();
  readonly #jobs: Promise<string>[] = [];
  #reads: FileRead[] = [];
  #bytes = 0;

  /**
   * @param runner hashes
   * @param ahead jobs at a time
   */
  constructor(runner: JobRunner, ahead: number) {
    this.#runner = runner;
    this.#ahead = ahead;
  }

  /**
   * Adds an entry; what has no content is passed over.
   *
   * @throws {BlobberError} `source-changed`, `file-system`, for this entry or one before it
   */
  async add({ size: left, file, stat: stamp }: WalkedEntry): Promise<void> {
    for (let from = 0; from < left; from += BATCH_BYTES) {
      const size = Math.min(left - from, BATCH_BYTES);
      this.#reads.push({ file, stamp, from, size, at: 0 });
      this.#bytes += size;
      if (this.#bytes >= JOB_BYTES || this.#reads.length >= JOB_READS) await this.#give();
    }
  }

  /** The digest of all contents. Call it once. */
  async digest(): Promise<Digest> {
    await this.#give();
    while (this.#jobs.length > 0) await this.#take();
    return this.#content.digest();
  }

  async #give(): Promise<void> {
    const job = this.#runner.run("hash", { reads: this.#reads });
    job.catch(() => {}); // it is seen when its turn comes
    this.#jobs.push(job);
    this.#reads = [];
    this.#bytes = 0;
    if (this.#jobs.length >= this.#ahead) await this.#take();
  }

  async #take(): Promise<void> {
    this.#content.add(await this.#jobs.shift()!);
  }
}
