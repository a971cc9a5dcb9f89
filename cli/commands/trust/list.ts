/**
 * `trust list`, which `trust` alone is too.
 *
 * @module
 */

import { printable } from "@blobber/core/internal/printable";
import type { Context } from "../../context.ts";
import {
  type Rule,
  type RuleFile,
  type TrustEntry,
  UNMATCHED,
  type Unmatched,
} from "../../rules/rules.ts";
import { table } from "../../terminal/wrap.ts";

/** Shows every rule, and where it is written. */
export async function runTrustList({ settings, out }: Context): Promise<void> {
  const files = settings.files.flatMap(({ rules }) => rules ?? []);
  const rules = files.flatMap((file) => file.rules.map((rule) => ({ file, rule })));
  const strictest = Math.max(0, ...files.map(({ unmatched }) => UNMATCHED.indexOf(unmatched)));
  const unmatched = UNMATCHED[strictest]!;
  await out.sentences(
    {
      unmatched,
      rules: rules.map(({ file, rule }) => ({
        ...ruleDocument(rule),
        file: file.file,
        scope: file.scope,
      })),
    },
    ...rules.flatMap(({ file, rule }) => [...ruleLines(rule, file, out.columns), ""]),
    `Repositories that no rule matches: ${UNMATCHED_WORDS[unmatched]}`,
  );
}

const UNMATCHED_WORDS: Record<Unmatched, string> = {
  allow: "allowed",
  warn: "allowed, with a warning",
  deny: "refused",
};

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

/** A rule for a person: its name and file, and a table of what it demands of what. */
export function ruleLines(
  rule: Rule,
  { file, scope }: Pick<RuleFile, "file" | "scope">,
  columns: number,
): string[] {
  const texts = (patterns: Rule["match"]) => patterns.map(({ text }) => printable(text)).join(", ");
  const rows = [
    ["matches", texts(rule.match)],
    ...rule.except.length === 0 ? [] : [["except", texts(rule.except)]],
    ...rule.unsigned
      ? [["signature", "not needed"]]
      : rule.any.map((entry, i) => [i === 0 ? "signed by" : "or by", signerOf(entry)]),
    ...rule.nameBinding === "off" ? [] : [["signed as", nameOf(rule)]],
  ];
  return [
    `${printable(rule.name)} (${scope}, ${printable(file)})`,
    ...table(rows, { columns, indent: 2 }),
  ];
}

function nameOf({ nameBinding, signedAs }: Rule): string {
  const repository = signedAs ?? "the repository that is asked for";
  return nameBinding === "reference" ? `${repository}, with the tag` : repository;
}

function signerOf(entry: TrustEntry): string {
  if (entry.kind === "key") {
    return `the key ${printable(entry.key)}${entry.log === "required" ? ", with a log entry" : ""}`;
  }
  const claims = Object.entries(entry.claims).map(([name, value]) => `, ${name} ${value}`).join("");
  return printable(
    `${entry.subject ?? entry.subjectPattern} (${entry.issuer})${claims}` +
      (entry.trustedRoot === "public" ? "" : `, trust root ${entry.trustedRoot}`),
  );
}
