/**
 * Reads one file, or a part of it, out of a layer by its table: one Range for each run of members, each chunk
 * checked before a byte of it is handed out, and a whole file before its last chunk is.
 *
 * Time is in proportion to the chunks that are wanted and what stands before them in their members, which has
 * a limit; memory to one chunk.
 *
 * @module
 */

import { checkDigest } from "../../checked_content.ts";
import { computeDigest, Digester, digestOf } from "../../digest.ts";
import { BlobberError, isBlobberError } from "../../errors.ts";
import { MAX_PASSED_BYTES } from "../../limits.ts";
import { quote } from "../../text/printable.ts";
import type { ByteRange, CallOptions } from "../../store.ts";
import type { LayerEnd } from "../table/layer_table.ts";
import { type Member, memberChunks } from "./member_chunks.ts";
import type { ContentSource } from "./content.ts";
import { RunReader } from "./run_reader.ts";
import type { Located, Row } from "../table/table.ts";

/**
 * Bytes between two members that are fetched along rather than asked around for: in the time of a request so
 * many come at least.
 */
export const MAX_GAP: number = 64 * 1024;
/** Bytes of a chunk from which the web's call, which takes another thread, hashes it sooner than Node's. */
const WORTH_A_THREAD = 64 * 1024;

/** How to read a file. */
export interface ChunkOptions extends CallOptions {
  /** Which of its bytes, none beyond its end. @default all */
  range?: ByteRange | undefined;
}

/**
 * The checked bytes of a file, a chunk at a time; of the first and the last chunk only what is in the range.
 *
 * @param source where the layer is
 * @param layer the layer
 * @param located the file's row in its table
 * @throws {BlobberError} `integrity`, before a byte of the chunk that is wrong; `limit`
 */
