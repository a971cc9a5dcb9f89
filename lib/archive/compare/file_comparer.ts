/**
 * Hands files to those who compare them, many small ones at a time and large ones in parts: to threads, and to
 * this thread while they have enough.
 *
 * @module
 */

import type { Pace } from "../../system/pace.ts";
import { nextTurn } from "../../system/runtime.ts";
import type { SharedRunner } from "../job_runner.ts";
import { type CompareInput, compareJob } from "./compare_job.ts";
import {
  ComparedPartsWriter,
  type PartFound,
  type PartsFound,
  partsFoundOf,
  type TrustedStamp,
} from "./compare_parts.ts";
import type { KnownParts } from "./expected.ts";

/** Bytes after which a job is full: a few milliseconds of work. */
const JOB_BYTES = 4 * 1024 * 1024;
/** The same, in files. */
const JOB_FILES = 128;
/** What looking at a file, and opening it, costs in bytes to hash. */
const FILE_COST = 24 * 1024;
/** Work, in bytes to hash, from which threads are worth their start. */
const THREADS_WORTH = 64 * 1024 * 1024;

/** Compares in other threads. */
export interface CompareThreads extends SharedRunner<"compare", CompareInput, PartsFound> {
  /** Opens the threads ahead of the first job. */
  start(job: "compare"): void;
  /** How many there are. */
  readonly threads: number;
}

/** A file that is compared, with what it is to its caller. */
export interface FileToCompare<T> extends KnownParts {
  file: T;
  path: string;
  size: number;
  trusted?: TrustedStamp | undefined;
}

/** How files are compared, and who is told. */
export interface FileComparerOptions<T> {
  /** How the system is told the directory that they are below. */
  root: string;
  /** Whether chunks are compared of a file that has another size, too. */
  anySize: boolean;
  threads: CompareThreads | undefined;
  pace: Pace;
  /** Called once for each file, in no order. */
  onFile(file: T, found: PartFound): void;
  /** Called with bytes that were compared. */
  onBytes(bytes: number): void;
}

/** A part in a job, and whose it is. */
interface Sent<T> {
  file: T;
  /** Which of the file's chunks is the part's first, and how many it has. */
  firstChunk: number;
  chunks: number;
  bytes: number;
  merged: Merged | undefined;
}

/** What was found of the parts of one large file. */
interface Merged {
  left: number;
  found: PartFound | undefined;
}

/** Compares files as they are added. */
export class FileComparer<T> {
  readonly #options: FileComparerOptions<T>;
  readonly #jobs = new Set<Promise<void>>();
  #parts = new ComparedPartsWriter();
  #sent: Sent<T>[] = [];
  #bytes = 0;
  #failure: { error: unknown } | undefined;

  constructor(options: FileComparerOptions<T>) {
    this.#options = options;
  }

  /**
   * Opens threads where they are worth it.
   *
   * @param work how much there is to compare
   */
  static start(threads: CompareThreads | undefined, work: { files: number; bytes: number }): void {
    if (work.bytes + work.files * FILE_COST > THREADS_WORTH) threads?.start("compare");
  }

  /** Adds a file. */
  async add(whole: FileToCompare<T>): Promise<void> {
    const { file, size, sizes } = whole;
    if (size <= JOB_BYTES) {
      const sent = { file, firstChunk: 0, chunks: sizes.length, bytes: size, merged: undefined };
      const giving = this.#add(whole, { from: 0, sizes, hexes: whole.hexes }, sent);
      if (giving !== undefined) await giving;
      return;
    }
    const merged: Merged = { left: 0, found: undefined };
    const parts = [...partsOf(whole)];
    merged.left = parts.length;
    for (const part of parts) {
      const { firstChunk, bytes } = part;
      const sent = { file, firstChunk, chunks: part.sizes.length, bytes, merged };
      await this.#add(whole, part, sent);
    }
  }

  /** Waits until every file was compared. */
  async end(): Promise<void> {
    await this.#give();
    await Promise.all(this.#jobs);
    this.#check();
  }

  /** Drops what has not begun. */
  async giveUp(): Promise<void> {
    await this.#options.threads?.giveUp();
    await Promise.all(this.#jobs);
  }

  /** @returns what to wait for, where a job is full */
  #add(
    { path, size: fileSize, trusted }: FileToCompare<T>,
    part: KnownParts & { from: number },
    sent: Sent<T>,
  ): Promise<void> | undefined {
    this.#parts.add({ path, fileSize, trusted }, part);
    this.#sent.push(sent);
    this.#bytes += sent.bytes;
    const isFull = this.#bytes >= JOB_BYTES || this.#sent.length >= JOB_FILES;
    return isFull ? this.#give() : undefined;
  }

  async #give(): Promise<void> {
    if (this.#sent.length === 0) return;
    const { root, anySize, threads, pace } = this.#options;
    const [sent, input] = [this.#sent, { root, anySize, parts: this.#parts.parts() }];
    this.#parts = new ComparedPartsWriter();
    this.#sent = [];
    this.#bytes = 0;
    this.#check();
    if (threads !== undefined && threads.threads > 0 && threads.hasRoom) {
      const job = threads.run("compare", input)
        .then((found) => this.#take(sent, found))
        .catch((error) => void (this.#failure ??= { error }))
        .finally(() => this.#jobs.delete(job));
      this.#jobs.add(job);
      return;
    }
    this.#take(sent, compareJob(input));
    if (this.#jobs.size > 0) await nextTurn(); // the others are to be heard, and given more
    await pace.breathe();
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #take(sent: readonly Sent<T>[], parts: PartsFound): void {
    const { onFile, onBytes } = this.#options;
    let next = 0;
    for (const found of partsFoundOf(parts)) {
      const { file, firstChunk, chunks, bytes, merged } = sent[next++]!;
      onBytes(bytes);
      if (merged === undefined) {
        onFile(file, found);
        continue;
      }
      const right = found.verdict === "same"
        ? Array.from({ length: chunks }, (_, i) => i)
        : found.right;
      found.right = right.map((chunk) => firstChunk + chunk);
      merged.found = merge(merged.found, found);
      if (--merged.left === 0) onFile(file, merged.found);
    }
  }
}

/** The parts of a large file: as many chunks as fill a job, or one that is larger. */
function* partsOf({ sizes, hexes }: KnownParts): Generator<
  KnownParts & { from: number; firstChunk: number; bytes: number },
  void
> {
  let from = 0;
  for (let first = 0; first < sizes.length;) {
    let [end, bytes] = [first, 0];
    do bytes += sizes[end++]!; while (end < sizes.length && bytes + sizes[end]! <= JOB_BYTES);
    const part = { sizes: sizes.slice(first, end), hexes: hexes.slice(first * 64, end * 64) };
    yield { ...part, from, firstChunk: first, bytes };
    from += bytes;
    first = end;
  }
}

/** Two parts of one file: it is the same when both are. */
function merge(a: PartFound | undefined, b: PartFound): PartFound {
  if (a === undefined) return b;
  const right = [...a.right, ...b.right].sort((one, other) => one - other);
  const isNoFile = ({ verdict }: PartFound) => verdict !== "same" && verdict !== "content";
  const worse = isNoFile(a) ? a : isNoFile(b) ? b : a.verdict === "same" ? b : a;
  return { ...worse, right };
}
