/**
 * Looks over what is pushed, and tells how far it has come.
 *
 * @module
 */

import type { Observer } from "../../events.ts";
import type { Packed } from "../allowance.ts";
import { type Entry, storedName } from "../entry.ts";

/** What was found in all. */
export interface Surveyed extends Packed {
  /** Files, and further names of files. */
  files: number;
}

/** Counts entries as they are added. */
export class Survey {
  readonly #observer: Observer;
  #bytes = 0;
  #entries = 0;
  #files = 0;
  #names = 0;

  /** @param observer is told */
  constructor(observer: Observer) {
    this.#observer = observer;
  }

  /** Counts an entry. */
  add(entry: Entry): void {
    this.#entries++;
    this.#bytes += entry.size;
    if (entry.type === "file" || entry.type === "hardlink") this.#files++;
    this.#names += storedName(entry).length + (entry.linkTarget?.length ?? 0);
    if (this.#entries % 1000 === 0) this.#report(false);
  }

  /**
   * Tells what was found in all.
   *
   * @param implied directories that names imply and no entry names
   */
  finish(implied = 0): Surveyed {
    this.#report(true);
    return {
      entries: this.#entries + implied,
      files: this.#files,
      bytes: this.#bytes,
      names: this.#names,
    };
  }

  #report(finished: boolean): void {
    const done = this.#entries;
    const total = finished ? { total: done } : {};
    this.#observer.onProgress?.({ phase: "walk", done, ...total, unit: "entries", finished });
  }
}
