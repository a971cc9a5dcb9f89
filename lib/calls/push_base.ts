/**
 * What a push builds on, from what a caller names.
 *
 * @module
 */

import { BlobberError, checkAborted, isBlobberError } from "../errors.ts";
import { notify } from "../events.ts";
import type { PushOptions } from "../options.ts";
import { type Named, readName, selectorOf } from "../stores/named.ts";
import type { FoundBase } from "../verbs/onto_base/found_base.ts";
import { prove, resolveDocument } from "../verbs/resolve.ts";
import type { Session } from "../verbs/session.ts";
import { resolveOptions } from "./named_artifact.ts";

/**
 * Finds the base of a push.
 *
 * @param target where is pushed to; nothing for a push that goes nowhere
 * @returns nothing where `"auto"` names nothing yet
 * @throws {BlobberError} `not-found` for a base that is not there, `invalid-option`
 */
export async function findBase(
  session: Session,
  target: Named | undefined,
  { base, ...options }: PushOptions,
): Promise<FoundBase | undefined> {
  const isAuto = base === "auto";
  if (isAuto && target === undefined) {
    throw new BlobberError("invalid-option", 'invalid base: "auto", expected a reference', {
      hint: "what is packed alone goes to no tag",
    });
  }
  const named = isAuto ? target! : readName(base!);
  const store = await session.stores.store(named, options);
  // Not out of the cache: it is what the tag names now.
  const root = await resolveDocument(store, selectorOf(named), options).catch((error) => {
    if (isAuto && isBlobberError(error, "not-found")) return undefined;
    throw error;
  });
  if (root === undefined) return undefined;
  const source = await session.stores.source(named, options);
  const how = resolveOptions(session, named, options);
  const isProven = async () => {
    if (how.verifier === undefined) return false;
    try {
      await prove(source, root, { ...how, whole: true });
      return true;
    } catch (error) {
      checkAborted(options.signal);
      if (!isBlobberError(error)) throw error;
      notify(options, {
        level: "info",
        code: "base-unproven",
        message: `no signature of the base is accepted: ${error.message}`,
      });
      return false;
    }
  };
  return { root, prove: isProven, source, store };
}
