/**
 * What all tags of a store name: asked for tag by tag, a few at a time, as no API has them together.
 *
 * @module
 */

import { isBlobberError } from "../errors.ts";
import { TAG_READS } from "../limits.ts";
import type { CallOptions, Source } from "../store.ts";
import { inLanes } from "../system/work/lanes.ts";
import type { Descriptor } from "../types.ts";

/** What a tag names, as the store says. */
export type NamedByTag = Pick<Descriptor, "mediaType" | "digest">;

/**
 * Asks for what every tag names, fallback tags among them. One that goes away meanwhile is left out.
 *
 * @param source whose tags
 * @returns by tag, in the order of the store
 */
export async function tagNames(
  source: Source,
  { signal }: CallOptions,
): Promise<Map<string, NamedByTag>> {
  const tags: string[] = [];
  for await (const tag of source.tags({ signal })) tags.push(tag);
  const found = new Map<string, NamedByTag | undefined>(tags.map((tag) => [tag, undefined]));
  await inLanes(tags, { lanes: TAG_READS, signal }, async (tag, signal) => {
    found.set(tag, await namedBy(source, tag, { signal }));
  });
  return new Map([...found].filter((one): one is [string, NamedByTag] => one[1] !== undefined));
}

/** What one tag names, by the cheapest way that the source has; nothing where there is no such tag. */
export async function namedBy(
  source: Source,
  tag: string,
  options: CallOptions,
): Promise<NamedByTag | undefined> {
  if (source.named !== undefined) return await source.named(tag, options);
  try {
    const { mediaType, digest } = await source.resolve(tag, options);
    return { mediaType, digest };
  } catch (error) {
    if (isBlobberError(error, "not-found")) return undefined;
    throw error;
  }
}
