/**
 * Looks over what is pushed, and tells a person what they may not want.
 *
 * @module
 */

import { notify, type Observer } from "../../events.ts";
import { MAX_BYTES, MAX_ENTRIES, MAX_FILE_BYTES } from "../../limits.ts";
import { quote } from "../../printable.ts";
import type { Entry } from "../entry.ts";
import { looksSecret } from "./secrets.ts";

/** Likely secrets named in full; further ones are counted. */
const MAX_NAMED = 10;

/** Counts entries as they are added. */
export class Survey {
  readonly #observer: Observer;
  readonly #secrets: string[] = [];
  #secretCount = 0;
  #largest = 0;
  /** Bytes of all files. */
  bytes = 0;
  /** Entries of any kind. */
  entries = 0;

  /** @param observer is told */
  constructor(observer: Observer) {
    this.#observer = observer;
  }

  /** Counts an entry. */
  add(entry: Entry): void {
    this.entries++;
    this.bytes += entry.size;
    if (entry.size > this.#largest) this.#largest = entry.size;
    if (entry.type === "file" && looksSecret(entry.path)) {
      if (this.#secretCount++ < MAX_NAMED) this.#secrets.push(entry.path);
    }
    if (this.entries % 1000 === 0) this.#report(false);
  }

  /** Tells what was found in all. */
  finish(): void {
    this.#report(true);
    if (this.#secretCount > 0) {
      const more = this.#secretCount - this.#secrets.length;
      notify(
        this.#observer,
        "warning",
        "likely-secrets",
        `what is pushed holds files that usually are secrets: ${
          this.#secrets.map(quote).join(", ")
        }${more > 0 ? ` and ${more} more` : ""}`,
      );
    }
    const flags: string[] = [];
    if (this.entries > MAX_ENTRIES) flags.push(`--max-entries ${this.entries}`);
    if (this.bytes > MAX_BYTES) flags.push(`--max-bytes ${this.bytes}`);
    if (this.#largest > MAX_FILE_BYTES) flags.push(`--max-file-bytes ${this.#largest}`);
    if (flags.length > 0) {
      notify(
        this.#observer,
        "warning",
        "over-limits",
        `what is pushed exceeds the limits of pull, which will need ${flags.join(" ")}`,
      );
    }
  }

  #report(finished: boolean): void {
    this.#observer.onProgress?.({ phase: "walk", done: this.entries, unit: "entries", finished });
  }
}
