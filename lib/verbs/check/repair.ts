/**
 * Repairs a directory: what differs from an artifact is pulled again, as an update.
 *
 * @module
 */

import { notify } from "../../events.ts";
import type { Source } from "../../store.ts";
import type { Document, Manifest } from "../../types.ts";
import { pull } from "../pull.ts";
import type { CheckSettings } from "./settings.ts";

/** What is repaired, and how. */
export interface RepairOptions {
  /** Whether what is at a path counts: all else stays as it is. */
  counts(path: string, isDirectory: boolean): boolean;
  settings: CheckSettings;
}

/**
 * Puts in place what a directory lacks of an artifact, or has otherwise. What is right is not touched, and what no
 * pull replaces stays, with a notice.
 *
 * @param source where the content is
 * @returns bytes of layers that were read
 * @throws {BlobberError} as `pull`, but no `conflict` for what stands in the way
 */
export async function repairTree(
  directory: string,
  source: Source,
  manifest: Document<Manifest>,
  { counts, settings }: RepairOptions,
): Promise<number> {
  const { signal, onNotice, onProgress, threads, allowSharedDirectories, special, links } =
    settings;
  const { maxEntries, maxBytes, maxFileBytes, onStep } = settings;
  const { fetched, reused } = await pull(source, manifest, directory, {
    ...{ signal, onNotice, onProgress, threads, allowSharedDirectories, special, links, onStep },
    ...{ maxEntries, maxBytes, maxFileBytes },
    overwrite: true,
    repair: {
      takes: counts,
      onConflict(_path, { message }) {
        notify(settings, { level: "warning", code: "not-repaired", message });
      },
    },
  });
  return fetched + reused;
}
