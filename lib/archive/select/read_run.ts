/**
 * Reads the files of a run out of a layer: each member is fetched and inflated once, up to the last chunk that
 * is wanted of it, each chunk is checked before it is handed out, and a whole file before its last chunk is.
 *
 * @module
 */

import { Digester } from "../../digest.ts";
import { isBlobberError } from "../../errors.ts";
import type { CallOptions, Source } from "../../store.ts";
import type { Growth } from "../growth.ts";
import { checkChunk, checkWhole, damage, indexAfter } from "../read/chunk_stream.ts";
import { memberChunks } from "../read/member_chunks.ts";
import { RunReader } from "../read/run_reader.ts";
import type { LayerEnd } from "../table/layer_table.ts";
import type { Row } from "../table/table.ts";
import { chunksOf, type Run } from "./chunk_runs.ts";

/** How to read a run. */
export interface ReadRunOptions extends CallOptions {
  /** Counts what the bytes become. */
  growth: Growth;
  /** Called with the number of bytes of the layer that came since the last call. */
  onBytes?: ((count: number) => void) | undefined;
}

/** Checked bytes of a file, valid until the next ones are asked for. */
export interface RunPart<T> {
  file: T;
  /** Where in the file they begin. */
  at: number;
  bytes: Uint8Array<ArrayBuffer>;
  /** Whether the file ends with them. */
  last: boolean;
}

/** A chunk that is wanted. */
interface Wanted<T> {
  file: T;
  row: Row;
  /** Which of the table's chunks. */
  index: number;
  /** Whether all chunks of the file are wanted, so that it is checked as a whole too. */
  isWhole: boolean;
}

/**
 * The files of a run, a chunk at a time, in the run's order.
 *
 * @param source where the layer is
 * @param layer the layer
 * @param run what is read of it
 * @throws {BlobberError} `integrity`, before a byte of the chunk that is wrong; `limit`, and what the source
 * throws
 */
export async function* readRun<T>(
  source: Source,
  layer: LayerEnd,
  run: Run<T>,
  { growth, onBytes, signal }: ReadRunOptions,
): AsyncGenerator<RunPart<T>, void> {
  const chunks = chunksIn(run);
  // Memory that every member took anew would come back long after it was read.
  const memory = { bytes: new Uint8Array(0) };
  const how = { signal, format: layer.footer.format, memory };
  let whole: Digester | undefined;
  try {
    for (let next = 0; next < chunks.length;) {
      const from = memberOf(chunks[next]!);
      for (let again = false;; again = true) {
        const bytes = new RunReader(source, layer, { ...run, start: from }, {
          signal,
          onBytes,
        });
        let checking = true;
        try {
          while (next < chunks.length) {
            const wanted = together(chunks, next);
            const { row, index: first } = wanted[0]!;
            const { columns } = row;
            const last = wanted.at(-1)!.index + 1;
            const { start, end } = extent(layer, run, wanted[0]!);
            const inSteps = run.likelyEnd !== undefined && end > run.likelyEnd;
            const member = { start, end, first, last, inSteps };
            growth.receive(member.end - member.start);
            growth.make(columns.innerEnd(last - 1));
            let index = first;
            for await (const part of memberChunks(bytes, member, columns, how)) {
              const { file, row, index: expected, isWhole } = chunks[next]!;
              const isOwn = part.buffer !== memory.bytes.buffer;
              if (index++ !== expected) { // a file that was not selected
                if (isOwn) part.buffer.transfer(0);
                continue;
              }
              await checkChunk(row, expected, part, true);
              const ends = expected + 1 === row.first + row.chunkCount;
              if (isWhole && row.digest !== undefined && row.chunkCount > 1) {
                if (expected === row.first) whole = new Digester();
                whole!.update(part);
                if (ends) checkWhole(row, whole!);
              }
              checking = false;
              next++;
              yield { file, at: columns.at(expected), bytes: part, last: ends };
              checking = true;
              if (isOwn) part.buffer.transfer(0);
            }
          }
          break;
        } catch (cause) {
          const error = damage(layer, cause);
          // A cache may hold what a registry once sent; whether it was right is known only here.
          const damaged = checking && isBlobberError(error, "integrity", "limit");
          if (!damaged || !source.forget?.(layer.layer, run) || again) throw error;
        } finally {
          await bytes.cancel();
        }
      }
    }
  } finally {
    if (memory.bytes.byteLength > 0) memory.bytes.buffer.transfer(0);
  }
}

function chunksIn<T>({ files }: Run<T>): Wanted<T>[] {
  return files.flatMap((wanted) => {
    const { file, located: { row } } = wanted;
    const { from, to } = chunksOf(wanted);
    const isWhole = to - from === row.chunkCount;
    return Array.from({ length: to - from }, (_, i) => ({ file, row, index: from + i, isWhole }));
  });
}

function memberOf({ row, index }: Wanted<unknown>): number {
  return row.columns.member(index);
}

/** The chunks from one on that are in its member. */
function together<T>(chunks: readonly Wanted<T>[], from: number): Wanted<T>[] {
  const start = memberOf(chunks[from]!);
  let to = from + 1;
  while (to < chunks.length && memberOf(chunks[to]!) === start) to++;
  return chunks.slice(from, to);
}

function extent<T>(
  { footer }: LayerEnd,
  { files }: Run<T>,
  chunk: Wanted<T>,
): { start: number; end: number } {
  const { members } = files[0]!.located;
  const start = memberOf(chunk);
  return { start, end: members[indexAfter(members, start)] ?? footer.contentEnd };
}
