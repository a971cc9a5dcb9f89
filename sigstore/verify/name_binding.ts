/**
 * Whether an artifact was signed under the name by which it was asked for. A signature over a digest can
 * be copied to another repository or put under a newer tag; a name inside the statement cannot.
 *
 * @module
 */

import type { Check, SignedName } from "@blobber/core";
import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/internal/printable";
import type { RepositoryName } from "@blobber/core/internal/reference";
import type { Rules } from "./policy.ts";
import type { SignedContent } from "./signed_content.ts";

/**
 * Checks the signed name.
 *
 * @param signed what the statement names
 * @param asked the name by which the artifact was asked for
 * @param rules how much of it has to fit, and the repository that is expected in place of the one asked for
 * @throws {BlobberError} `name-mismatch`
 */
export async function checkName(
  signed: SignedContent["name"],
  asked: SignedName | undefined,
  { nameBinding, signedAs }: Pick<Rules, "nameBinding" | "signedAs">,
): Promise<Check> {
  const { repository, tags = [] } = signed ?? {};
  if (nameBinding === "off") {
    return repository === undefined
      ? { name: "name", result: "absent", evidence: "the signature names no repository" }
      : {
        name: "name",
        result: "unchecked",
        evidence: `signed as ${inWords(repository, tags)}; not demanded`,
      };
  }
  const expected = signedAs ?? asked?.repository;
  if (expected === undefined) {
    throw mismatch(
      "the artifact was asked for without a registry's name, and a signed name is demanded",
      "say which repository a layout is a copy of, by what it is signed as",
    );
  }
  const copied =
    "the artifact may have been copied: sign it under the name that it is pulled by, or say " +
    "what the copy is signed as";
  if (repository === undefined) {
    throw mismatch(`the signature names no repository, expected ${quote(expected)}`, copied);
  }
  if (!await isNameOf(repository, expected)) {
    throw mismatch(`signed as ${quote(repository)}, expected ${quote(expected)}`, copied);
  }
  if (nameBinding === "reference") checkTags(tags, asked?.tags ?? []);
  return {
    name: "name",
    result: "passed",
    evidence: `signed as ${inWords(repository, nameBinding === "reference" ? tags : [])}`,
  };
}

/** Whether a name that was signed means a repository: earlier versions wrote names down in other spellings. */
async function isNameOf(signed: string, repository: RepositoryName): Promise<boolean> {
  if (signed === repository) return true;
  // Loaded where it is needed: a verifier starts sooner without.
  const { repositoryNamed } = await import("@blobber/core/internal/reference");
  return repositoryNamed(signed) === repository;
}

function checkTags(signed: readonly string[], asked: readonly string[]): void {
  if (asked.length === 0) {
    throw mismatch(
      "the artifact was asked for without a tag, and a signed tag is demanded",
      "ask for it by tag and digest: REF:TAG@sha256:…",
    );
  }
  const missing = asked.find((tag) => !signed.includes(tag));
  if (missing === undefined) return;
  if (signed.length === 0) {
    throw mismatch(
      `signed without a tag, expected ${quote(missing)}`,
      "sign it by tag and digest: REF:TAG@sha256:…",
    );
  }
  throw mismatch(
    `signed under the tag ${signed.map((tag) => quote(tag)).join(", ")}, expected ${
      quote(missing)
    }`,
    "the tag may have been moved or copied: sign the artifact under every tag that it is pulled by",
  );
}

function mismatch(why: string, hint: string): BlobberError {
  return new BlobberError("name-mismatch", why, { hint });
}

function inWords(repository: string, tags: readonly string[]): string {
  return quote(tags.length === 0 ? repository : `${repository}:${tags.join(",")}`);
}
