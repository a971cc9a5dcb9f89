/** What answering `--version`, `--help` and a command's name loads: a few files of tables, and no more. */

import assert from "node:assert/strict";
import { Client } from "@blobber/core";
import { startRegistry } from "../fakes/registry/fake_registry.ts";
import { inRoot } from "../../tasks/run.ts";
import { IS_SOURCE, onlyWhere } from "./program.ts";

const { ignore } = onlyWhere(IS_SOURCE, "what is loaded is counted in the sources");
const test = (name: string, fn: () => Promise<void>) => Deno.test({ name, ignore, fn });

const CORE: Record<string, string> = JSON.parse(
  await Deno.readTextFile(inRoot("deno.json")),
).exports;

/** Everything that a file imports without being asked, itself included. */
async function closure(path: string, found = new Set<string>()): Promise<Set<string>> {
  if (found.has(path)) return found;
  found.add(path);
  if (!path.endsWith(".ts")) return found;
  const text = await Deno.readTextFile(inRoot(path));
  const form = /^(?:import|export) (?!type )(?:[^;"]*? from )?"([^"]+)";/gm;
  for (const [statement, specifier] of text.matchAll(form)) {
    // What is only a type is not loaded.
    const names = /\{([^}]*)\}/.exec(statement)?.[1]?.split(",").map((n) => n.trim()) ?? ["*"];
    if (names.every((name) => name === "" || name.startsWith("type "))) continue;
    const core = /^@blobber\/core(\/.*)?$/.exec(specifier!);
    const target = core !== null
      ? CORE[`.${core[1] ?? ""}`]!.slice(2)
      : specifier!.startsWith(".")
      ? new URL(specifier!, `file:///${path}`).pathname.slice(1)
      : specifier!;
    await closure(target, found);
  }
  return found;
}

const ANSWERS: Record<string, string[]> = {
  "--version": ["cli.ts", "cli/run.ts", "cli/build.ts", "cli/terminal/output.ts"],
  "--help": [
    "cli.ts",
    "cli/run.ts",
    "cli/line/parse.ts",
    "cli/help/help.ts",
    "cli/terminal/output.ts",
  ],
  "completion of a command": [
    "cli.ts",
    "cli/run.ts",
    "cli/line/parse.ts",
    "cli/execute.ts",
    "cli/terminal/reporter.ts",
    "cli/commands/program/loaders.ts",
    "cli/commands/program/complete.ts",
  ],
  "a list out of the cache": [
    "cli.ts",
    "cli/run.ts",
    "cli/line/parse.ts",
    "cli/execute.ts",
    "cli/plan/run_plan.ts",
    "cli/terminal/reporter.ts",
    "cli/commands/reading/loaders.ts",
    "cli/commands/reading/ls.ts",
    "lib/stores/registry_store.ts",
    "lib/stores/cache/cached_source.ts",
    "lib/verbs/list.ts",
  ],
};
const MOST: Record<string, number> = {
  "--version": 9,
  "--help": 30,
  "completion of a command": 40,
  "a list out of the cache": 94,
};

for (const [question, files] of Object.entries(ANSWERS)) {
  test(`${question} loads no node module, no package and no command`, async () => {
    const found = new Set<string>();
    for (const file of files) await closure(file, found);
    const own = ["cli/commands/load.ts", ...files];
    const heavy = [...found].filter((path) =>
      !path.endsWith(".ts") || path === "mod.ts" ||
      path.startsWith("cli/commands/") && !own.includes(path)
    );
    assert.deepEqual(heavy, []);
    assert.ok(found.size <= MOST[question]!, `${found.size}: ${[...found].join(" ")}`);
  });
}

test(
  "reading from a registry loads no node module: each takes longer than to list an image",
  async () => {
    const found = new Set<string>();
    const files = [
      "cli/execute.ts",
      "cli/commands/reading/ls.ts",
      "cli/commands/reading/cat.ts",
      "lib/stores/registry_store.ts",
      "lib/registry/blobs/download.ts",
      "lib/registry/http/redirect.ts",
      "lib/stores/cache/cached_source.ts",
      "lib/stores/cache/read_through.ts",
      "lib/stores/cache/tee.ts",
      "lib/verbs/image.ts",
      "lib/verbs/list.ts",
    ];
    for (const file of files) await closure(file, found);
    assert.deepEqual([...found].filter((path) => !path.endsWith(".ts") || path === "mod.ts"), []);
  },
);

test("a layout needs files and paths, and no other module of Node's", async () => {
  const found = await closure("lib/stores/layout/layout_store.ts");
  const modules = [...found].filter((path) => !path.endsWith(".ts"));
  assert.deepEqual(modules.toSorted(), ["node:fs", "node:path"]);
});

test("verification loads only its parts of the core, and no client", async () => {
  const found = new Set<string>();
  for (const file of ["sigstore/verify.ts", "sigstore/verify/evidence.ts"]) {
    await closure(file, found);
  }
  const core = [...found].filter((path) => path === "mod.ts" || path.startsWith("lib/"));
  const files = [
    "bytes",
    "caller_errors",
    "errors",
    "events",
    "json",
    "limits",
    "limits/sigstore",
    "system/answer_pieces",
    "text/printable",
    "text/wildcards",
  ].map((
    name,
  ) => `lib/${name}.ts`);
  assert.deepEqual(core.sort(), files);
});

/** Lists an image and reads a file of it without access to the modules of Node. */
const READER = `
  globalThis.process.getBuiltinModule = (name) => {
    throw new Error(name + " was loaded");
  };
  const [core, ref, cacheDir] = Deno.args;
  const { Client } = await import(core);
  const client = new Client({ cacheDir });
  const { names } = await client.list(ref);
  const image = await client.openImage(ref);
  const paths = await image.paths();
  const text = await new Response(await image.open("dir/b")).text();
  console.log(JSON.stringify([names, paths, text]));
`;

test(
  "an image is listed and read without asking for node modules, from a registry, the cache and a layout",
  async () => {
    const registry = await startRegistry();
    const dir = await Deno.makeTempDir({ prefix: "blobber-startup-" });
    try {
      await Deno.mkdir(`${dir}/tree/dir`, { recursive: true });
      for (const name of ["a", "dir/b"]) await Deno.writeTextFile(`${dir}/tree/${name}`, name);
      const ref = `${registry.host}/acme/site:v1`;
      await new Client().push({ directory: `${dir}/tree` }, ref);
      // What reads a layout needs its files, and imports what it needs for them.
      const layout = `oci:${dir}/layout:v1`;
      await new Client().push({ directory: `${dir}/tree` }, layout);
      const cacheDir = `${dir}/cache`;
      const client = new Client({ cacheDir });
      await client.list(ref);
      await using image = await client.openImage(ref);
      await new Response(await image.open("dir/b") as ReadableStream).text(); // it is in the cache now
      for (const [from, ...cache] of [[ref], [ref, cacheDir], [layout]]) {
        const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
          args: [
            "eval",
            "--quiet",
            READER,
            import.meta.resolve("../../lib/client.ts"),
            from!,
            ...cache,
          ],
          cwd: inRoot("."),
        }).output();
        assert.ok(success, new TextDecoder().decode(stderr));
        const read = JSON.parse(new TextDecoder().decode(stdout));
        assert.deepEqual(read, [["a", "dir", "dir/b"], ["a", "dir", "dir/b"], "dir/b"]);
      }
    } finally {
      await Deno.remove(dir, { recursive: true });
      await registry.close();
    }
  },
);

test("the closure sees what is loaded", async () => {
  const found = await closure("mod.ts");
  assert.ok(found.has("lib/stores/cache/maintenance.ts") && found.has("node:path"));
});
