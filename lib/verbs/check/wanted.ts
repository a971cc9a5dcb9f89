/**
 * What an artifact says is in a directory: by the tables of its layers. A layer without a table is read whole, and
 * hashed.
 *
 * @module
 */

import { expectedOf } from "../../archive/compare/expected.ts";
import type { Expected } from "../../archive/compare/finding.ts";
import { type Entry, specialName } from "../../archive/entry.ts";
import { readTree } from "../../archive/read/tree_contents.ts";
import type { Digest } from "../../digest.ts";
import { MAX_LISTED_ENTRIES } from "../../limits.ts";
import type { Source } from "../../store.ts";
import { Pace } from "../../system/pace.ts";
import type { Document, Manifest } from "../../types.ts";
import { openLayers } from "../pull/open_layers.ts";
import { orderedEntries } from "../pull/ordered_entries.ts";
import type { CheckSettings } from "./settings.ts";

/** What is to be there. */
export interface Wanted {
  /** All entries but devices and named pipes, from the beginning each time. */
  entries(): AsyncGenerator<readonly Expected[], void>;
  /** Devices and named pipes. */
  special: readonly Entry[];
  /** Layers that had to be read whole. */
  whole: Digest[];
  /** Bytes of layers that were read to know. */
  read: number;
  /** Removes what is kept of layers without a table. */
  close(): void;
}

/** Bytes of layers from which threads are opened while the registry is asked. */
const THREADS_WORTH = 8 * 1024 * 1024;

/**
 * Reads what is to be there.
 *
 * @param source where the artifact is
 * @param manifest its manifest, checked
 * @throws {BlobberError} `integrity`, `invalid-archive`, `path-traversal`, `limit`, and what the source throws
 */
export async function readWanted(
  source: Source,
  manifest: Document<Manifest>,
  settings: CheckSettings,
): Promise<Wanted> {
  const { signal, onProgress, onNotice, maxBytes, maxEntries = MAX_LISTED_ENTRIES } = settings;
  // Nothing is written: only what is held in memory counts.
  const limits = { maxEntries, maxBytes: Infinity, maxFileBytes: Infinity };
  const layers = await openLayers(source, manifest, {
    ...{ limits, signal, tableStart: settings.tableStart },
    meanwhile(archives) {
      const bytes = archives.reduce((sum, { size }) => sum + size, 0);
      if (bytes >= THREADS_WORTH) settings.threads?.start("compare");
    },
  });
  const pace = new Pace(signal);
  const ordered = await orderedEntries(layers, limits, pace);
  if (ordered !== undefined) {
    const { table: { table, tail }, entries } = ordered;
    const isSpecial = (_: unknown, row: number) => specialName(table.type(row)) !== undefined;
    const special = entries.filter(isSpecial).map(({ entry }) => entry);
    return {
      special,
      async *entries() {
        yield await Promise.resolve(
          special.length === 0 ? entries : entries.filter((one, row) => !isSpecial(one, row)),
        );
      },
      whole: [],
      read: tail.bytes.length,
      close() {},
    };
  }
  const { archives, files } = layers;
  const diffIds = new Map(archives.map(({ descriptor, diffId }) => [descriptor, diffId]));
  const contents = await readTree(
    source,
    { archives: archives.map(({ descriptor }) => descriptor), files },
    archives.map(({ table }) => table),
    {
      ...{ signal, onProgress, onNotice, maxBytes, maxEntries },
      namesOnly: true,
      hash: true,
      diffIdOf: (layer) => diffIds.get(layer),
    },
  );
  try {
    const special: Entry[] = [];
    for await (const some of contents.listing.entries({ signal })) {
      for (const one of some) if (specialName(one.type) !== undefined) special.push(one);
    }
    const withoutTable = archives.filter(({ table }) => table === undefined);
    return {
      special,
      entries: () => expectedOf(contents, { signal }),
      whole: withoutTable.map(({ descriptor }) => descriptor.digest),
      read: archives.reduce(
        (sum, { descriptor, table }) => sum + (table?.tail.bytes.length ?? descriptor.size),
        0,
      ),
      close: () => contents.close(),
    };
  } catch (error) {
    contents.close();
    throw error;
  }
}
