/**
 * The tags of a repository (distribution spec, "Listing Tags").
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import { MAX_TAGS, TAGS_A_PAGE } from "../../limits.ts";
import { quote } from "../../text/printable.ts";
import { isTag, TAG_GRAMMAR } from "../../reference.ts";
import type { CallOptions } from "../../store.ts";
import type { Repository } from "../repository.ts";
import { listPages } from "./pages.ts";

/**
 * Lists the tags, in the order of the registry.
 *
 * @param repository whose tags
 * @throws {BlobberError} `not-found`, `registry`, `limit`
 */
export async function* listTags(
  repository: Repository,
  { signal }: CallOptions,
): AsyncGenerator<string> {
  const what = `tags of ${repository.name}`;
  const get = (to: string | URL) =>
    repository.expect("pull", { method: "GET", to, signal }, {
      statuses: [200],
      doing: `listing ${what}`,
      subject: "tags",
    });
  let count = 0;
  for await (
    const { json } of listPages(repository.at(`tags/list?n=${TAGS_A_PAGE}`), { get, what })
  ) {
    const { tags } = Object(json) as { tags?: unknown };
    if (tags === null || tags === undefined) continue; // a repository without tags
    if (!Array.isArray(tags)) {
      throw new BlobberError("registry", `${what}: the answer holds no list of tags`);
    }
    for (const tag of tags) {
      if (typeof tag !== "string" || !isTag(tag)) {
        throw new BlobberError(
          "registry",
          `${what}: ${quote(tag)} is not a tag, expected ${TAG_GRAMMAR}`,
        );
      }
      if (++count > MAX_TAGS) {
        throw new BlobberError("limit", `${what}: more than ${MAX_TAGS}`);
      }
      yield tag;
    }
  }
}
