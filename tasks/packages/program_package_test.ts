import assert from "node:assert/strict";
import { test } from "node:test";
import { packagesIn, programPackage, starterText } from "./program_package.ts";

const FACTS = {
  engines: { node: "22.15.0" },
  about: { description: "Grows fruit.", keywords: ["fruit"] },
  source: { url: "https://home.example/fruit", folder: "cli" },
};
const NAME = { name: "@acme/fruit", version: "1.2.3", license: "Apache-2.0" };
const PROGRAM = new Map([
  ["blobber.js", 'import "./1.js";\n'],
  ["1.js", '// npm/yaml/2.9.1/dist/a.js\n  "npm/@x/y/1.0.0/b.js"(exports) {\n  "npm/c/d"\n'],
]);

test("a program names the packages that are in it", () => {
  assert.deepEqual(packagesIn(PROGRAM), ["@x/y/1.0.0", "yaml/2.9.1"]);
});

test("a package has the program, what starts it and the licences, and needs no other package", () => {
  const program = new Map([...PROGRAM, ["1.js", "// npm/yaml/2.9.1/dist/a.js\n"]]);
  const files = programPackage(program, NAME, FACTS, new Map([["LICENSE", "all\n"]]));
  const names = ["LICENSE", "LICENSES-OF-PACKAGES.txt", "blobber.cjs", "package.json"];
  assert.deepEqual([...files.keys()].sort(), [...names, "program/1.js", "program/blobber.js"]);
  const manifest = JSON.parse(files.get("package.json")!);
  assert.deepEqual(manifest.bin, { blobber: "./blobber.cjs" });
  assert.deepEqual(manifest.engines, { node: ">=22.15.0" });
  for (const key of ["main", "exports", "dependencies", "scripts"]) assert.ok(!(key in manifest));
  assert.match(
    files.get("LICENSES-OF-PACKAGES.txt")!,
    /^yaml\/2\.9\.1\n\nCopyright [^]*permission/,
  );
});

test("a package whose licence is not found is not packed", () => {
  assert.throws(() => programPackage(PROGRAM, NAME, FACTS, new Map()), /@x\/y\/1\.0\.0 is not in/);
});

test("what starts the program asks for the oldest Node that is tested", () => {
  const starter = 'const OLDEST = "1.0.0";\nimport("./program/blobber.js");\n';
  assert.match(starterText(starter, "22.15.0"), /^const OLDEST = "22\.15\.0";$/m);
  assert.throws(() => starterText('import("./program/blobber.js");', "22.15.0"), /asks for no/);
  assert.throws(() => starterText(starter.replace("program/", ""), "22.15.0"), /does not start/);
});
