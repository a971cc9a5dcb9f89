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
import type { FilesInput, PushInput } from "../verbs/push.ts";
import type { Session } from "../verbs/session.ts";
import type { Writable } from "./named_artifact.ts";

export type { DigestOptions, LikelySecret } from "../verbs/digest.ts";
export type { PushInput } from "../verbs/push.ts";

/** What a push of an input makes: files are layers of their own, everything else is packed into one. */
export type PushMade<I extends PushInput> = I extends FilesInput ? PushFilesResult : PushResult;

/** The options of a call, and its part of the client's threads. */
interface Packing<O> {
  options: O;
  threads: Promise<ThreadCall>;
}

/** Pushes to where a caller names. */
export async function pushTo<I extends PushInput>(
  session: Session,
  input: I,
  ref: Writable,
  { options, threads }: Packing<PushOptions>,
): Promise<PushMade<I>> {
  const named = readName(ref);
  const [{ push }, { tagsToPush }] = await Promise.all([
    import("../verbs/push.ts"),
    import("../verbs/tags.ts"),
  ]);
  const tags = tagsToPush(named, options.tags);
  const store = await session.stores.store(named, options);
  const made = await push(store, input as PushInput, {
    ...options,
    tags,
    signer: options.signer ?? session.options.signer,
    name: signedName(named, tags),
    threads: await threads,
    cacheDir: session.options.cacheDir,
  });
  return made as PushMade<I>;
}

/** Packs as {@linkcode pushTo}, and sends nothing. */
export async function digestOnly<I extends PushInput>(
  input: I,
  { options, threads }: Packing<DigestOptions>,
): Promise<PushMade<I>> {
  const { digestInput } = await import("../verbs/digest.ts");
  return await digestInput(input, { ...options, threads: await threads }) as PushMade<I>;
}
