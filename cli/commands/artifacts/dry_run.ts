/**
 * What a push would do, shown without a request to a registry, but for reading the base where there is one.
 *
 * @module
 */

import type {
  Client,
  ClientOptions,
  Entry,
  PushInput,
  PushOptions,
  Reference,
} from "@blobber/core";
import { BlobberError, isBlobberError } from "@blobber/core/errors";
import { printable, quote } from "@blobber/core/internal/printable";
import { formatReference } from "@blobber/core/internal/reference";
import { makeClient } from "../../library/client_from_settings.ts";
import type { Context } from "../../context.ts";
import { madeOf } from "../../library/made.ts";

/**
 * Packs what would be pushed, discards the result, and prints its entries and the digest that a push makes.
 *
 * @param context of the command
 * @param input what would be pushed
 * @param reference where to
 * @param options those of the push
 */
export async function rehearsePush(
  context: Context,
  input: PushInput,
  reference: Reference,
  { verifier, ...options }: PushOptions & Pick<ClientOptions, "verifier">,
): Promise<void> {
  if (reference.digest !== undefined) {
    throw new BlobberError(
      "invalid-reference",
      `invalid reference: ${quote(formatReference(reference))}: the digest of a push ` +
        "is not known before it, expected a tag or none",
    );
  }
  const entries: Entry[] = [];
  const secrets = new Map<string, string>();
  const client = await makeClient(context, { verifier });
  const base = options.base === "auto" ? await namedNow(client, reference, context) : options.base;
  const result = await client.digest(input, {
    ...options,
    base,
    onEntry: (entry) => entries.push(entry),
    onSecret: ({ path, kind }) => secrets.set(path, kind),
  });
  if (context.out.json) {
    return await context.out.result({
      reference: formatReference(reference),
      ...madeOf(result),
      tags: [],
      entries: entries.map(({ path, type, size, mode, linkTarget }) => ({
        ...{ path, type, size, mode: mode.toString(8).padStart(4, "0") },
        ...linkTarget !== undefined && { linkTarget },
        ...secrets.has(path) && { secret: secrets.get(path) },
      })),
    });
  }
  const width = entries.reduce((most, { size }) => Math.max(most, `${size}`.length), 0);
  const lines = entries.map((entry) => {
    const secret = secrets.get(entry.path);
    const mark = secret === undefined ? "" : `  [${secret}?]`;
    return `${`${entry.size}`.padStart(width)}  ${shown(entry)}${mark}`;
  });
  await context.out.text([...lines, result.digest].join("\n"));
}

/** What the tag names now. */
async function namedNow(
  client: Client,
  reference: Reference,
  { report, signal }: Context,
): Promise<Reference | undefined> {
  try {
    const { digest } = await client.resolve(reference, { signal });
    return { ...reference, digest };
  } catch (error) {
    if (!isBlobberError(error, "not-found")) throw error;
    const message = "one whole layer would be made: the tag names nothing yet";
    report.onNotice({ level: "info", code: "whole-layer", message });
    return undefined;
  }
}

function shown({ path, type, linkTarget }: Entry): string {
  if (linkTarget !== undefined) return `${printable(path)} -> ${printable(linkTarget)}`;
  return printable(path) + (type === "directory" ? "/" : "");
}
