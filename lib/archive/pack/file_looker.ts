/**
 * Hands files out to be looked at: to this thread, and to others when it is much.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { Pace } from "../../system/pace.ts";
import type { KeyGuard } from "../input/private_keys.ts";
import type { JobRunner } from "../job_runner.ts";
import { BATCH_BYTES } from "./batch.ts";
import { type LookedFile, type LookInput, lookJob, type LookOutput } from "./look_job.ts";

/** Bytes after which a job is done: a few milliseconds of work. */
const JOB_BYTES = 4 * BATCH_BYTES;
/** The same, in files. */
const JOB_FILES = 128;
/** Jobs that are done or under way before the first of them is waited for. */
const MAX_WAITING = 8;

/** Looks at files in other threads. */
type LookRunner = JobRunner<"look", LookInput, LookOutput>;

/** What is told of a file: its digest in hexadecimal, whether it is cut as was said, and which secret it holds. */
export interface FileFound {
  hex: string;
  isCutSo: boolean;
  secret?: string | undefined;
}

/** Who looks, and how. */
export interface FileLookerOptions {
  /** Stops the work. */
  pace: Pace;
  /** Look in other threads. */
  helpers: LookRunner;
  /** Jobs that these may have at a time; 0 for none. */
  slots: number;
  /** Which private keys may be in files. Without it no secret is looked for. @default any */
  keys?: KeyGuard | undefined;
}

/** Looks at files one after the other, and tells of each in their order. */
export class FileLooker<T> {
  readonly #options: FileLookerOptions;
  readonly #take: (of: T, found: FileFound) => void;
  readonly #jobs: { of: T[]; output: Promise<LookOutput> }[] = [];
  #files: LookedFile[] = [];
  #of: T[] = [];
  #bytes = 0;
  #away = 0;

  /**
   * @param options who looks
   * @param take is told of each file
   */
  constructor(options: FileLookerOptions, take: (of: T, found: FileFound) => void) {
    this.#options = options;
    this.#take = take;
  }

  /**
   * Adds a file.
   *
   * @param of what the answer is to be told with
   * @throws {BlobberError} `source-changed`, `file-system`, `private-key`, for this file or one before it
   */
  async add(of: T, file: LookedFile): Promise<void> {
    this.#files.push(file);
    this.#of.push(of);
    this.#bytes += file.stamp.size;
    if (this.#bytes >= JOB_BYTES || this.#files.length >= JOB_FILES) await this.#give();
  }

  /** Waits until all files were looked at. */
  async end(): Promise<void> {
    await this.#give();
    while (this.#jobs.length > 0) await this.#next();
  }

  async #give(): Promise<void> {
    const { pace, helpers, slots, keys } = this.#options;
    pace.check();
    if (this.#files.length === 0) return;
    const files = JSON.stringify(this.#files);
    const input: LookInput = { files, ...(keys !== undefined && { keys }) };
    const of = this.#of;
    this.#files = [];
    this.#of = [];
    this.#bytes = 0;
    if (this.#away < slots) {
      this.#away++;
      const output = helpers.run("look", input).finally(() => this.#away--);
      output.catch(() => {}); // it is seen when its turn comes
      this.#jobs.push({ of, output });
    } else {
      this.#jobs.push({ of, output: Promise.resolve(lookJob(input)) });
      // What the helpers answer is to be heard, and them given more.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    while (this.#jobs.length > MAX_WAITING) await this.#next();
  }

  async #next(): Promise<void> {
    const { of, output } = this.#jobs.shift()!;
    const { digests, other, secrets } = await output;
    const cutElsewhere = new Set(other);
    const kinds = new Map(secrets.map(({ file, kind }) => [file, kind]));
    for (const [i, one] of of.entries()) {
      this.#take(one, {
        hex: digests.slice(64 * i, 64 * i + 64),
        isCutSo: !cutElsewhere.has(i),
        secret: kinds.get(i),
      });
    }
  }
}
