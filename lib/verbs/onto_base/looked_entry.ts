/**
 * An entry of a tree that is pushed onto a base.
 *
 * @module
 */

import type { Entry } from "../../archive/entry.ts";
import type { FileStat } from "../../system/runtime.ts";

/** An entry of the tree. */
export interface LookedEntry {
  /** As it is packed. */
  entry: Entry;
  /** Where it is, and what the walk saw. */
  file: string;
  stat: FileStat;
  /** SHA-256 of a file, in hexadecimal; empty for everything else. */
  hex: string;
  /** Whether a file has the chunks that the base has of it, where those are several. */
  isCutSo: boolean;
}
