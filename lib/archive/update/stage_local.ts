/**
 * Copies chunks that are on the disk into files of a staging directory. Each is checked against its digest while it
 * is copied; one that is no longer what it was is fetched after all.
 *
 * @module
 */

import { hash } from "node:crypto";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { Digester, hexOf } from "../../digest.ts";
import type { Pace } from "../../system/pace.ts";
import { beginParts, finishParts, StagedFile, writePart } from "../destination/staged_file.ts";
import type { Staging } from "../destination/staging.ts";
import type { BegunFiles } from "../select/unpack_selection.ts";
import type { LocalChunk, LocalFile } from "./update_plan.ts";
import type { NeededFile } from "./update_work.ts";

/** Bytes that are copied at once. */
const PIECE = 1024 * 1024;
/** Permission bits before the umask of a file whose layer states none. */
const UNSTATED_MODE = 0o666;

// NOFOLLOW: content is taken from files, and not from what a link leads to. NONBLOCK: a pipe must not hang the read.
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Where chunks are copied, and who is told. */
export interface StageLocalOptions {
  staging: Staging;
  /** How the system is told the destination, which is held. */
  root: string;
  pace: Pace;
  /** Called with the number of files finished since the last call. */
  onFiles(count: number): void;
}

/** What was copied. */
export interface StagedLocally {
  /** Files of which chunks are still to come. */
  begun: BegunFiles;
  /** Chunks that could not be copied, by their files. */
  missing: Map<NeededFile, LocalChunk[]>;
}

/**
 * Copies chunks.
 *
 * @param files whose chunks are on the disk; their directories are in the staging directory
 * @throws {BlobberError} `file-system`, `conflict`, `interrupted`
 */
export async function stageLocal(
  files: readonly LocalFile[],
  options: StageLocalOptions,
): Promise<StagedLocally> {
  const staged: StagedLocally = { begun: new Map(), missing: new Map() };
  const reader = new LocalReader(options.root);
  const memory = new Uint8Array(PIECE);
  try {
    for (const one of files) {
      await options.pace.breathe();
      if (isWholeInOnePiece(one)) copyWhole(one, { reader, memory, staged, options });
      else await copyParts(one, { reader, memory, staged, options });
    }
  } finally {
    reader.close();
  }
  return staged;
}

interface Copying {
  reader: LocalReader;
  memory: Uint8Array;
  staged: StagedLocally;
  options: StageLocalOptions;
}

function isWholeInOnePiece({ file, chunks }: LocalFile): boolean {
  return chunks.length === 1 && chunkCount(file) === 1 && chunks[0]!.size <= PIECE;
}

function chunkCount({ content }: NeededFile): number {
  return content.kind === "table" ? content.row.chunkCount : 1;
}

/** A file that is one small chunk: made only when its bytes are right. */
function copyWhole(
  { file, chunks: [chunk] }: LocalFile,
  { reader, memory, staged, options }: Copying,
): void {
  const bytes = memory.subarray(0, chunk!.size);
  if (!reader.readChecked(chunk!, bytes)) return void missed(staged, file, chunk!);
  const isStated = file.content.kind !== "layer";
  const made = new StagedFile(
    options.staging,
    isStated ? file.entry : { ...file.entry, mode: UNSTATED_MODE },
  );
  try {
    made.write(bytes);
    if (isStated) made.finish();
  } finally {
    made.close();
  }
  options.onFiles(1);
}

async function copyParts({ file, chunks }: LocalFile, copying: Copying): Promise<void> {
  const { reader, memory, staged, options } = copying;
  const { staging, pace, onFiles } = options;
  const { path } = file.entry;
  if (file.content.kind === "layer") return await copyLayer({ file, chunks }, copying);
  beginParts(staging, path);
  let left = chunkCount(file);
  for (const chunk of chunks) {
    await pace.breathe();
    const write = (at: number, bytes: Uint8Array) => writePart(staging, { path, at }, bytes);
    const isRight = chunk.size <= PIECE
      ? reader.readChecked(chunk, memory.subarray(0, chunk.size)) &&
        (write(chunk.at, memory.subarray(0, chunk.size)), true)
      : await copyLarge(chunk, { reader, memory, pace, write });
    if (isRight) left--;
    else missed(staged, file, chunk);
  }
  if (left > 0) return void staged.begun.set(file, left);
  finishParts(staging, file.entry);
  onFiles(1);
}

/** A layer that is a file, which has no parts: where it is not right it must not be there when it is fetched. */
async function copyLayer({ file, chunks: [chunk] }: LocalFile, copying: Copying): Promise<void> {
  const { reader, memory, staged, options } = copying;
  const { pace, staging } = options;
  const nothing = () => {};
  if (!await copyLarge(chunk!, { reader, memory, pace, write: nothing })) {
    return void missed(staged, file, chunk!);
  }
  const made = new StagedFile(staging, { ...file.entry, mode: UNSTATED_MODE });
  try {
    const write = (_at: number, bytes: Uint8Array) => made.write(bytes);
    if (!await copyLarge(chunk!, { reader, memory, pace, write })) {
      made.close();
      staging.remove(file.entry.path);
      return void missed(staged, file, chunk!);
    }
  } finally {
    made.close();
  }
  options.onFiles(1);
}

/** @returns whether the bytes that were written are right */
async function copyLarge(
  chunk: LocalChunk,
  { reader, memory, pace, write }: Pick<Copying, "reader" | "memory"> & {
    pace: Pace;
    write(at: number, bytes: Uint8Array): void;
  },
): Promise<boolean> {
  const digester = new Digester();
  for (let done = 0; done < chunk.size;) {
    await pace.breathe();
    const bytes = memory.subarray(0, Math.min(PIECE, chunk.size - done));
    if (!reader.read(chunk.from.path, chunk.from.at + done, bytes)) return false;
    digester.update(bytes);
    write(chunk.at + done, bytes);
    done += bytes.length;
  }
  return hexOf(digester.digest()) === chunk.hex;
}

function missed({ missing }: StagedLocally, file: NeededFile, chunk: LocalChunk): void {
  const known = missing.get(file);
  if (known === undefined) missing.set(file, [chunk]);
  else known.push(chunk);
}

/** Reads files below a directory; the last one stays open. */
class LocalReader {
  readonly #root: string;
  #open: { path: string; fd: number } | undefined;

  constructor(root: string) {
    this.#root = root;
  }

  /** Fills memory with a chunk, and says whether it has its digest. */
  readChecked({ from, hex }: LocalChunk, into: Uint8Array): boolean {
    return this.read(from.path, from.at, into) && hash("sha256", into, "hex") === hex;
  }

  /** Fills memory with bytes of a file, and says whether they were there. */
  read(path: string, position: number, into: Uint8Array): boolean {
    try {
      if (this.#open?.path !== path) {
        this.close();
        this.#open = { path, fd: openSync(`${this.#root}/${path}`, FLAGS) };
      }
      for (let at = 0; at < into.length;) {
        const n = readSync(this.#open.fd, into, at, into.length - at, position + at);
        if (n === 0) return false;
        at += n;
      }
      return true;
    } catch { // it is gone, or not for us: it is fetched
      return false;
    }
  }

  close(): void {
    if (this.#open !== undefined) closeSync(this.#open.fd);
    this.#open = undefined;
  }
}
