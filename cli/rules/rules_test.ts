import { test } from "node:test";
import assert from "node:assert/strict";
import { readRules, type RuleChecks } from "./rules.ts";

class Fault extends Error {}
const SOUND: RuleChecks = {
  key: () => undefined,
  root: () => undefined,
  subjectPattern: () => undefined,
  claim: () => undefined,
  realPath: (path) => path,
};
function read(verify: Record<string, unknown>, checks = SOUND) {
  return readRules(
    verify,
    { file: "f.yaml", scope: "user", sources: new Map() },
    {
      fail(path, problem) {
        throw new Fault(`${path.join(".")}: ${problem}`);
      },
      checks,
    },
  );
}
const entry = { issuer: "https://i", subject: "s" };
const rule = { name: "r", match: ["ghcr.io/a/**"], any: [entry] };

test("reads the whole form", () => {
  const { rules, unmatched } = read({
    unmatched: "warn",
    rules: [
      {
        name: "acme",
        match: ["ghcr.io/acme/**"],
        except: ["ghcr.io/acme/sandbox/**"],
        "name-binding": "repository",
        any: [
          {
            issuer: "https://i",
            subject: "s",
            claims: { "source-repository-uri": "u" },
            "trusted-root": "public",
          },
          { key: "/etc/blobber/acme.pub", log: "required" },
        ],
      },
      { name: "lab", match: ["localhost:5000/**"], unsigned: true },
    ],
  });
  assert.equal(unmatched, "warn");
  assert.deepEqual(rules[0]!.any, [
    {
      kind: "identity",
      issuer: "https://i",
      subject: "s",
      claims: { "source-repository-uri": "u" },
      trustedRoot: "public",
    },
    { kind: "key", key: "/etc/blobber/acme.pub", log: "required", trustedRoot: "public" },
  ]);
  assert.equal(rules[0]!.nameBinding, "repository");
  assert.equal(rules[1]!.unsigned, true);
});

for (
  const [what, verify, place] of [
    ["an unknown word for unmatched", { unmatched: "maybe" }, "verify.unmatched"],
    ["an unknown key", { rules: [{ ...rule, mach: [] }] }, "verify.rules.0.mach"],
    ["no rules", { rules: [] }, "verify.rules"],
    ["an empty match", { rules: [{ ...rule, match: [] }] }, "verify.rules.0.match"],
    ["a bad pattern", { rules: [{ ...rule, match: ["x"] }] }, "verify.rules.0.match.0"],
    ["no name", { rules: [{ ...rule, name: undefined }] }, "verify.rules.0.name"],
    ["a name twice", { rules: [rule, rule] }, "verify.rules.1.name"],
    ["an empty any", { rules: [{ ...rule, any: [] }] }, "verify.rules.0.any"],
    ["neither any nor unsigned", { rules: [{ name: "r", match: ["a.b/c"] }] }, "verify.rules.0"],
    ["any beside unsigned", { rules: [{ ...rule, unsigned: true }] }, "verify.rules.0.any"],
    [
      "issuer without subject",
      { rules: [{ ...rule, any: [{ issuer: "i" }] }] },
      "verify.rules.0.any.0",
    ],
    ["both exact and pattern", {
      rules: [{ ...rule, any: [{ ...entry, "subject-pattern": "p" }] }],
    }, "verify.rules.0.any.0"],
    [
      "identity and key in one",
      { rules: [{ ...rule, any: [{ ...entry, key: "/k" }] }] },
      "verify.rules.0.any.0.issuer",
    ],
    [
      "a relative key",
      { rules: [{ ...rule, any: [{ key: "k.pub" }] }] },
      "verify.rules.0.any.0.key",
    ],
    [
      "a number as subject",
      { rules: [{ ...rule, any: [{ issuer: "i", subject: 3 }] }] },
      "verify.rules.0.any.0.subject",
    ],
    [
      "empty claims",
      { rules: [{ ...rule, any: [{ ...entry, claims: {} }] }] },
      "verify.rules.0.any.0.claims",
    ],
  ] as [string, Record<string, unknown>, string][]
) {
  test(`refuses ${what} at its place`, () => {
    assert.throws(() => read(verify), (error: Error) => {
      assert.ok(error instanceof Fault, String(error));
      assert.equal(error.message.split(": ")[0], place);
      return true;
    });
  });
}

test("an invalid key, root, pattern or claim is an error that names its line", () => {
  const bad = { ...SOUND, key: () => "no such file" };
  const keyed = { ...rule, any: [{ key: "/k.pub" }] };
  assert.throws(() => read({ rules: [keyed] }, bad), {
    message: "verify.rules.0.any.0.key: no such file",
  });
  const claimed = { ...rule, any: [{ ...entry, claims: { nonsense: "x" } }] };
  assert.throws(() => read({ rules: [claimed] }, { ...SOUND, claim: () => "unknown claim" }), {
    message: "verify.rules.0.any.0.claims.nonsense: unknown claim",
  });
});