export async function* readChunks(
  source: ContentSource,
  layer: LayerEnd,
  { row, members }: Located,
  { range = { start: 0, end: row.entry.size }, signal }: ChunkOptions = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if (range.start >= range.end) return;
  const { columns, chunkCount } = row;
  const { first, last } = chunksIn(row, range);
  const isWhole = row.digest !== undefined && chunkCount > 1 && last - first === chunkCount;
  const whole = isWhole ? new Digester() : undefined;
  const how = { signal, format: layer.footer.format };
  const found = new Members(row, last, { starts: members, contentEnd: layer.footer.contentEnd });
  found.checkPassed(first);
  for (let next = first; next < last;) {
    const run = found.run(next);
    for (let again = false;; again = true) {
      const bytes = new RunReader(source, layer, run, { signal });
      let checking = true;
      try {
        while (next < run.last) {
          const member = found.member(next);
          for await (const part of memberChunks(bytes, member, columns, how)) {
            await checkChunk(row, next, part);
            whole?.update(part);
            checking = false;
            const at = columns.at(next);
            if (++next === last && whole !== undefined) checkWhole(row, whole);
            yield part.subarray(Math.max(0, range.start - at), range.end - at);
            checking = true;
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
}

/**
 * Where in a layer the members are that hold a file: from the first to the last.
 *
 * @returns nothing for an empty file
 */
export function spanOf(layer: LayerEnd, { row, members }: Located): ByteRange | undefined {
  const { first, chunkCount } = row;
  if (row.entry.size === 0 || chunkCount === 0) return undefined;
  const last = first + chunkCount;
  const found = new Members(row, last, { starts: members, contentEnd: layer.footer.contentEnd });
  return { start: found.member(first).start, end: found.member(last - 1).end };
}

/** The chunks that hold a range of a file, which has at least one byte: the first, and one behind the last. */
function chunksIn({ columns, first, chunkCount }: Row, { start, end }: ByteRange) {
  /** The first chunk of the file that begins at or behind a place, or one behind its last. */
  const beginning = (place: number) => {
    let [low, high] = [first, first + chunkCount];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (columns.at(middle) < place) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return { first: beginning(start + 1) - 1, last: beginning(end) };
}

/** The members that hold chunks of a file, up to the last that is wanted. */
class Members {
  readonly #row: Row;
  readonly #last: number;
  readonly #starts: readonly number[];
  readonly #contentEnd: number;

  /** @param last one behind the last chunk that is wanted */
  constructor(
    row: Row,
    last: number,
    { starts, contentEnd }: { starts: readonly number[]; contentEnd: number },
  ) {
    this.#row = row;
    this.#last = last;
    this.#starts = starts;
    this.#contentEnd = contentEnd;
  }

  /** The member of a chunk, with the wanted chunks in it from that one on. */
  member(first: number): Member {
    const { columns } = this.#row;
    const start = columns.member(first);
    let last = first + 1;
    while (last < this.#last && columns.member(last) === start) last++;
    const end = this.#starts[indexAfter(this.#starts, start)] ?? this.#contentEnd;
    return { start, end, first, last };
  }

  /** Members that are fetched together, from that of a chunk on. */
  run(first: number): Member {
    let { start, end, last } = this.member(first);
    while (last < this.#last) {
      const next = this.member(last);
      if (next.start - end > MAX_GAP) break;
      ({ end, last } = next);
    }
    return { start, end, first, last };
  }

  /**
   * Refuses a file for which much more would have to be inflated than it holds.
   *
   * @param wanted the first chunk that is wanted; the file's own chunks before it in its member are its own
   * @throws {BlobberError} `limit`
   */
  checkPassed(wanted: number): void {
    const { columns, first, entry } = this.#row;
    let from = wanted;
    while (from > first && columns.member(from - 1) === columns.member(wanted)) from--;
    let passed = 0;
    for (let i = from; i < this.#last; i++) {
      const before = i > from && columns.member(i - 1) === columns.member(i)
        ? columns.innerEnd(i - 1)
        : 0;
      passed += columns.inner(i) - before;
    }
    if (passed <= MAX_PASSED_BYTES) return;
    throw new BlobberError(
      "limit",
      `to read ${quote(entry.path)} means to unpack ${passed} bytes that are not its own, ` +
        `expected at most ${MAX_PASSED_BYTES}`,
      { hint: "pull the artifact instead" },
    );
  }
}

/** Index of the first number that is greater, in an ascending list. */
export function indexAfter(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The table, which was proven, states digests: what does not inflate cannot have them. */
export function damage(layer: LayerEnd, cause: unknown): unknown {
  if (!isBlobberError(cause, "invalid-archive")) return cause;
  return new BlobberError(
    "integrity",
    `bytes of the layer ${layer.layer.digest} are not what its table of contents states: ` +
      cause.message,
    { cause },
  );
}

/**
 * Checks the bytes of a chunk.
 *
 * @param row its file
 * @param i which of the table's chunks
 * @param part the bytes
 * @param many whether it is one of very many
 * @throws {BlobberError} `integrity`
 */
export async function checkChunk(
  row: Row,
  i: number,
  part: Uint8Array<ArrayBuffer>,
  many = row.chunkCount > 1,
): Promise<void> {
  const { columns } = row;
  const [at, size, stated] = [columns.at(i), columns.size(i), columns.digest(i)];
  if (part.length === size) {
    // Of very many small chunks most of the web's call would be the way to it.
    const here = many && size < WORTH_A_THREAD;
    if ((here ? digestOf(part) : await computeDigest(part)) === stated) return;
  }
  throw new BlobberError(
    "integrity",
    `bytes ${at} to ${at + size} of ${quote(row.entry.path)} do not have the ` +
      `digest that the table of contents states, ${stated}`,
    { hint: "the layer is not what its manifest describes; nothing of these bytes was used" },
  );
}

/**
 * Checks all bytes of a file that has more than one chunk.
 *
 * @throws {BlobberError} `integrity`
 */
export function checkWhole(row: Row, whole: Digester): void {
  checkDigest({
    actual: whole.digest(),
    expected: row.digest!,
    name: quote(row.entry.path),
    stated: "which the table of contents states",
  });
}
