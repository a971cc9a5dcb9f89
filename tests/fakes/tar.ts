/**
 * Makes tars byte by byte, right ones and wrong ones, and layers out of them.
 *
 * @module
 */

import { crc32, deflateRawSync, gzipSync, zstdCompressSync } from "node:zlib";
import { concat } from "../../lib/bytes.ts";
import { digestOf } from "../../lib/digest.ts";
import { gzipFooter, skippableHeader, zstdFooter } from "../../lib/archive/table/footer.ts";
import { ANNOTATION, type Descriptor, type Document, type Manifest } from "../../lib/types.ts";
import type { Chunk } from "../../lib/archive/table/chunk_columns.ts";
import type { Row } from "../../lib/archive/table/table.ts";
import { CountingSource } from "./layout_source.ts";

const encoder = new TextEncoder();

/** What a header says; everything may be a lie. */
export interface TarItem {
  name: string;
  /** Type flag. @default "0" */
  type?: string;
  data?: string | Uint8Array;
  /** @default the length of `data` */
  size?: number;
  mode?: number;
  mtime?: number;
  link?: string;
  /** @default "ustar\0" + "00" */
  magic?: string;
  prefix?: string;
  /** Changes the finished header; the checksum is made after it. */
  patch?: (header: Uint8Array) => void;
}

/** Bytes of text, or the bytes themselves. */
export function bytesOf(data: string | Uint8Array): Uint8Array<ArrayBuffer> {
  return typeof data === "string" ? encoder.encode(data) : new Uint8Array(data);
}

/** One header. */
export function header(item: TarItem): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(512);
  const put = (at: number, text: string) => block.set(encoder.encode(text), at);
  const octal = (at: number, length: number, value: number) =>
    put(at, value.toString(8).padStart(length - 1, "0"));
  put(0, item.name);
  octal(100, 8, item.mode ?? 0o644);
  octal(108, 8, 0);
  octal(116, 8, 0);
  octal(124, 12, item.size ?? bytesOf(item.data ?? "").length);
  octal(136, 12, item.mtime ?? 0);
  put(156, item.type ?? "0");
  put(157, item.link ?? "");
  put(257, item.magic ?? "ustar\x0000");
  put(345, item.prefix ?? "");
  item.patch?.(block);
  block.fill(0x20, 148, 156);
  put(148, block.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0") + "\0 ");
  return block;
}

/** A header and its content, padded. */
export function item(one: TarItem): Uint8Array<ArrayBuffer> {
  const data = bytesOf(one.data ?? "");
  return concat(header(one), data, new Uint8Array(-data.length & 511));
}

/** The blocks that end a tar. */
export const END: Uint8Array<ArrayBuffer> = new Uint8Array(1024);

/** A whole tar. */
export function tarOf(...items: TarItem[]): Uint8Array<ArrayBuffer> {
  return concat(...items.map(item), END);
}

/** A PAX extended header. */
export function pax(records: Record<string, string>, type = "x"): TarItem {
  let data = "";
  for (const [key, value] of Object.entries(records)) {
    const rest = ` ${key}=${value}\n`;
    let length = bytesOf(rest).length;
    while (String(length).length + bytesOf(rest).length !== length) length++;
    data += length + rest;
  }
  return { name: "pax", type, data };
}

/** What a gzip member has that others may break. */
export function gzipMember(plain: Uint8Array, flags = 0, extra = new Uint8Array(0)): Uint8Array {
  const trailer = new DataView(new ArrayBuffer(8));
  trailer.setUint32(0, crc32(plain as Uint8Array<ArrayBuffer>), true);
  trailer.setUint32(4, plain.length, true);
  const head = new Uint8Array([0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 255]);
  return concat(head, extra, deflateRawSync(plain), new Uint8Array(trailer.buffer));
}

/** A row of a table, as loose as JSON. */
export type LooseRow = Record<string, unknown>;

/** How to make a layer with a table. */
export interface StargzOptions {
  format?: "gzip" | "zstd";
  /** Members of the layer; each item in one member, unless this says otherwise. */
  members?: TarItem[][];
  /** Changes the rows of the table. */
  rows?: ((rows: LooseRow[]) => LooseRow[]) | undefined;
  /** Changes the text of the table. */
  json?: (json: string) => string;
  /** Bytes of a chunk. @default everything */
  chunkSize?: number;
  /** Where chunks end, in place of a size. */
  cuts?: number[];
}

/** A layer with a table of contents, and its digests. */
export interface MadeLayer {
  blob: Uint8Array<ArrayBuffer>;
  toc: string;
  diffId: string;
  tocStart: number;
}

const TYPES: Record<string, string> = { "0": "reg", "1": "hardlink", "2": "symlink", "5": "dir" };

