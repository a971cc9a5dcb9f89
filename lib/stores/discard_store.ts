/**
 * A store that keeps nothing: what is pushed into it is only made, so that its digest is known.
 *
 * @module
 */

import { BlobberError } from "../errors.ts";
import { quote } from "../text/printable.ts";
import type { BlobWriter, CallOptions, Store, Target } from "../store.ts";
import type { Descriptor } from "../types.ts";

/** Takes everything and gives nothing. */
export class DiscardStore implements Store {
  /** As {@linkcode Store.name}. */
  readonly name = "nowhere";
  readonly #there: Pick<Target, "has"> | undefined;

  /** @param there says what need not be made again; nothing when it is left out */
  constructor(there?: Pick<Target, "has">) {
    this.#there = there;
  }

  /** Has nothing to find. */
  resolve(tagOrDigest: string): Promise<Descriptor> {
    return Promise.reject(missing(tagOrDigest));
  }

  /** Has nothing to give. */
  fetch(target: Descriptor): Promise<ReadableStream<Uint8Array>> {
    return Promise.reject(missing(target.digest));
  }

  /** Has no tags. */
  async *tags(): AsyncIterable<string> {}

  /** Has no referrers. */
  async *referrers(): AsyncIterable<Descriptor> {}

  /** Has what the other store has. */
  async has(target: Descriptor, options: CallOptions = {}): Promise<boolean> {
    return await this.#there?.has(target, options) ?? false;
  }

  /** Nothing has to be sent. */
  mount(): Promise<boolean> {
    return Promise.resolve(true);
  }

  /** Takes bytes and forgets them. */
  begin(): Promise<BlobWriter> {
    return Promise.resolve({
      write: () => Promise.resolve(),
      commit: () => Promise.resolve(),
      abort: () => Promise.resolve(),
    });
  }

  /** Takes a manifest and forgets it. */
  put(): Promise<void> {
    return Promise.resolve();
  }

  /** Takes a tag and forgets it. */
  tag(): Promise<void> {
    return Promise.resolve();
  }
}

function missing(what: string): BlobberError {
  return new BlobberError("not-found", `${quote(what)} not found: nothing is kept`);
}
