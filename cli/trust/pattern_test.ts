import { test } from "node:test";
import assert from "node:assert/strict";
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

test("row 58: another spelling of the host is the same host", () => {
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
