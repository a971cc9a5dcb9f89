/**
 * `trust list`, which `trust` alone is too.
 *
 * @module
 */

import { printable } from "@blobber/core/printable";
import type { Context } from "../../context.ts";
import { type Rule, type RuleFile, type TrustEntry, UNMATCHED } from "../../rules/rules.ts";

/** Shows every rule, and where it is written. */
export async function runTrustList({ settings, out }: Context): Promise<void> {
  const files = settings.files.flatMap(({ rules }) => rules ?? []);
  const rules = files.flatMap((file) => file.rules.map((rule) => ({ file, rule })));
  const strictest = Math.max(0, ...files.map(({ unmatched }) => UNMATCHED.indexOf(unmatched)));
  const unmatched = UNMATCHED[strictest]!;
  await out.result(
    {
      unmatched,
      rules: rules.map(({ file, rule }) => ({
        ...ruleDocument(rule),
        file: file.file,
        scope: file.scope,
      })),
    },
    [
      ...rules.flatMap(({ file, rule }) => [...ruleLines(rule, file), ""]),
      `what no rule is about: ${unmatched}`,
    ].join("\n"),
  );
}

/** A rule as JSON output shows it. */
export function ruleDocument(rule: Rule): Record<string, unknown> {
  return {
    name: rule.name,
    match: rule.match.map(({ text }) => text),
    except: rule.except.map(({ text }) => text),
    nameBinding: rule.nameBinding,
    ...rule.signedAs !== undefined && { signedAs: rule.signedAs },
    legacy: rule.legacy,
    unsigned: rule.unsigned,
    any: rule.any,
  };
}

/** A rule for a person. */
export function ruleLines(rule: Rule, { file, scope }: Pick<RuleFile, "file" | "scope">): string[] {
  const texts = (patterns: Rule["match"]) => patterns.map(({ text }) => printable(text)).join(", ");
  return [
    `${printable(rule.name)} (${scope}, ${printable(file)})`,
    `  about: ${texts(rule.match)}${
      rule.except.length === 0 ? "" : `, but not ${texts(rule.except)}`
    }`,
    ...rule.unsigned
      ? ["  needs no signature"]
      : rule.any.map((entry, i) => `  ${i === 0 ? "signed by" : "       or"}: ${entryText(entry)}`),
    ...rule.nameBinding === "off"
      ? []
      : [`  under ${rule.signedAs ?? "its own name"}: ${rule.nameBinding}`],
  ];
}

function entryText(entry: TrustEntry): string {
  if (entry.kind === "key") {
    return `the key ${printable(entry.key)}${entry.log === "required" ? ", with a log entry" : ""}`;
  }
  const claims = Object.entries(entry.claims).map(([name, value]) => `, ${name} ${value}`).join("");
  return printable(
    `${entry.subject ?? entry.subjectPattern} by ${entry.issuer}${claims}` +
      (entry.trustedRoot === "public" ? "" : `, root ${entry.trustedRoot}`),
  );
}
