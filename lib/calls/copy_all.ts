/**
 * The call `copyAll`: several artifacts, from where a caller names, into one place.
 *
 * @module
 */

import { copySource } from "../doors/options.ts";
import { inWords, isRecord } from "../doors/shape.ts";
import { BlobberError } from "../errors.ts";
import type { CopyAllOptions, CopyFrom } from "../options.ts";
import type { CopyOutcome } from "../results.ts";
import type { Source } from "../store.ts";
import { type Named, readName } from "../stores/named.ts";
import { quote } from "../text/printable.ts";
import { type CopyItem, copyItems } from "../verbs/copy/copy_all.ts";
import type { Session } from "../verbs/session.ts";
import { sortedTags } from "../verbs/tags.ts";
import { type Readable, resolveOptions, type Writable } from "./named_artifact.ts";

/** A call's options, with what stops it. */
type Options = CopyAllOptions & { signal: AbortSignal };

/** Copies each of several artifacts, or whatever has a tag. */
export async function* copyEach(
  session: Session,
  from: readonly (Readable | CopyFrom)[] | { tagsOf: Readable },
  to: Writable,
  options: Options,
): AsyncIterable<CopyOutcome> {
  const target = withoutSelector(readName(to));
  const items = Array.isArray(from)
    ? await listed(session, from, options)
    : await tagged(session, from as { tagsOf: Readable }, options);
  const store = await session.stores.store(target, { signal: options.signal });
  yield* copyItems(items, { name: target.text, store }, options);
}

async function listed(
  session: Session,
  from: readonly (Readable | CopyFrom)[],
  options: Options,
): Promise<CopyItem[]> {
  const items: CopyItem[] = [];
  for (const one of from) {
    const given = isFrom(one) ? copySource(one) : { from: one };
    const named = readName(given.from);
    const own = { ...options, ...given };
    const store = await session.stores.store(named, own);
    const tag = named.tag ?? (named.digest === undefined ? "latest" : undefined);
    items.push({ named, store, tag, options: resolveOptions(session, named, own) });
  }
  return items;
}

async function tagged(
  session: Session,
  from: { tagsOf: Readable },
  options: Options,
): Promise<CopyItem[]> {
  if (!isRecord(from) || !("tagsOf" in from)) {
    throw new BlobberError(
      "invalid-option",
      `cannot copy: ${inWords(from)}, expected a list of references, or { tagsOf }`,
    );
  }
  const repository = withoutSelector(readName(from.tagsOf));
  const store = await session.stores.store(repository, options);
  const items: CopyItem[] = [];
  for (const tag of await sortedTags(store, { signal: options.signal })) {
    const named = { ...repository, tag, text: `${repository.text}:${tag}` };
    items.push({ named, store, tag, options: resolveOptions(session, named, options) });
  }
  return items;
}

/** A repository or layout: which artifact in it is meant, nothing may say. */
function withoutSelector<N extends Named<Source>>(named: N): N {
  if (named.tag === undefined && named.digest === undefined) return named;
  throw new BlobberError(
    "invalid-reference",
    `invalid reference: ${quote(named.text)} names one artifact, expected a repository or a layout`,
    { hint: `leave out the ${named.digest === undefined ? "tag" : "digest"}` },
  );
}

function isFrom(one: Readable | CopyFrom): one is CopyFrom {
  return isRecord(one) && "from" in one;
}
