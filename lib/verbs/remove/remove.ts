/**
 * The verb `remove`: tags, and artifacts with all that refers to them.
 *
 * No signature is asked for, whatever a verifier demands: what is removed is used for nothing, and what is broken
 * or signed by a stranger has to go, too. What a store lists is not believed, though: only a manifest that says so
 * itself is removed as a referrer.
 *
 * @module
 */

import { isFallbackTag } from "../../artifact/fallback_tag.ts";
import { isDocumentType } from "../../artifact/manifest.ts";
import { namedBy } from "../../artifact/tag_names.ts";
import { tagMoved } from "../../artifact/tag_taken.ts";
import { asDigest, type Digest } from "../../digest.ts";
import { BlobberError, checkAborted, isBlobberError } from "../../errors.ts";
import type { RemoveOptions } from "../../options.ts";
import type { RemovalPart, RemoveResult } from "../../results.ts";
import type { CallOptions, Store } from "../../store.ts";
import { quote } from "../../text/printable.ts";
import { type Descriptor, MEDIA_TYPE } from "../../types.ts";
import { keyOf, planRemoval, type Step, type Target } from "./plan.ts";
import { runRemoval } from "./run.ts";
import { Survey } from "./survey.ts";

/** What a caller names: a tag, a digest, or a tag that must name this digest. */
export interface Named {
  tag?: string | undefined;
  digest?: Digest | undefined;
}

/** Options of {@linkcode removeFrom}. */
export interface RemoveFromOptions extends RemoveOptions {
  /** Called for each part that has gone, also in a call that then fails. */
  onRemoved?: ((part: RemovalPart) => void) | undefined;
}

/**
 * Removes what was named from one store.
 *
 * @param store where
 * @param named what
 * @throws {BlobberError} `not-found`, `conflict`, `registry`, `denied`, and what the store throws
 */
export async function removeFrom(
  store: Store,
  named: readonly Named[],
  options: RemoveFromOptions,
): Promise<RemoveResult> {
  const { signal, dryRun = false, confirm } = options;
  if (store.untag === undefined || store.remove === undefined) {
    throw new BlobberError("invalid-option", `${store.name} removes nothing`, {
      hint: "a store that does has the methods untag and remove",
    });
  }
  const call: CallOptions = { signal };
  const targets = await findTargets(store, named, call);
  const look = async () =>
    await planRemoval(await Survey.of(store, tagsOf(targets), call), targets);
  const { steps, stays } = await look();
  const goes = steps.map(({ part }) => part);
  const shown = () => ({
    name: store.name,
    goes: structuredClone(goes),
    stays: structuredClone(stays),
  });
  const none = { ...shown(), removed: false, freed: { blobs: 0, bytes: 0 } };
  if (dryRun || confirm !== undefined && await confirm(shown()) !== true) return none;
  checkAborted(signal);
  if (confirm !== undefined) demandSame(steps, (await look()).steps, store);
  const freed = await runRemoval(store, steps, options);
  return { ...none, removed: true, freed };
}

/** What the tags that were named name. */
function tagsOf(targets: readonly Target[]): Map<string, Digest> {
  return new Map(
    targets.flatMap(({ tags, descriptor }) => tags.map((tag) => [tag, descriptor.digest])),
  );
}

/** Refuses to remove what was agreed to when it is not what would go now: an answer may take hours. */
function demandSame(agreed: readonly Step[], now: readonly Step[], store: Store): void {
  const [before, after] = [agreed, now].map((steps) =>
    new Set(steps.map(({ part }) => keyOf(part)))
  );
  const changed = [...before!.symmetricDifference(after!)][0];
  if (changed === undefined) return;
  const how = after!.has(changed) ? "would go now, too" : "would not go any more";
  throw new BlobberError(
    "conflict",
    `nothing was removed: ${store.name} has changed since it was shown, ${changed} ${how}`,
    { hint: "look at what goes again" },
  );
}

async function findTargets(
  store: Store,
  named: readonly Named[],
  call: CallOptions,
): Promise<Target[]> {
  const targets = new Map<Digest, Target>();
  for (const { tag, digest } of named) {
    const descriptor = await look(store, tag ?? digest!, call);
    if (digest !== undefined && descriptor.digest !== digest) {
      throw tagMoved(tag!, { now: descriptor.digest, expected: digest }, store);
    }
    if (tag !== undefined && isFallbackTag(tag)) await refuseList(store, tag, call);
    const target = targets.get(descriptor.digest) ?? { descriptor, tags: [], byDigest: false };
    targets.set(descriptor.digest, target);
    if (tag === undefined) target.byDigest = true;
    else if (!target.tags.includes(tag)) target.tags.push(tag);
  }
  return [...targets.values()];
}

/** What a tag or a digest names, also where it is broken: that has to go, too. */
async function look(store: Store, selector: string, call: CallOptions): Promise<Descriptor> {
  try {
    const found = await store.resolve(selector, call);
    asDigest(found.digest, `digest of ${store.name}`);
    return { mediaType: found.mediaType, digest: found.digest, size: found.size };
  } catch (error) {
    checkAborted(call.signal);
    if (!isBlobberError(error, "integrity", "invalid-manifest", "limit")) throw error;
    if (selector.includes(":")) {
      return { mediaType: MEDIA_TYPE.manifest, digest: asDigest(selector, "digest"), size: 0 };
    }
    const named = await namedBy(store, selector, call);
    if (named === undefined) throw error;
    const mediaType = isDocumentType(named.mediaType) ? named.mediaType : MEDIA_TYPE.manifest;
    return { mediaType, digest: named.digest, size: 0 };
  }
}

/** A list of referrers goes with its subject: alone, it would leave signatures that are not found. */
async function refuseList(store: Store, tag: string, call: CallOptions): Promise<void> {
  const subject = asDigest(tag.replace("-", ":"), "digest");
  const there = await store.resolve(subject, call).then(() => true, (error) => {
    if (isBlobberError(error, "not-found")) return false;
    throw error;
  });
  if (!there) return;
  throw new BlobberError(
    "conflict",
    `tag ${quote(tag)} of ${store.name} lists the referrers of ${subject}, which is there`,
    { hint: `it goes with its subject: remove ${subject}` },
  );
}
