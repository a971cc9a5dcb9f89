import { test } from "node:test";
import assert from "node:assert/strict";
import { decideByRules } from "./decide.ts";
import { readRules, type RuleChecks, type RuleFile } from "./rules.ts";

const SOUND: RuleChecks = {
  key: () => undefined,
  root: () => undefined,
  subjectPattern: () => undefined,
  claim: () => undefined,
  realPath: (path) => path,
};
const key = { key: "/k.pub" };
function file(scope: RuleFile["scope"], verify: Record<string, unknown>): RuleFile {
  return readRules(
    verify,
    { file: `/${scope}.yaml`, scope, sources: new Map() },
    {
      fail(path, problem) {
        throw new Error(`${path.join(".")}: ${problem}`);
      },
      checks: SOUND,
    },
  );
}
const rule = (name: string, ...match: string[]) => ({ name, match, any: [key] });
const plain = { noVerify: false, verifies: false };
const names = (decision: { requirements: { rule: { name: string } }[] }) =>
  decision.requirements.map((r) => r.rule.name);

test("every matching rule of every file must hold", () => {
  const files = [
    file("system", { rules: [rule("a", "ghcr.io/**")] }),
    file("user", { rules: [rule("b", "ghcr.io/acme/**"), rule("c", "quay.io/**")] }),
  ];
  assert.deepEqual(names(decideByRules("ghcr.io/acme/app", files, plain)), ["a", "b"]);
});

test("an exception excludes a name from its own rule only", () => {
  const files = [
    file("user", {
      rules: [
        { ...rule("a", "ghcr.io/**"), except: ["ghcr.io/acme/sandbox/**"] },
        rule("b", "ghcr.io/acme/**"),
      ],
    }),
  ];
  assert.deepEqual(names(decideByRules("ghcr.io/acme/sandbox/x", files, plain)), ["b"]);
});

test("an unsigned rule demands nothing and overrides no other rule", () => {
  const files = [
    file("user", {
      unmatched: "deny",
      rules: [
        { name: "lab", match: ["localhost:5000/**"], unsigned: true },
        rule("b", "localhost:5000/prod/**"),
      ],
    }),
  ];
  assert.deepEqual(names(decideByRules("localhost:5000/x", files, plain)), []);
  assert.deepEqual(names(decideByRules("localhost:5000/prod/x", files, plain)), ["b"]);
});

test("the strictest setting for unmatched names counts", () => {
  const files = [file("system", { unmatched: "deny" }), file("user", { unmatched: "allow" })];
  assert.throws(
    () => decideByRules("ghcr.io/a", files, { noVerify: false, verifies: true }),
    (error: { code?: string; hint?: string }) =>
      error.code === "trust-rule" && error.hint!.includes("trust add"),
  );
  const warned = decideByRules("ghcr.io/a", [file("user", { unmatched: "warn" })], plain);
  assert.equal(warned.warnings.length, 1);
});

test("--no-verify overrides a user's rule with a warning, and never a rule of the system", () => {
  const user = file("user", { unmatched: "deny", rules: [rule("mine", "ghcr.io/**")] });
  const decision = decideByRules("ghcr.io/a", [user], { noVerify: true, verifies: false });
  assert.deepEqual(names(decision), []);
  assert.match(decision.warnings[0]!, /"mine"/);
  const system = file("system", { rules: [rule("theirs", "ghcr.io/**")] });
  assert.throws(
    () => decideByRules("ghcr.io/a", [system, user], { noVerify: true, verifies: false }),
    (error: Error) => /"theirs" of \/system\.yaml/.test(error.message),
  );
  const closed = file("system", { unmatched: "deny" });
  assert.throws(
    () => decideByRules("quay.io/a", [closed, user], { noVerify: true, verifies: false }),
    {
      code: "trust-rule",
    },
  );
});

test("no rule of a user allows what the system's file denies", () => {
  const closed = file("system", { unmatched: "deny" });
  const lab = file("user", { rules: [{ name: "lab", match: ["**"], unsigned: true }] });
  assert.throws(() => decideByRules("quay.io/a", [closed, lab], plain), {
    code: "trust-rule",
    message: /\/system\.yaml says "unmatched: deny"/,
  });
  const signed = file("user", { rules: [rule("mine", "**")] });
  assert.deepEqual(names(decideByRules("quay.io/a", [closed, signed], plain)), ["mine"]);
  assert.throws(
    () => decideByRules("quay.io/a", [closed, signed], { noVerify: true, verifies: false }),
    { code: "trust-rule" },
  );
});
