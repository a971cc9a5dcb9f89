/**
 * What a rule names outside its file, checked when the file is read: a rule whose key is missing would
 * otherwise be found out by the one reference that it protects.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import {
  claimName,
  loadTrustedRoot,
  parseSubjectPattern,
  readPublicKey,
} from "@blobber/sigstore/verify";
import type { RuleChecks } from "./rules.ts";
import { realPath } from "./subject.ts";

/** The checks; each says what is wrong, or nothing. */
export const CHECKS: RuleChecks = {
  key: (path) => problemOf(() => void readPublicKey(Deno.readTextFileSync(path))),
  root: (path) => problemOf(() => void loadTrustedRoot(Deno.readFileSync(path))),
  subjectPattern: (text) => problemOf(() => void parseSubjectPattern(text)),
  claim: (name) => problemOf(() => void claimName(name)),
  realPath,
};

function problemOf(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof BlobberError) return error.message;
    if (error instanceof Deno.errors.NotFound) return "no such file";
    return `it cannot be read: ${(error as Error).message}`;
  }
}
