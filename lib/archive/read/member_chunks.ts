/**
 * The chunks of a file that are in one member. A member is inflated up to the last of them and no further.
 * A small one is inflated whole; of a large one only the chunk that is being read is held, so memory is in
 * proportion to what was asked for and not to what stands beside it.
 *
 * @module
 */

import { Pace } from "../../system/pace.ts";
import type { CallOptions } from "../../store.ts";
import type { ChunkColumns } from "../table/chunk_columns.ts";
import { inflateWhole } from "../compression/inflate_whole.ts";
import type { RunReader } from "./run_reader.ts";
import { invalidArchive } from "../invalid_archive.ts";

/** Packed bytes of a member that is inflated in one go. */
const SMALL_PACKED = 1024 * 1024;
/** As {@linkcode SMALL_PACKED}, plain, up to the last chunk. */
const SMALL_PLAIN = 4 * 1024 * 1024;
/** The most plain bytes of such a member that are inflated along, because the web's call cannot stop. */
const MAX_ALONG = 2 * SMALL_PLAIN;
/** Packed bytes inflated at once of others. */
const SLICE_BYTES = 4 * 1024;
/** Memory that plain bytes pass through. */
const OUTPUT_BYTES = 64 * 1024;
/** Memory taken for a chunk before any of it has come. */
const FIRST_ROOM = 64 * 1024;

/** A member, and which of the table's chunks in it are wanted. */
export interface Member {
  start: number;
  end: number;
  first: number;
  last: number;
  /** Whether its bytes are asked for one after the other, as they are needed, since not all of them may have to come. */
  inSteps?: boolean | undefined;
}

/** Memory that serves one member after the other. */
export interface Memory {
  bytes: Uint8Array<ArrayBuffer>;
}

/** How members are inflated. */
export interface MemberOptions extends CallOptions {
  format: "gzip" | "zstd";
  /** Where chunks of small members are, which then are valid until the next one. @default memory of their own */
  memory?: Memory | undefined;
}

/**
 * The plain bytes of the chunks in a member, in order, not checked. One that does not end before the
 * member does is shorter than its table says.
 *
 * @param bytes gives the member's
 * @param member whose
 * @param columns the table's chunks
 */
export async function* memberChunks(
  bytes: RunReader,
  member: Member,
  columns: ChunkColumns,
  options: MemberOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { start, end, first, last, inSteps = false } = member;
  const enough = columns.innerEnd(last - 1);
  if (inSteps || end - start > SMALL_PACKED || enough > SMALL_PLAIN) {
    yield* largeChunks(bytes, member, columns, options);
    return;
  }
  // Content, the padding behind it and a header or two; more is grown into.
  const { format, memory } = options;
  const how = { room: enough + 4096, most: MAX_ALONG, enough, into: memory?.bytes };
  const plain = await inflateWhole(format, await bytes.all(start, end), how);
  if (memory !== undefined) memory.bytes = new Uint8Array(plain.buffer);
  for (let i = first; i < last; i++) yield plain.subarray(columns.inner(i), columns.innerEnd(i));
}

async function* largeChunks(
  bytes: RunReader,
  { start, end, first, last }: Member,
  columns: ChunkColumns,
  { format, signal }: MemberOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const collector = new Collector(columns, first, last);
  const output = new Uint8Array(OUTPUT_BYTES);
  const inflater = format === "gzip"
    ? new (await import("../compression/gzip_members.ts")).GzipReader(output)
    : new (await import("../compression/zstd_frames.ts")).ZstdReader(output);
  const pace = new Pace(signal);
  try {
    for (let at = start; !collector.complete;) {
      if (at === end) {
        throw invalidArchive("a member is cut off");
      }
      const packed = await bytes.some(at, Math.min(end, at + SLICE_BYTES));
      at += packed.length;
      for (const plain of inflater.write(packed)) {
        collector.take(plain);
        yield* collector.finished();
        if (collector.complete) return;
        await pace.breathe();
      }
    }
  } finally {
    output.buffer.transfer(0); // of hundreds of members the collector would come for it too late
  }
}

/** Cuts chunks out of the plain bytes of a member as they come. */
class Collector {
  readonly #columns: ChunkColumns;
  readonly #last: number;
  /** The chunk that comes next, what of it has come, and how much that is. */
  #next: number;
  #part = new Uint8Array(0);
  #have = 0;
  /** Where in the member's plain bytes the next ones are. */
  #position = 0;
  readonly #finished: Uint8Array<ArrayBuffer>[] = [];

  constructor(columns: ChunkColumns, first: number, last: number) {
    this.#columns = columns;
    this.#next = first;
    this.#last = last;
  }

  /** Whether nothing more is wanted. */
  get complete(): boolean {
    return this.#next === this.#last;
  }

  /** Takes the next plain bytes. */
  take(plain: Uint8Array): void {
    let at = 0;
    while (!this.complete && at < plain.length) {
      const size = this.#columns.size(this.#next);
      const wanted = this.#columns.inner(this.#next) + this.#have - this.#position;
      if (at + wanted >= plain.length) break;
      at += wanted;
      const bytes = plain.subarray(at, at + size - this.#have);
      this.#add(bytes, size);
      at += bytes.length;
      this.#position += wanted + bytes.length;
    }
    this.#position += plain.length - at;
  }

  #add(bytes: Uint8Array, size: number): void {
    const needed = this.#have + bytes.length;
    if (needed > this.#part.length) {
      const room = Math.max(needed, FIRST_ROOM, 2 * this.#part.length);
      const larger = new Uint8Array(Math.min(size, room));
      larger.set(this.#part.subarray(0, this.#have));
      this.#part = larger;
    }
    this.#part.set(bytes, this.#have);
    this.#have = needed;
    if (needed < size) return;
    this.#finished.push(this.#part);
    this.#part = new Uint8Array(0);
    this.#have = 0;
    this.#next++;
  }

  /** What was completed since the last call. */
  finished(): Uint8Array<ArrayBuffer>[] {
    return this.#finished.splice(0);
  }
}
