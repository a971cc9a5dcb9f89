/**
 * Putting and tagging manifests: what is put is checked, what refers to another manifest is listed with that, and
 * a tag that is set may be protected.
 *
 * @module
 */

import { parseDocument } from "../../artifact/manifest.ts";
import { tagTaken } from "../../artifact/tag_taken.ts";
import { checkGiven } from "../../checked_content.ts";
import type { CallOptions, SetTagOptions } from "../../store.ts";
import type { Descriptor } from "../../types.ts";
import { checkSelector } from "./manifests.ts";
import { type PublishContext, publishReferrer } from "./publish_referrer.ts";

/**
 * Puts a manifest by its digest. No tag is touched.
 *
 * @param context where to
 * @param manifest the bytes, and what they must be
 * @throws {BlobberError} `integrity`, `invalid-manifest`
 */
export async function putManifest(
  context: PublishContext,
  manifest: { descriptor: Descriptor; bytes: Uint8Array },
  options: CallOptions,
): Promise<void> {
  const { descriptor, bytes } = manifest;
  checkGiven(bytes, descriptor, context.repository.name);
  parseDocument(descriptor, bytes);
  const { digest } = descriptor;
  const answer = await context.manifests.put(digest, manifest, options);
  await publishReferrer(context, { descriptor, bytes, answer }, options);
}

/**
 * Points a tag at a manifest that the repository has.
 *
 * @param context where
 * @param wanted the tag, and the manifest
 * @throws {BlobberError} `not-found`, `conflict`
 */
export async function tagManifest(
  context: PublishContext,
  wanted: { tag: string; descriptor: Descriptor },
  options: SetTagOptions,
): Promise<void> {
  const { tag, descriptor } = wanted;
  checkSelector(tag);
  const { manifests } = context;
  if (options.ifAbsent && await isSet(context, wanted, options)) return;
  const { bytes } = await manifests.get(descriptor.digest, { ...options, access: "push" });
  await manifests.put(tag, { descriptor, bytes }, options);
}

/** Whether a tag that may not be moved points at a manifest already; one that points elsewhere is a conflict. */
async function isSet(
  { manifests, repository }: PublishContext,
  { tag, descriptor }: { tag: string; descriptor: Descriptor },
  options: CallOptions,
): Promise<boolean> {
  const now = await manifests.digestOfTag(tag, options);
  if (now === undefined) return false;
  if (now === descriptor.digest) return true;
  throw tagTaken(tag, now, repository);
}
