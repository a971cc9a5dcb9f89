/**
 * A layer in a store, opened by its table of contents, so that single files come out of it.
 *
 * @module
 */

import type { Digest } from "../../digest.ts";
import { layerOptions } from "../../doors/options.ts";
import { checkedStore, descriptorCheck } from "../../doors/store.ts";
import { BlobberError } from "../../errors.ts";
import type { FileOptions, UnpackLimits } from "../../options.ts";
import type { CallOptions, Source } from "../../store.ts";
import { ANNOTATION, type Descriptor } from "../../types.ts";
import { VerbCall } from "../../verb_call.ts";
import { tableContent } from "../read/content.ts";
import { checkRange, openContent, rangeIn } from "../read/file_content.ts";
import { findLayerTable } from "../read/layer_tables.ts";
import { type LayerTable, wholeTable } from "../table/layer_table.ts";
import { listedBudget } from "../table/parse_table.ts";
import { ReadTable, type TableOfContents } from "./table_of_contents.ts";

/** A layer whose table was read and checked. It holds nothing open. */
export interface OpenedLayer extends TableOfContents {
  /** Its format: eStargz is compressed with gzip, zstd:chunked with zstd. */
  readonly format: "estargz" | "zstd:chunked";
  /** Digest of its table, which the manifest states and the table has. */
  readonly tableDigest: Digest;
  /**
   * Opens a file, or the part from `start` to before `end`. Only the members that hold it are fetched, and no byte
   * is given out before the digest of its chunk was checked. Hard links are followed; symbolic links lead into
   * other layers too, and are not.
   *
   * @param path as {@linkcode Entry.path} has it
   * @param options which part, and what stops the reading
   * @throws {BlobberError} `not-found`, `usage` for what is no file, `invalid-option`; the stream fails with
   * `integrity`, `limit`, and what the source throws
   */
  open(path: string, options?: FileOptions): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
}

/** Options of {@linkcode openLayer}. */
export interface OpenLayerOptions extends CallOptions, Pick<UnpackLimits, "maxEntries"> {}

/**
 * Reads the table of contents of a layer: with one request, and a second one where it is larger than could be
 * guessed. The table is checked against the digest that the layer's descriptor states; whether to trust that
 * descriptor is yours to decide, by the digest of its manifest or by a signature.
 *
 * @example
 * ```ts
 * import { Client, MemoryStore } from "@blobber/core";
 * import { openLayer } from "@blobber/core/estargz";
 *
 * const [store, client] = [new MemoryStore(), new Client()];
 * await client.push({ directory: "examples/site" }, { store, reference: "v1" });
 * const { layers: [descriptor] } = await client.inspect({ store, reference: "v1" });
 *
 * const layer = await openLayer(store, descriptor!);
 * if (layer?.length !== 4) throw new Error(`${layer?.length} entries`);
 * const stream = await layer.open("robots.txt", { start: 0, end: 10 });
 * if (await new Response(stream).text() !== "User-agent") throw new Error("wrong bytes");
 * await client.close();
 * ```
 *
 * @param source where the layer is: a store that is open
 * @param layer its descriptor, with its annotations
 * @param options limits, and what stops it
 * @returns `undefined` where the layer has no table that can be read alone: its descriptor names none, its end is
 * no known footer, or the source gives no ranges
 * @throws {BlobberError} `integrity`, `invalid-archive`, `path-traversal`, `limit`, `invalid-option`, and what the
 * source throws
 */
export async function openLayer(
  source: Source,
  layer: Descriptor,
  options: OpenLayerOptions = {},
): Promise<OpenedLayer | undefined> {
  const { maxEntries, signal } = layerOptions("openLayer", options);
  const checked = checkedStore(source);
  const wrong = descriptorCheck(layer);
  if (wrong !== undefined) {
    const { path, found, expected } = wrong;
    throw new BlobberError(
      "invalid-option",
      `invalid layer${path}: ${found}, expected ${expected}`,
    );
  }
  const descriptor = { ...layer, annotations: { ...layer.annotations } };
  const call = new VerbCall(signal);
  return await call.run(async () => {
    const how = { budget: listedBudget(maxEntries), signal: call.signal };
    const found = await findLayerTable(checked, descriptor, wholeTable, how);
    return found && new Layer(checked, found);
  });
}

class Layer extends ReadTable implements OpenedLayer {
  readonly format: "estargz" | "zstd:chunked";
  readonly tableDigest: Digest;
  readonly #source: Source;
  readonly #found: LayerTable;

  constructor(source: Source, found: LayerTable) {
    super(found.table);
    this.#source = source;
    this.#found = found;
    this.format = found.footer.format === "zstd" ? "zstd:chunked" : "estargz";
    this.tableDigest = found.layer.annotations![ANNOTATION.tocDigest] as Digest;
  }

  async open(
    path: string,
    options: FileOptions = {},
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    checkRange(options);
    const content = tableContent(
      this.#found,
      this.#found.table.locate(this.file(path, this.#found.layer)),
    );
    const range = rangeIn(content, options);
    return await openContent(this.#source, content, {
      range,
      signals: [options.signal],
      observer: {},
    });
  }
}
