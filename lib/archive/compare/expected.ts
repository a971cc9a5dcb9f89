/**
 * What is known of the entries that a directory is compared with: the digests that their bytes must have.
 *
 * @module
 */

import { hexOf } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import type { CallOptions } from "../../store.ts";
import { quote } from "../../text/printable.ts";
import { specialName } from "../entry.ts";
import { type Contents, fileOf } from "../read/content.ts";
import type { Expected } from "./finding.ts";

/** A file in parts that have digests. */
export interface KnownParts {
  /** Bytes of each part, in their order. */
  sizes: number[];
  /** Their digests, 64 hexadecimal digits each, one behind the other. */
  hexes: string;
}

/**
 * All entries of an image, as a directory is compared with them. Devices and named pipes are left out: whether they
 * may be is for the caller to judge.
 *
 * @param contents of the image, read with `hash`
 */
export async function* expectedOf(
  { listing }: Pick<Contents, "listing">,
  { signal }: CallOptions = {},
): AsyncGenerator<Expected[], void> {
  for await (const entries of listing.entries({ signal })) {
    const some: Expected[] = [];
    for (const entry of entries) {
      const { path, type } = entry;
      if (specialName(type) !== undefined) continue;
      const isFile = type === "file" || type === "hardlink";
      some.push({ entry, content: isFile ? listing.get(path)!.content : undefined });
    }
    yield some;
  }
  yield [...listing.emptied()].map((path) => ({
    entry: { path, type: "directory", size: 0, mode: 0o755, mtime: 0 },
    content: undefined,
  }));
}

/** A file with the size and the mode that it has by whichever of its names. */
export interface ExpectedFile {
  size: number;
  /** Permission bits; nothing where nothing states any. */
  mode: number | undefined;
}

/** The file that an entry is a name of. */
export function expectedFile({ entry, content }: Expected): ExpectedFile {
  const { size, mode } = fileOf(content!, entry);
  return { size, mode: content!.kind === "layer" ? undefined : mode };
}

/**
 * The digests of a file's parts: of its chunks, or of all of it.
 *
 * @throws {BlobberError} `unexpected` for content that was unpacked and not hashed
 */
export function knownParts({ entry, content }: Expected): KnownParts {
  if (content!.kind === "table") {
    const { columns, first, chunkCount } = content!.row;
    if (chunkCount === 1) return { sizes: [columns.size(first)], hexes: columns.hex(first) };
    const sizes = Array.from({ length: chunkCount }, (_, i) => columns.size(first + i));
    return { sizes, hexes: columns.hexes(first, first + chunkCount).join("") };
  }
  const { size } = fileOf(content!, entry);
  const digest = content!.kind === "layer" ? content!.layer.digest : content!.at.digest;
  if (size === 0) return { sizes: [], hexes: "" };
  if (digest === undefined) {
    throw new BlobberError("unexpected", `the content of ${quote(entry.path)} was not hashed`);
  }
  return { sizes: [size], hexes: hexOf(digest) };
}
