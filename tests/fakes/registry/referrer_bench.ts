/**
 * Referrers in a fake registry: made, and found in the list that stands under the fallback tag.
 *
 * @module
 */

import assert from "node:assert/strict";
import { digestOf } from "../../../lib/digest.ts";
import { fallbackTag } from "../../../lib/artifact/fallback_tag.ts";
import { type Descriptor, MEDIA_TYPE } from "../../../lib/types.ts";
import type { Bench } from "./registry_bench.ts";
import { documentOf } from "../store_suite.ts";

/** Artifact type of {@linkcode referrer}. */
export const REFERRER_TYPE = "application/sig";

/** Whether a request asks the referrers API. */
export const isApi = ({ path }: { path: string }): boolean => path.includes("/referrers/");

/** A referrer as a push makes it. */
export function referrer(subject: Descriptor, n: number): [Descriptor, Uint8Array] {
  const empty = { mediaType: MEDIA_TYPE.empty, digest: digestOf("{}"), size: 2 };
  return documentOf(MEDIA_TYPE.manifest, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.manifest,
    artifactType: REFERRER_TYPE,
    config: empty,
    layers: [empty],
    subject,
    annotations: { n: String(n) },
  });
}

/** What the fallback tag of a subject lists. */
export function listed({ registry }: Bench, subject: Descriptor): Descriptor[] {
  const repository = registry.repository("a/b");
  const digest = repository.tags.get(fallbackTag(subject.digest));
  if (digest === undefined) return [];
  const { bytes, mediaType } = repository.manifests.get(digest)!;
  assert.equal(mediaType, MEDIA_TYPE.index);
  return JSON.parse(new TextDecoder().decode(bytes)).manifests;
}
