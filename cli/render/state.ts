/**
 * How far the work has come: the state behind every form of progress.
 *
 * @module
 */

import type { Progress } from "@blobber/core";

/** Phases in the order in which they are shown when several run at once: the last is nearest to the end. */
const ORDER: readonly Progress["phase"][] = [
  "walk",
  "pack",
  "upload",
  "download",
  "unpack",
  "copy",
  "sign",
  "verify",
];

/** What a phase is called. */
export const LABELS: Record<Progress["phase"], string> = {
  walk: "Reading",
  pack: "Packing",
  upload: "Uploading",
  download: "Downloading",
  unpack: "Unpacking",
  copy: "Copying",
  sign: "Signing",
  verify: "Verifying",
};

/** A phase at one moment. */
export interface Snapshot extends Progress {
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
    return known && { ...known.last, elapsed: this.#now() - known.since };
  }

  /**
   * The phase to show when there is room for one: of those that run, the last of those whose end is known,
   * else the last.
   */
  current(): Snapshot | undefined {
    const running = ORDER.map((phase) => this.phase(phase))
      .filter((s) => s !== undefined && !s.finished) as Snapshot[];
    return running.findLast(({ total }) => total !== undefined) ?? running.at(-1);
  }
}
