/**
 * The tree that is pushed onto a base: every entry, and the digest of each file. Files are read as packing them
 * would, and secrets are looked for in them alike.
 *
 * @module
 */

import type { KeyGuard } from "../../archive/input/private_keys.ts";
import { type LikelySecret, SecretCounter, warnOfSecrets } from "../../archive/input/secrets.ts";
import { Survey, type Surveyed } from "../../archive/input/survey.ts";
import type { WalkedEntry } from "../../archive/input/walk.ts";
import { FileLooker } from "../../archive/pack/file_looker.ts";
import { timed } from "../../archive/pack/pack_input.ts";
import { TreeForm } from "../../archive/tree_form.ts";
import type { Digest } from "../../digest.ts";
import { type Observer, type PartProgress, reportPart } from "../../events.ts";
import { Pace } from "../../system/pace.ts";
import type { ThreadCall } from "../../threads/pool.ts";
import type { PackSettings } from "../push/settings.ts";
import type { Levels } from "./levels.ts";
import { LookedEntries } from "./looked_entries.ts";

/** A tree that was looked at. */
export interface LookedTree {
  entries: LookedEntries;
  surveyed: Surveyed;
  /** Likely secrets, in the order of the walk. */
  secrets: LikelySecret[];
}

/** Who looks at it, and what it is compared with. */
export interface LookOptions {
  threads: ThreadCall;
  keys: KeyGuard | undefined;
  /** The base. */
  base: Levels;
}

/**
 * Looks at a tree.
 *
 * @param walked its entries
 * @throws {BlobberError} `source-changed`, `file-system`, `private-key`
 */
export async function lookAtTree(
  walked: Iterable<WalkedEntry>,
  { threads, keys, base }: LookOptions,
  options: PackSettings,
): Promise<LookedTree> {
  const pace = new Pace(options.signal);
  const observer = partOf(options);
  const survey = new Survey(observer);
  const secrets: LikelySecret[] = [];
  const entries = new LookedEntries();
  const progress = { phase: "pack", unit: "bytes" } as const;
  let [done, total] = [0, 0];
  const looker = new FileLooker<number>(
    { pace, helpers: threads, slots: 3 * threads.threads, keys },
    (i, { hex, isCutSo, secret }) => {
      entries.found(i, hex, isCutSo);
      if (secret !== undefined) secrets.push({ path: entries.path(i), kind: secret });
      done += entries.size(i);
      observer.onProgress?.({ ...progress, done, finished: false });
    },
  );
  try {
    for (const { file, stat, ...stated } of walked) {
      const entry = timed(stated, options);
      const { size, mtime, ctime, inode } = stat;
      const stamp = { size, mtime, ctime, inode };
      const i = entries.add(entry, file, stamp);
      survey.add(entry);
      if (entry.type !== "file") continue;
      total += entry.size;
      await looker.add(i, { file, stamp, ...base.cutsOf(entry.path, entry.size) });
    }
    await looker.end();
  } finally {
    await threads.giveUp();
  }
  observer.onProgress?.({ ...progress, done, total, finished: true });
  return { entries, surveyed: survey.finish(), secrets };
}

/** Progress of this part of a push, which packing may follow. */
function partOf({ onProgress, signal }: Observer): Observer {
  if (onProgress === undefined) return { signal };
  const tell = (progress: PartProgress) =>
    reportPart({ onProgress }, { ...progress, part: "compared" });
  return { signal, onProgress: tell };
}

/** The digest of a tree, of which every file was read. */
export function treeDigestOf({ entries }: LookedTree): Digest {
  const form = new TreeForm();
  for (let i = 0; i < entries.length; i++) {
    form.add(entries.entry(i), entries.type(i) === "file" ? `sha256:${entries.hex(i)}` : undefined);
  }
  return form.digest();
}

/** Tells what is pushed, as packing all of it would. */
export function tellOf({ entries, secrets }: LookedTree, settings: PackSettings): void {
  const { onEntry, onSecret } = settings;
  for (let i = 0; onEntry !== undefined && i < entries.length; i++) onEntry(entries.entry(i));
  const counter = new SecretCounter();
  for (const secret of secrets) {
    counter.add(secret);
    onSecret?.(secret);
  }
  warnOfSecrets(settings, counter.found);
}
