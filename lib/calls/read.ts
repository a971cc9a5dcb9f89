/**
 * The calls that read what is in an artifact: `openImage`, `list` and `treeDigest`.
 *
 * @module
 */

import type { Observer } from "../events.ts";
import type { OpenOptions, TreeDigestOptions } from "../options.ts";
import type { TreeDigestResult } from "../results.ts";
import type { Image } from "../verbs/image.ts";
import type { ListResult } from "../verbs/list.ts";
import type { PushInput } from "../verbs/push.ts";
import type { Session } from "../verbs/session.ts";
import { type Readable, resolveNamed } from "./named_artifact.ts";

export type { Image } from "../verbs/image.ts";
export type { ListResult } from "../verbs/list.ts";

/**
 * Opens what a caller names.
 *
 * @param options of the opening
 * @param given the caller's own, for what the image does later
 */
export async function openNamed(
  session: Session,
  ref: Readable,
  options: OpenOptions,
  { onNotice, onProgress, signal }: Observer,
): Promise<Image> {
  const later = { onNotice, onProgress, signal: session.lasting(signal) };
  const loading = import("../verbs/image.ts"); // while the registry is asked
  loading.catch(() => {}); // the registry may fail first
  const { source, artifact } = await resolveNamed(session, ref, options);
  const { openImage } = await loading;
  const verdict = artifact.proofs[0]?.verdict;
  const settings = { ...options, verdict, later, onCall: session.enter };
  return session.give(await openImage(source, artifact.manifest, settings));
}

/**
 * Lists what a caller names.
 *
 * @param options of the names
 * @param given the caller's own, for the entries that are asked for later
 */
export async function listNamed(
  session: Session,
  ref: Readable,
  options: OpenOptions,
  given: OpenOptions,
): Promise<ListResult> {
  const loading = import("../verbs/list.ts"); // while the registry is asked
  loading.catch(() => {}); // the registry may fail first
  const { source, artifact } = await resolveNamed(session, ref, options);
  const { listEntries, Listing, listNames } = await loading;
  const { manifest } = artifact;
  return new Listing({
    digest: manifest.descriptor.digest,
    verdict: artifact.proofs[0]?.verdict,
    names: await listNames(source, manifest, options),
    entries: () => session.iterate(given, (options) => listEntries(source, manifest, options)),
  });
}

/** Computes the digest of a tree: of what a caller names, or of what could be pushed. */
export async function treeDigestOf(
  session: Session,
  what: Readable | PushInput,
  options: TreeDigestOptions,
): Promise<TreeDigestResult> {
  const { isInput, treeOfArtifact, treeOfInput } = await import("../verbs/digest.ts");
  if (isInput(what)) return await treeOfInput(what, options);
  const { source, artifact } = await resolveNamed(session, what, options);
  const { manifest, proofs } = artifact;
  const found = await treeOfArtifact(source, manifest, options);
  return { ...found, digest: manifest.descriptor.digest, verdict: proofs[0]?.verdict };
}
