/**
 * Takes packed batches in their order and makes of them a blob, its three digests and its table.
 *
 * @module
 */

import { type Digest, Digester, digestOf, hexOf } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import { MAX_TOC_PLAIN_BYTES } from "../../limits.ts";
import { Pace } from "../../system/pace.ts";
import type { BatchRow } from "./batch.ts";
import { compressionOf, type Encoder, newMemberMaker } from "../compression/encoder.ts";
import type { MemberMaker } from "../compression/member_maker.ts";
import { ContentDigest } from "./content_digest.ts";
import type { Entry } from "../entry.ts";
import { gzipFooter, skippableHeader, zstdFooter } from "../table/footer.ts";
import type { PackOutput, PackResult } from "./pack_job.ts";
import { MAX_HEADER_BYTES, writeHeader } from "../tar/write_header.ts";
import { BLOCK, paddingOf } from "../tar/tar_layout.ts";
import { TOC_NAME } from "../toc.ts";
import type { TreeTaker } from "../tree_form.ts";
import {
  type ChunkPlace,
  chunkRow,
  entryRow,
  TOC_HEAD,
  TOC_SEPARATOR,
  TOC_TAIL,
} from "../table/toc_rows.ts";

/** A layer when it is made. */
export interface PackedLayer {
  /** Digest and size of the blob. */
  digest: Digest;
  size: number;
  /** Digest of the tar. */
  diffId: Digest;
  /** Digest of the table of contents. */
  tocDigest: Digest;
  /** Where in the blob the table begins. */
  tocOffset: number;
  /** Entries in the table. */
  entries: number;
  /** Whether a file in it was cut into chunks, by the rule in `lib/archive/chunking/`. */
  isCut: boolean;
  /** Digest of the contents of its files, as a {@linkcode ContentDigest}. */
  contents: Digest;
  /** Digest of the tree in it. */
  tree: Digest;
}

/** Takes bytes of a blob; they may be reused once the promise resolves. */
export type Write = (bytes: Uint8Array) => Promise<void>;

/** A file whose chunks are still coming. */
interface OpenFile {
  entry: Entry;
  digester: Digester;
  first: ChunkPlace;
  rest: string[];
}

/** What a sink needs. */
export interface LayerSinkOptions {
  /** What makes the members. */
  encoder: Encoder;
  /** Takes the blob's bytes. */
  write: Write;
  /** Takes the entries of the tree. */
  tree: TreeTaker;
  /** Told of each likely secret, and in which file it is. */
  onSecret?: ((secret: { path: string; kind: string }) => void) | undefined;
  /** Stops the work. */
  signal?: AbortSignal | undefined;
}

const EMPTY = digestOf("");
const encoder = new TextEncoder();

/** Makes one layer. */
export class LayerSink {
  readonly #encoder: Encoder;
  readonly #write: Write;
  readonly #pace: Pace;
  readonly #blob = new Digester();
  readonly #tar = new Digester();
  readonly #toc = new Digester();
  readonly #contents = new ContentDigest();
  readonly #tree: TreeTaker;
  readonly #onSecret: LayerSinkOptions["onSecret"];
  readonly #table: Uint8Array[] = [];
  #entries = 0;
  #isCut = false;
  #open: OpenFile | undefined;

  /** @param options see there */
  constructor({ encoder, write, tree, onSecret, signal }: LayerSinkOptions) {
    this.#onSecret = onSecret;
    this.#encoder = encoder;
    this.#write = write;
    this.#tree = tree;
    this.#pace = new Pace(signal);
    this.#addToTable(TOC_HEAD);
  }

  /** Bytes of the blob so far. */
  get sent(): number {
    return this.#blob.size;
  }

  /**
   * Takes the next batch.
   *
   * @param length bytes of its tar
   * @param rows what it holds
   * @param output what the job made of it; its buffers may be reused once the promise resolves
   */
  async take(length: number, rows: readonly BatchRow[], output: PackOutput): Promise<void> {
    const begin = this.#blob.size;
    const result = JSON.parse(output.result) as PackResult;
    const packed = new Uint8Array(output.packed, 0, result.members.at(-1) ?? 0);
    const writing = this.#send(packed);
    const plain = new Uint8Array(output.plain, 0, length);
    this.#tar.update(plain);
    let text = "";
    for (const row of rows) text += this.#row(row, result, plain, begin);
    if (text !== "") this.#addToTable(text);
    for (const { at, kind } of result.secrets ?? []) {
      const path = rows.find(({ chunk }) => chunk?.begin === at)?.entry.path;
      if (path !== undefined) this.#onSecret?.({ path, kind });
    }
    await writing;
    await this.#pace.breathe();
  }

