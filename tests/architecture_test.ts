/**
 * The rules of docs/architecture.md that a machine can check.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { breaches, structuralBreaches } from "./architecture.ts";
import { CLI_LAYERS, LAYERS, SIGSTORE_LAYERS } from "./layers.ts";
import { type SourceFile, sourceFiles } from "./source_files.ts";
import { drawInto } from "../tasks/drawings/diagram.ts";
import { inRoot } from "../tasks/run.ts";

Deno.test("every source file keeps the rules of docs/architecture.md", () => {
  const files = sourceFiles();
  assert.ok(files.length > 20, `only ${files.length} files found`);
  assert.deepEqual(files.flatMap(breaches), []);
});

Deno.test("the files together keep the rules of docs/architecture.md", () => {
  assert.deepEqual(structuralBreaches(sourceFiles()), []);
});

/** Files of one import each, or of several, by their paths. */
function tree(imports: Record<string, string[]>): SourceFile[] {
  return Object.entries(imports).map(([path, targets]) => ({
    path,
    text: targets.map((target) => `import "${target}";`).join("\n"),
  }));
}

for (
  const [what, files, expected] of [
    [
      "a circle of files",
      tree({ "lib/a.ts": ["./b.ts"], "lib/b.ts": ["./a.ts"] }),
      /circle of files/,
    ],
    [
      "a circle that a late import closes",
      [
        { path: "cli/a.ts", text: 'import type { B } from "./b.ts";' },
        { path: "cli/b.ts", text: 'const a = await import("./a.ts");' },
      ],
      /circle of files/,
    ],
    [
      "a circle of folders without one of files",
      tree({
        "lib/archive/tar/a.ts": ["../tree/b.ts"],
        "lib/archive/tree/b.ts": [],
        "lib/archive/tree/c.ts": ["../tar/d.ts"],
        "lib/archive/tar/d.ts": [],
      }),
      /circle of folders/,
    ],
    [
      "a file with 17 imports",
      tree({ "lib/a.ts": Array.from({ length: 17 }, (_, i) => `./b${i}.ts`) }),
      /imports 17 files, 16 are allowed/,
    ],
    [
      "a folder with 21 files",
      tree(Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`lib/x/a${i}.ts`, []]))),
      /lib\/x\/ has 21 files, 20 are allowed/,
    ],
  ] as [string, SourceFile[], RegExp][]
) {
  Deno.test(`refuses ${what}`, () => assert.match(structuralBreaches(files).join("\n"), expected));
}

Deno.test("allows 16 imports, 20 files in a folder, and a file of re-exports with any number", () => {
  const sixteen = Array.from({ length: 16 }, (_, i) => `./b${i}.ts`);
  const exports = Array.from({ length: 17 }, (_, i) => `export * from "./lib/b${i}.ts";`).join(
    "\n",
  );
  const files = [
    ...tree({ "lib/x/a.ts": sixteen }),
    ...tree(Object.fromEntries(sixteen.map((name) => [`lib/x/${name.slice(2)}`, []]))),
    ...tree({ "lib/x/c1.ts": [], "lib/x/c2.ts": [], "lib/x/c3.ts": [] }),
    { path: "mod.ts", text: exports },
  ];
  assert.deepEqual(structuralBreaches(files), []);
});

const PAGE = readFileSync(inRoot("docs/architecture.md"), "utf8");

Deno.test("docs/architecture.md has the layers of the core as they are held", () => {
  const rows = [...PAGE.matchAll(/^\| (\d) +\| (.*?) *\|$/gm)]
    .map((
      [, layer, parts],
    ) => [Number(layer), [...parts!.matchAll(/`([^`]+)`/g)].map(([, it]) => it)]);
  const ground = LAYERS[0]!.filter((part) => part.endsWith("/"));
  const expected = [ground, ...LAYERS.slice(1)].map((parts, i) => [i + 1, parts.toSorted()]);
  assert.deepEqual(
    rows.reverse().map(([i, parts]) => [i, (parts as string[]).toSorted()]),
    expected,
  );
});

Deno.test("the pictures in docs/architecture.md are drawn as the sources are", () => {
  assert.equal(PAGE, drawInto(PAGE, sourceFiles()), "run: deno task diagram");
});

for (const [name, layers] of Object.entries({ sigstore: SIGSTORE_LAYERS, cli: CLI_LAYERS })) {
  Deno.test(`docs/architecture.md has the layers of ${name}/ as they are held`, () => {
    const [, written] = new RegExp(`^From the ground up, \`${name}/\`: ([^.]*)\\.$`, "m").exec(
      PAGE,
    )!;
    const parts = written!.split(";").map((layer) =>
      [...layer.matchAll(/`([^`]+)`/g)].map(([, part]) => part)
    );
    assert.deepEqual(parts, layers);
  });
}

Deno.test("docs/architecture.md names each folder, and no module that does not exist", () => {
  const folders = ["lib", "sigstore", "cli"].flatMap((top) =>
    readdirSync(inRoot(top), { withFileTypes: true }).filter((it) => it.isDirectory())
      .map(({ name }) => `${top}/${name}/`)
  );
  const archive = readdirSync(inRoot("lib/archive"), { withFileTypes: true });
  const registry = readdirSync(inRoot("lib/registry"), { withFileTypes: true });
  const inner = [...archive, ...registry].filter((it) => it.isDirectory());
  const expected = [...folders, ...inner.map(({ name }) => `${name}/`)];
  assert.deepEqual(expected.filter((it) => !PAGE.includes(`\`${it}\``)), []);
  const files = sourceFiles().map(({ path }) => `/${path}`);
  const named = [...PAGE.matchAll(/`([\w/]+\.ts)`/g)].map(([, name]) => name!);
  assert.ok(named.length > 30);
  assert.deepEqual(named.filter((name) => !files.some((path) => path.endsWith(`/${name}`))), []);
});

