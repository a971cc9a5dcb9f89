/**
 * The call that removes: `remove`.
 *
 * @module
 */

import { theirsUntil } from "../caller_errors.ts";
import { BlobberError } from "../errors.ts";
import type { RemoveOptions } from "../options.ts";
import type { RemovalPart, RemoveResult } from "../results.ts";
import { type Named, readName } from "../stores/named.ts";
import { printable, quote } from "../text/printable.ts";
import type { Session } from "../verbs/session.ts";
import type { Removable, Writable } from "./named_artifact.ts";

/** Removes what a caller names, all of it in one store. */
export async function removeNamed(
  session: Session,
  refs: Removable,
  options: RemoveOptions,
): Promise<RemoveResult> {
  const list = Array.isArray(refs) ? refs as readonly Writable[] : [refs as Writable];
  const named = list.map((ref) => readName(ref));
  const [first] = named;
  if (first === undefined) {
    throw new BlobberError("invalid-reference", "nothing is named, expected what to remove");
  }
  for (const one of named) {
    if ((one.tag ?? one.digest) !== undefined) continue;
    throw new BlobberError(
      "invalid-reference",
      `${quote(one.text)} names neither a tag nor a digest, expected what to remove`,
      {
        hint: `${printable(one.text)}:latest, if that is meant: a removal takes no tag for granted`,
      },
    );
  }
  const { signal, confirm } = options;
  const store = await session.stores.store(first, options);
  for (const other of named.slice(1)) await demandSame(session, { first, other, store }, options);
  const { removeFrom } = await import("../verbs/remove/remove.ts");
  const gone: RemovalPart[] = [];
  try {
    return await removeFrom(store, named, {
      ...options,
      ...confirm && {
        confirm: (removal) => theirsUntil(signal, async () => await confirm(removal)),
      },
      onRemoved: (part) => void gone.push(part),
    });
  } finally {
    const { cacheDir } = session.options;
    if (cacheDir !== undefined && gone.length > 0) {
      const { forgetRemoved } = await import("../stores/cache/forget.ts");
      const tags = gone.flatMap((part) => part.kind === "tag" ? [part.tag] : []);
      const digests = gone.flatMap((part) => part.kind === "manifest" ? [part.digest] : []);
      forgetRemoved(cacheDir, { name: store.name, tags, digests });
    }
  }
}

async function demandSame(
  session: Session,
  { first, other, store }: { first: Named; other: Named; store: unknown },
  options: RemoveOptions,
): Promise<void> {
  if (await session.stores.store(other, options) === store) return;
  throw new BlobberError(
    "invalid-reference",
    `${quote(other.text)} is in another place than ${quote(first.text)}, expected one for all`,
    { hint: "one call removes from one repository or layout" },
  );
}
