import { test } from "node:test";
import assert from "node:assert/strict";
import { servicesOf } from "./signing_config.ts";

const now = new Date("2026-06-01T00:00:00Z");
const always = { start: "2020-01-01T00:00:00Z" };
const log = (
  name: string,
  majorApiVersion: number,
  operator = name,
  validFor: unknown = always,
) => ({
  url: `https://${name}.test`,
  majorApiVersion,
  validFor,
  operator,
});
const config = (more: Record<string, unknown>) => ({
  mediaType: "application/vnd.dev.sigstore.signingconfig.v0.2+json",
  ...more,
});
const names = (rekorTlogUrls: unknown[], rekorTlogConfig: unknown) =>
  servicesOf(config({ rekorTlogUrls, rekorTlogConfig }), now).logs
    .map(({ url, version }) => `${new URL(url).hostname.split(".")[0]} ${version}`);

test("the newest version that is known is chosen, in the file's order", () => {
  assert.deepEqual(
    names([log("a", 1), log("b", 2), log("c", 2), log("d", 3)], { selector: "ANY" }),
    ["b 2"],
  );
});

test("services that are not valid now are passed over", () => {
  const old = { start: "2020-01-01T00:00:00Z", end: "2026-01-01T00:00:00Z" };
  const later = { start: "2027-01-01T00:00:00Z" };
  assert.deepEqual(
    names(
      [log("a", 2, "a", old), log("b", 2, "b", later), log("c", 2, "c", {}), log("d", 1)],
      { selector: "ANY" },
    ),
    ["d 1"],
  );
});

test("ALL and EXACT take one of each operator", () => {
  const logs = [log("a", 1, "x"), log("b", 2, "x"), log("c", 2, "y")];
  assert.deepEqual(names(logs, { selector: "ALL" }), ["b 2", "c 2"]);
  assert.deepEqual(names(logs, { selector: "EXACT", count: 2 }), ["b 2", "c 2"]);
});

test("a configuration without services is one for signing with a key", () => {
  assert.deepEqual(servicesOf(config({}), now), { logs: [], timestamps: [] });
});

for (
  const [what, value] of [
    ["nothing", undefined],
    ["another version", { mediaType: "application/vnd.dev.sigstore.signingconfig.v0.1+json" }],
    ["no list", config({ rekorTlogUrls: {} })],
    [
      "too many",
      config({ rekorTlogUrls: Array(33).fill(log("a", 1)), rekorTlogConfig: { selector: "ANY" } }),
    ],
    ["no URL", config({ rekorTlogUrls: [{}] })],
    ["no selector", config({ rekorTlogUrls: [log("a", 1)] })],
    [
      "another selector",
      config({ rekorTlogUrls: [log("a", 1)], rekorTlogConfig: { selector: "SOME" } }),
    ],
    [
      "too few",
      config({ rekorTlogUrls: [log("a", 1)], rekorTlogConfig: { selector: "EXACT", count: 2 } }),
    ],
    ["no count", config({ rekorTlogUrls: [log("a", 1)], rekorTlogConfig: { selector: "EXACT" } })],
    ["none of all", config({ rekorTlogConfig: { selector: "ALL" } })],
  ] as const
) {
  test(`no signing configuration: ${what}`, () => {
    assert.throws(() => servicesOf(value, now), { code: "invalid-config" });
  });
}

test("a plain address for the authority is refused", () => {
  const caUrls = [{ ...log("a", 1), url: "http://fulcio.test" }];
  assert.throws(() => servicesOf(config({ caUrls }), now), { code: "invalid-option" });
});
