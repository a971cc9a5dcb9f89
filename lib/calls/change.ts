/**
 * The calls that change what is there already: `sign`, `tag` and `remove`.
 *
 * @module
 */

import { checkTagList } from "../doors/options.ts";
import type { SignOptions, TagOptions } from "../options.ts";
import type { SignResult } from "../results.ts";
import { readName, selectorOf, signedName } from "../stores/named.ts";
import type { Descriptor } from "../types.ts";
import type { Session } from "../verbs/session.ts";
import { resolveOptions, type Writable } from "./named_artifact.ts";

export { removeNamed } from "./remove.ts";

/** Signs what a caller names. */
export async function signNamed(
  session: Session,
  ref: Writable,
  options: SignOptions,
): Promise<SignResult> {
  const named = readName(ref);
  const { signArtifact } = await import("../verbs/sign.ts");
  const wanted = { selector: selectorOf(named), name: signedName(named) };
  const signer = options.signer ?? session.options.signer;
  const store = await session.stores.store(named, options);
  return await signArtifact(store, wanted, { ...options, signer });
}

/** Points tags at what a caller names. */
export async function tagNamed(
  session: Session,
  ref: Writable,
  tags: readonly string[],
  options: TagOptions,
): Promise<Descriptor> {
  checkTagList(tags);
  const named = readName(ref);
  const { tagArtifact } = await import("../verbs/tags.ts");
  const store = await session.stores.store(named, options);
  const settings = { ...resolveOptions(session, named, options), ifAbsent: options.ifAbsent };
  return await tagArtifact(store, { selector: selectorOf(named), tags }, settings);
}
