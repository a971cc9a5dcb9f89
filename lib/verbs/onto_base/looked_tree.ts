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
import type { Level } from "./levels.ts";
import type { LookedEntry } from "./looked_entry.ts";

/** A tree that was looked at. */
export interface LookedTree {
  /** In the order of the walk. */
  entries: ReadonlyMap<string, LookedEntry>;
  surveyed: Surveyed;
  /** Likely secrets, in the order of the walk. */
  secrets: LikelySecret[];
}

/** Who looks at it, and what it is compared with. */
export interface LookOptions {
  threads: ThreadCall;
  keys: KeyGuard | undefined;
  /** The base. */
  base: Level;
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
  const entries = new Map<string, LookedEntry>();
  const progress = { phase: "pack", unit: "bytes" } as const;
  let [done, total] = [0, 0];
  const looker = new FileLooker<LookedEntry>(
    { pace, helpers: threads, slots: 3 * threads.threads, keys },
    (one, { hex, isCutSo, secret }) => {
      one.hex = hex;
      one.isCutSo = isCutSo;
      if (secret !== undefined) {
        secrets.push({ path: one.entry.path, kind: secret });
      }
      done += one.entry.size;
      observer.onProgress?.({ ...progress, done, finished: false });
    },
  );
  try {
    for (const { file, stat, ...stated } of walked) {
      const entry = timed(stated, options);
      const one: LookedEntry = { entry, file, stat, hex: "", isCutSo: false };
      entries.set(entry.path, one);
      survey.add(entry);
      if (entry.type !== "file") continue;
      total += entry.size;
      const { size, mtime, ctime, inode } = stat;
      const stamp = { size, mtime, ctime, inode };
      await looker.add(one, { file, stamp, ...cutsOf(entry, base) });
    }
    await looker.end();
  } finally {
    await threads.giveUp();
  }
  observer.onProgress?.({ ...progress, done, total, finished: true });
  return { entries, surveyed: survey.finish(), secrets };
}

/** The chunks that the base has of a file, where those are several. */
function cutsOf(
  { path, size }: LookedEntry["entry"],
  base: Level,
): { ends: number[]; hexes: string } | undefined {
  const found = base.get(path);
  if (found?.entry.type !== "file" || found.entry.size !== size) return undefined;
  const { columns, first, chunkCount } = found.content.row;
  if (chunkCount < 2) return undefined;
  const ends: number[] = [];
  for (let i = first; i < first + chunkCount; i++) ends.push(columns.at(i) + columns.size(i));
  return { ends, hexes: columns.hexes(first, first + chunkCount).join("") };
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
  for (const { entry, hex } of entries.values()) {
    form.add(entry, hex === "" ? undefined : `sha256:${hex}`);
  }
  return form.digest();
}

/** Tells what is pushed, as packing all of it would. */
export function tellOf({ entries, secrets }: LookedTree, settings: PackSettings): void {
  const { onEntry, onSecret } = settings;
  if (onEntry !== undefined) {
    for (const { entry, stat } of entries.values()) {
      onEntry(entry, stat);
    }
  }
  const counter = new SecretCounter();
  for (const secret of secrets) {
    counter.add(secret);
    onSecret?.(secret);
  }
  warnOfSecrets(settings, counter.found);
}
