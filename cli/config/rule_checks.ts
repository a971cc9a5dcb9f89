/**
 * Checks what a rule names outside its file when the file is read: otherwise a missing key would show only when
 * an artifact is read that the rule protects.
 *
 * The bytes that were checked are kept and used, so a file that is replaced afterwards changes nothing.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { readInputSync } from "@blobber/core/internal/input-file";
import { MAX_KEY_FILE_BYTES, MAX_TRUSTED_ROOT_BYTES } from "@blobber/core/limits";
import {
  claimName,
  loadTrustedRoot,
  parseSubjectPattern,
  readPublicKey,
} from "@blobber/sigstore/verify";
import { readGuarded } from "./guarded.ts";
import type { RuleChecks } from "../rules/rules.ts";
import { realPath } from "../rules/subject.ts";

/** Checks, and what they read. */
export interface Checking {
  checks: RuleChecks;
  /** Bytes of keys and trust roots by path. */
  sources: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/**
 * Makes the checks for one file of rules.
 *
 * @param system whether it is the system's, so that what it names must be such as only root can have put there
 * @param owners who else may own a file of the system
 */
export function makeRuleChecks(system: boolean, owners?: readonly number[]): Checking {
  const sources = new Map<string, Uint8Array<ArrayBuffer>>();
  const read = (path: string, limit: number) => {
    const options = { limit, fail: invalidRule, ...owners !== undefined && { owners } };
    const found = system ? readGuarded(path, options) : readInputSync(path, options);
    if (found === undefined) throw invalidRule("no such file or directory");
    sources.set(path, found.bytes);
    return found.bytes;
  };
  const text = (path: string) => new TextDecoder().decode(read(path, MAX_KEY_FILE_BYTES));
  return {
    sources,
    checks: {
      key: once((path) => problemOf(() => void readPublicKey(text(path)))),
      root: once((path) =>
        problemOf(() => void loadTrustedRoot(read(path, MAX_TRUSTED_ROOT_BYTES)))
      ),
      subjectPattern: once((pattern) => problemOf(() => void parseSubjectPattern(pattern))),
      claim: once((name) => problemOf(() => void claimName(name))),
      realPath: once(realPath),
    },
  };
}

/** Many rules name the same few things. */
function once<T>(look: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    if (!known.has(text)) known.set(text, look(text));
    return known.get(text)!;
  };
}

function invalidRule(why: string, cause?: unknown): BlobberError {
  return new BlobberError("invalid-config", why, { cause });
}

function problemOf(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof BlobberError) return error.message;
    return `cannot read it: ${(error as Error).message}`;
  }
}
