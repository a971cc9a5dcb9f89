/**
 * What a push builds on, and why it may not.
 *
 * @module
 */

import type { WholeReason } from "../../results.ts";
import type { Source } from "../../store.ts";
import type { Document, Index, Manifest } from "../../types.ts";

/** An artifact to build on, as it was found. */
export interface FoundBase {
  /** What the base's name leads to, checked. */
  root: Document<Manifest | Index>;
  /** Looks whether a signature that is accepted covers it, where a verifier says which are. */
  prove: () => Promise<boolean>;
  /** Where its content is read, a cache in front of it where there is one. */
  source: Source;
  /** The store itself, from which blobs are mounted. */
  store: Source;
}

/** Why nothing can be put on top of a base, in words for a notice too. */
export interface Unfit {
  reason: WholeReason;
  why: string;
}
