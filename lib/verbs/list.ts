/**
 * Lists the names in an artifact.
 *
 * @module
 */

import type { ImageOptions } from "./image.ts";
import { printableLines } from "../printable.ts";
import type { Names, Source } from "../store.ts";
import type { Document, Manifest } from "../types.ts";

/**
 * The paths of all entries, all layers applied, sorted, one a line: as a cache in the source noted them, else
 * out of the layers' tables.
 *
 * @param source where the artifact is
 * @param manifest its manifest, already checked
 * @throws {BlobberError} what `openImage` throws
 */
export async function listNames(
  source: Source,
  manifest: Document<Manifest>,
  options: ImageOptions = {},
): Promise<Names> {
  const noted = await source.notedNames?.(manifest.descriptor);
  if (noted !== undefined) return noted;
  const { openImage } = await import("./image.ts");
  const image = await openImage(source, manifest, { ...options, namesOnly: true });
  try {
    const names = (await image.paths()).join("\n");
    const found: Names = { names, plain: printableLines(names) === names };
    await source.noteNames?.(manifest.descriptor, found);
    return found;
  } finally {
    await image.close();
  }
}
