import { test } from "node:test";
import assert from "node:assert/strict";
import { canonicalPatterns } from "@blobber/core/internal/reference";
import { parsePattern } from "./pattern.ts";

function matches(pattern: string, name: string): boolean {
  const parsed = parsePattern(pattern);
  assert.ok("matches" in parsed, JSON.stringify(parsed));
  return parsed.matches(name);
}

test("a star stays within its segment, two stars cross segments", () => {
  assert.ok(matches("ghcr.io/acme/*", "ghcr.io/acme/app"));
  assert.ok(!matches("ghcr.io/acme/*", "ghcr.io/acme/app/sub"));
  assert.ok(matches("ghcr.io/acme/**", "ghcr.io/acme/app/sub"));
  assert.ok(!matches("ghcr.io/acme/**", "ghcr.io/acmeevil/app"));
  assert.ok(!matches("ghcr.io/acme/**", "ghcr.io/acme"));
  assert.ok(matches("ghcr.io/**/app", "ghcr.io/app"));
  assert.ok(matches("ghcr.io/**/app", "ghcr.io/a/b/app"));
  assert.ok(matches("ghcr.io/acme/app-*", "ghcr.io/acme/app-x"));
  assert.ok(matches("**", "ghcr.io/anything/at/all"));
});

test("a dot is a dot and the whole name must match", () => {
  assert.ok(!matches("ghcr.io/acme/a.b", "ghcr.io/acme/axb"));
  assert.ok(!matches("ghcr.io/acme/app", "evil.org/ghcr.io/acme/app"));
  assert.ok(!matches("ghcr.io/acme/app", "ghcr.io/acme/app2"));
  assert.ok(!matches("*.acme.org/app", "acme.org.evil/app"));
  assert.ok(matches("*.acme.org/app", "reg.acme.org/app"));
});

test("another spelling of the host is the same host", () => {
  assert.ok(matches("index.docker.io/library/**", "docker.io/library/alpine"));
  assert.ok(matches("GHCR.io:443/acme/app", "ghcr.io/acme/app"));
  assert.ok(matches("[0:0::1]:5000/app", "[::1]:5000/app"));
  assert.ok(matches("*.Acme.org:443/app", "reg.acme.org/app"));
  assert.ok(matches("*.acme.org./app", "reg.acme.org/app"));
  assert.ok(matches("127.1:5000/**", "127.0.0.1:5000/app"));
});

test("layouts are matched by absolute path", () => {
  assert.ok(matches("oci:/srv/**", "oci:/srv/a/b"));
  assert.ok(!matches("oci:/srv/**", "oci:/srvx/a"));
});

/** The same by regular expressions, for small inputs. */
function byExpression(pattern: string): RegExp[] {
  const glob = (text: string) =>
    text.split("*").map((part) => part.replace(/[\\^$.+?()[\]{}|]/g, "\\$&")).join("[^/]*");
  const [first, ...rest] = pattern.split("/");
  const ways = first === "oci:"
    ? [{ host: first, path: rest.join("/") }]
    : canonicalPatterns(first!, rest.join("/"));
  return ways.map(({ host, path }) => {
    const segments = path.split("/").map((segment, i, all) =>
      segment !== "**" ? `\\/${glob(segment)}` : `(?:\\/[^/]+)${i === all.length - 1 ? "+" : "*"}`
    );
    return new RegExp(`^${glob(host)}${segments.join("")}$`, "u");
  });
}

test("pattern-stars: matches what a regular expression matches", () => {
  let state = 3;
  const next = (most: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 16) % most;
  };
  const pick = (choices: string[]) => choices[next(choices.length)]!;
  const joined = (choices: string[], least: number, most: number) =>
    Array.from({ length: least + next(most) }, () => pick(choices)).join("");
  let fitting = 0;
  for (let n = 0; n < 6_000; n++) {
    const layout = next(2) === 0;
    const part = () =>
      next(4) === 0 ? "**" : joined(["a", "b", "*", "-"], 1, 4).replaceAll(/\*+/g, "*");
    const pattern = [
      layout ? "oci:" : pick(["r.x", "*.x", "r.*", "*"]),
      ...Array.from({ length: 1 + next(4) }, part),
    ].join("/");
    const name = [
      layout ? "oci:" : pick(["r.x", "q.x", "r.y", ".x"]),
      ...Array.from({ length: next(6) }, () => joined(["a", "b", "-"], layout ? 0 : 1, 4)),
    ].join("/");
    const expected = byExpression(pattern).some((expression) => expression.test(name));
    assert.equal(matches(pattern, name), expected, `${pattern} ${name}`);
    if (expected) fitting++;
  }
  assert.ok(fitting > 200, `only ${fitting} of the random inputs fit`);
});

test("pattern-stars: twice the name takes at most twice the steps", () => {
  const patterns = [
    `r.x/${"**/a/".repeat(8)}b`,
    `r.x/${"*-".repeat(7)}b`,
    `r.x/${"**/*a*/".repeat(50)}b`,
  ];
  for (const text of patterns) {
    const pattern = parsePattern(text);
    assert.ok("matches" in pattern);
    const stepsOf = (name: string) => {
      const meter = { steps: 0 };
      assert.equal(pattern.matches(name, meter), false);
      return meter.steps;
    };
    for (const unit of ["/a", "-", "/aa"]) {
      const [once, twice] = [500, 1000].map((n) => stepsOf(`r.x/a${unit.repeat(n)}`));
      assert.ok(twice! <= 2.1 * once! + text.length, `${text}: ${once}, then ${twice} steps`);
      assert.ok(twice! <= 2 * text.length * (unit.length * 1000 + 6), `${twice} steps`);
    }
  }
  assert.ok("problem" in parsePattern(`oci:/${"a".repeat(8192)}`));
});

for (
  const bad of [
    "",
    "ghcr.io",
    "ghcr.io/",
    "oci:rel/**",
    "ghcr.io/a:v1",
    "ghcr.io/a@sha256:00",
    "ghcr.io//a",
    "ghcr.io/a**",
    "**/app",
    "ghcr.io/A",
    "https://x/y",
    "ghcr.io/a b",
  ]
) {
  test(`refuses the pattern ${JSON.stringify(bad)}`, () =>
    assert.ok("problem" in parsePattern(bad)));
}
