/**
 * What a function of the caller's threw, on its way past those who put failures of services into words.
 *
 * @module
 */

import { markTheirs } from "@blobber/core/internal/caller-errors";

/** Neither the network's nor ours: who asked for the requests gets `thrown` as it is. */
export class CallersError extends Error {
  /** What was thrown. */
  readonly thrown: unknown;

  /** @param thrown by the caller's function */
  constructor(thrown: unknown) {
    super("the given fetch failed");
    this.thrown = markTheirs(thrown);
  }
}
