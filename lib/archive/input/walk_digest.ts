/**
 * A digest of what a walk says of a directory, to know it again: everything but the contents of its files. It is
 * for this program alone; what others compare is the digest of a tree (`tree_form.ts`).
 *
 * @module
 */

import { type Digest, Digester } from "../../digest.ts";
import type { Entry } from "../entry.ts";

/** Characters collected before they are hashed: a call for each entry would cost more than its bytes. */
const PIECE = 64 * 1024;

const encoder = new TextEncoder();

/** Takes the entries of a tree, in the order of the archive. */
export class WalkDigest {
  readonly #keepMtime: boolean;
  readonly #digester = new Digester();
  #text = "";

  /** @param keepMtime whether modification times are part of the tree */
  constructor(keepMtime: boolean) {
    this.#keepMtime = keepMtime;
  }

  /** Adds an entry. */
  add({ path, type, size, mode, mtime, linkTarget }: Entry): void {
    const row = [path, type, size, mode, linkTarget ?? null, this.#keepMtime ? mtime : null];
    this.#text += `${JSON.stringify(row)}\n`;
    if (this.#text.length >= PIECE) this.#flush();
  }

  /** The digest of all that was added. Call it once. */
  digest(): Digest {
    this.#flush();
    return this.#digester.digest();
  }

  #flush(): void {
    this.#digester.update(encoder.encode(this.#text));
    this.#text = "";
  }
}
