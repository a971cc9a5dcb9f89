/**
 * Reads a layer whole, writes nothing, and compares: the blob with its digest, its tar with the DiffID, the table
 * with the tar, and each chunk with the table. What a table says is true of a layer that passed.
 *
 * @module
 */

import { CheckedReader } from "../../checked_content.ts";
import { Pace } from "../../system/pace.ts";
import { Growth } from "../growth.ts";
import type { LayerTable } from "../table/layer_table.ts";
import { MAX_BYTES } from "../../limits.ts";
import { BlobBytes } from "./blob_bytes.ts";
import { GroupCheck, type GroupCheckOptions } from "./group_check.ts";
import { canGroup, groupsOf } from "./groups.ts";
import type { LayerPlan } from "./plan.ts";
import { unpackJob } from "./unpack_job.ts";

export { canGroup };

/** What a layer is compared with beside its table, and who is told. */
export interface CheckLayerOptions
  extends Pick<GroupCheckOptions, "diffId" | "signal" | "onNotice"> {
  /** Called with the bytes of the layer read so far. */
  onBytes(read: number): void;
}

/**
 * Compares a layer with its table. It has to be one that {@linkcode canGroup}.
 *
 * @param stream the whole layer
 * @param layer its table
 * @throws {BlobberError} `integrity`, `invalid-archive`, `limit`, and what the stream throws
 */
export async function checkLayer(
  stream: ReadableStream<Uint8Array>,
  layer: LayerTable,
  options: CheckLayerOptions,
): Promise<void> {
  const { digest, size } = layer.layer;
  const growth = new Growth(2 * MAX_BYTES);
  const reader = new CheckedReader(stream, { size, digest, name: `layer ${digest}` });
  const bytes = new BlobBytes(reader, { growth, onBytes: options.onBytes });
  const check = new GroupCheck(layer, { ...options, growth, contents: true });
  const pace = new Pace(options.signal);
  const nowhere = { format: layer.footer.format, root: "", umask: 0 };
  try {
    for (
      const { packed: room, plain, ends, files, ...group } of groupsOf(layer, nothingOf(layer))
    ) {
      await pace.breathe();
      const packed = new ArrayBuffer(room);
      await bytes.read(new Uint8Array(packed));
      const input = { ...nowhere, packed, plain: new ArrayBuffer(plain), ends, files };
      check.take({ ...group, packed: room, plain, ends, files }, unpackJob(input, []));
    }
    await bytes.skipToEnd();
    check.end();
  } catch (error) {
    throw await bytes.explain(error);
  } finally {
    await reader.cancel();
  }
}

/** A plan by which no file is written. */
function nothingOf({ table }: LayerTable): LayerPlan {
  return {
    steps: [],
    files: 0,
    skipped: new Set(table.names.keys()),
    moved: new Map(),
    hardlinks: [],
  };
}
