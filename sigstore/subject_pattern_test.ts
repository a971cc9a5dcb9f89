import { test } from "node:test";
import assert from "node:assert/strict";
import { parseSubjectPattern } from "./subject_pattern.ts";

const WORKFLOW = "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.2.3";

for (
  const [pattern, subject, fits] of [
    [WORKFLOW, WORKFLOW, true],
    ["https://github.com/acme/*/.github/workflows/release.yml@refs/tags/v*", WORKFLOW, true],
    ["https://github.com/acme/**@refs/tags/*", WORKFLOW, true],
    ["https://github.com/acme/**@refs/**", WORKFLOW, true],
    // Neither crosses the @.
    ["https://github.com/acme/**", WORKFLOW, false],
    ["https://github.com/acme/**", "https://github.com/acme/app/x", true],
    ["https://github.com/acme/*", "https://github.com/acme/app/x", false],
    // Anchored at both ends.
    ["https://github.com/acme/**@refs/tags/v1", WORKFLOW, false],
    ["https://github.com/acme/*", "https://github.com/acme/app\n", false],
    ["https://github.com/acme/*", "xhttps://github.com/acme/app", false],
    ["https://github.com/acme/*", "https://github.com/acme2/app", false],
    ["https://github.com/acme/*", "https://github.com.evil.org/acme/app", false],
    ["https://github.com/acme/*", "https://github.com/Acme/app", false],
    ["https://github.com/acme/*", "http://github.com/acme/app", false],
    // Other readings of the same letters.
    ["https://github.com/acme/**", "https://github.com/acme/../evil/app", false],
    ["https://github.com/acme/**", "https://github.com/acme/./app", false],
    ["https://github.com/acme/**", "https://github.com/acme//app", false],
    ["https://github.com/acme/**", "https://github.com/acme/app?x", false],
    ["https://github.com/acme/**", "https://github.com/acme/%2e%2e/evil", false],
    ["https://github.com/acme/**", "https://github.com/acme/a\\b", false],
    ["https://github.com/acme/**", "https://github.com/acme/\u202eppa", false],
    // A dot is a dot.
    ["https://github.com/acme/a.p", "https://github.com/acme/app", false],
    ["*@example.com", "dev@example.com", true],
    ["*@example.com", "dev@evil@example.com", false],
    ["*@example.com", "dev@example.com.evil.org", false],
    ["*@example.com", "dev@sub.example.com", false],
    ["dev-*@example.com", "dev-1@example.com", true],
    ["spiffe://example.org/prod/**", "spiffe://example.org/prod/ns/a", true],
    ["spiffe://example.org/prod/**", "spiffe://example.org/test/prod/a", false],
  ] as const
) {
  test(`${pattern} ${fits ? "fits" : "does not fit"} ${JSON.stringify(subject)}`, () => {
    assert.equal(parseSubjectPattern(pattern).matches(subject), fits);
  });
}

for (
  const pattern of [
    "*",
    "**",
    "",
    "https://*",
    "https://*/acme/app",
    "https://github.*/acme/app",
    "https://github.com",
    "https://github.com/",
    "https://github.com/*",
    "https://github.com/*/app",
    "https://github.com/ac*/app",
    "https://github.com/**/release.yml",
    "https://evil@github.com/acme/app",
    "*@*",
    "dev@*.com",
    "dev@",
    "@example.com",
    "*@example.com@evil.org",
    "github.com/acme/*",
    "**/acme/*@x",
    "https://github.com/acme/***",
    "https://github.com/acme/a b",
    "https://github.com/acme/\u202e",
    `https://github.com/acme/${"x".repeat(3000)}`,
  ]
) {
  test(`a pattern that anybody can satisfy, or that is none, is refused: ${pattern.slice(0, 50)}`, () => {
    assert.throws(() => parseSubjectPattern(pattern), { code: "invalid-option" });
  });
}

test("sigstore-js e66d99f: no pattern takes more than the product of both lengths", () => {
  const pattern = parseSubjectPattern(`https://github.com/acme/${"*a".repeat(900)}`);
  assert.equal(pattern.matches(`https://github.com/acme/${"a".repeat(1900)}b`), false);
});
