/**
 * Layers with a table of contents, eStargz and zstd:chunked, for programs that read or write them themselves:
 * {@linkcode openLayer} reads single files out of one in a store, {@linkcode packLayer} makes one, and
 * {@linkcode parseTable} checks a table whose bytes you have.
 *
 * A client does all of that for whole artifacts, with threads, a cache and verification. What is here works on one
 * layer, and leaves to you which layer that is.
 *
 * @module
 */

export { type OpenedLayer, openLayer, type OpenLayerOptions } from "./open_layer.ts";
export { type NewLayer, packLayer, type PackLayerOptions, type WriteLayer } from "./pack_layer.ts";
export type { LayerInput } from "./layer_input.ts";
export {
  type LayerChunk,
  parseTable,
  type ParseTableOptions,
  type TableOfContents,
} from "./table_of_contents.ts";
// What these are made of.
export type { Digest } from "../../digest.ts";
export type { Compression, FileOptions, PackLimits, UnpackLimits } from "../../options.ts";
export type {
  ByteRange,
  CallOptions,
  FetchOptions,
  Names,
  ReferrerOptions,
  Source,
} from "../../store.ts";
export type { Annotations, Descriptor, Platform } from "../../types.ts";
export type { Entry, EntryType, SpecialType } from "../entry.ts";
export type { ArchiveInput, ByteSource, InputEntry, InputType } from "../input/input.ts";
