/**
 * A digest of the contents of all files of a tree, of the digests of whole files: packing them makes these, and
 * so gives it for nothing.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { type Digest, Digester } from "../../digest.ts";
import type { Pace } from "../../system/pace.ts";
import { BATCH_BYTES } from "./batch.ts";
import { type HashInput, hashSteps } from "./hash_job.ts";
import type { JobRunner } from "../job_runner.ts";
import type { FileRead } from "../input/source_file.ts";
import type { WalkedEntry } from "../input/walk.ts";

/** Bytes after which a job is done: a few milliseconds of work. */
const JOB_BYTES = 4 * BATCH_BYTES;
/** The same, in files. */
const JOB_READS = 128;
/** What opening a file costs, in bytes to hash. */
const READ_COST = 24 * 1024;
/** Work, in bytes to hash, that is over before threads would have begun. */
const THREADS_WORTH = 64 * 1024 * 1024;
/** Jobs that are done or under way before the first of them is waited for. */
const MAX_WAITING = 256;

const encoder = new TextEncoder();

/** Hashes parts of files in other threads. */
type HashRunner = JobRunner<"hash", HashInput, string>;

/** Characters of digests that are hashed together: a call for each would cost more than hashing it. */
const MUCH_TEXT = 64 * 1024;

/** Takes the digests of files with content, in the order of the archive. */
export class ContentDigest {
  readonly #digester = new Digester();
  #text = "";

  /** @param digests 64 hexadecimal digits each */
  add(digests: string): void {
    this.#text += digests;
    if (this.#text.length >= MUCH_TEXT) this.#flush();
  }

  /** The digest of all that was added. Call it once. */
  digest(): Digest {
    this.#flush();
    return this.#digester.digest();
  }

  #flush(): void {
    this.#digester.update(encoder.encode(this.#text));
    this.#text = "";
  }
}

/**
 * Reads the files of a tree and hashes them: on this thread, and in others when it is much. Hashing is so
 * cheap that starting a thread takes as long as 100 MB of it.
 */
export class ContentHasher {
  readonly #pace: Pace;
  readonly #helpers: HashRunner;
  readonly #slots: number;
  readonly #content = new ContentDigest();
  readonly #jobs: Promise<string>[] = [];
  #away = 0;
  #reads: FileRead[] = [];
  #bytes = 0;
  #cost = 0;

  /**
   * @param pace stops the work
   * @param helpers hash in other threads
   * @param slots jobs that they may have at a time; 0 for none
   */
  constructor(pace: Pace, helpers: HashRunner, slots: number) {
    this.#pace = pace;
    this.#helpers = helpers;
    this.#slots = slots;
  }

  /**
   * Adds an entry; what has no content is passed over.
   *
   * @throws {BlobberError} `source-changed`, `file-system`, for this entry or one before it
   */
  async add({ size, file, stat: stamp }: WalkedEntry): Promise<void> {
    if (size === 0) return;
    this.#reads.push({ file, stamp, from: 0, size, at: 0 });
    this.#bytes += size;
    if (this.#bytes >= JOB_BYTES || this.#reads.length >= JOB_READS) await this.#give();
  }

  /** The digest of all contents. Call it once. */
  async digest(): Promise<Digest> {
    await this.#give();
    while (this.#jobs.length > 0) await this.#take();
    return this.#content.digest();
  }

  async #give(): Promise<void> {
    this.#pace.check();
    const input: HashInput = { reads: this.#reads };
    this.#cost += this.#bytes + this.#reads.length * READ_COST;
    this.#reads = [];
    this.#bytes = 0;
    if (this.#cost > THREADS_WORTH && this.#away < this.#slots) {
      this.#away++;
      const job = this.#helpers.run("hash", input).finally(() => this.#away--);
      job.catch(() => {}); // it is seen when its turn comes
      this.#jobs.push(job);
      return;
    }
    const steps = hashSteps(input);
    let step = steps.next();
    for (; !step.done; step = steps.next()) await this.#pace.breathe();
    this.#jobs.push(Promise.resolve(step.value));
    // What the helpers answer is to be heard, and them given more.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#jobs.length > MAX_WAITING) await this.#take();
  }

  async #take(): Promise<void> {
    this.#content.add(await this.#jobs.shift()!);
  }
}
