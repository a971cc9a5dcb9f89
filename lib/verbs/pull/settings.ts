/**
 * What a pull is told, and the rules that follow from it for all of its steps.
 *
 * @module
 */

import { allowanceFor } from "../../archive/allowance.ts";
import type { Destination } from "../../archive/destination/destination.ts";
import { Growth } from "../../archive/growth.ts";
import type { LayerTable } from "../../archive/table/layer_table.ts";
import type { PlacedTree } from "../../archive/tree/placed_tree.ts";
import type { EntryPolicy } from "../../archive/unpack/plan.ts";
import { BlobberError } from "../../errors.ts";
import { MAX_BYTES } from "../../limits.ts";
import type { PullOptions, UnpackLimits } from "../../options.ts";
import type { PullChanges } from "../../results.ts";
import type { Holding } from "../../system/held_directory.ts";
import type { StateDirectory } from "../../stores/state/state_directory.ts";
import type { Traffic } from "../../stores/cache/traffic.ts";
import { Pace } from "../../system/pace.ts";
import type { ThreadCall } from "../../threads/pool.ts";
import type { Descriptor, Manifest } from "../../types.ts";

/** Options of a pull: the caller's, and what the client knows. */
export interface PullSettings extends PullOptions {
  /** This call's part of the client's threads. @default the calling thread alone */
  threads?: ThreadCall | undefined;
  /** What the cache in front of the source is told by. @default there is none */
  traffic?: Traffic | undefined;
  /** Where it is recorded which files were right, for `trustMtime`. @default nothing is trusted or recorded */
  state?: StateDirectory | undefined;
  /** As in the client's options. @default false */
  allowSharedDirectories?: boolean | undefined;
  /** Called with the layers when their tables were read; what it throws ends the pull before it writes. */
  onOpen?: ((archives: readonly ReadLayer[]) => void) | undefined;
  /** Puts right what differs, where it can, and leaves the rest; only with `overwrite`. @default none */
  repair?: Repair | undefined;
  /** Counts what bytes become. For tests of what a false statement costs. */
  growth?: Growth | undefined;
  /** Called after each step of moving into place. For tests of what a kill leaves behind. */
  onStep?: ((path: string) => void) | undefined;
  /** How directories are held. For tests of what holds where there are no descriptors. */
  holding?: Holding | undefined;
}

/** A layer that is an archive, and its table where one was read. */
export interface ReadLayer {
  readonly descriptor: Descriptor;
  readonly table: LayerTable | undefined;
}

/** A pull that puts right what it can. */
export interface Repair {
  /** Whether what is at a path is put right at all. */
  takes(path: string, isDirectory: boolean): boolean;
  /** Called with each path that stays as it is, because something stands there that no pull replaces. */
  onConflict(path: string, error: BlobberError): void;
}

/** Whether not all of an artifact is pulled, or not to the paths that it has. */
export function isPart(settings: PullSettings): boolean {
  const { include = [], exclude = [], stripComponents = 0, places } = settings;
  const byPattern = include.length > 0 || exclude.length > 0 || stripComponents > 0;
  if (!byPattern || places === undefined) return byPattern || places !== undefined;
  throw new BlobberError(
    "invalid-option",
    "invalid option places: there are patterns or stripComponents too, expected one way to choose",
  );
}

/** Whether a pull compares first: what is there may be right already. */
export function isUpdate(
  settings: PullSettings,
  destination: Pick<Destination, "holdsSomething">,
): boolean {
  const { overwrite = false, delete: removes = false, dryRun = false } = settings;
  if (removes && !overwrite) {
    throw new BlobberError(
      "invalid-option",
      "invalid option delete: what the artifact does not have is removed from a directory that is replaced, expected overwrite too",
    );
  }
  if (removes && isPart(settings)) {
    throw new BlobberError(
      "invalid-option",
      "invalid option delete: only a part of the artifact is pulled, which does not tell what is not to be there",
    );
  }
  return dryRun || settings.repair !== undefined || (overwrite && destination.holdsSomething);
}

/** The changes of a pull into a directory that had none of it. */
export function allAdded(tree: PlacedTree): PullChanges {
  return { added: tree.total().files + tree.links().size, changed: 0, unchanged: 0, removed: 0 };
}

/** What holds for every step of one pull. */
export interface PullRules {
  /** Bytes of all layers, as the manifest states them. */
  readonly sent: number;
  readonly limits: UnpackLimits;
  readonly policy: EntryPolicy;
  /** Counts what the layers' bytes become. */
  readonly growth: Growth;
  readonly pace: Pace;
}

/**
 * The rules of a pull.
 *
 * @param manifest whose layers are pulled: what they may become depends on their size
 * @param settings checked
 */
export function rulesOf(manifest: Manifest, settings: PullSettings): PullRules {
  const { maxEntries, maxBytes, maxFileBytes, links = "refuse", special = "refuse" } = settings;
  const sent = manifest.layers.reduce((sum, { size }) => sum + size, 0);
  const allowed = allowanceFor(sent);
  return {
    sent,
    limits: {
      maxEntries: maxEntries ?? allowed.entries,
      maxBytes: maxBytes ?? allowed.bytes,
      maxFileBytes,
    },
    policy: { links, special },
    growth: settings.growth ?? new Growth(2 * MAX_BYTES + (maxBytes ?? 0)),
    pace: new Pace(settings.signal),
  };
}
