/**
 * An artifact as one side of a comparison: its tables say what is in it, and prove the digests of the chunks.
 *
 * @module
 */

import { specialName } from "../../archive/entry.ts";
import { type Content, type Contents, fileOf } from "../../archive/read/content.ts";
import { openContent } from "../../archive/read/file_content.ts";
import type { Observer } from "../../events.ts";
import type { Source } from "../../store.ts";
import { Pace } from "../../system/pace.ts";
import type { Image } from "../image.ts";
import { type FileContent, type Part, READING, type Side, SideEntries } from "./side.ts";

/** What a side is made of. */
export interface OpenedArtifact {
  /** Where the artifact is. */
  source: Source;
  /** What is in it, with digests of what had to be unpacked. */
  contents: Contents;
  /** The same, for a caller that reads files of it. */
  image: Image;
}

/** The side that an artifact is. */
export async function imageSide(opened: OpenedArtifact, observer: Observer): Promise<Side> {
  const { source, contents, image } = opened;
  const { listing } = contents;
  const { signal } = observer;
  const entries = new SideEntries();
  const pace = new Pace(signal);
  for await (const some of listing.entries({ signal })) {
    for (const entry of some) {
      if (pace.due()) await pace.breathe();
      const { path, type } = entry;
      if (type === "hardlink") {
        // It has the size and the mode of its file, which may be gone from its own path.
        const { size, mode } = fileOf(listing.get(path)!.content, entry);
        entries.add({ ...entry, type: "file", size, mode });
      } else if (type === "file" || type === "directory" || type === "symlink") {
        entries.add({ ...entry, type });
      } else if (specialName(type) !== undefined) entries.special.push(entry);
    }
  }
  for (const path of listing.emptied()) entries.imply(path);
  return {
    entries: entries.all,
    special: entries.special,
    content: (path) => contentOf(listing.get(path)!.content, source, observer),
    open: (path, options) => image.open(path, options),
    close: () => image.close(),
  };
}

function contentOf(content: Content, source: Source, observer: Observer): FileContent {
  const { size, parts, cost } = known(content);
  return {
    size,
    parts,
    cost,
    async *read({ signal }) {
      const range = { start: 0, end: size };
      yield* await openContent(source, content, { range, signals: [signal], observer });
    },
  };
}

/** What is proven of a content: that of the whole file is where it is one chunk, or was unpacked and hashed. */
function known(content: Content): Pick<FileContent, "size" | "parts" | "cost"> {
  if (content.kind === "layer") {
    const { size, digest } = content.layer;
    return { size, parts: [{ end: size, digest }], cost: READING.file };
  }
  if (content.kind === "spool") {
    const { entry: { size }, digest } = content.at;
    return { size, parts: digest && [{ end: size, digest }], cost: READING.layer };
  }
  const { entry: { size }, columns, first, chunkCount } = content.row;
  const parts: Part[] = [];
  for (let i = first; i < first + chunkCount; i++) {
    parts.push({ end: columns.at(i) + columns.size(i), digest: columns.digest(i) });
  }
  return { size, parts, cost: READING.file };
}
