/**
 * Packs what a push puts on top of a base, and sends it while it is being made.
 *
 * @module
 */

import type { Entry } from "../../archive/entry.ts";
import { Crew } from "../../archive/pack/crew.ts";
import type { PackedLayer } from "../../archive/pack/layer_sink.ts";
import { Packer } from "../../archive/pack/pack.ts";
import { changed } from "../../archive/input/source_file.ts";
import type { KeyGuard } from "../../archive/input/private_keys.ts";
import { TreeRecords } from "../../archive/tree_records.ts";
import { andLetGo } from "../../caller_errors.ts";
import type { Store } from "../../store.ts";
import type { ThreadCall } from "../../threads/pool.ts";
import { noteLayer } from "../push/send_layer.ts";
import type { PushFormat, PushSettings } from "../push/settings.ts";
import { type TopContent, whiteoutsOf } from "./levels.ts";
import type { LookedEntries } from "./looked_entries.ts";

/** How it is packed. */
export type TopSettings = PushSettings & PushFormat & {
  threads: ThreadCall;
  keys: KeyGuard | undefined;
};

/**
 * Packs and sends.
 *
 * @param what what goes into it, and the tree that it is of
 * @param target where to
 * @throws {BlobberError} `source-changed` where a file is not what it was when it was looked at
 */
export async function sendTopLayer(
  { content, looked }: { content: TopContent; looked: LookedEntries },
  target: Store,
  settings: TopSettings,
): Promise<PackedLayer> {
  const { signal, mediaType, encoder, threads, keys, onProgress, onNotice } = settings;
  const writer = await target.begin(mediaType, { signal });
  return await andLetGo(async () => {
    const crew = new Crew(threads, 0);
    const packer = new Packer({
      encoder,
      runner: crew,
      batches: () => crew.batches,
      write: (bytes) => writer.write(bytes),
      ...{ keys, signal, onProgress, onNotice },
    });
    try {
      const tree = new TreeRecords(signal);
      for (const { entry, number } of inOrder(content, looked, settings)) {
        if (number === undefined) await packer.add(entry);
        else await packer.addFile(entry, looked.file(number), looked.stamp(number));
        const isFile = number !== undefined && entry.type === "file";
        tree.add(entry, isFile ? `sha256:${looked.hex(number)}` : undefined);
      }
      const layer = await packer.finish();
      // Whatever the system told of the files meanwhile: these are the contents that were compared with the base.
      if (layer.tree !== await tree.digest()) throw changed("what is pushed");
      const { digest, size } = layer;
      await writer.commit({ mediaType, digest, size });
      await noteLayer(layer, settings);
      const sent = { done: size, total: size };
      onProgress?.({ phase: "upload", ...sent, unit: "bytes", finished: true });
      return layer;
    } finally {
      await crew.close();
      await threads.giveUp();
      await packer.settle();
    }
  }, () => writer.abort());
}

/** Entries as they stand in the layer: what goes from a directory comes right behind it. */
function* inOrder(
  content: TopContent,
  looked: LookedEntries,
  { keepMtime, mtime = 0 }: PushSettings,
): Generator<{ entry: Entry; number?: number }> {
  const goneFrom = function* (directory: string) {
    for (const entry of whiteoutsOf(directory, content, keepMtime ? 0 : mtime)) yield { entry };
  };
  yield* goneFrom("");
  for (const number of content.entries) {
    const entry = looked.entry(number);
    yield { entry, number };
    if (entry.type === "directory") yield* goneFrom(entry.path);
  }
}