for (
  const [path, text, expected] of [
    ["lib/a.ts", "Deno.exit(1)", /uses Deno/],
    ["sigstore/a.ts", "await Deno.open(f)", /uses Deno/],
    ["lib/a.ts", "globalThis.Deno", /uses Deno/],
    ["lib/a.ts", 'const x = Buffer.from("")', /uses Buffer/],
    ["lib/a.ts", "process.exit()", /uses process/],
    ["lib/a.ts", "console.log(1)", /prints/],
    ["lib/a.ts", "options.signal?.throwIfAborted();", /throws what a signal holds/],
    ["sigstore/a.ts", "reject(context.signal!.reason)", /throws what a signal holds/],
    ["lib/a.ts", "await using image = await open();", /uses a "using"/],
    ["lib/a_test.ts", "using file = open();", /uses a "using"/],
    ["lib/a.ts", 'import { x } from "npm:x";', /imports "npm:x"/],
    ["lib/a.ts", 'const x = await import("@sigstore/sign");', /imports "@sigstore\/sign"/],
    ["lib/a.ts", 'import type { X } from "../sigstore/mod.ts";', /imports sigstore\/mod\.ts/],
    ["lib/archive/a.ts", 'import { X } from "../registry/b.ts";', /imports lib\/registry/],
    ["lib/archive/a.ts", 'import { X } from "./pack/b.ts";', /imports lib\/archive\/pack/],
    ["lib/archive/read/a.ts", 'import { X } from "../unpack/b.ts";', /knows nothing of it/],
    ["lib/registry/a.ts", 'import { X } from "../cache/b.ts";', /imports lib\/cache/],
    ["lib/archive/pack/a.ts", 'export * from "../../registry/b.ts";', /imports lib\/registry/],
    ["lib/archive/input/a.ts", 'import { X } from "../pack/b.ts";', /knows nothing of it/],
    ["lib/digest.ts", 'import { X } from "./stores/memory_store.ts";', /imports lib\/stores/],
    ["lib/signing.ts", 'import { X } from "./verbs/push.ts";', /imports lib\/verbs/],
    ["sigstore/a.ts", 'import { X } from "../lib/errors.ts";', /imports lib\/errors/],
    ["sigstore/a.ts", 'import { X } from "../cli/main.ts";', /imports cli/],
    ["cli/a.ts", 'import { X } from "../lib/verbs/push.ts";', /imports lib\/verbs/],
    ["cli/line/a.ts", 'import { X } from "../commands/load.ts";', /imports cli\/commands/],
    ["cli/config/a.ts", 'import type { X } from "../trust/b.ts";', /imports cli\/trust/],
    ["sigstore/verify/a.ts", 'import { X } from "../sign/b.ts";', /imports sigstore\/sign/],
    ["lib/a.ts", "\n".repeat(401), /402 lines/],
    ["cli/a.ts", 'const x = "/home/me/x";', /path of one machine/],
    ["cli/a.ts", "// TODO later", /left open/],
    ["lib/a.ts", "const host = text as RegistryName;", /makes a RegistryName/],
    ["cli/a.ts", "use(digest as unknown as VerifiedDigest)", /makes a VerifiedDigest/],
    ["cli/a.ts", "Deno.stderr.writeSync(bytes)", /writes past the one owner/],
    ["cli/a.ts", "await stdout.write(bytes)", /writes past the one owner/],
    ["cli/a.ts", 'const { b } = await import("b");', /loads a package late/],
    ["cli/a.ts", "Deno.exit(1)", /uses Deno, which only cli\/machine\.ts may/],
    ["cli/a.ts", "process.exit(1)", /uses process, which only cli\/machine\.ts may/],
    ["cli/a.ts", 'if (Deno.build.os === "linux") run();', /asks which system/],
    ["lib/a.ts", 'import process from "node:process";\nprocess.platform', /asks which system/],
    ["sigstore/a.ts", 'const name = { win32: 1, x: "windows" };', /asks which system/],
    ["cli/a.ts", 'actAs("linux");', /acts as another system/],
  ] as const
) {
  Deno.test(`refuses ${JSON.stringify(text.slice(0, 50))} in ${path}`, () => {
    const file: SourceFile = { path, text };
    assert.match(breaches(file).join("\n"), expected);
  });
}

for (
  const [path, text] of [
    ["lib/system/runtime.ts", "const deno = globalThis.Deno"],
    ["lib/a.ts", 'import process from "node:process";\nprocess.arch'],
    ["lib/system/platform.ts", 'const os = "windows";'],
    ["lib/a_test.ts", 'if (process.platform === "win32") skip();'],
    ["lib/a.ts", "// Deno.writeSync is slower here\n/* process.exit */"],
    ["lib/archive/a.ts", 'import type { Source } from "../store.ts";'],
    ["lib/archive/unpack/a.ts", 'import { X } from "../read/b.ts";'],
    ["lib/threads/jobs.ts", 'import { X } from "./pack/b.ts";'],
    ["lib/verbs/push.ts", 'import { X } from "./registry/b.ts";'],
    ["lib/registry/a_test.ts", 'import { X } from "../../tests/fakes/registry.ts";'],
    ["cli/a.ts", 'import { X } from "@blobber/core";\nexit(1)'],
    ["sigstore/a.ts", 'import { X } from "@sigstore/verify";'],
  ] as const
) {
  Deno.test(`allows ${JSON.stringify(text.slice(0, 50))} in ${path}`, () => {
    assert.deepEqual(breaches({ path, text }), []);
  });
}
