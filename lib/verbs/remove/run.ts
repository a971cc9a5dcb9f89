/**
 * Doing what was planned, step by step in the order of the plan. What is gone already is as good as removed.
 *
 * @module
 */

import { namedBy, tagNames } from "../../artifact/tag_names.ts";
import { manifestTagged } from "../../artifact/tag_taken.ts";
import type { Digest } from "../../digest.ts";
import { BlobberError, checkAborted, isBlobberError } from "../../errors.ts";
import { notify, type Observer } from "../../events.ts";
import type { RemovalPart } from "../../results.ts";
import type { CallOptions, Freed, Store } from "../../store.ts";
import { quote } from "../../text/printable.ts";
import type { ManifestPart, Step } from "./plan.ts";

/** What is told while steps are done. */
export interface RunOptions extends Observer {
  /** Called for each part that has gone. */
  onRemoved?: ((part: RemovalPart) => void) | undefined;
}

/**
 * Removes.
 *
 * @param store where
 * @param steps what, in this order
 * @returns what the store let go of
 * @throws {BlobberError} what the store throws; what has gone before that is gone
 */
export async function runRemoval(
  store: Store,
  steps: readonly Step[],
  options: RunOptions,
): Promise<Freed> {
  const run = new Run(store, steps, options);
  for (const [done, step] of steps.entries()) {
    options.onProgress?.({
      phase: "remove",
      done,
      total: steps.length,
      unit: "entries",
      finished: false,
    });
    try {
      await (step.part.kind === "tag" ? run.untag(step) : run.remove(step));
    } catch (error) {
      if (run.removed > 0) {
        notify(options, {
          level: "warning",
          code: "partly-removed",
          message:
            `${run.removed} of ${steps.length} parts were removed from ${store.name} before this ` +
            "failed; removing the digest again goes on with the others",
        });
      }
      throw error;
    }
  }
  options.onProgress?.({
    phase: "remove",
    done: steps.length,
    total: steps.length,
    unit: "entries",
    finished: true,
  });
  return run.freed;
}

class Run {
  readonly freed: Freed = { blobs: 0, bytes: 0 };
  /** Parts that have gone. A tag that only goes with its manifest has not, when its turn is over. */
  removed = 0;
  readonly #store: Store;
  readonly #options: RunOptions;
  readonly #call: CallOptions;
  /** Tags that this store cannot take away alone, by what they name. */
  readonly #left = new Map<Digest, Set<string>>();
  /** Manifests that have gone. */
  readonly #gone = new Set<Digest>();
  /** Manifests that go before a tag of theirs does. */
  readonly #tagged: ReadonlySet<Digest>;

  constructor(store: Store, steps: readonly Step[], options: RunOptions) {
    this.#store = store;
    const [manifests, tagged] = [new Set<Digest>(), new Set<Digest>()];
    for (const { part } of steps) {
      if (part.kind === "manifest") manifests.add(part.digest);
      else if (manifests.has(part.digest)) tagged.add(part.digest);
    }
    this.#tagged = tagged;
    this.#options = options;
    this.#call = { signal: options.signal };
  }

  async untag({ part, withIt }: Step): Promise<void> {
    if (part.kind !== "tag") return;
    const { tag, digest } = part;
    checkAborted(this.#options.signal);
    const taken = await this.#store.untag!(tag, { ...this.#call, expect: digest }).catch(
      (error) => {
        if (isBlobberError(error, "not-found")) return true;
        throw error;
      },
    );
    if (taken) return this.#hasGone(part);
    if (!withIt) {
      throw new BlobberError(
        "registry",
        `${this.#store.name} does not take the tag ${quote(tag)} away without what it names`,
        {
          hint:
            "other tags name that too: remove all of them with it, by its digest; a registry that removes " +
            "nothing at all is set so by its operator (distribution: REGISTRY_STORAGE_DELETE_ENABLED)",
        },
      );
    }
    if (this.#gone.has(digest)) return await this.#demandGone(tag, digest);
    const left = this.#left.get(digest) ?? new Set();
    this.#left.set(digest, left.add(tag));
  }

  async remove({ part, withIt }: Step): Promise<void> {
    if (part.kind !== "manifest") return;
    const { mediaType, digest, size, role } = part;
    const left = this.#left.get(digest);
    checkAborted(this.#options.signal);
    if (left !== undefined) await this.#refuseOthers(digest, left);
    try {
      const freed = await this.#store.remove!({ mediaType, digest, size }, {
        ...this.#call,
        ifUntagged: left === undefined && this.#mustBeUntagged(digest, role),
        subjectGoes: withIt,
      });
      this.freed.blobs += freed.blobs;
      this.freed.bytes += freed.bytes;
      if (freed.kept !== undefined) this.freed.kept = freed.kept;
    } catch (error) {
      if (!isBlobberError(error, "not-found")) throw error;
    }
    this.#gone.add(digest);
    for (const tag of left ?? []) await this.#demandGone(tag, digest);
    this.#hasGone(part);
  }

  #hasGone(part: RemovalPart): void {
    this.removed++;
    this.#options.onRemoved?.(part);
  }

  /**
   * Whether a manifest stays when a tag names it by now. Of what refers to one, a registry is not asked: it would
   * have to look at each of its tags for each of them.
   */
  #mustBeUntagged(digest: Digest, role: ManifestPart["role"]): boolean {
    if (this.#tagged.has(digest)) return false;
    return role === "artifact" || this.#store.manifests !== undefined;
  }

  /** Tags go along with the digest here: it must be those alone that were shown. */
  async #refuseOthers(digest: Digest, left: ReadonlySet<string>): Promise<void> {
    for (const [tag, named] of await tagNames(this.#store, this.#call)) {
      if (named.digest === digest && !left.has(tag)) {
        throw manifestTagged(digest, tag, this.#store);
      }
    }
  }

  async #demandGone(tag: string, digest: Digest): Promise<void> {
    const now = await namedBy(this.#store, tag, this.#call);
    if (now?.digest === digest) {
      throw new BlobberError(
        "registry",
        `${this.#store.name} removed ${digest} and kept the tag ${
          quote(tag)
        }, which leads to nothing`,
        { hint: "push something to that tag, or have the registry's operator remove it" },
      );
    }
    this.#hasGone({ kind: "tag", tag, digest });
  }
}
