/**
 * Reads one file out of a layer by its table: one Range for each run of members, each chunk checked before
 * a byte of it is handed out, and the whole file before its last chunk is.
 *
 * Time is in proportion to the file's chunks and what stands before them in their members, which has a
 * limit; memory to one chunk.
 *
 * @module
 */

import { checkDigest } from "../../checked_content.ts";
import { computeDigest, Digester, digestOf } from "../../digest.ts";
import { BlobberError, isBlobberError } from "../../errors.ts";
import { MAX_PASSED_BYTES } from "../../limits.ts";
import { quote } from "../../printable.ts";
import type { CallOptions, Source } from "../../store.ts";
import type { LayerEnd } from "../table/layer_table.ts";
import { type Member, memberChunks } from "./member_chunks.ts";
import { RunReader } from "./run_reader.ts";
import type { Located, Row } from "../table/table.ts";

/** Bytes between two members that are fetched along rather than asked around for. */
const MAX_GAP = 64 * 1024;
/** Bytes of a chunk from which the web's call, which takes another thread, hashes it sooner than Node's. */
const WORTH_A_THREAD = 64 * 1024;

/**
 * The checked bytes of a file, a chunk at a time.
 *
 * @param source where the layer is
 * @param layer the layer
 * @param located the file's row in its table
 * @throws {BlobberError} `integrity`, before a byte of the chunk that is wrong; `limit`
 */
export async function* readChunks(
  source: Source,
  layer: LayerEnd,
  { row, members }: Located,
  options: CallOptions = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { columns, first, chunkCount } = row;
  const end = first + chunkCount;
  const whole = row.digest !== undefined && chunkCount > 1 ? new Digester() : undefined;
  const how = { ...options, format: layer.footer.format };
  const found = new Members(row, members, layer.footer.contentEnd);
  found.checkPassed();
  for (let next = first; next < end;) {
    const run = found.run(next);
    for (let again = false;; again = true) {
      const bytes = new RunReader(source, layer, run, options);
      let checking = true;
      try {
        while (next < run.last) {
          const member = found.member(next);
          for await (const part of memberChunks(bytes, member, columns, how)) {
            await checkChunk(row, next, part);
            whole?.update(part);
            checking = false;
            if (++next === end && whole !== undefined) checkWhole(row, whole);
            yield part;
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

/** The members that hold the chunks of a file. */
class Members {
  readonly #row: Row;
  readonly #starts: readonly number[];
  readonly #contentEnd: number;

  constructor(row: Row, starts: readonly number[], contentEnd: number) {
    this.#row = row;
    this.#starts = starts;
    this.#contentEnd = contentEnd;
  }

  get #end(): number {
    return this.#row.first + this.#row.chunkCount;
  }

  /** The member of a chunk, with the file's chunks in it from that one on. */
  member(first: number): Member {
    const { columns } = this.#row;
    const start = columns.member(first);
    let last = first + 1;
    while (last < this.#end && columns.member(last) === start) last++;
    const end = this.#starts[indexAfter(this.#starts, start)] ?? this.#contentEnd;
    return { start, end, first, last };
  }

  /** Members that are fetched together, from that of a chunk on. */
  run(first: number): Member {
    let { start, end, last } = this.member(first);
    while (last < this.#end) {
      const next = this.member(last);
      if (next.start - end > MAX_GAP) break;
      ({ end, last } = next);
    }
    return { start, end, first, last };
  }

  /**
   * Refuses a file for which much more would have to be inflated than it holds.
   *
   * @throws {BlobberError} `limit`
   */
  checkPassed(): void {
    const { columns, first, entry } = this.#row;
    let passed = 0;
    for (let i = first; i < this.#end; i++) {
      const before = i > first && columns.member(i - 1) === columns.member(i)
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
function indexAfter(sorted: readonly number[], value: number): number {
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
function damage(layer: LayerEnd, cause: unknown): unknown {
  if (!isBlobberError(cause, "invalid-archive")) return cause;
  return new BlobberError(
    "integrity",
    `bytes of the layer ${layer.layer.digest} are not what its table of contents states: ` +
      cause.message,
    { cause },
  );
}

async function checkChunk(row: Row, i: number, part: Uint8Array<ArrayBuffer>): Promise<void> {
  const { columns, chunkCount } = row;
  const [at, size, stated] = [columns.at(i), columns.size(i), columns.digest(i)];
  if (part.length === size) {
    // Of very many small chunks most of the web's call would be the way to it.
    const many = chunkCount > 1 && size < WORTH_A_THREAD;
    if ((many ? digestOf(part) : await computeDigest(part)) === stated) return;
  }
  throw new BlobberError(
    "integrity",
    `bytes ${at} to ${at + size} of ${quote(row.entry.path)} do not have the ` +
      `digest that the table of contents states, ${stated}`,
    { hint: "the layer is not what its manifest describes; nothing of these bytes was used" },
  );
}

function checkWhole(row: Row, whole: Digester): void {
  checkDigest({
    actual: whole.digest(),
    expected: row.digest!,
    name: quote(row.entry.path),
    stated: "which the table of contents states",
  });
}
