/**
 * What the rules demand of one reference: a pure function of the rules, the name and what the user asked for.
 *
 * Every matching rule of every file must hold, so that adding a rule can only tighten. Flags add to that and
 * take nothing away, but for `--no-verify`, which sets aside what the user wrote and nothing that the system's
 * administrator did.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/internal/printable";
import { type Rule, type RuleFile, UNMATCHED, type Unmatched } from "./rules.ts";

/** A rule that must hold, and where it is written. */
export interface Requirement {
  rule: Rule;
  file: string;
  scope: RuleFile["scope"];
  /** Bytes of what the rule names. */
  sources: RuleFile["sources"];
}

/** What the rules come to for one reference. */
export interface Decision {
  /** Rules that a signature must satisfy, each of them. */
  requirements: Requirement[];
  /** Whether any rule, `unsigned` ones included, is about this reference. */
  matched: boolean;
  /** Whether one of the system's is. */
  matchedBySystem: boolean;
  /** What to say to the user, a sentence each. */
  warnings: string[];
}

/**
 * Decides what is demanded of a reference.
 *
 * @param name canonical `host[:port]/repository` or `oci:/path`
 * @param files the rules of all files
 * @param asked whether the user said `--no-verify`, whether flags or settings demand a signature anyway, and
 * whether the command only reports, which is never denied
 * @throws {BlobberError} `trust-rule` when the reference may not be read
 */
export function decideByRules(
  name: string,
  files: readonly RuleFile[],
  asked: { noVerify: boolean; verifies: boolean; reports?: boolean },
): Decision {
  const warnings: string[] = [];
  const matching: Requirement[] = files.flatMap(({ rules, ...origin }) =>
    rules.filter((rule) => applies(rule, name)).map((rule) => ({ rule, ...origin }))
  );
  let requirements = matching.filter(({ rule }) => !rule.unsigned);
  let counted = files;
  if (asked.noVerify) {
    const firm = requirements.find(({ scope }) => scope === "system");
    if (firm !== undefined) {
      throw new BlobberError(
        "trust-rule",
        `--no-verify cannot set aside the rule ${quote(firm.rule.name)} of ${firm.file}, ` +
          `which matches ${quote(name)}`,
        { hint: "rules of the system are changed only in its file" },
      );
    }
    warnings.push(
      requirements.length === 0
        ? `--no-verify: ${name} is read without verification`
        : `--no-verify: ${name} is read although ${
          requirements.map(({ rule }) => quote(rule.name)).join(", ")
        } demands a signature`,
    );
    requirements = [];
    counted = files.filter(({ scope }) => scope === "system");
  }
  const strictest = counted.filter((file) => !speaks(matching, file, asked.noVerify)).reduce<
    { unmatched: Unmatched; file: string }
  >(
    (most, next) =>
      UNMATCHED.indexOf(next.unmatched) > UNMATCHED.indexOf(most.unmatched) ? next : most,
    { unmatched: "allow", file: "" },
  );
  if (strictest.unmatched === "deny" && !asked.reports) {
    throw new BlobberError(
      "trust-rule",
      `no trust rule matches ${quote(name)}, and ${strictest.file} says "unmatched: deny"`,
      { hint: `blobber trust add ${name} adds one` },
    );
  }
  if (strictest.unmatched === "warn" && !asked.verifies) {
    warnings.push(`no trust rule matches ${name}; "blobber trust add ${name}" proposes one`);
  }
  const matchedBySystem = matching.some(({ scope }) => scope === "system");
  return { requirements, matched: matching.length > 0, matchedBySystem, warnings };
}

/**
 * Whether a rule matches the reference as far as a file is concerned. A user may add signers to what the system
 * demands, but may neither excuse a reference from signatures nor skip them with `--no-verify`.
 */
function speaks(matching: readonly Requirement[], file: RuleFile, noVerify: boolean): boolean {
  return matching.some(({ rule, scope }) =>
    file.scope === "user" || scope === "system" || !(rule.unsigned || noVerify)
  );
}

function applies(rule: Rule, name: string): boolean {
  return rule.match.some((pattern) => pattern.matches(name)) &&
    !rule.except.some((pattern) => pattern.matches(name));
}
