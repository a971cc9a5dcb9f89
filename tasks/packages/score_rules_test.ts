import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ABOUT, aboutOf } from "./about.ts";
import { configOf, FOLDERS } from "./doors.ts";
import { type Declaration, type PackageFacts, scoreOf } from "./score_rules.ts";

const MAIN = "file:///mod.ts";
const doc = { doc: "Says what it is." };
const declared = (more: Partial<Declaration> = {}): Declaration => ({
  kind: "function",
  declarationKind: "export",
  jsDoc: doc,
  ...more,
});
const symbol = (name: string, ...declarations: Declaration[]) => ({ name, declarations });

const WHOLE: PackageFacts = {
  documentation: {
    nodes: { [MAIN]: { module_doc: doc, symbols: [symbol("a", declared())] } },
  },
  main: MAIN,
  readme: "# It\n\n```ts\nf();\n```\n",
  slowTypes: "",
  description: "It.",
  runtimes: ["deno", "node"],
  provenance: true,
};

/** Points by rule, of a package that has everything but what is given. */
function points(less: Partial<PackageFacts>): Record<string, number> {
  return Object.fromEntries(
    scoreOf({ ...WHOLE, ...less }).rules.map(({ rule, points }) => [rule, points]),
  );
}

const nodes = (...symbols: PackageFacts["documentation"]["nodes"][string]["symbols"]) => ({
  documentation: { nodes: { [MAIN]: { module_doc: doc, symbols } } },
});

Deno.test("a package that has everything has 18 points, of which 17 make 100 %", () => {
  const { points, most, percent } = scoreOf(WHOLE);
  assert.deepEqual([points, most, percent], [18, 18, 100]);
  assert.equal(scoreOf({ ...WHOLE, provenance: false }).percent, 100);
  const less = scoreOf({ ...WHOLE, provenance: false, description: "" });
  assert.deepEqual([less.points, less.percent], [16, 94]);
});

const PUBLIC = "documentation of most symbols";
const DOORS = "module documentation of every door";
const EXAMPLE = "example in one of them";

for (
  const [what, less, rule, expected] of [
    [
      "neither README nor module documentation",
      {
        readme: undefined,
        documentation: { nodes: { [MAIN]: { symbols: [] } } },
      },
      "README or module documentation",
      0,
    ],
    ["module documentation alone", { readme: undefined }, "README or module documentation", 2],
    ["a README without code", { readme: "# It\n" }, EXAMPLE, 0],
    ["a README with an indented block", { readme: "# It\n\n    f();\n" }, EXAMPLE, 1],
    [
      "an example in the module documentation",
      {
        readme: undefined,
        documentation: {
          nodes: { [MAIN]: { module_doc: { tags: [{ kind: "example" }] }, symbols: [] } },
        },
      },
      EXAMPLE,
      1,
    ],
    [
      "a main door without documentation and with a README",
      {
        documentation: { nodes: { [MAIN]: { symbols: [] } } },
      },
      DOORS,
      1,
    ],
    [
      "another door without documentation",
      {
        documentation: { nodes: { ...WHOLE.documentation.nodes, "file:///b.ts": { symbols: [] } } },
      },
      DOORS,
      0,
    ],
    [
      "four of five symbols documented",
      {
        ...nodes(
          ...["a", "b", "c", "d"].map((name) => symbol(name, declared())),
          symbol("e", declared({ jsDoc: {} })),
        ),
      },
      PUBLIC,
      5,
    ],
    [
      "three of four",
      {
        ...nodes(
          ...["a", "b", "c"].map((name) => symbol(name, declared())),
          symbol("d", declared({ jsDoc: {} })),
        ),
      },
      PUBLIC,
      4,
    ],
    [
      "half of them",
      {
        ...nodes(symbol("a", declared()), symbol("b", declared({ jsDoc: {} }))),
      },
      PUBLIC,
      3,
    ],
    [
      "a comment of tags alone",
      {
        ...nodes(symbol("a", declared({ jsDoc: { tags: [{ kind: "deprecated" }] } }))),
      },
      PUBLIC,
      5,
    ],
    [
      "what is private, and what another door has",
      {
        ...nodes(
          symbol("a", declared()),
          symbol("b", declared({ declarationKind: "private", jsDoc: {} })),
          symbol("c", declared({ kind: "reference", jsDoc: {} })),
        ),
      },
      PUBLIC,
      5,
    ],
    [
      "what implements overloads",
      {
        ...nodes(symbol("a", declared(), declared({ jsDoc: {}, def: { hasBody: true } }))),
      },
      PUBLIC,
      5,
    ],
    ["slow types", { slowTypes: "a.ts: missing explicit type" }, "no slow types", 0],
    ["no provenance", { provenance: false }, "provenance", 0],
    ["no description", { description: "" }, "description", 0],
    ["no runtime", { runtimes: [] }, "a runtime that it works in", 0],
    ["one runtime", { runtimes: ["deno"] }, "a second one", 0],
  ] as [string, Partial<PackageFacts>, string, number][]
) {
  Deno.test(`${what}: ${expected} points for ${rule}`, () => {
    assert.equal(points(less)[rule], expected);
  });
}

Deno.test("the linter that is asked sees slow types", () => {
  const dir = mkdtempSync(join(tmpdir(), "blobber-score-"));
  try {
    const config = { name: "@acme/slow", version: "1.0.0", exports: "./mod.ts" };
    writeFileSync(join(dir, "deno.json"), JSON.stringify(config));
    for (const [code, expected] of [["", 1], [": number", 0]] as const) {
      writeFileSync(join(dir, "mod.ts"), `export const f = ()${code} => Math.random();\n`);
      const { code: status } = new Deno.Command(Deno.execPath(), {
        args: ["lint", "--quiet", "--rules-tags=", "--rules-include=no-slow-types"],
        cwd: dir,
      }).outputSync();
      assert.equal(status, expected);
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
});

Deno.test("each package is described, in as many characters as JSR takes", () => {
  assert.deepEqual(Object.keys(ABOUT), FOLDERS.map((folder) => configOf(folder).name));
  for (const [name, { description, keywords, runtimes }] of Object.entries(ABOUT)) {
    assert.ok(description.length <= 250 && description.endsWith("."), name);
    assert.ok(keywords.length > 0 && runtimes.length > 0, name);
  }
  assert.throws(() => aboutOf("@acme/none"), /nothing is said of "@acme\/none"/);
});
