/**
 * The calls that pack: `push` and `digest`.
 *
 * @module
 */

import type { PushOptions } from "../options.ts";
import type { PushFilesResult, PushResult } from "../results.ts";
import { readName, signedName } from "../stores/named.ts";
import type { ThreadCall } from "../threads/pool.ts";
import type { DigestOptions } from "../verbs/digest.ts";
import type { PushInput } from "../verbs/push.ts";
import type { Session } from "../verbs/session.ts";
import type { Writable } from "./named_artifact.ts";

export type { DigestOptions, LikelySecret } from "../verbs/digest.ts";
export type { ArchiveInput, FilesInput, PushInput } from "../verbs/push.ts";

/** The options of a call, and its part of the client's threads. */
interface Packing<O> {
  options: O;
  threads: Promise<ThreadCall>;
}

/** Pushes to where a caller names. */
export async function pushTo(
  session: Session,
  input: PushInput,
  ref: Writable,
  { options, threads }: Packing<PushOptions>,
): Promise<PushResult | PushFilesResult> {
  const named = readName(ref);
  const [{ push }, { tagsToPush }] = await Promise.all([
    import("../verbs/push.ts"),
    import("../verbs/tags.ts"),
  ]);
  const tags = tagsToPush(named, options.tags);
  return await push(await session.stores.store(named, options), input, {
    ...options,
    tags,
    signer: options.signer ?? session.options.signer,
    name: signedName(named, tags),
    threads: await threads,
    cacheDir: session.options.cacheDir,
  });
}

/** Packs as {@linkcode pushTo}, and sends nothing. */
export async function digestOnly(
  input: PushInput,
  { options, threads }: Packing<DigestOptions>,
): Promise<PushResult | PushFilesResult> {
  const { digestInput } = await import("../verbs/digest.ts");
  return await digestInput(input, { ...options, threads: await threads });
}
