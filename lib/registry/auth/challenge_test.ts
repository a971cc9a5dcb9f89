import assert from "node:assert/strict";
import { test } from "node:test";
import { parseChallenges } from "./challenge.ts";

const read = (header: string) =>
  parseChallenges(header).map(({ scheme, parameters }) => [
    scheme,
    Object.fromEntries(parameters),
  ]);

for (
  const [name, header, expected] of [
    ["one", 'Bearer realm="https://a/t",service="s",scope="repository:a/b:pull,push"', [
      ["bearer", { realm: "https://a/t", service: "s", scope: "repository:a/b:pull,push" }],
    ]],
    ["several schemes", 'Negotiate, Basic realm="x", Bearer realm="https://a"', [
      ["negotiate", {}],
      ["basic", { realm: "x" }],
      ["bearer", { realm: "https://a" }],
    ]],
    ["a token68 before another", 'Negotiate YWJj==, Bearer realm="r"', [
      ["negotiate", {}],
      ["bearer", { realm: "r" }],
    ]],
    ["upper case", 'BEARER REALM="r", Service=s', [["bearer", { realm: "r", service: "s" }]]],
    ["quoted commas and equals signs", 'Bearer realm="a,b=c, Basic realm=d",x="e"', [
      ["bearer", { realm: "a,b=c, Basic realm=d", x: "e" }],
    ]],
    ["escapes", 'Bearer realm="a\\"b\\\\c"', [["bearer", { realm: 'a"b\\c' }]]],
    ["space around =", 'Bearer realm = "r" , service = s', [
      ["bearer", { realm: "r", service: "s" }],
    ]],
    ["no realm", "Bearer", [["bearer", {}]]],
    ["a name that comes twice", 'Bearer realm="first", realm="second"', [
      ["bearer", { realm: "first" }],
    ]],
    ["a quote that never ends", 'Basic realm="a", Bearer realm="https://evil', [
      ["basic", { realm: "a" }],
    ]],
    ["empty elements", ', ,Basic realm="a",, ,', [["basic", { realm: "a" }]]],
    ["nothing", "", []],
    ["garbage", '=;"', []],
  ] as [string, string, unknown][]
) {
  test(`a challenge with ${name}`, () => {
    assert.deepEqual(read(header), expected);
  });
}

test("a header of 100 KB is not parsed, and none takes long", () => {
  assert.deepEqual(parseChallenges(`Bearer realm="${"a".repeat(100_000)}"`), []);
  const began = performance.now();
  for (const piece of ["a=", '"', "\\", " ,", "a ", "=,", 'a="', "A=a,"]) {
    parseChallenges(("Bearer " + piece.repeat(16_000)).slice(0, 16_000));
  }
  assert.ok(performance.now() - began < 5000);
});
