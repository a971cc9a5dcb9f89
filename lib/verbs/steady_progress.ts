/**
 * What a caller sees of the progress of one call, whatever reports it: each phase goes forward, never beyond
 * its total, and ends once.
 *
 * @module
 */

import type { Observer, PartProgress, Phase, Progress } from "../events.ts";

/** What was reported of a phase. */
interface State {
  unit: Progress["unit"];
  /** Each part as it was reported last; what a phase reports of itself has no name. */
  parts: Map<string, Progress>;
  done: number;
  total: number | undefined;
  finished: boolean;
}

/** Puts the reports of a call in order. */
export class SteadyProgress {
  readonly #tell: (progress: Progress) => unknown;
  readonly #phases = new Map<Phase, State>();
  #ended = false;

  /** @param tell is told */
  constructor(tell: (progress: Progress) => unknown) {
    this.#tell = tell;
  }

  /**
   * Takes a report. A phase ends with its own last one, or with the call: a part that ends may be followed by
   * another. After the call, as when a file of an image is downloaded, a phase ends with its last part and
   * may begin again.
   *
   * @returns what the one who is told returned, which may be to be waited for
   */
  readonly onProgress = (report: PartProgress): unknown => {
    const { phase, part = "", unit, finished } = report;
    const state = this.#phases.get(phase) ??
      { unit, parts: new Map(), done: 0, total: undefined, finished: false };
    this.#phases.set(phase, state);
    if (state.finished) return undefined;
    if (report.brokenOff) {
      state.parts.delete(part);
      const others = [...state.parts.values()];
      if (!this.#ended || others.some((one) => !one.finished)) return undefined;
      this.#phases.delete(phase);
      return others.length > 0 ? this.#report(phase, state, true) : undefined;
    }
    state.parts.set(part, report);
    let [done, total]: [number, number | undefined] = [0, 0];
    for (const one of state.parts.values()) {
      done += one.done;
      total = total === undefined || one.total === undefined ? undefined : total + one.total;
    }
    state.done = Math.max(state.done, done);
    state.total = total === undefined ? undefined : Math.max(total, state.done);
    const all = this.#ended && [...state.parts.values()].every((one) => one.finished);
    const ends = part === "" ? finished : all;
    if (this.#ended && ends) this.#phases.delete(phase);
    return this.#report(phase, state, ends);
  };

  /** The call has come to its end, and so has every phase. */
  end(): void {
    for (const [phase, state] of this.#phases) {
      if (!state.finished) this.#report(phase, state, true);
    }
    this.#phases.clear();
    this.#ended = true;
  }

  #report(phase: Phase, state: State, finished: boolean): unknown {
    const { unit, done, total } = state;
    state.finished = finished;
    return this.#tell({ phase, done, ...total !== undefined && { total }, unit, finished });
  }
}

/** Options with steady progress, and what to call when the call has come to its end. */
export function withSteadyProgress<O extends Pick<Observer, "onProgress">>(
  options: O,
): { options: O; end(): void } {
  const { onProgress } = options;
  if (onProgress === undefined) return { options, end() {} };
  const steady = new SteadyProgress(onProgress);
  return { options: { ...options, onProgress: steady.onProgress }, end: () => steady.end() };
}