  /** Ends the blob: table of contents, end of archive, footer. */
  async finish(): Promise<PackedLayer> {
    this.#addToTable(TOC_TAIL);
    const tocDigest = this.#toc.digest();
    const maker = await newMemberMaker(this.#encoder);
    const tocOffset = compressionOf(this.#encoder) === "gzip"
      ? await this.#gzipEnd(maker)
      : await this.#zstdEnd(maker);
    return {
      size: this.#blob.size,
      digest: this.#blob.digest(),
      diffId: this.#tar.digest(),
      tocDigest,
      tocOffset,
      entries: this.#entries,
      isCut: this.#isCut,
      contents: this.#contents.digest(),
      tree: await this.#tree.digest(),
    };
  }

  /** The table is the tar's last entry, in a member of its own, and the tar's end follows it there. */
  async #gzipEnd(maker: MemberMaker): Promise<number> {
    const tocOffset = this.#blob.size;
    const size = this.#toc.size;
    const header = new Uint8Array(MAX_HEADER_BYTES);
    const entry: Entry = { path: TOC_NAME, type: "file", size, mode: 0o644, mtime: 0 };
    const end = new Uint8Array(paddingOf(size) + 2 * BLOCK);
    const tar = [header.subarray(0, writeHeader(entry, header, 0)), ...this.#table, end];
    for (const part of tar) this.#tar.update(part);
    for (const piece of maker.stream(tar)) {
      await this.#send(piece);
      await this.#pace.breathe();
    }
    await this.#send(gzipFooter(tocOffset));
    return tocOffset;
  }

  /** The table is no part of the tar: it and the footer stand in frames that decompressors skip. */
  async #zstdEnd(maker: MemberMaker): Promise<number> {
    const end = new Uint8Array(2 * BLOCK);
    this.#tar.update(end);
    for (const piece of maker.stream([end])) await this.#send(piece);
    const pieces: Uint8Array[] = [];
    let packedSize = 0;
    for (const piece of maker.stream(this.#table)) {
      pieces.push(piece.slice());
      packedSize += piece.length;
      await this.#pace.breathe();
    }
    await this.#send(skippableHeader(packedSize));
    const tocOffset = this.#blob.size;
    for (const piece of pieces) await this.#send(piece);
    await this.#send(zstdFooter(tocOffset, packedSize, this.#toc.size));
    return tocOffset;
  }

  async #send(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    const writing = this.#write(bytes);
    this.#blob.update(bytes);
    await writing;
  }

  #row(row: BatchRow, result: PackResult, plain: Uint8Array, blobBegin: number): string {
    const { entry, chunk } = row;
    if (chunk === undefined) {
      return this.#entryText(entry, entry.type === "file" ? EMPTY : undefined);
    }
    const size = chunk.end - chunk.begin;
    const last = chunk.from + size === entry.size;
    const place: ChunkPlace = {
      offset: blobBegin + (chunk.member === 0 ? 0 : result.members[chunk.member - 1]!),
      innerOffset: chunk.inner,
      chunkOffset: chunk.from,
      chunkSize: last ? 0 : size,
      chunkDigest: `sha256:${result.digests.slice(64 * chunk.index, 64 * chunk.index + 64)}`,
    };
    if (size === entry.size) {
      return this.#entryText(entry, place.chunkDigest, place);
    }
    // The digest of the whole stands in the first row, and is known after the last chunk.
    this.#isCut = true;
    if (chunk.from === 0) this.#open = { entry, digester: new Digester(), first: place, rest: [] };
    const open = this.#open!;
    open.digester.update(plain.subarray(chunk.begin, chunk.end));
    if (chunk.from > 0) open.rest.push(chunkRow(entry, place));
    if (!last) return "";
    this.#open = undefined;
    let text = this.#entryText(entry, open.digester.digest(), open.first);
    for (const further of open.rest) text += TOC_SEPARATOR + further;
    return text;
  }

  #entryText(entry: Entry, content: Digest | undefined, first?: ChunkPlace): string {
    this.#tree.add(entry, content);
    if (first !== undefined) this.#contents.add(hexOf(content!));
    const separator = this.#entries++ === 0 ? "" : TOC_SEPARATOR;
    return separator + entryRow(entry, content, first);
  }

  #addToTable(text: string): void {
    const bytes = encoder.encode(text);
    this.#table.push(bytes);
    this.#toc.update(bytes);
    if (this.#toc.size > MAX_TOC_PLAIN_BYTES) {
      throw new BlobberError(
        "limit",
        `the table of contents has more than ${MAX_TOC_PLAIN_BYTES} bytes`,
        { hint: "push fewer files in one artifact" },
      );
    }
  }
}
