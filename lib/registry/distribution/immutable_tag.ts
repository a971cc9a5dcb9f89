/**
 * Tags that a registry does not move. Registries that can be told so refuse every PUT to such a tag, with
 * 400, 403, 405, 409, 412 or 422 and words of their own. Loaded after a refusal.
 *
 * @module
 */

import type { Digest } from "../../digest.ts";
import { BlobberError, isBlobberError } from "../../errors.ts";
import { quote } from "../../text/printable.ts";
import type { Descriptor } from "../../types.ts";
import { RefusedError } from "../http/registry_error.ts";

const STATUSES = [400, 403, 405, 409, 412, 422];

/**
 * Finds out why a tag could not be set.
 *
 * @param error what came of the PUT
 * @param wanted the tag, what it was to name, and the repository for messages
 * @param digestOfTag asks where the tag points
 * @returns the error to throw; nothing when the tag names what it was to name
 */
export async function whyNotMoved(
  error: unknown,
  wanted: { tag: string; descriptor: Descriptor; name: string },
  digestOfTag: () => Promise<Digest | undefined>,
): Promise<unknown> {
  if (!(error instanceof RefusedError) || !STATUSES.includes(error.httpStatus)) return error;
  let now: Digest | undefined;
  try {
    now = await digestOfTag();
  } catch (failed) {
    if (!isBlobberError(failed)) throw failed;
    return error; // it says more than that the tag cannot be read
  }
  const { tag, descriptor, name } = wanted;
  if (now === descriptor.digest) return undefined;
  const said = /immutab|overwrit|already exist|read.?only|\block(ed)?\b/i.test(error.message) ||
    [409, 412].includes(error.httpStatus);
  if (now === undefined || !said) return error;
  return new BlobberError(
    "conflict",
    `tag ${quote(tag)} of ${name} is immutable and points to ${now}: ${error.message}`,
    { cause: error, hint: "take another tag: this registry does not move one that is set" },
  );
}
