/**
 * Whether an artifact was signed under the name by which it was asked for. A signature over a digest can
 * be copied to another repository or put under a newer tag; a name inside the statement cannot.
 *
 * @module
 */

import type { Check, SignedName } from "@blobber/core";
import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/printable";
import type { SignedContent } from "./signed_content.ts";

/**
 * Checks the signed name.
 *
 * @param signed what the statement names
 * @param asked the name by which the artifact was asked for
 * @param binding how much of it has to fit
 * @throws {BlobberError} `name-mismatch`
 */
export function checkName(
  signed: SignedContent["name"],
  asked: SignedName | undefined,
  binding: "off" | "repository" | "reference",
): Check {
  const repository = signed?.repository;
  const tag = signed?.tag;
  if (binding === "off") {
    return repository === undefined
      ? { name: "name", result: "absent", evidence: "the signature names no repository" }
      : {
        name: "name",
        result: "unchecked",
        evidence: `signed as ${inWords(repository, tag)}; not demanded`,
      };
  }
  const hint = "the artifact may have been copied; sign it under the name that it is pulled by";
  const fail = (why: string): BlobberError => new BlobberError("name-mismatch", why, { hint });
  if (asked === undefined) {
    throw fail(
      "the artifact was asked for without a registry's name, and a signed name is demanded",
    );
  }
  if (repository === undefined) {
    throw fail(`the signature names no repository, expected ${quote(asked.repository)}`);
  }
  if (repository !== asked.repository) {
    throw fail(`signed as ${quote(repository)}, expected ${quote(asked.repository)}`);
  }
  if (binding === "reference") {
    if (asked.tag === undefined) {
      throw fail("the artifact was asked for without a tag, and a signed tag is demanded");
    }
    if (tag !== asked.tag) {
      throw fail(
        `signed ${tag === undefined ? "without a tag" : `under the tag ${quote(tag)}`}, ` +
          `expected ${quote(asked.tag)}`,
      );
    }
  }
  return {
    name: "name",
    result: "passed",
    evidence: `signed as ${inWords(repository, binding === "reference" ? tag : undefined)}`,
  };
}

function inWords(repository: string, tag: string | undefined): string {
  return quote(tag === undefined ? repository : `${repository}:${tag}`);
}
