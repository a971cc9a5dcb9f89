/**
 * Lists what is in an artifact: its names at once, its entries when they are asked for.
 *
 * @module
 */

import type { Entry } from "../archive/entry.ts";
import type { Digest } from "../digest.ts";
import type { ImageOptions } from "./image.ts";
import { printableLines } from "../text/printable.ts";
import type { Verdict } from "../signing.ts";
import type { Names, Source } from "../store.ts";
import type { Document, Manifest } from "../types.ts";

/** What is in an artifact. */
export interface ListResult {
  /** The manifest listed; where there is a verdict, the signature covers it, by itself or by its index. */
  digest: Digest;
  /** Who signed it, where that was asked for. */
  verdict?: Verdict | undefined;
  /** The paths of all entries, sorted. */
  readonly names: readonly string[];
  /**
   * All entries, sorted by path, of the very manifest that was listed: no tag is asked for again, and nothing is
   * verified again. The image is opened when the first one is asked for, and closed behind the last one or when
   * the loop is left.
   *
   * @throws {BlobberError} what `openImage` throws
   */
  entries(): AsyncIterable<Entry>;
}

/** What a result is made of. */
export interface Listed {
  /** The names. */
  names: Names;
  /** Digest of the manifest. */
  digest: Digest;
  /** What a verifier said of it, where there is one. */
  verdict: Verdict | undefined;
  /** The entries, with what is known of each. */
  entries(): AsyncIterable<Entry>;
}

/** A result that becomes a list of names only for who looks at it. */
export class Listing implements ListResult {
  readonly digest: Digest;
  readonly verdict: Verdict | undefined;
  declare readonly names: readonly string[];
  readonly #text: Names;
  readonly #entries: () => AsyncIterable<Entry>;

  /**
   * Makes it.
   *
   * @param listed what was found
   */
  constructor({ names, digest, verdict, entries }: Listed) {
    this.digest = digest;
    this.verdict = verdict;
    this.#text = names;
    this.#entries = entries;
    let list: readonly string[] | undefined;
    // Its own, as a value would be: copies of the result have it too.
    Object.defineProperty(this, "names", {
      enumerable: true,
      get: () => list ??= names.names === "" ? [] : names.names.split("\n"),
    });
  }

  /** As {@linkcode ListResult.entries}. */
  entries(): AsyncIterable<Entry> {
    return this.#entries();
  }

  /** The names as one text, which is never taken apart. */
  static textOf(result: ListResult): Names {
    if (result instanceof Listing) return result.#text;
    const names = result.names.join("\n");
    return { names, plain: printableLines(names) === names };
  }
}

/**
 * The paths of all entries, all layers applied, sorted, one a line: as a cache in the source noted them, else
 * out of the layers' tables. No path has a line feed in it: an archive with one is refused.
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

/**
 * The entries of an artifact. Nothing is read before the first is asked for.
 *
 * @param source where the artifact is
 * @param manifest its manifest, already checked
 * @throws {BlobberError} what `openImage` throws
 */
export async function* listEntries(
  source: Source,
  manifest: Document<Manifest>,
  options: ImageOptions = {},
): AsyncGenerator<Entry, void> {
  const { openImage } = await import("./image.ts");
  const image = await openImage(source, manifest, { ...options, namesOnly: true });
  try {
    yield* image.walk();
  } finally {
    await image.close();
  }
}
