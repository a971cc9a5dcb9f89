/**
 * Finds a layer's table of contents at its end and checks it against the digest in the manifest.
 *
 * @module
 */

import { asDigest, computeDigest, type Digest } from "../../digest.ts";
import { BlobberError, isBlobberError } from "../../errors.ts";
import {
  FREE_TOC_BYTES,
  MAX_TOC_PLAIN_BYTES,
  MAX_TOC_RATIO,
  TOC_TAIL_BYTES,
} from "../../limits.ts";
import type { Source } from "../../store.ts";
import { ANNOTATION, type Descriptor } from "../../types.ts";
import { checkDigest, readChecked } from "../../checked_content.ts";
import type { Entry } from "../entry.ts";
import { type Footer, FOOTER_BYTES, parseFooter } from "./footer_reader.ts";
import { inflateWhole } from "../compression/inflate_whole.ts";
import { LineTable } from "./line_table.ts";
import { type ParseOptions, parseTable } from "./parse_table.ts";
import type { NamedTable, Table } from "./table.ts";
import { TarReader } from "../tar/tar_reader.ts";
import { TOC_NAME } from "../toc.ts";
import { invalidTable } from "./invalid_table.ts";

/** A layer, and what was read of it to get its table. */
export interface LayerEnd {
  layer: Descriptor;
  footer: Footer;
  /** The layer's last bytes, as far as they are in memory. */
  tail: Tail;
}

/** A layer's table, and where it is from. */
export interface LayerTable<T = Table> extends LayerEnd {
  table: T;
}

/** Makes something of a table whose bytes are its own. They are checked meanwhile; it must not say anything yet. */
export type Parse<T> = (
  bytes: Uint8Array<ArrayBuffer>,
  contentEnd: number,
  options: ParseOptions,
) => Promise<T>;

/** All of a table, as {@linkcode Parse}: see {@linkcode parseTable}. */
export async function wholeTable(
  bytes: Uint8Array<ArrayBuffer>,
  contentEnd: number,
  options: ParseOptions,
): Promise<Table> {
  const table = await parseTable(bytes, contentEnd, options);
  bytes.buffer.transfer(0); // several MB that the collector would come for too late
  return table;
}

/** Only the names of a table where they are enough, else all of it; as {@linkcode Parse}. */
export async function namesOfTable(
  bytes: Uint8Array<ArrayBuffer>,
  contentEnd: number,
  options: ParseOptions,
): Promise<NamedTable> {
  return await LineTable.of(bytes, contentEnd, options) ??
    await wholeTable(bytes, contentEnd, options);
}

/** Bytes at a layer's end. */
export interface Tail {
  /** Where in the layer they begin. */
  start: number;
  bytes: Uint8Array;
}

/**
 * Reads a layer's table: one request, a second one only when the table is larger than could be guessed.
 *
 * @param parse what becomes of it
 * @returns `undefined` when the manifest names no table, or the layer's end is none of the known footers:
 * such a layer is read whole
 * @throws {BlobberError} `integrity` when the table is not the one that the manifest names;
 * `range-not-supported` from the source
 */
export async function readLayerTable<T>(
  source: Source,
  layer: Descriptor,
  parse: Parse<T>,
  options: ParseOptions = {},
): Promise<LayerTable<T> | undefined> {
  const stated = layer.annotations?.[ANNOTATION.tocDigest];
  if (stated === undefined) return undefined;
  const expected = asDigest(stated, `annotation ${ANNOTATION.tocDigest}`);
  const read = () => readTable({ source, layer, expected, parse }, options);
  try {
    return await read();
  } catch (error) {
    // A cache may hold what a registry once sent; whether it was right is known only here.
    const damaged = isBlobberError(error, "integrity", "invalid-archive", "limit");
    const end = { start: guessStart(layer), end: layer.size };
    if (!damaged || !source.forget?.(layer, end)) throw error;
    try {
      return await read();
    } catch (error) {
      source.forget(layer, end);
      throw error;
    }
  }
}

