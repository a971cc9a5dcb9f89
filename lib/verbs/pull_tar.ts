/**
 * The verb `pull` into a tar: nothing is written before the manifest, its signature and the tables of the layers
 * were checked, and of each file no byte before those are.
 *
 * @module
 */

import { checkLinkChains } from "../archive/links.ts";
import { writeTarOf } from "../archive/select/tar_of_selection.ts";
import type { TakeBytes } from "../archive/tar/tar_output.ts";
import { interruption, isBlobberError } from "../errors.ts";
import { isTheirs } from "../caller_errors.ts";
import type { PullResult } from "../results.ts";
import type { Source } from "../store.ts";
import { Traffic } from "../stores/cache/traffic.ts";
import type { Document, Manifest } from "../types.ts";
import { choose } from "./pull/choose.ts";
import { PullProgress } from "./pull/progress.ts";
import { type PullSettings, rulesOf } from "./pull/settings.ts";

/**
 * Writes an artifact, or a part of it, as a tar.
 *
 * @param source where it is
 * @param manifest its manifest, already checked
 * @param take is given the bytes
 * @throws {BlobberError} as `pull` into a directory, but for what is about one; and what `take` throws
 */
export async function pullTar(
  source: Source,
  manifest: Document<Manifest>,
  take: TakeBytes,
  settings: PullSettings = {},
): Promise<PullResult> {
  const { signal, traffic = new Traffic() } = settings;
  const rules = rulesOf(manifest.value, settings);
  try {
    rules.pace.check();
    const choice = await choose(source, manifest, settings, rules);
    try {
      const { selection, plan } = choice;
      await checkLinkChains(selection.tree.links(), rules.pace);
      const progress = new PullProgress(settings, {
        bytes: choice.toRead,
        files: selection.entries.filter(({ entry }) => entry.type === "file").length,
      });
      let read = 0;
      await writeTarOf(source, selection, plan, {
        ...settings,
        take,
        growth: rules.growth,
        onBytes: (count) => {
          read += count;
          progress.readMore(count);
        },
        onFiles: (count) => progress.wrote(count),
      });
      progress.end();
      const { digest } = manifest.descriptor;
      const total = selection.tree.total();
      return { digest, ...total, ...traffic.of(manifest.value.layers, choice.read + read) };
    } finally {
      choice.close();
    }
  } catch (error) {
    const isOwn = isBlobberError(error) || isTheirs(error);
    throw signal?.aborted && !isOwn ? interruption(signal) : error;
  }
}
