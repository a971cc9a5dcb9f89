/**
 * Taking a tag away where a registry only removes manifests: the tag is pointed at an empty index that nothing else
 * names, and that is removed by its digest, the tag with it. Distribution before its third version is such a
 * registry.
 *
 * The protocol has no condition for a PUT, as it has none for a DELETE: what a tag names is asked for right before,
 * and what another client pushes to the tag between the two is lost to it, as it would be to a deletion. What is
 * pushed after the PUT stays. A kill between PUT and DELETE leaves the tag on the empty index, which no verifier
 * takes for anything, and which another removal of the tag removes.
 *
 * @module
 */

import { tagMoved } from "../../artifact/tag_taken.ts";
import { type Digest, digestOf } from "../../digest.ts";
import { isBlobberError } from "../../errors.ts";
import type { CallOptions } from "../../store.ts";
import { MEDIA_TYPE } from "../../types.ts";
import { isNotDone, sendDelete } from "./deletion.ts";
import type { PublishContext } from "./publish_referrer.ts";

/** How messages of others show what the index is, where a kill has left one. */
const ANNOTATION = "io.blobber.removed";

/**
 * Takes a tag away.
 *
 * @param place where
 * @param tag the tag, and what it names
 * @returns `false` where this registry removes no manifests either, and nothing has changed
 * @throws {BlobberError} `conflict`, `denied`, and what the registry throws; the tag then names what it named
 */
export async function untagByStandIn(
  { repository, manifests }: PublishContext,
  { tag, digest }: { tag: string; digest: Digest },
  { signal }: CallOptions,
): Promise<boolean> {
  if (!await removesManifests(repository, { signal })) return false;
  const before = await manifests.get(digest, { signal }).catch((error) => {
    if (isBlobberError(error, "integrity", "invalid-manifest", "limit")) return undefined;
    throw error;
  });
  if (before === undefined) return false; // what is broken could not be put back
  const bytes = new TextEncoder().encode(JSON.stringify({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.index,
    manifests: [],
    annotations: { [ANNOTATION]: `${tag} ${crypto.randomUUID()}` },
  }));
  const standIn = { mediaType: MEDIA_TYPE.index, digest: digestOf(bytes), size: bytes.length };
  const now = (await manifests.named(tag, { signal }))?.digest;
  if (now === undefined) return true;
  if (now !== digest) throw tagMoved(tag, { now, expected: digest }, repository);
  await manifests.put(tag, { descriptor: standIn, bytes }, { signal });
  try {
    await sendDelete(repository, standIn.digest, { doing: `removing tag "${tag}"`, signal });
  } catch (error) {
    await restore();
    if (isNotDone(error)) return false;
    throw error;
  }
  manifests.forget(standIn.digest);
  return !await restore();

  /** Points the tag back, where it still names the index. The caller's signal may have fired: this is done. */
  async function restore(): Promise<boolean> {
    if ((await manifests.named(tag))?.digest !== standIn.digest) return false;
    await manifests.put(tag, before!);
    return true;
  }
}

/** Whether a registry removes manifests: it is asked to remove one that is not there. */
async function removesManifests(
  repository: PublishContext["repository"],
  { signal }: CallOptions,
): Promise<boolean> {
  const missing = digestOf(crypto.randomUUID());
  try {
    await sendDelete(repository, missing, { doing: `removing manifest ${missing}`, signal });
    return true;
  } catch (error) {
    if (!isNotDone(error)) throw error;
    return error.httpStatus === 404 && error.registryCodes.includes("MANIFEST_UNKNOWN");
  }
}
