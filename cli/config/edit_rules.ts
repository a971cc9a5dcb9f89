/**
 * Adding rules to the user's file and taking them out again; comments and order stay.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { printable, quote } from "@blobber/core/internal/printable";
import { isMap, isSeq } from "yaml";
import { editConfig } from "./edit.ts";
import { makeRuleChecks } from "./rule_checks.ts";
import { readRules } from "../rules/rules.ts";
import type { WrittenRule } from "../rules/rule_text.ts";

/**
 * Checks a rule as if it were read from the file.
 *
 * @param rule the rule
 * @throws {BlobberError} `invalid-option`
 */
export function checkRule(rule: WrittenRule): void {
  const { checks, sources } = makeRuleChecks(false);
  readRules({ rules: [rule] }, { file: "", scope: "user", sources }, {
    fail(path, problem) {
      const place = path.slice(3).join(".");
      throw new BlobberError(
        "invalid-option",
        `invalid rule${place === "" ? "" : `, ${place}`}: ${problem}`,
      );
    },
    checks,
  });
}

/**
 * Adds a rule at the end.
 *
 * @param file the user's file; made when it is absent
 * @param rule a checked rule
 */
export async function addRule(file: string, rule: WrittenRule): Promise<void> {
  await editConfig(file, (document) => {
    const node = document.createNode(rule);
    const rules = document.getIn(["verify", "rules"]);
    if (isSeq(rules)) rules.add(node);
    else if (isMap(document.get("verify"))) document.setIn(["verify", "rules"], [node]);
    else document.set("verify", document.createNode({ rules: [node] }));
  });
}

/**
 * Takes a rule out.
 *
 * @param file the user's file
 * @param name of the rule
 * @throws {BlobberError} `not-found`
 */
export async function removeRule(file: string, name: string): Promise<void> {
  await editConfig(file, (document) => {
    const rules = document.getIn(["verify", "rules"]);
    const at = isSeq(rules)
      ? rules.items.findIndex((item) => isMap(item) && item.get("name") === name)
      : -1;
    if (!isSeq(rules) || at < 0) {
      throw new BlobberError("not-found", `rule not found: ${quote(name)} in ${printable(file)}`, {
        hint: "blobber trust list shows every rule and the file that it is in",
      });
    }
    rules.delete(at);
    if (rules.items.length === 0) document.deleteIn(["verify", "rules"]);
    const verify = document.get("verify");
    if (isMap(verify) && verify.items.length === 0) document.delete("verify");
  });
}
