/**
 * Reads one file out of a layer by its table: one Range for each run of members, each chunk checked before
 * a byte of it is handed out, and the whole file before its last chunk is.
 *
 * @module
 */

import { computeDigest, Digester } from "../../digest.ts";
import { BlobberError, isBlobberError } from "../../errors.ts";
import { MAX_MEMBER_BYTES } from "../../limits.ts";
import { quote } from "../../printable.ts";
import type { CallOptions, Source } from "../../store.ts";
import { VerifiedReader } from "../../verified.ts";
import { inflateWhole } from "./inflate_whole.ts";
import type { LayerEnd } from "./layer_table.ts";
import type { Chunk, Located, Row } from "./table.ts";

/** Bytes between two members that are fetched along rather than asked around for. */
const MAX_GAP = 64 * 1024;
/** Memory that bytes of a range pass through. */
const SCRATCH_BYTES = 256 * 1024;

/** A member of the layer, and the file's chunks in it. */
interface Member {
  start: number;
  end: number;
  chunks: Chunk[];
}

/**
 * The checked bytes of a file, a chunk at a time.
 *
 * @param source where the layer is
 * @param layer the layer
 * @param located the file's row in its table
 * @throws {BlobberError} `integrity`, before a byte of the chunk that is wrong
 */
export async function* readChunks(
  source: Source,
  layer: LayerEnd,
  { row, members }: Located,
  options: CallOptions = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { chunks } = row;
  const whole = row.digest !== undefined && chunks.length > 1 ? new Digester() : undefined;
  const last = chunks.at(-1);
  for (const run of runsOf(membersOf(members, layer.footer.contentEnd, chunks))) {
    const range = { start: run[0]!.start, end: run.at(-1)!.end };
    let given = 0;
    for (let first = true;; first = false) {
      const bytes = new RunReader(source, layer, run, options);
      let checking = true;
      try {
        let position = 0;
        for (const member of run) {
          const packed = await bytes.read(member);
          const plain = await inflate(layer, member, packed);
          for (const chunk of member.chunks) {
            if (position++ < given) continue;
            const part = plain.subarray(chunk.inner, chunk.inner + chunk.size);
            await checkChunk(row, chunk, part);
            whole?.update(part);
            checking = false;
            if (chunk === last && whole !== undefined) checkWhole(row, whole);
            given = position;
            yield part;
            checking = true;
          }
        }
        break;
      } catch (error) {
        // A cache may hold what a registry once sent; whether it was right is known only here.
        const damaged = checking && isBlobberError(error, "integrity", "invalid-archive", "limit");
        if (!damaged || !source.forget?.(layer.layer, range) || !first) throw error;
      } finally {
        await bytes.cancel();
      }
    }
  }
}

/** The members that hold a file, in order, and where each ends. */
function membersOf(members: readonly number[], contentEnd: number, chunks: Chunk[]): Member[] {
  const found: Member[] = [];
  for (const chunk of chunks) {
    const last = found.at(-1);
    if (last?.start === chunk.member) {
      last.chunks.push(chunk);
      continue;
    }
    const end = members[indexAfter(members, chunk.member)] ?? contentEnd;
    found.push({ start: chunk.member, end, chunks: [chunk] });
  }
  return found;
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

function runsOf(members: Member[]): Member[][] {
  const runs: Member[][] = [];
  for (const member of members) {
    const run = runs.at(-1);
    if (run !== undefined && member.start - run.at(-1)!.end <= MAX_GAP) run.push(member);
    else runs.push([member]);
  }
  return runs;
}

/** Gives the bytes of members one after another, out of memory or out of one request. */
class RunReader {
  readonly #open: () => Promise<ReadableStream<Uint8Array>>;
  readonly #tail: LayerEnd["tail"];
  readonly #end: number;
  readonly #name: string;
  #reader: VerifiedReader | undefined;
  #position: number;
  #scratch = new ArrayBuffer(0);
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  constructor(source: Source, layer: LayerEnd, run: Member[], options: CallOptions) {
    const start = run[0]!.start;
    this.#end = run.at(-1)!.end;
    this.#tail = layer.tail;
    this.#position = start;
    this.#name = `bytes ${start} to ${this.#end} of the layer ${layer.layer.digest} of ` +
      source.name;
    this.#open = () => source.fetch(layer.layer, { ...options, range: { start, end: this.#end } });
  }

  async read(member: Member): Promise<Uint8Array> {
    const { start, bytes } = this.#tail;
    if (this.#reader === undefined && this.#position >= start) {
      return bytes.subarray(member.start - start, member.end - start);
    }
    if (this.#reader === undefined) {
      const size = this.#end - this.#position;
      this.#reader = new VerifiedReader(await this.#open(), { size, name: this.#name });
      this.#scratch = new ArrayBuffer(Math.min(SCRATCH_BYTES, size));
    }
    await this.#take(member.start - this.#position, undefined);
    if (member.end - member.start > MAX_MEMBER_BYTES) {
      throw new BlobberError(
        "limit",
        `a member of the layer has ${member.end - member.start} bytes, ` +
          `expected at most ${MAX_MEMBER_BYTES}`,
      );
    }
    const packed = new Uint8Array(member.end - member.start);
    await this.#take(packed.length, packed);
    return packed;
  }

  async #take(count: number, into: Uint8Array | undefined): Promise<void> {
    let at = 0;
    while (at < count) {
      if (this.#rest.length === 0) {
        const bytes = await this.#reader!.read(this.#scratch);
        if (bytes === undefined) throw new BlobberError("integrity", `${this.#name} are cut off`);
        this.#rest = bytes;
      }
      const part = this.#rest.subarray(0, count - at);
      into?.set(part, at);
      at += part.length;
      this.#position += part.length;
      this.#rest = this.#rest.subarray(part.length);
      if (this.#rest.length === 0) this.#scratch = this.#rest.buffer;
    }
  }

  async cancel(): Promise<void> {
    await this.#reader?.cancel();
  }
}

async function inflate(
  layer: LayerEnd,
  member: Member,
  packed: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const last = member.chunks.at(-1)!;
  // Content, the padding behind it and a header or two; more is grown into.
  const room = last.inner + last.size + 4096;
  try {
    return await inflateWhole(layer.footer.format, packed, { room, most: MAX_MEMBER_BYTES });
  } catch (cause) {
    if (!isBlobberError(cause, "invalid-archive")) throw cause;
    // The table, which was proven, states digests: what does not inflate cannot have them.
    throw new BlobberError(
      "integrity",
      `bytes of the layer ${layer.layer.digest} are not what its table of contents states: ` +
        cause.message,
      { cause },
    );
  }
}

async function checkChunk(row: Row, chunk: Chunk, part: Uint8Array<ArrayBuffer>): Promise<void> {
  if (part.length === chunk.size && await computeDigest(part) === chunk.digest) return;
  throw new BlobberError(
    "integrity",
    `bytes ${chunk.at} to ${chunk.at + chunk.size} of ${quote(row.entry.path)} do not have the ` +
      `digest that the table of contents states, ${chunk.digest}`,
    { hint: "the layer is not what its manifest describes; nothing of these bytes was used" },
  );
}

function checkWhole(row: Row, whole: Digester): void {
  const actual = whole.digest();
  if (actual === row.digest) return;
  throw new BlobberError(
    "integrity",
    `${quote(row.entry.path)} has the digest ${actual}, expected ${row.digest}, which the ` +
      "table of contents states",
  );
}
