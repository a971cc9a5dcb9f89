/**
 * Files that are answers and no content: each begins with a code that only the directory it was written in can
 * have given (`origin.ts`), over its name and its bytes. One that is damaged, that another directory brought
 * along, or that stands under another name is none, and is removed.
 *
 * @module
 */

import { createHmac, timingSafeEqual } from "node:crypto";
import { rmSync } from "node:fs";
import { readBounded } from "../../system/files.ts";
import { fileError } from "../../system/system_error.ts";
import { type OwnPlaces, prepareDirectory, writeQuietly } from "./directory.ts";
import { ensureOrigin } from "./origin.ts";

const CODE_BYTES = 32;

/** Seals files in one directory, and opens them. */
export class Seal {
  readonly #places: OwnPlaces;
  readonly #key: Uint8Array;

  private constructor(places: OwnPlaces, key: Uint8Array) {
    this.#places = places;
    this.#key = key;
  }

  /**
   * Makes the directory ready.
   *
   * @param places of the directory
   * @returns a string that says why it cannot be used, where it cannot
   */
  static of(places: OwnPlaces): Seal | string {
    const problem = prepareDirectory(places);
    if (problem !== undefined) return problem;
    try {
      return new Seal(places, ensureOrigin(places));
    } catch (error) { // nothing can be written there, so nothing that counts was
      return fileError("cannot write", places.origin, error).message;
    }
  }

  /**
   * Reads a file.
   *
   * @param path where it is
   * @param name what it is about
   * @param limit the most bytes that it may have
   * @returns `undefined` when there is none that counts
   */
  read(path: string, name: string, limit: number): Uint8Array<ArrayBuffer> | undefined {
    try {
      const file = readBounded(path, limit + CODE_BYTES);
      if (file === undefined) return undefined;
      if (file.length >= CODE_BYTES) {
        const bytes = file.subarray(CODE_BYTES);
        if (timingSafeEqual(file.subarray(0, CODE_BYTES), this.#code(name, bytes))) return bytes;
      }
    } catch { // what cannot be read is dropped
    }
    this.remove(path);
    return undefined;
  }

  /**
   * Writes a file, in one step.
   *
   * @param path where it is to be
   * @param name what it is about
   * @param bytes its content
   * @throws where it cannot be written
   */
  write(path: string, name: string, bytes: Uint8Array): void {
    const sealed = new Uint8Array(CODE_BYTES + bytes.length);
    sealed.set(this.#code(name, bytes));
    sealed.set(bytes, CODE_BYTES);
    writeQuietly(this.#places, path, sealed);
  }

  /** Removes a file, where there is one and it can be removed. */
  remove(path: string): void {
    try {
      rmSync(path, { force: true });
    } catch { // a directory: none of ours
    }
  }

  /** A name ends before the content begins: it is told as JSON. */
  #code(name: string, bytes: Uint8Array): Uint8Array {
    return createHmac("sha256", this.#key).update(JSON.stringify(name)).update(bytes).digest();
  }
}
