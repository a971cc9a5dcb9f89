/**
 * Content that an update needs and that is on the disk already: under another name, or elsewhere in a file that has
 * changed. What is found is a claim until its bytes were checked as they are taken.
 *
 * @module
 */

import { hexOf } from "../../digest.ts";
import type { Pace } from "../../system/pace.ts";
import { nextTurn } from "../../system/runtime.ts";
import { type ChunkRule, chunkRuleOf, WHOLE_FILE_BYTES } from "../chunking/chunk_rule.ts";
import type { Expected, Finding } from "../compare/finding.ts";
import { knownParts } from "../compare/expected.ts";
import type { SharedRunner } from "../job_runner.ts";
import {
  type Cuts,
  type DigestedFile,
  type DigestInput,
  digestJob,
  type FileToDigest,
} from "./digest_job.ts";
import type { NeededFile } from "./update_work.ts";

/** Where bytes are on the disk. */
export interface LocalPlace {
  /** The file, below the destination. */
  path: string;
  /** Where in it they begin. */
  at: number;
}

/** Looks into files in other threads. */
export interface DigestThreads extends SharedRunner<"digest", DigestInput, DigestedFile[]> {
  /** How many there are. */
  readonly threads: number;
}

/** Chunks that are looked for, at the most: what bounds memory. */
const MAX_NEEDED = 200_000;
/** Bytes that are looked into for each that is needed: to hash them takes less time than to fetch one. */
const MAX_READ_RATIO = 8;
/** Bytes that are looked into whatever is needed. */
const FREE_READ_BYTES = 64 * 1024 * 1024;
/** Bytes, and files, in a job. */
const JOB_BYTES = 4 * 1024 * 1024;
const JOB_FILES = 128;
const HEX = 64;

/** What is looked into, and by whom. */
export interface SourceOptions {
  /** How the system is told the destination; it is held. */
  root: string;
  threads: DigestThreads | undefined;
  pace: Pace;
}

/** The chunks that are needed, and where they are. */
export class LocalSources {
  readonly #places = new Map<string, LocalPlace | undefined>();
  readonly #sizes = new Set<number>();
  /** Files that are cut by content, and files that are not, whose content is needed. */
  readonly #rules = new Map<number, ChunkRule>();
  readonly #layouts = new Map<number, number[]>();
  #bytes = 0;
  /** Chunks that were found nowhere yet. */
  #left = 0;

  /** @param files whose content is needed */
  constructor(files: readonly NeededFile[]) {
    for (const file of files) {
      if (file.content.kind === "spool") continue;
      const { sizes, hexes } = knownParts(file);
      const right = new Set(file.right);
      for (const [i, size] of sizes.entries()) {
        if (!right.has(i)) this.#need(hexes.slice(i * HEX, (i + 1) * HEX), size);
      }
      this.#noteCuts(file.entry.size, sizes);
    }
    for (const file of files) {
      if (file.right.length === 0) continue;
      const { sizes, hexes } = knownParts(file);
      const right = new Set(file.right);
      let at = 0;
      for (const [i, size] of sizes.entries()) {
        const hex = hexes.slice(i * HEX, (i + 1) * HEX);
        if (right.has(i)) this.#offer(hex, { path: file.entry.path, at });
        at += size;
      }
    }
  }

  /** Where a chunk is; nothing where it has to be fetched. */
  get(hex: string): LocalPlace | undefined {
    return this.#places.get(hex);
  }

