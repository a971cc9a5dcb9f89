/**
 * The calls that pack: `push` and `digest`.
 *
 * @module
 */

import { BlobberError } from "../errors.ts";
import type { PushOptions } from "../options.ts";
import type { PushFilesResult, PushResult } from "../results.ts";
import { type Named, readName, signedName } from "../stores/named.ts";
import type { ThreadCall } from "../threads/pool.ts";
import type { DigestOptions } from "../verbs/digest.ts";
import type { FilesInput, PushInput, PushSettings } from "../verbs/push.ts";
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
  const onto = options.base === undefined
    ? undefined
    : await findOnto(session, named, input, options);
  const made = await push(store, input as PushInput, {
    ...options,
    tags,
    signer: options.signer ?? session.options.signer,
    name: signedName(named, tags),
    threads: await threads,
    cacheDir: session.options.cacheDir,
    stateDir: session.options.stateDir,
    onto,
  });
  return made as PushMade<I>;
}

/** Packs as {@linkcode pushTo}, and sends nothing. */
export async function digestOnly<I extends PushInput>(
  session: Session,
  input: I,
  { options, threads }: Packing<DigestOptions>,
): Promise<PushMade<I>> {
  const { digestInput } = await import("../verbs/digest.ts");
  const onto = options.base === undefined
    ? undefined
    : await findOnto(session, undefined, input, options);
  const { stateDir } = session.options;
  const how = { ...options, threads: await threads, onto, stateDir };
  return await digestInput(input, how) as PushMade<I>;
}

/** Finds the base of a push, of an input that can have one. */
async function findOnto(
  session: Session,
  target: Named | undefined,
  input: PushInput,
  options: PushOptions,
): Promise<PushSettings["onto"]> {
  if (!("directory" in input)) {
    throw new BlobberError(
      "invalid-option",
      "option base does not apply to a tar, entries or files, expected a directory",
    );
  }
  const [{ findBase }, { sendOnto }] = await Promise.all([
    import("./push_base.ts"),
    import("../verbs/onto_base/send_onto.ts"),
  ]);
  return sendOnto(await findBase(session, target, options));
}
