/**
 * The verb `raw`: a manifest, a config or a table of contents as it is stored.
 *
 * @module
 */

import { findLayerTable } from "../../archive/read/layer_tables.ts";
import { listedBudget } from "../../archive/table/parse_table.ts";
import { isIndex } from "../../artifact/manifest.ts";
import { readChecked } from "../../checked_content.ts";
import { computeDigest } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import { MAX_CONFIG_BYTES } from "../../limits.ts";
import type { RawPart, RawResult } from "../../looking.ts";
import { counted } from "../../text/printable.ts";
import type { CallOptions, Source } from "../../store.ts";
import { ANNOTATION, type Descriptor, type Document, type Manifest } from "../../types.ts";
import type { ResolveOptions } from "../resolve.ts";
import { lookAt } from "./look_at.ts";

/**
 * Reads a part of an artifact.
 *
 * @param source where the artifact is
 * @param selector names it
 * @param what the part, and of which layer the table is
 * @throws {BlobberError} `not-found` for a part that is not there, `integrity`, and what verification says
 */
export async function readRaw(
  source: Source,
  selector: string,
  { part, layer, ...options }: ResolveOptions & { part: RawPart; layer?: number | undefined },
): Promise<RawResult> {
  const { document } = await lookAt(source, selector, options);
  const { digest, mediaType } = document.descriptor;
  if (layer !== undefined && part !== "table") {
    throw new BlobberError("invalid-option", `invalid layer: a ${part} is not of a layer`);
  }
  if (part === "manifest") return { digest, mediaType, bytes: document.bytes.slice() };
  if (isIndex(document)) {
    throw new BlobberError("not-found", `the index ${digest} has no ${part}, its manifests may`, {
      hint: ["name one of them with ", { option: "platform" }],
    });
  }
  const manifest = document as Document<Manifest>;
  return part === "config"
    ? await configOf(source, manifest, options)
    : await tableOf(source, manifest, layer, options);
}

async function configOf(
  source: Source,
  { value: { config } }: Document<Manifest>,
  { signal }: CallOptions,
): Promise<RawResult> {
  const { digest, size, mediaType } = config;
  const stream = await source.fetch(config, { signal });
  const name = `config ${digest} of ${source.name}`;
  const bytes = await readChecked(stream, { size, digest, name }, MAX_CONFIG_BYTES);
  return { digest, mediaType, bytes };
}

async function tableOf(
  source: Source,
  { descriptor, value: { layers } }: Document<Manifest>,
  number: number | undefined,
  options: CallOptions,
): Promise<RawResult> {
  const { digest } = descriptor;
  const tabled = layers.flatMap((layer, i) => statesTable(layer) ? [i + 1] : []);
  if (number !== undefined && layers[number - 1] === undefined) {
    const has = counted(layers.length, "layer");
    throw new BlobberError(
      "not-found",
      `the manifest ${digest} has no layer ${number}: it has ${has}`,
    );
  }
  if (number === undefined && tabled.length > 1) {
    throw new BlobberError(
      "invalid-option",
      `the manifest ${digest} has ${tabled.length} layers with a table of contents, expected one of ` +
        `${tabled.slice(0, 20).join(", ")}${tabled.length > 20 ? ", …" : ""} to be named`,
      { hint: ["name it with ", { option: "layer", value: tabled[0]! }] },
    );
  }
  const chosen = number ?? tabled[0];
  const found = chosen === undefined
    ? undefined
    : await storedTable(source, layers[chosen - 1]!, options);
  if (found !== undefined) return found;
  throw new BlobberError(
    "not-found",
    chosen === undefined
      ? `no layer of the manifest ${digest} has a table of contents`
      : `the layer ${chosen} of the manifest ${digest} has no table of contents that can be read alone`,
  );
}

function statesTable({ annotations }: Descriptor): boolean {
  return annotations?.[ANNOTATION.tocDigest] !== undefined;
}

/** A table as it is stored, uncompressed: the bytes that the manifest's annotation has the digest of. */
async function storedTable(
  source: Source,
  layer: Descriptor,
  { signal }: CallOptions,
): Promise<RawResult | undefined> {
  const parse = (bytes: Uint8Array<ArrayBuffer>) => Promise.resolve(bytes.slice());
  const found = await findLayerTable(source, layer, parse, { signal, budget: listedBudget() });
  if (found === undefined) return undefined;
  const bytes = found.table;
  return { digest: await computeDigest(bytes), mediaType: "application/json", bytes };
}