  /**
   * Looks at files that are right: what they hold is known.
   *
   * @param files those
   */
  async lookAtRight(files: Iterable<Expected>, pace: Pace): Promise<void> {
    for (const expected of files) {
      if (this.#left === 0) return;
      if (pace.due()) await pace.breathe();
      const { content, entry: { path } } = expected;
      if (content?.kind === "layer" && this.#sizes.has(content.layer.size)) {
        this.#offer(hexOf(content.layer.digest), { path, at: 0 });
      }
      if (content?.kind !== "table") continue;
      const { columns, first, chunkCount } = content.row;
      for (let i = first; i < first + chunkCount; i++) {
        if (!this.#sizes.has(columns.size(i))) continue;
        this.#offer(hexOf(columns.digest(i)), { path, at: columns.at(i) });
      }
    }
  }

  /**
   * Looks into files that are not right, or are nothing of the image's: as many as are worth it.
   *
   * @param findings of the comparison
   * @throws {BlobberError} `interrupted`
   */
  async lookInto(findings: readonly Finding[], options: SourceOptions): Promise<void> {
    if (this.#left === 0) return;
    let room = FREE_READ_BYTES + MAX_READ_RATIO * this.#bytes;
    let batch: FileToDigest[] = [];
    let bytes = 0;
    const jobs = new Set<Promise<void>>();
    const failures: unknown[] = [];
    const give = async () => {
      const files = batch;
      batch = [];
      bytes = 0;
      if (files.length === 0) return;
      const input = { root: options.root, files };
      const { threads } = options;
      if (threads !== undefined && threads.threads > 0 && threads.hasRoom) {
        const job = threads.run("digest", input)
          .then((found) => this.#take(files, found), (error) => void failures.push(error))
          .finally(() => jobs.delete(job));
        jobs.add(job);
        return;
      }
      this.#take(files, digestJob(input));
      await nextTurn();
      await options.pace.breathe();
    };
    for (const file of this.#candidates(findings)) {
      if (options.pace.due()) await options.pace.breathe();
      const cost = file.size * file.cuts.length;
      if (cost > room) continue;
      room -= cost;
      batch.push(file);
      bytes += cost;
      if (bytes >= JOB_BYTES || batch.length >= JOB_FILES) await give();
    }
    await give();
    await Promise.all(jobs);
    if (failures.length > 0) throw failures[0];
  }

  #need(hex: string, size: number): void {
    if (this.#places.has(hex) || this.#left >= MAX_NEEDED) return;
    this.#places.set(hex, undefined);
    this.#sizes.add(size);
    this.#bytes += size;
    this.#left++;
  }

  #offer(hex: string, place: LocalPlace): void {
    if (!this.#places.has(hex) || this.#places.get(hex) !== undefined) return;
    this.#places.set(hex, place);
    this.#left--;
  }

  /** Notes how a file is cut whose content is needed: another that holds some of it is cut in the same way. */
  #noteCuts(size: number, sizes: number[]): void {
    const rule = chunkRuleOf(size);
    const isByRule = rule !== undefined && sizes.length > 1 &&
      sizes.slice(0, -1).every((one) => one >= rule.smallest && one <= rule.largest);
    if (isByRule) this.#rules.set(rule.average, rule);
    else if (sizes.length > 1) this.#layouts.set(size, sizes);
  }

  /** Files that may hold what is needed: those that changed first, then those that are in the directory alone. */
  *#candidates(findings: readonly Finding[]): Generator<FileToDigest, void> {
    const extra = (finding: Finding) => finding.kind === "extra";
    for (const some of [findings.filter((one) => !extra(one)), findings.filter(extra)]) {
      for (const finding of some) {
        if (finding.kind === "missing" || finding.found.type !== "file") continue;
        const { path, found: { size } } = finding;
        const cuts = this.#cutsFor(size);
        if (cuts.length > 0) yield { path, size, cuts };
      }
    }
  }

  #cutsFor(size: number): Cuts[] {
    const cuts: Cuts[] = [];
    if (size === 0) return cuts;
    if (this.#sizes.has(size)) cuts.push({ sizes: [size] });
    const layout = this.#layouts.get(size);
    if (layout !== undefined) cuts.push({ sizes: layout });
    if (size > WHOLE_FILE_BYTES / 8) {
      for (const rule of this.#rules.values()) {
        cuts.push({ rule });
      }
    }
    return cuts;
  }

  #take(files: readonly FileToDigest[], found: readonly DigestedFile[]): void {
    for (const [i, { path }] of files.entries()) {
      const { places, hexes } = found[i]!;
      for (let chunk = 0; 2 * chunk < places.length; chunk++) {
        this.#offer(hexes.slice(chunk * HEX, (chunk + 1) * HEX), { path, at: places[2 * chunk]! });
      }
    }
  }
}
