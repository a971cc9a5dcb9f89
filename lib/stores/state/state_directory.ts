/**
 * What calls leave on this machine for later calls to know, which no digest proves: which layers hold what their
 * tables say, and with what a pull filled a directory. Each is a sealed file of its own (`own/sealed_file.ts`), so what was
 * edited, damaged, or brought along with a copy of the directory is none. A reader checks what it reads besides:
 * another version may have written it.
 *
 * - `layers/HEX`: what is known of a layer that this machine packed or read whole, by the layer's digest
 * - `pulled/HEX`: what a pull left in a destination, by the destination's path
 * - `origin`: the random bytes of the key for the seals; `temp/`: files in the making
 *
 * @module
 */

import { lstatSync, readdirSync } from "node:fs";
import { digestOf, hexOf } from "../../digest.ts";
import { notify, type Observer } from "../../events.ts";
import { MAX_STATE_RECORD_BYTES } from "../../limits.ts";
import { Seal } from "../own/sealed_file.ts";

/** Kinds of records, and how many are kept of each; the folder has the kind's name. */
const KINDS = {
  /** Some years of releases, a few hundred bytes each. */
  layers: 4096,
  /** Directories that are updated: megabytes each. */
  pulled: 64,
} as const;

/** A kind of record. */
export type StateKind = keyof typeof KINDS;

/** Records in one directory. */
export class StateDirectory {
  readonly #root: string;
  readonly #seal: Seal;

  private constructor(root: string, seal: Seal) {
    this.#root = root;
    this.#seal = seal;
  }

  /**
   * Opens a state directory; makes it where there is none. Where it cannot be used, a notice says why.
   *
   * @param root the directory
   * @param observer is told
   */
  static open(root: string, observer: Observer = {}): StateDirectory | undefined {
    const seal = Seal.of({
      root,
      origin: `${root}/origin`,
      temp: `${root}/temp`,
      folders: ["temp", ...Object.keys(KINDS)],
      closedTo: "group",
    });
    if (typeof seal !== "string") return new StateDirectory(root, seal);
    const message = `the state directory is not used: ${seal}`;
    notify(observer, { level: "warning", code: "state-unused", message });
    return undefined;
  }

  /**
   * Reads a record.
   *
   * @param kind of record
   * @param name what it is about: a digest, or a path with no link in it
   * @returns `undefined` when there is none that counts
   */
  read(kind: StateKind, name: string): Uint8Array<ArrayBuffer> | undefined {
    return this.#seal.read(this.#path(kind, name), sealed(kind, name), MAX_STATE_RECORD_BYTES);
  }

  /**
   * As {@linkcode read}, for a record that is JSON.
   *
   * @param valueOf makes it what the reader takes; what it throws at makes the record none
   */
  readJson<T>(kind: StateKind, name: string, valueOf: (value: unknown) => T): T | undefined {
    const bytes = this.read(kind, name);
    if (bytes === undefined) return undefined;
    try {
      return valueOf(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
    } catch { // another version wrote it
      this.remove(kind, name);
      return undefined;
    }
  }

  /**
   * Writes a record in one step, over one that is there.
   *
   * @param kind of record
   * @param name what it is about
   * @param content bytes, or what becomes JSON
   * @returns whether it is there now: that it cannot be written is of no consequence but for speed
   */
  write(kind: StateKind, name: string, content: Uint8Array | object): boolean {
    const bytes = content instanceof Uint8Array
      ? content
      : new TextEncoder().encode(JSON.stringify(content));
    if (bytes.length > MAX_STATE_RECORD_BYTES) return false;
    try {
      this.#seal.write(this.#path(kind, name), sealed(kind, name), bytes);
      this.#thin(kind);
      return true;
    } catch {
      return false;
    }
  }

  /** Removes a record, where there is one. */
  remove(kind: StateKind, name: string): void {
    this.#seal.remove(this.#path(kind, name));
  }

  /** Removes what was written longest ago, where there are too many. */
  #thin(kind: StateKind): void {
    const folder = `${this.#root}/${kind}`;
    const names = readdirSync(folder);
    // Not at each that is too many: each of them is looked at.
    if (names.length <= KINDS[kind] * 1.25) return;
    const times = names.map((name) => ({ name, at: lstatSync(`${folder}/${name}`).mtimeMs }));
    const oldest = times.sort((a, b) => a.at - b.at).slice(0, names.length - KINDS[kind]);
    for (const { name } of oldest) this.#seal.remove(`${folder}/${name}`);
  }

  #path(kind: StateKind, name: string): string {
    return `${this.#root}/${kind}/${hexOf(digestOf(name))}`;
  }
}

/** What the seal is over beside the content. */
function sealed(kind: StateKind, name: string): string {
  return `${kind} ${name}`;
}
