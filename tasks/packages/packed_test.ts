import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { test } from "node:test";
import {
  type Files,
  importedPackages,
  mendDeclarations,
  mendPackage,
  type PackageFacts,
  readTarball,
  writeTarball,
} from "./packed.ts";

const PACKED = {
  name: "@acme/fruit",
  version: "1.2.3",
  type: "module",
  license: "MIT",
  main: "./mod.js",
  types: "./mod.d.ts",
  exports: { ".": { types: "./mod.d.ts", import: "./mod.js", default: "./mod.js" } },
};

const FACTS: PackageFacts = {
  imports: {
    pear: "npm:pear@2.0.1",
    "@x/plum/": "npm:/@x/plum@3.1.0/",
    unused: "npm:unused@1.0.0",
  },
  workspace: { "@acme/fruit": "1.2.3", "@acme/tree": "1.0.0" },
  engines: { node: "22.15.0" },
  about: { description: "Grows fruit, and eats it.", keywords: ["fruit"] },
  source: { url: "https://git.example/acme/garden", folder: "fruit" },
  further: new Map([["LICENSE", "yes\n"], ["README.md", "all\n"]]),
};

const MOD = "/**\n * Grows fruit,\n * and eats it.\n *\n * @module\n */ export const a = 1;\n";

function packed(more: Record<string, string> = {}): Files {
  const manifest = JSON.stringify(PACKED);
  return new Map(Object.entries({ "package.json": manifest, "mod.js": MOD, ...more }));
}

function manifestOf(files: Files): Record<string, unknown> {
  return JSON.parse(files.get("package.json")!);
}

test("a manifest names the runtimes, the packages imported in exact versions, and itself", () => {
  const files = mendPackage(
    packed({
      "a.js": 'import x from "pear";\nawait import("@x/plum/a.js");\nimport "node:fs";\n',
      "a.d.ts":
        '/** Not: any. */ export type { Twig } from "@acme/tree/twig";\nimport "@acme/fruit";\n',
    }),
    FACTS,
  );
  assert.deepEqual(manifestOf(files), {
    name: "@acme/fruit",
    version: "1.2.3",
    description: "Grows fruit, and eats it.",
    keywords: ["fruit"],
    license: "MIT",
    homepage: "https://git.example/acme/garden#readme",
    bugs: "https://git.example/acme/garden/issues",
    repository: {
      type: "git",
      url: "git+https://git.example/acme/garden.git",
      directory: "fruit",
    },
    publishConfig: { access: "public", provenance: true },
    type: "module",
    engines: { node: ">=22.15.0" },
    sideEffects: false,
    main: "./mod.js",
    types: "./mod.d.ts",
    exports: { ...PACKED.exports, "./package.json": "./package.json" },
    dependencies: { "@acme/tree": "1.0.0", "@x/plum": "3.1.0", "pear": "2.0.1" },
  });
});

test("a module with side effects is named, for bundlers", () => {
  const facts = { ...FACTS, sideEffects: ["./thread.js"] };
  assert.throws(
    () => mendPackage(packed(), facts),
    /^Error: \.\/thread\.js is not in the package$/,
  );
  const files = mendPackage(packed({ "thread.js": "serve();\n" }), facts);
  assert.deepEqual(manifestOf(files).sideEffects, ["./thread.js"]);
});

test("a package has a licence and a page, its own before the shared one, and nothing that is no use", () => {
  const files = mendPackage(packed({ "README.md": "own\n", "deno.lock": "{}" }), FACTS);
  assert.deepEqual([...files.keys()].sort(), ["LICENSE", "README.md", "mod.js", "package.json"]);
  assert.equal(files.get("README.md"), "own\n");
  assert.equal(files.get("LICENSE"), "yes\n");
});

for (
  const [what, more, expected] of [
    ["a module that no export reaches", { "lib/a.ts": "" }, /^lib\/a\.ts is reached by no export/],
    ["a package that is not declared", { "a.js": 'import "kiwi";' }, /^"kiwi" is imported and not/],
    ["a source map", { "a.js": "//# sourceMappingURL=data:x" }, /^a\.js names the directory/],
    ["a path of this machine", { "a.js": 'f("file:///home/me/x")' }, /^a\.js names the directory/],
    ["a type left open", { "a.d.ts": "declare const a: any;" }, /^a\.d\.ts has "any" for a type/],
  ] as [string, Record<string, string>, RegExp][]
) {
  test(`not packed: ${what}`, () => {
    assert.throws(() => mendPackage(packed(more), FACTS), (error: Error) => {
      assert.match(error.message, expected);
      return true;
    });
  });
}

test("not packed: a dependency whose version is open", () => {
  const facts = { ...FACTS, imports: { pear: "npm:pear" } };
  assert.throws(
    () => mendPackage(packed(), facts),
    /"npm:pear" is no package with an exact version/,
  );
});

test("imports are found in all their forms, and not in comments or texts", () => {
  const text = [
    'import a from "one";',
    'import type { B } from "@s/two/b";',
    'export * from "three";',
    'export {\n  c,\n} from "four/c.js";',
    'const d = await import("five");',
    'import "six";',
    '// import "no";',
    '/* import "no"; */',
    'import "./near.js";\nimport "../up.js";\nimport "node:fs";',
    'const glob = "**/*"; import "seven"; f("*/");',
    'const e = "taken from ";\nthrow wrong(" is of no use, from \\"x\\"");',
  ].join("\n");
  assert.deepEqual(importedPackages(text).sort(), [
    "@s/two",
    "five",
    "four",
    "one",
    "seven",
    "six",
    "three",
  ]);
});

test("comments stand on lines of their own before what they are about", () => {
  assert.equal(
    mendDeclarations(
      "/**\n * A.\n */ export declare const A: {\n" +
        "  readonly /**\n   * Long.\n   */ b: 1;\n" +
        "  readonly /** Short. */ c: 2;\n  readonly d: 3;\n  /** E. */ e(): void;\n};\n",
    ),
    "/**\n * A.\n */\nexport declare const A: {\n" +
      "  /**\n   * Long.\n   */\n  readonly b: 1;\n" +
      "  /** Short. */\n  readonly c: 2;\n  readonly d: 3;\n  /** E. */\n  e(): void;\n};\n",
  );
});

test("a tarball has the same bytes for the same files, whatever their order, and gives them back", () => {
  const long = `${"deep/".repeat(30)}a.js`;
  const files: Files = new Map([["b.js", "#!/usr/bin/env x\n"], [long, "é".repeat(999)], [
    "a",
    "",
  ]]);
  const bytes = writeTarball(files);
  assert.deepEqual(writeTarball(new Map([...files].reverse())), bytes);
  assert.deepEqual(new Map([...readTarball(bytes)].sort()), new Map([...files].sort()));
  assert.throws(() => readTarball(gzipSync(new Uint8Array(512).fill(1))));
});
