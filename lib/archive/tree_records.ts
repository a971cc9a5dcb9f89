/**
 * The records of a tree whose entries come in any order, with hard links, and with directories that only names
 * imply: all are kept until the last is there.
 *
 * @module
 */

import type { Digest } from "../digest.ts";
import { BlobberError } from "../errors.ts";
import { quote } from "../text/printable.ts";
import { Pace } from "../system/pace.ts";
import { sorted } from "../system/sorted.ts";
import type { Entry } from "./entry.ts";
import { compareBytes } from "./order.ts";
import {
  IMPLIED_RECORD,
  TreeForm,
  type TreeRecord,
  treeRecord,
  type TreeTaker,
} from "./tree_form.ts";

const SURROGATE = /[\ud800-\udfff]/;

/** Collects records. */
export class TreeRecords implements TreeTaker {
  /** By path, a directory's too. */
  readonly #records = new Map<string, TreeRecord>();
  readonly #signal: AbortSignal | undefined;
  /** The directory of the last entry: most follow one of the same. */
  #last = "";

  /** @param signal stops the work */
  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** How many there are, implied directories among them. */
  get size(): number {
    return this.#records.size;
  }

  /** As {@linkcode TreeTaker.add}; a hard link follows the file that it names. */
  add(entry: Entry, content?: Digest): void {
    const { path, type, linkTarget } = entry;
    const record = type === "hardlink"
      ? this.#records.get(linkTarget!)
      : treeRecord(entry, content);
    if (record === undefined) {
      throw new BlobberError("unexpected", `${quote(linkTarget)} was not there for ${quote(path)}`);
    }
    this.#records.set(path, record);
    const slash = Math.max(0, path.lastIndexOf("/"));
    if (slash === this.#last.length && path.startsWith(this.#last)) return;
    this.#last = path.slice(0, slash);
    this.imply(this.#last);
  }

  /** Adds a directory and those above it, where no entry names them. */
  imply(path: string): void {
    for (let at = path; at !== "" && !this.#records.has(at);) {
      this.#records.set(at, IMPLIED_RECORD);
      at = at.slice(0, Math.max(0, at.lastIndexOf("/")));
    }
  }

  /** As {@linkcode TreeTaker.digest}. */
  async digest(): Promise<Digest> {
    const pace = new Pace(this.#signal);
    const rows: { name: string; record: TreeRecord }[] = [];
    let plain = true;
    for (const [path, record] of this.#records) {
      if (pace.due()) await pace.breathe();
      rows.push({ name: record.startsWith("d") ? `${path}/` : path, record });
      plain &&= !SURROGATE.test(path);
    }
    this.#records.clear();
    // Only beyond the basic plane is the order of the bytes another than that of the code units.
    const compare = plain
      ? (a: { name: string }, b: { name: string }) => a.name < b.name ? -1 : 1
      : (a: { name: string }, b: { name: string }) => compareBytes(a.name, b.name);
    const form = new TreeForm();
    for (const { name, record } of await sorted(rows, pace, compare)) {
      if (pace.due()) await pace.breathe();
      form.addRecord(name, record);
    }
    return form.digest();
  }
}
