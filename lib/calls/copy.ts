/**
 * The call `copy`: from one place that a caller names to another.
 *
 * @module
 */

import type { CopyOptions } from "../options.ts";
import type { CopyResult } from "../results.ts";
import { readName } from "../stores/named.ts";
import { copyArtifact } from "../verbs/copy/copy_artifact.ts";
import type { Session } from "../verbs/session.ts";
import type { copyEach } from "./copy_all.ts";
import { type Readable, resolveOptions, type Writable } from "./named_artifact.ts";

/**
 * Copies an artifact and what refers to it.
 *
 * @param session of the client
 * @param from what to copy
 * @param to where to
 */
export async function copyNamed(
  session: Session,
  from: Readable,
  to: Writable,
  options: CopyOptions,
): Promise<CopyResult> {
  const [origin, given] = [readName(from), readName(to)];
  const { signal } = options;
  return await copyArtifact(
    { named: origin, store: await session.stores.store(origin, options) },
    { named: given, store: await session.stores.store(given, { signal }) },
    { ...options, ...resolveOptions(session, origin, options) },
  );
}

/** Loads the copy of several. */
export async function loadCopyEach(): Promise<typeof copyEach> {
  return (await import("./copy_all.ts")).copyEach;
}
