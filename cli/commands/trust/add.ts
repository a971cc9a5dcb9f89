/**
 * `trust add REF` and `trust add GLOB --verify-…`.
 *
 * @module
 */

import type { Reference } from "@blobber/core";
import { BlobberError } from "@blobber/core/errors";
import { printable, quote } from "@blobber/core/internal/printable";
import { parseReference } from "@blobber/core/internal/reference";
import { canAsk, confirm } from "../../terminal/ask.ts";
import { editedPath } from "../../config/paths.ts";
import type { Context } from "../../context.ts";
import { runPlanOf } from "../../plan/run_plan.ts";
import { addRule, checkRule } from "../../config/edit_rules.ts";
import { ruleName, type WrittenRule } from "../../rules/rule_text.ts";
import { proposeRule } from "./propose_rule.ts";
import { ruleOfPlan } from "../../trust/rule_of_plan.ts";
import { trustName } from "../../rules/subject.ts";

/** Adds a rule to the user's file: from flags, or proposed from an existing signature. */
export async function runTrustAdd(context: Context): Promise<void> {
  const { out, settings, env } = context;
  const what = context.args[0]!;
  const taken = settings.files.flatMap(({ rules }) => rules?.rules ?? []).map(({ name }) => name);
  const { own } = runPlanOf(context).verification;
  const plan = own.when === "never" ? undefined : own.plan;
  if (plan?.unsafe) {
    throw new BlobberError(
      "usage",
      "a rule names signers, and --verify-unsafe names none",
    );
  }
  const name = settings.get("ruleName");
  if (name !== undefined && taken.includes(name)) {
    throw new BlobberError("usage", `a rule named ${quote(name)} already exists`);
  }
  const pattern = patternOf(what);
  const rule = plan === undefined
    ? await proposeRule(context, what, (pattern) => name ?? ruleName(pattern, taken))
    : ruleOfPlan(name ?? ruleName(pattern, taken), pattern, plan);
  checkRule(rule);
  const file = editedPath(settings.get("config"), env);
  // Flags say all of a rule; a proposal is for a person to judge.
  if (plan === undefined && !settings.get("yes")) await ask(context, rule, file);
  await addRule(file, rule);
  await out.sentences({ rule, file }, `Added rule ${printable(rule.name)} to ${printable(file)}`);
}

/** What the rule matches: for a reference with a tag or digest, the repository. */
function patternOf(what: string): string {
  let reference: Reference;
  try {
    reference = parseReference(what);
  } catch { // a pattern, which is read as one
    return what;
  }
  return (reference.tag ?? reference.digest) === undefined ? what : trustName(reference);
}

/** Asks whether to add a rule; without a terminal, shows it and stops. */
async function ask({ report, signal }: Context, rule: WrittenRule, file: string): Promise<void> {
  const { yamlOf } = await import("../../config/edit.ts");
  const lines = yamlOf([rule]).trimEnd().split("\n")
    .map((line) => printable(line));
  if (!canAsk()) {
    report.show({ proposal: rule }, lines);
    throw new BlobberError("usage", "a proposed rule has to be confirmed, which needs a terminal", {
      hint: "--yes adds it; trust add PATTERN --verify-… adds another",
    });
  }
  if (!await confirm(`${lines.join("\n")}\nAdd this rule to ${printable(file)}?`, signal)) {
    throw new BlobberError("interrupted", "no rule was added");
  }
}
