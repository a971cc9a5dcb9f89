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
    ["https://github.com/acme/**", "https://github.com/acme/app?x", false],
    ["https://github.com/acme/**", "https://github.com/acme/%2e%2e/evil", false],
    ["https://github.com/acme/**", "https://github.com/acme/x%2F..%2F..%2fevil", false],
    ["https://github.com/acme/**", "https://github.com/acme/x%5c..%5cevil", false],
    ["https://github.com/acme/**", "https://github.com/acme/%252e%252E/evil", false],
    ["https://github.com/acme/**", "https://github.com/acme/%25252e./evil", false],
    ["https://github.com/acme/**", "https://github.com/acme/x%252F..%252fevil", false],
    ["https://github.com/acme/**", "https://github.com/acme/..#x", false],
    ["https://github.com/acme/**", "https://github.com/acme/app/..", false],
    ["https://github.com/acme/**", "https://github.com/acme/app%0a", false],
    ["https://github.com/acme/**", "https://github.com/acme/", false],
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
    "https://github.com/acme/\u202e",
    `https://github.com/acme/${"x".repeat(3000)}`,
  ]
) {
  test(`a pattern that any account can satisfy, or that is invalid, is refused: ${pattern.slice(0, 50)}`, () => {
    assert.throws(() => parseSubjectPattern(pattern), { code: "invalid-option" });
  });
}

const GITLAB = "https://gitlab.com/acme/app//.gitlab-ci.yml@refs/heads/main";
const SPACES =
  "https://github.com/acme/app/.github/workflows/Windows%20hardening%20%C3%A9.yml@refs/heads/main";
for (
  const [name, pattern, subject, fits] of [
    ["gitlab-double-slash", GITLAB, GITLAB, true],
    ["gitlab-double-slash", "https://gitlab.com/acme/app//.gitlab-ci.yml@refs/*/*", GITLAB, true],
    ["gitlab-double-slash", "https://gitlab.com/acme/**@refs/heads/main", GITLAB, true],
    ["gitlab-double-slash", "https://gitlab.com/acme/*//.gitlab-ci.yml@**", GITLAB, true],
    ["gitlab-double-slash", "https://gitlab.com/acme/*/.gitlab-ci.yml@**", GITLAB, false],
    ["workflow-spaces", SPACES, SPACES, true],
    ["workflow-spaces", SPACES.replace("main", "*"), SPACES, true],
    ["workflow-spaces", SPACES.replaceAll("%20", " ").replace("%C3%A9", "é"), SPACES, true],
    ["workflow-spaces", SPACES.replace("%C3", "%c3"), SPACES, true],
    ["workflow-spaces", "https://github.com/acme/app/**/Windows*.yml@refs/heads/*", SPACES, true],
    ["workflow-spaces", SPACES.replaceAll("%20", "+"), SPACES, false],
    [
      "ref-characters",
      "https://g.test/a/w.yml@refs/heads/#1*",
      "https://g.test/a/w.yml@refs/heads/#12",
      true,
    ],
    [
      "ref-characters",
      "https://g.test/a/w.yml@refs/heads/#1*",
      "https://g.test/a/w.yml@refs/heads/%2312",
      true,
    ],
    [
      "ref-characters",
      "https://g.test/a/w.yml@refs/heads/%231*",
      "https://g.test/a/w.yml@refs/heads/#12",
      true,
    ],
    [
      "ref-characters",
      "https://g.test/a/w.yml@refs/heads/100%*",
      "https://g.test/a/w.yml@refs/heads/100%25",
      true,
    ],
    [
      "ref-characters",
      "https://g.test/a/w.yml@refs/tags/*@*",
      "https://g.test/a/w.yml@refs/tags/pkg@1.2",
      true,
    ],
    [
      "ref-characters",
      "https://g.test/a/w.yml@refs/tags/*",
      "https://g.test/a/w.yml@refs/tags/pkg@1.2",
      false,
    ],
    [
      "ref-characters",
      "https://g.test/a/w.yml@refs/tags/*",
      "https://g.test/a/w.yml@refs/tags/x/..%2Fy",
      false,
    ],
    // Letter by letter, whatever the letters are.
    ["ref-characters", "https://g.test/a/../b", "https://g.test/a/../b", true],
    ["ref-characters", "https://g.test/a/b?c", "https://g.test/a/b?c", true],
    ["ref-characters", "dev%x@example.com", "dev%x@example.com", true],
  ] as const
) {
  test(`${name}: ${pattern} ${fits ? "fits" : "does not fit"} ${subject}`, () => {
    assert.equal(parseSubjectPattern(pattern).matches(subject), fits);
  });
}

/** The same by a regular expression, for small inputs. */
function byExpression(pattern: string): RegExp {
  const source = pattern.replace(
    /\*\*|\*|[^*]/g,
    (part) => part === "**" ? "[^@]*" : part === "*" ? "[^/@]*" : part.replace(/[.?/\\+$]/, "\\$&"),
  );
  return new RegExp(`^${source}$`);
}

test("pattern-stars: says what a regular expression says", () => {
  let state = 5;
  const next = (most: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 16) % most;
  };
  const text = (alphabet: string[], most: number) =>
    Array.from({ length: next(most) }, () => alphabet[next(alphabet.length)]).join("");
  let fitting = 0;
  for (let n = 0; n < 30_000; n++) {
    const [head, uri] = next(4) === 0 ? ["", false] as const : ["https://h.x/o/", true] as const;
    const tail = text(uri ? ["a", "b", "/", ".y", "@", "*", "**"] : ["a", "b", "*"], 9);
    const pattern = `${head}${tail.replaceAll(/\*{3,}/g, "**")}${uri ? "" : "a@d.x"}`;
    const subject = `${head}${text(["a", "b", "/a", "c.y", "@"], 9)}${uri ? "" : "a@d.x"}`;
    const parsed = parseSubjectPattern(pattern);
    const expected = byExpression(pattern).test(subject) &&
      (subject === pattern || !subject.endsWith("/"));
    assert.equal(parsed.matches(subject), expected, `${parsed.text} ${subject}`);
    if (expected) fitting++;
  }
  assert.ok(fitting > 1000, `only ${fitting} of the random inputs fit`);
});

test("pattern-stars: twice the subject takes at most twice the steps", () => {
  const start = "https://github.com/acme/";
  for (const tail of ["**/a".repeat(8), "*-".repeat(7), "*a".repeat(40)]) {
    const pattern = parseSubjectPattern(`${start}${tail}b`);
    const stepsOf = (subject: string) => {
      const meter = { steps: 0 };
      assert.equal(pattern.matches(subject, meter), false);
      assert.ok(meter.steps > 0, "it was not looked at");
      return meter.steps;
    };
    for (const unit of ["/a", "-", "a"]) {
      const [once, twice] = [400, 800].map((n) => stepsOf(`${start}x${unit.repeat(n)}`));
      assert.ok(twice! <= 2.2 * once!, `${tail}: ${once}, then ${twice} steps`);
      assert.ok(twice! <= pattern.text.length * (start.length + 1 + unit.length * 800));
    }
  }
});

test("sigstore-js e66d99f: no pattern takes more than the product of both lengths", () => {
  const pattern = parseSubjectPattern(`https://github.com/acme/${"*a".repeat(900)}`);
  assert.equal(pattern.matches(`https://github.com/acme/${"a".repeat(1900)}b`), false);
});
