/**
 * The call `diff`: what is not the same in two that a caller names.
 *
 * @module
 */

import { checkDirectory } from "../doors/options.ts";
import { BlobberError } from "../errors.ts";
import type { Observer } from "../events.ts";
import type { DiffOptions, DiffSideOptions } from "../options.ts";
import { type Compared, diffTrees } from "../verbs/diff/diff.ts";
import type { Diff } from "../verbs/diff/result.ts";
import type { Session } from "../verbs/session.ts";
import { isInput } from "../verbs/tree_digest.ts";
import { type Readable, resolveNamed } from "./named_artifact.ts";

export type { Diff } from "../verbs/diff/result.ts";

/** What can be compared: what a reference names, or a directory. */
export type DiffInput = Readable | { directory: string };

/**
 * Compares what a caller names. Both are verified, where that is demanded, before anything else of them is read.
 *
 * @param options of the call
 * @param given the caller's own, for what is read later
 */
export async function diffNamed(
  session: Session,
  { before, after }: { before: DiffInput; after: DiffInput },
  options: DiffOptions,
  { onNotice, onProgress, signal }: Observer,
): Promise<Diff> {
  const first = await comparedOf(session, before, { ...options, ...options.before });
  const second = await comparedOf(session, after, { ...options, ...options.after });
  const later = { onNotice, onProgress, signal: session.lasting(signal) };
  return session.give(await diffTrees(first, second, { ...options, later, onCall: session.enter }));
}

async function comparedOf(
  session: Session,
  what: DiffInput,
  options: DiffOptions & DiffSideOptions,
): Promise<Compared> {
  if (!isInput(what)) {
    const { source, artifact } = await resolveNamed(session, what, options);
    return { source, manifest: artifact.manifest, verdict: artifact.proofs[0]?.verdict };
  }
  if ("directory" in what) {
    const { directory } = what;
    checkDirectory(directory);
    return { directory };
  }
  throw new BlobberError(
    "invalid-option",
    "cannot compare a tar or entries, expected a reference or { directory }",
  );
}
