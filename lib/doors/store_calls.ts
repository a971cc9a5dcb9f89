/**
 * The door of the library's own stores, which users call themselves: what a call is given is looked at, and only
 * errors of ours come out, or the caller's own.
 *
 * @module
 */

import { isDigest } from "../digest.ts";
import { BlobberError } from "../errors.ts";
import type { BlobWriter, Store } from "../store.ts";
import { asOurs, eachLeaving } from "../system/system_error.ts";
import type { Descriptor } from "../types.ts";
import { bytes, type Check, count, objectWith, text, that } from "./shape.ts";

const descriptor = objectWith<Pick<Descriptor, "mediaType" | "digest" | "size">>({
  mediaType: text,
  digest: that(isDigest, "a digest"),
  size: count,
}, "a descriptor");

type Method = Exclude<
  keyof Store,
  "name" | "held" | "forget" | "notedNames" | "noteNames" | "close"
>;

/** What each method is given, before its options. */
const METHODS: Record<Method, [what: string, check: Check][]> = {
  resolve: [["tag or digest", text]],
  fetch: [["descriptor", descriptor]],
  tags: [],
  referrers: [["subject", descriptor]],
  has: [["descriptor", descriptor]],
  begin: [["media type", text]],
  mount: [["descriptor", descriptor]],
  put: [["descriptor", descriptor], ["bytes", bytes]],
  tag: [["tag", text], ["descriptor", descriptor]],
  untag: [["tag", text]],
  remove: [["descriptor", descriptor]],
  named: [["tag", text]],
  manifests: [],
};

/** Those that give one thing after another. */
const LISTS: readonly string[] = ["tags", "referrers", "manifests"];

/**
 * Puts the door before every method of a class of stores.
 *
 * @param prototype of the class
 */
export function guardCalls(prototype: Store): void {
  for (const [name, checks] of Object.entries(METHODS)) {
    const method = Reflect.get(prototype, name) as ((...args: unknown[]) => unknown) | undefined;
    if (method === undefined) continue;
    const guarded = function (this: Store, ...args: unknown[]): unknown {
      const call = () => {
        for (const [at, [what, check]] of checks.entries()) checkArgument(what, check, args[at]);
        return method.apply(this, args);
      };
      if (name === "begin") return answer(async () => guardWriter(await call() as BlobWriter));
      return LISTS.includes(name)
        ? eachLeaving(call as () => AsyncIterable<unknown>)
        : answer(call);
    };
    Reflect.defineProperty(prototype, name, { value: guarded, writable: true, configurable: true });
  }
}

async function answer(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    throw asOurs(error);
  }
}

/** A writer whose calls are looked at. */
function guardWriter(writer: BlobWriter): BlobWriter {
  return {
    ...writer,
    write: async (given) => {
      checkArgument("bytes", bytes, given);
      await writer.write(given);
    },
    commit: async (given) => {
      checkArgument("descriptor", descriptor, given);
      await writer.commit(given);
    },
  };
}

function checkArgument(what: string, check: Check, value: unknown): void {
  const wrong = check(value);
  if (wrong === undefined) return;
  const { path, found, expected } = wrong;
  throw new BlobberError(
    "invalid-option",
    `invalid ${what}${path}: ${found}, expected ${expected}`,
  );
}
