/**
 * Unpacks a layer from its first byte to its last, as its tar comes: layers without a table, and those
 * whose members are too large to be taken several at a time.
 *
 * @module
 */

import { checkDiskName } from "../destination/disk_names.ts";
import type { Descriptor } from "../../types.ts";
import type { Entry } from "../entry.ts";
import { type LayerStreamOptions, readLayer } from "../read/layer_stream.ts";
import { StagedFile } from "../destination/staged_file.ts";
import { checkEntry, directoriesOf, type EntryPolicy } from "./plan.ts";
import type { Staging } from "../destination/staging.ts";
import type { Table } from "../table/table.ts";
import { TableCheck } from "./table_check.ts";
import type { TarHandler } from "../tar/tar_reader.ts";
import { LANDMARKS, TOC_NAME } from "../toc.ts";
import type { Tree } from "../tree/tree.ts";

/** Where a layer is unpacked. */
export interface UnpackStreamOptions extends LayerStreamOptions {
  staging: Staging;
  /** What lower layers made; this one is applied to it. */
  tree: Tree;
  policy: EntryPolicy;
  /** The layer's table, where it has one that states what the tar must be. */
  table: Table | undefined;
  /** Called with the number of files finished since the last call. */
  onFiles(count: number): void;
}

/**
 * Unpacks a layer. What it wrote is not checked before this has returned.
 *
 * @param stream the whole layer
 * @param layer what it must be
 */
export async function unpackStream(
  stream: ReadableStream<Uint8Array>,
  layer: Descriptor,
  options: UnpackStreamOptions,
): Promise<void> {
  const { staging, tree } = options;
  const writer = new Writer(options);
  try {
    const { hasTable } = await readLayer(stream, layer, writer, options);
    writer.check?.end();
    if (!hasTable) return;
    // What writers of eStargz add for themselves is no content.
    for (const path of [writer.lastPath === TOC_NAME ? TOC_NAME : "", ...LANDMARKS]) {
      if (tree.get(path)?.entry.type !== "file") continue;
      tree.drop(path);
      staging.remove(path);
    }
  } finally {
    writer.close();
  }
}

class Writer implements TarHandler {
  lastPath = "";
  readonly check: TableCheck | undefined;
  readonly #options: UnpackStreamOptions;
  #file: StagedFile | undefined;

  constructor(options: UnpackStreamOptions) {
    this.#options = options;
    this.check = options.table && new TableCheck(options.table, "digests");
  }

  entry(stated: Entry, dataStart: number): void {
    const { staging, tree, policy } = this.#options;
    this.check?.entry(stated, dataStart);
    checkEntry(stated, policy);
    checkDiskName(stated.path);
    this.lastPath = stated.path;
    const applied = tree.apply(stated, undefined);
    const { entry } = applied;
    if (entry !== stated) checkEntry(entry, policy);
    for (const path of applied.removed) staging.remove(path);
    for (const { path, mode } of directoriesOf(applied)) staging.directory(path, mode);
    if (!applied.added) return;
    if (entry.type === "hardlink") staging.hardlink(entry);
    if (entry.type === "file") this.#file = new StagedFile(staging, entry);
  }

  data(bytes: Uint8Array): void {
    this.check?.data(bytes);
    this.#file?.write(bytes);
  }

  fileEnd(): void {
    this.check?.fileEnd();
    if (this.#file === undefined) return; // a whiteout
    this.#file.finish();
    this.#file = undefined;
    this.#options.onFiles(1);
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }
}