async function readTable<T>(
  { source, layer, expected, parse }: {
    source: Source;
    layer: Descriptor;
    expected: Digest;
    parse: Parse<T>;
  },
  options: ParseOptions,
): Promise<LayerTable<T> | undefined> {
  const { signal } = options;
  const known = options.tableStart?.(layer);
  let tail = await readTail(source, layer, { start: known ?? guessStart(layer), signal });
  const footer = parseFooter(tail.bytes.subarray(-FOOTER_BYTES), layer.size);
  if (footer === undefined) return undefined;
  if (footer.tocStart < tail.start) {
    tail = await readTail(source, layer, { start: footer.tocStart, have: tail, signal });
  }
  const packed = tail.bytes.subarray(footer.tocStart - tail.start, footer.tocEnd - tail.start);
  const json = await plainTable(packed, footer, options);
  // Another thread hashes a copy while this one parses, and perhaps frees the bytes; what was parsed of a
  // wrong table goes nowhere.
  const hashing = computeDigest(json);
  const budget = options.budget?.part();
  const parsing = parse(json, footer.contentEnd, { ...options, budget });
  parsing.catch(() => {}); // wrong bytes are blamed before what they say
  try {
    checkDigest({
      actual: await hashing,
      expected,
      name: `the table of contents of the layer ${layer.digest}`,
      stated: "which the manifest states",
      hint: "the layer is not what its manifest describes; nothing of it was used",
    });
  } catch (error) {
    await parsing.catch(() => {});
    budget?.giveBack();
    throw error;
  }
  return { layer, footer, table: await parsing, tail };
}

/** Where the table begins if the annotation is right; a lie costs a request and nothing else. */
function guessStart(layer: Descriptor): number {
  const last = Math.max(0, layer.size - TOC_TAIL_BYTES);
  const stated = layer.annotations?.[ANNOTATION.tocOffset];
  if (stated === undefined || !/^[0-9]{1,15}$/.test(stated)) return last;
  const start = Number(stated);
  const room = layer.size - start;
  return room >= FOOTER_BYTES && room <= 4 * TOC_TAIL_BYTES ? start : last;
}

async function readTail(
  source: Source,
  layer: Descriptor,
  { start, have, signal }: { start: number; have?: Tail; signal: AbortSignal | undefined },
): Promise<Tail> {
  const end = have?.start ?? layer.size;
  const range = { start, end };
  const stream = await source.fetch(layer, { signal, range });
  const name = `bytes ${start} to ${end} of the layer ${layer.digest} of ${source.name}`;
  const bytes = await readChecked(stream, { size: end - start, name }, end - start);
  if (have === undefined) return { start, bytes };
  const joined = new Uint8Array(bytes.length + have.bytes.length);
  joined.set(bytes);
  joined.set(have.bytes, bytes.length);
  return { start, bytes: joined };
}

async function plainTable(
  packed: Uint8Array,
  footer: Footer,
  { withNode = false }: ParseOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const room = packed.length * 8 + 4096;
  // What a table is allowed to become is what it brings along: all of it is held in memory.
  const most = Math.min(MAX_TOC_PLAIN_BYTES, FREE_TOC_BYTES + MAX_TOC_RATIO * packed.length);
  const plain = await inflateWhole(footer.format, packed, { room, most, withNode })
    .catch((cause) => {
      if (!isBlobberError(cause, "limit")) throw cause;
      throw new BlobberError(
        "limit",
        `the table of contents has more bytes than allowed, expected at most ${most} for ` +
          `${packed.length} compressed ones`,
        { cause },
      );
    });
  return footer.format === "gzip" ? onlyFile(plain) : plain;
}

/** The content of the one file that the table's tar holds. */
function onlyFile(tar: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  let found: Uint8Array<ArrayBuffer> | undefined;
  const reader = new TarReader({
    entry(entry: Entry, dataStart: number) {
      if (found !== undefined || entry.path !== TOC_NAME || entry.type !== "file") {
        throw invalidTable(`expected one file "${TOC_NAME}" and nothing else`);
      }
      found = tar.subarray(dataStart, dataStart + entry.size);
    },
    data() {},
    fileEnd() {},
  });
  reader.write(tar);
  reader.end();
  if (found === undefined) {
    throw invalidTable(`no "${TOC_NAME}"`);
  }
  return found;
}
