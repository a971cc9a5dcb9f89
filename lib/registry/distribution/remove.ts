/**
 * Taking tags away and removing manifests (distribution spec, "Deleting Tags" and "Deleting Manifests").
 *
 * The protocol has no condition for a deletion: right before it, what a tag names, or which tags name a manifest,
 * is asked for again, and no more can be known. Many registries remove nothing, by policy or for want of the
 * feature, and say so in different ways.
 *
 * @module
 */

import { parseDocument } from "../../artifact/manifest.ts";
import { manifestTagged, tagMoved } from "../../artifact/tag_taken.ts";
import { tagNames } from "../../artifact/tag_names.ts";
import type { Digest } from "../../digest.ts";
import { BlobberError, isBlobberError } from "../../errors.ts";
import { quote } from "../../text/printable.ts";
import type {
  CallOptions,
  Freed,
  RemoveManifestOptions,
  Source,
  UntagOptions,
} from "../../store.ts";
import type { Descriptor } from "../../types.ts";
import type { RefusedError } from "../http/registry_error.ts";
import type { Repository } from "../repository.ts";
import { isNotDone, sendDelete } from "./deletion.ts";
import { checkSelector, type Manifests } from "./manifests.ts";
import type { PublishContext } from "./publish_referrer.ts";

/** Where something is removed. */
export interface RemovalPlace extends PublishContext {
  /** The same repository as a source, for its tags. */
  source: Source;
}

/**
 * Takes a tag away.
 *
 * @param place where
 * @returns `false` where this registry cannot do that, and nothing has changed
 * @throws {BlobberError} `not-found`, `conflict`, `denied`
 */
export async function untagManifest(
  { repository, manifests, via }: PublishContext,
  tag: string,
  options: UntagOptions,
): Promise<boolean> {
  checkSelector(tag);
  const { signal, expect } = options;
  const look = async () => (await manifests.named(tag, { signal }))?.digest;
  const now = await look();
  if (now === undefined) {
    throw new BlobberError("not-found", `tag ${quote(tag)} not found in ${repository.name}`);
  }
  if (expect !== undefined && now !== expect) {
    throw tagMoved(tag, { now, expected: expect }, repository);
  }
  try {
    await sendDelete(repository, tag, { doing: `removing tag ${quote(tag)}`, signal });
    return true;
  } catch (error) {
    if (!isNotDone(error)) throw error;
    // Gone all the same: an answer that was lost, or another client that was faster.
    if (error.httpStatus === 404 && await look() === undefined) return true;
    const { untagByStandIn } = await import("./stand_in.ts");
    return await untagByStandIn({ repository, manifests, via }, { tag, digest: now }, { signal });
  }
}

/**
 * Removes a manifest by its digest, and takes it off the list of referrers that it may be on.
 *
 * @param place where
 * @throws {BlobberError} `not-found`, `conflict`, `denied`; `registry` where it removes no manifests
 */
export async function removeManifest(
  place: RemovalPlace,
  target: Descriptor,
  options: RemoveManifestOptions,
): Promise<Freed> {
  const { repository, manifests } = place;
  const { digest } = target;
  const { signal } = options;
  checkSelector(digest);
  const subject = await subjectOf(manifests, digest, { signal });
  if (options.ifUntagged) await refuseTagged(place, digest, { signal });
  try {
    await sendDelete(repository, digest, { doing: `removing manifest ${digest}`, signal });
  } catch (error) {
    if (!isNotDone(error)) throw error;
    const gone = error.httpStatus === 404 && !await manifests.mayExist(digest, { signal });
    if (!gone) throw await notRemoved(error, repository);
  }
  manifests.forget(digest);
  if (subject !== undefined && !options.subjectGoes && place.via !== "api") {
    const { removeFromFallbackTag } = await import("./fallback_writer.ts");
    await removeFromFallbackTag({ repository, manifests, subject }, digest, { signal });
  }
  return { blobs: 0, bytes: 0 }; // when it lets go of blobs is the registry's own affair
}

/** What a manifest refers to. One that is broken refers to nothing that can be told. */
async function subjectOf(
  manifests: Manifests,
  digest: Digest,
  options: CallOptions,
): Promise<Digest | undefined> {
  try {
    const { descriptor, bytes } = await manifests.get(digest, options);
    return parseDocument(descriptor, bytes).value.subject?.digest;
  } catch (error) {
    if (!isBlobberError(error, "integrity", "invalid-manifest", "limit")) throw error;
    return undefined;
  }
}

async function refuseTagged(
  { source, repository }: RemovalPlace,
  digest: Digest,
  options: CallOptions,
): Promise<void> {
  for (const [tag, named] of await tagNames(source, options)) {
    if (named.digest === digest) throw manifestTagged(digest, tag, repository);
  }
}

async function notRemoved(error: RefusedError, repository: Repository): Promise<BlobberError> {
  const { removalHint } = await import("./removal_hint.ts");
  return new BlobberError(
    "registry",
    `${repository.address} removes no manifests (status ${error.httpStatus}): ${error.message}`,
    { cause: error, hint: removalHint(repository.address) },
  );
}
