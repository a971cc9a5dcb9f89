/**
 * "Did you mean" for a tag that a registry does not have: looked up after the failure, with one request, and never
 * with a failure of its own.
 *
 * @module
 */

import type { Client, Reference } from "@blobber/core";
import { type BlobberError, isBlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/internal/printable";
import { parseReference, storeName, tagOf } from "@blobber/core/internal/reference";
import { editDistance } from "@blobber/core/internal/spelling";
import type { Context } from "../context.ts";
import { makeClient } from "./client_from_settings.ts";

/** How long a registry may take to list its tags, in milliseconds: the error is known already. */
const PATIENCE_MS = 2000;
/** Tags that are looked at: what registries put on one page. */
const MAX_LOOKED_AT = 1000;
/** Tags that are named. */
const MAX_NAMED = 3;

/**
 * Tells which tags are near one that was not found.
 *
 * @param error what ended the command
 * @param context of the command
 * @returns the hint, or nothing where the error is not about a tag, or the tags cannot be listed
 */
export async function nearTags(
  error: unknown,
  context: Pick<Context, "args" | "settings" | "env" | "signal" | "report">,
): Promise<string | undefined> {
  const missing = missingTag(error, context.args);
  if (missing === undefined) return undefined;
  const { reference, tag } = missing;
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(PATIENCE_MS)]);
  try {
    const client = await makeClient(context, { onNotice: undefined });
    const near = nearest(tag, await tagsOf(client, reference, signal));
    if (near.length === 0) {
      const list = `blobber tags ${storeName(reference)} lists those there are`;
      return reference.tag === undefined ? `without a tag, ${tag} is meant: ${list}` : list;
    }
    return `did you mean ${new Intl.ListFormat("en", { type: "disjunction" }).format(near)}?`;
  } catch { // the first failure is the one to report
    return undefined;
  }
}

/** The argument whose tag is not there, by the message about it. */
function missingTag(
  error: unknown,
  args: readonly string[],
): { reference: Reference; tag: string } | undefined {
  if (!isBlobberError(error, "not-found") || error.hint !== undefined) return undefined;
  for (const text of args) {
    const reference = referenceIn(text);
    if (reference?.kind !== "registry" || reference.digest !== undefined) continue;
    const tag = tagOf(reference);
    if (tag !== undefined && isAbout(error, storeName(reference), tag)) {
      return { reference, tag };
    }
  }
  return undefined;
}

function referenceIn(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch {
    return undefined;
  }
}

function isAbout({ message }: BlobberError, repository: string, tag: string): boolean {
  return message.includes(quote(tag)) && message.includes(repository);
}

async function tagsOf(
  client: Client,
  reference: Reference,
  signal: AbortSignal,
): Promise<string[]> {
  const tags: string[] = [];
  for await (const tag of client.listTags(reference, { signal })) {
    if (tags.push(tag) === MAX_LOOKED_AT) break;
  }
  return tags;
}

/**
 * The tags nearest to one: those that it begins, or that begin it, and those that differ in few letters.
 *
 * @param wanted the tag that is not there
 * @param tags in the order of the registry, in which newer versions mostly come later
 */
export function nearest(wanted: string, tags: readonly string[]): string[] {
  const limit = Math.max(2, Math.floor(wanted.length / 3)) + 1;
  const near: { tag: string; distance: number }[] = [];
  for (const tag of tags) {
    const distance = tag.startsWith(wanted) || wanted.startsWith(tag)
      ? 1
      : editDistance(wanted.toLowerCase(), tag.toLowerCase(), limit);
    if (distance < limit) near.push({ tag, distance });
  }
  near.reverse().sort((a, b) => a.distance - b.distance);
  // What is only half as near would distract.
  return near.filter(({ distance }) => distance <= near[0]!.distance + 1).slice(0, MAX_NAMED)
    .map(({ tag }) => tag);
}
