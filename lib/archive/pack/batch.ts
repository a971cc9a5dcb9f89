/**
 * One batch of a layer while it is planned: a segment of the tar of about half a MiB, cut into members.
 *
 * The cuts depend on names and sizes alone, never on time or the number of threads: they are part of what
 * makes the digest reproducible. A member begins with the content of a file, behind that file's header,
 * which ends the member before: so the first content of each member has no `innerOffset`, which is how
 * containerd's reader finds the ends of members.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import { packedBound } from "../compression/compress.ts";
import type { Encoder } from "../compression/encoder.ts";
import type { Entry } from "../entry.ts";
import type { PackInput, PackPlan } from "./pack_job.ts";
import type { FilePlace, KeyGuard } from "../input/private_keys.ts";
import type { FileRead, FileStamp } from "../input/source_file.ts";
import { MAX_HEADER_BYTES, writeHeader } from "../tar/write_header.ts";
import { paddingOf } from "../tar/tar_layout.ts";

/**
 * Bytes of tar that a batch takes: a file that is not cut, and the largest chunk of one that is, fit into one.
 * More would cost memory for each thread.
 */
export const BATCH_BYTES = 512 * 1024;
/**
 * Plain bytes after which a member ends. Small files share members: that is worth 5 % of the blob and 15 %
 * of the time, and reading one of them from afar costs at most twice this.
 */
export const MEMBER_BYTES = 64 * 1024;

/** Bytes of the buffer of a batch's tar. */
export const PLAIN_ROOM: number = BATCH_BYTES + MAX_HEADER_BYTES;
/**
 * Members of a batch at the most: the end of a file that was cut, then by turns a large file and what is between
 * it and the next. Chunks of a file that is cut are fewer.
 */
const MAX_MEMBERS = 2 * (BATCH_BYTES / MEMBER_BYTES) + 4;
/** Bytes of the buffer of a batch's members. */
export const PACKED_ROOM: number = packedBound(PLAIN_ROOM, MAX_MEMBERS);

/** The two buffers of a batch. */
export interface Buffers {
  plain: ArrayBuffer;
  packed: ArrayBuffer;
}

/** A file that is read when its batch is packed, and what it must still be then. */
export interface FileOnDisk {
  file: string;
  stamp: FileStamp;
}

/** What a batch says about the table of contents. */
export interface BatchRow {
  entry: Entry;
  /** The content's place, for what has content. */
  chunk?: {
    /** Which of the batch's chunks it is. */
    index: number;
    /** Which of the batch's members it is in. */
    member: number;
    /** Where in that member it begins. */
    inner: number;
    /** Where in the batch's tar it begins and ends. */
    begin: number;
    end: number;
    /** Where in the file it begins. */
    from: number;
  };
}

/** A segment of a tar in the making. */
export class Batch {
  readonly #plain: Uint8Array<ArrayBuffer>;
  readonly #packed: ArrayBuffer;
  readonly #reads: FileRead[] = [];
  readonly #given: FilePlace[] = [];
  readonly #chunks: number[] = [];
  readonly #members: number[] = [];
  #memberBegin = 0;
  #memberHasContent = false;
  /** Bytes of tar so far. */
  length = 0;
  /** Bytes of files' content in it. */
  filled = 0;
  /** Rows of the table, in order. */
  readonly rows: BatchRow[] = [];

  /** @param buffers where tar and members go; the batch's until its input is made */
  constructor(buffers: Buffers) {
    this.#plain = new Uint8Array(buffers.plain);
    this.#packed = buffers.packed;
  }

  /** Bytes of content that still fit. Headers always fit as long as this is positive. */
  get room(): number {
    return BATCH_BYTES - this.length;
  }

  /** Where content goes that is added next: as much as there is room for. */
  space(): Uint8Array<ArrayBuffer> {
    return this.#plain.subarray(this.length, BATCH_BYTES);
  }

  /** Adds the headers of an entry. Its row comes with its content, or now when it has none. */
  header(entry: Entry): void {
    this.length = writeHeader(entry, this.#plain, this.length);
    if (entry.size === 0) this.rows.push({ entry });
  }

  /**
   * Adds content of a file.
   *
   * @param entry the file, whose header came before
   * @param from where in the file the content begins
   * @param size how much; at most {@linkcode room}, and less than the file's where it is a chunk of it
   * @returns where in the tar it goes
   */
  content(entry: Entry, from: number, size: number): Uint8Array<ArrayBuffer> {
    const begin = this.length;
    const end = begin + size;
    const member = begin - this.#memberBegin;
    const isPart = size < entry.size;
    const full = isPart || member >= MEMBER_BYTES || size >= MEMBER_BYTES;
    if (member > 0 && (full || !this.#memberHasContent)) this.#cut();
    this.#memberHasContent = true;
    this.rows.push({
      entry,
      chunk: {
        index: this.#chunks.length / 2,
        member: this.#members.length,
        inner: begin - this.#memberBegin,
        begin,
        end,
        from,
      },
    });
    this.#chunks.push(begin, end);
    this.length = end;
    this.filled += size;
    if (from + size === entry.size) {
      const padding = paddingOf(entry.size);
      this.#plain.fill(0, end, end + padding);
      this.length += padding;
    }
    return this.#plain.subarray(begin, end);
  }

  /** As {@linkcode content}, read from a file when the batch is packed. */
  fileContent(entry: Entry, from: number, size: number, { file, stamp }: FileOnDisk): void {
    const at = this.content(entry, from, size).byteOffset;
    const last = this.#reads.at(-1);
    if (from > 0 && last !== undefined && last.at + last.size === at) {
      last.size += size; // a further chunk of the file that is read there
      return;
    }
    const { mtime, ctime, inode } = stamp;
    this.#reads.push({ file, stamp: { size: stamp.size, mtime, ctime, inode }, from, size, at });
  }

  /**
   * Takes note of a file that was filled in, or of its begin, in which secrets are to be looked for.
   *
   * @param file what it is called
   * @param size its bytes
   * @param content what {@linkcode content} gave for it
   */
  filledIn(file: string, size: number, { byteOffset: at, length }: Uint8Array): void {
    this.#given.push({ file, at, size: length, stamp: { size } });
  }

  /** Adds bytes of tar that are no entry of the table. */
  raw(bytes: Uint8Array): void {
    this.#plain.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Ends the batch: what the job `pack` takes. With `keys`, which private keys may be pushed, it looks for secrets. */
  input(encoder: Encoder, keys?: KeyGuard): PackInput {
    if (this.length > this.#memberBegin) this.#cut();
    if (this.length > this.#plain.length) {
      throw new BlobberError("unexpected", `a batch has ${this.length} bytes`);
    }
    const plan: PackPlan = {
      reads: this.#reads,
      chunks: this.#chunks,
      members: this.#members,
      ...(keys !== undefined && { keys, given: this.#given }),
    };
    return {
      encoder,
      plain: this.#plain.buffer,
      packed: this.#packed,
      plan: JSON.stringify(plan),
    };
  }

  #cut(): void {
    this.#members.push(this.length);
    this.#memberBegin = this.length;
    this.#memberHasContent = false;
  }
}