/** Makes an eStargz or zstd:chunked layer. */
export function stargz(items: TarItem[], options: StargzOptions = {}): MadeLayer {
  const compress = (plain: Uint8Array) =>
    new Uint8Array(options.format === "zstd" ? zstdCompressSync(plain) : gzipSync(plain));
  const blob: Uint8Array[] = [];
  const plain: Uint8Array[] = [];
  let offset = 0;
  const add = (bytes: Uint8Array) => {
    const packed = compress(bytes);
    blob.push(packed);
    plain.push(bytes);
    offset += packed.length;
  };
  const rows: LooseRow[] = [];
  for (const members of options.members ?? items.map((one) => [one])) {
    const start = offset;
    const parts: Uint8Array[] = [];
    let inner = 0;
    for (const one of members) {
      const data = bytesOf(one.data ?? "");
      const type = TYPES[one.type ?? "0"] ?? one.type;
      const row: LooseRow = { name: one.name, type, mode: one.mode ?? 0o644 };
      if (type === "reg") {
        Object.assign(row, { size: data.length, digest: digestOf(data) });
        if (data.length > 0) {
          Object.assign(row, { offset: start, chunkDigest: digestOf(data) });
          row.innerOffset = inner + 512;
        }
      }
      if (one.link !== undefined) row.linkName = one.link;
      if (one.mtime) row.modtime = new Date(one.mtime * 1000).toISOString();
      rows.push(row);
      const whole = item(one);
      parts.push(whole);
      inner += whole.length;
    }
    const segment = concat(...parts);
    const { chunkSize, cuts } = options;
    const only = members.length === 1 ? members[0]! : undefined;
    const data = bytesOf(only?.data ?? "");
    const isCut = cuts === undefined
      ? chunkSize !== undefined && data.length > chunkSize
      : cuts.length > 1 && data.length === cuts.at(-1);
    if (isCut) {
      const row = rows.at(-1)!;
      add(segment.subarray(0, 512));
      for (let at = 0, end = 0; at < data.length; at = end) {
        end = cuts?.find((cut) => cut > at) ?? at + chunkSize!;
        const part = data.subarray(at, end);
        const chunk: LooseRow = at === 0 ? row : { name: only!.name, type: "chunk" };
        Object.assign(chunk, { offset, chunkSize: part.length, chunkDigest: digestOf(part) });
        delete chunk.innerOffset;
        if (at > 0) {
          chunk.chunkOffset = at;
          rows.push(chunk);
        }
        add(end < data.length ? part : segment.subarray(512 + at));
      }
    } else add(segment);
  }
  const table = { version: 1, entries: options.rows?.(rows) ?? rows };
  const json = options.json?.(JSON.stringify(table)) ?? JSON.stringify(table);
  if (options.format === "zstd") {
    add(END);
    const packed = compress(bytesOf(json));
    const tocStart = offset + 8;
    const footer = zstdFooter(tocStart, packed.length, bytesOf(json).length);
    return {
      blob: concat(...blob, skippableHeader(packed.length), packed, footer),
      toc: digestOf(json),
      diffId: digestOf(concat(...plain)),
      tocStart,
    };
  }
  const tocStart = offset;
  add(tarOf({ name: "stargz.index.json", data: json }));
  return {
    blob: concat(...blob, gzipFooter(tocStart)),
    toc: digestOf(json),
    diffId: digestOf(concat(...plain)),
    tocStart,
  };
}

/** What an image is made of. */
export type LayerSpec = Uint8Array | MadeLayer;

/** The chunks of a row of a table, in order. */
export function chunksOf({ columns, first, chunkCount }: Row): Chunk[] {
  return Array.from({ length: chunkCount }, (_, i) => columns.get(first + i));
}

/** An image of layers, in a source that counts. */
export function imageOf(
  ...layers: LayerSpec[]
): { source: CountingSource; manifest: Document<Manifest>; blobs: Map<string, Uint8Array> } {
  const blobs = new Map<string, Uint8Array>();
  const keep = (mediaType: string, bytes: Uint8Array): Descriptor => {
    const digest = digestOf(bytes);
    blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const diffIds: string[] = [];
  const descriptors = layers.map((layer) => {
    const blob = layer instanceof Uint8Array ? layer : layer.blob;
    const descriptor = keep("application/vnd.oci.image.layer.v1.tar+gzip", blob);
    if (!(layer instanceof Uint8Array)) {
      descriptor.annotations = { [ANNOTATION.tocDigest]: layer.toc };
      diffIds.push(layer.diffId);
    }
    return descriptor;
  });
  const known = diffIds.length === layers.length;
  const config = {
    architecture: "amd64",
    os: "linux",
    config: {},
    rootfs: { type: "layers", ...(known && { diff_ids: diffIds }) },
  };
  const value: Manifest = {
    schemaVersion: 2,
    config: keep("application/vnd.oci.image.config.v1+json", bytesOf(JSON.stringify(config))),
    layers: descriptors,
  };
  const bytes = bytesOf(JSON.stringify(value));
  const descriptor = keep("application/vnd.oci.image.manifest.v1+json", bytes);
  return {
    source: new CountingSource((digest) => blobs.get(digest)),
    manifest: { descriptor, bytes, value },
    blobs,
  };
}
