/**
 * The state of progress behind every form in which it is shown.
 *
 * @module
 */

import type { Progress } from "@blobber/core";

/** Phases in the order in which their lines stand: the last is nearest to the end. */
const ORDER: readonly Progress["phase"][] = [
  "walk",
  "compare",
  "pack",
  "upload",
  "download",
  "unpack",
  "copy",
  "remove",
];

/** What a phase is called. */
const LABELS: Record<Progress["phase"], string> = {
  walk: "Reading",
  compare: "Comparing",
  pack: "Packing",
  upload: "Uploading",
  download: "Downloading",
  unpack: "Unpacking",
  copy: "Copying",
  remove: "Removing",
};

/**
 * Phases that run along with one that moves more evenly, and are not shown beside it: files are unpacked as their
 * bytes arrive, and one large file is a single entry; entries are read as they are packed.
 */
const COVERED_BY: Partial<Record<Progress["phase"], Progress["phase"]>> = {
  unpack: "download",
  walk: "pack",
};
/**
 * Phases of which a log says nothing while the other goes on: what was packed is uploaded at once, and how much
 * that is in all is known at its end.
 */
const WAITS_FOR: Partial<Record<Progress["phase"], Progress["phase"]>> = { upload: "pack" };

/** A phase at one moment. */
export interface Snapshot extends Progress {
  /** What it is called. */
  label: string;
  /** Milliseconds since the phase began. */
  elapsed: number;
}

/** Collects reports. */
export class ProgressState {
  readonly #phases = new Map<Progress["phase"], { last: Progress; since: number }>();
  readonly #now: () => number;

  /** @param now milliseconds from a clock that does not jump */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes a report. */
  update(progress: Progress): void {
    const known = this.#phases.get(progress.phase);
    if (known === undefined) {
      this.#phases.set(progress.phase, { last: progress, since: this.#now() });
    } else known.last = progress;
  }

  /** One phase. */
  phase(phase: Progress["phase"]): Snapshot | undefined {
    const known = this.#phases.get(phase);
    if (known === undefined) return undefined;
    return { ...known.last, label: this.#label(phase), elapsed: this.#now() - known.since };
  }

  /** Whether another phase is shown instead of this one. */
  isCovered(phase: Progress["phase"]): boolean {
    const other = COVERED_BY[phase];
    return other !== undefined && this.#phases.has(other);
  }

  /** Whether a log has enough of another phase for now. */
  waits(phase: Progress["phase"]): boolean {
    const other = this.phase(WAITS_FOR[phase] ?? phase);
    return this.isCovered(phase) || other?.phase !== phase && other?.finished === false;
  }

  /** A download that is unpacked is a pull, from a layout or the cache too. */
  #label(phase: Progress["phase"]): string {
    return phase === "download" && this.#phases.has("unpack") ? "Pulling" : LABELS[phase];
  }

  /**
   * The phases to show, each in a line: those that run. When all have ended, the last of them: what follows is
   * short, and counted in none.
   */
  current(): Snapshot[] {
    const shown = ORDER.filter((phase) => !this.isCovered(phase))
      .map((phase) => this.phase(phase)).filter((snapshot) => snapshot !== undefined);
    const running = shown.filter(({ finished }) => !finished);
    return running.length > 0 ? running : shown.slice(-1);
  }
}
