/**
 * A digest of what a walk says of a directory, to know it again: everything but the contents of its files. It is
 * for this program alone; what others compare is the digest of a tree (`tree_form.ts`).
 *
 * @module
 */

import { type Digest, TextDigester } from "../../digest.ts";
import type { Entry } from "../entry.ts";

/** Takes the entries of a tree, in the order of the archive. */
export class WalkDigest {
  readonly #keepMtime: boolean;
  readonly #digester = new TextDigester();

  /** @param keepMtime whether modification times are part of the tree */
  constructor(keepMtime: boolean) {
    this.#keepMtime = keepMtime;
  }

  /** Adds an entry. */
  add({ path, type, size, mode, mtime, linkTarget }: Entry): void {
    const row = [path, type, size, mode, linkTarget ?? null, this.#keepMtime ? mtime : null];
    this.#digester.update(`${JSON.stringify(row)}\n`);
  }

  /** The digest of all that was added. Call it once. */
  digest(): Digest {
    return this.#digester.digest();
  }
}
