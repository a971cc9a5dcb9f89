/**
 * Binaries for every system: what is embedded, in Deno's own program for each in place of the runtime that is
 * embedded in otherwise. The real one for this machine, wherever its runtime can be downloaded.
 */

import assert from "node:assert/strict";
import { sha256OfFile } from "../../tasks/binary/checksums.ts";
import { compile, compileHere } from "../../tasks/binary/compile.ts";
import { makeProgram } from "../../tasks/binary/program.ts";
import { TARGET_NAMES, type TargetName } from "../../tasks/binary/targets.ts";
import { installed } from "../../tasks/runtimes.ts";
import { skipped } from "./harness.ts";
import { exec, must, TempDir } from "./processes.ts";
import { sameTree } from "./tree.ts";

/** Packages of npm with Deno for a system, as the package `deno` names them, and the program in each. */
const DENO: Record<TargetName, string> = {
  "linux-x64": "@deno/linux-x64-glibc/deno",
  "linux-arm64": "@deno/linux-arm64-glibc/deno",
  "macos-x64": "@deno/darwin-x64/deno",
  "macos-arm64": "@deno/darwin-arm64/deno",
  "windows-x64": "@deno/win32-x64/deno.exe",
};

const MAGIC: [RegExp, string][] = [
  [/^linux/, "\x7fELF"],
  [/^macos/, "\xcf\xfa\xed\xfe"],
  [/^windows/, "MZ"],
];

Deno.test("a binary for each system takes the whole program in", async () => {
  using dir = new TempDir();
  const program = await makeProgram();
  const packages = Object.values(DENO).map((path) => path.replace(/\/[^/]*$/, ""));
  const imports = packages.map((name) => [name, `npm:${name}@${Deno.version.deno}`]);
  const folder = installed(Object.fromEntries(imports));
  const commit = "0123456789abcdef0123456789abcdef01234567";
  const digests = new Set<string>();
  for (const target of TARGET_NAMES) {
    const runtime = `${folder}/node_modules/${DENO[target]}`;
    const making = { program, target, time: 1_700_000_000, commit, runtime };
    // It demands itself that all of the program is in the file and nothing else.
    const path = await compile(making, dir.path);
    const magic = MAGIC.find(([name]) => name.test(target))![1];
    using file = Deno.openSync(path);
    const start = new Uint8Array(magic.length);
    file.readSync(start);
    assert.equal(String.fromCharCode(...start), magic, target);
    digests.add(sha256OfFile(path));
    if (target === "linux-x64") {
      const again = await compile({ ...making, program: await makeProgram() }, dir.at("again"));
      assert.equal(sha256OfFile(again), sha256OfFile(path));
    }
    Deno.removeSync(path);
  }
  assert.equal(digests.size, TARGET_NAMES.length);
});

const real = new TempDir("blobber-real-");
globalThis.addEventListener("unload", () => real[Symbol.dispose]());
const { path: binary, why } = await compileHere(real.path);

if (binary === undefined) {
  skipped("the real binary runs alone", why);
} else {
  Deno.test("the real binary runs alone, with threads, whatever is in the directory and in the way", async () => {
    using dir = new TempDir();
    const env = { HOME: dir.path, TMPDIR: dir.at("tmp"), PATH: "", BLOBBER_PROGRESS: "none" };
    Deno.mkdirSync(env.TMPDIR);
    const { stdout } = await must(binary, ["--version"], { env, cwd: dir.path });
    assert.match(stdout, /^blobber version \d+\.\d+\.\d+( \(commit [0-9a-f]{40}\))?\n$/);
    // Everything that Deno would read in a directory.
    const evil = "data:text/javascript,console.log('evil')";
    const imports = { "node:fs": evil, "node:path": evil, "./1.js": evil };
    Deno.writeTextFileSync(dir.at("deno.json"), JSON.stringify({ imports, tasks: {} }));
    Deno.writeTextFileSync(dir.at("package.json"), `{"type": "commonjs"}`);
    Deno.writeTextFileSync(dir.at(".env"), "BLOBBER_OUTPUT=json\n");
    Deno.mkdirSync(dir.at("tmp/deno-compile-blobber-linux-x64"));
    Deno.mkdirSync(dir.at("tree"));
    const bytes = new Uint8Array(24 << 20);
    for (let i = 0; i < bytes.length; i += 7) bytes[i] = i;
    for (const name of ["a", "b"]) Deno.writeFileSync(dir.at(`tree/${name}`), bytes);
    const args = ["push", "tree", "oci:layout:v1", "--jobs=2", "-v"];
    const pushed = await must(binary, args, { env, cwd: dir.path });
    assert.match(pushed.stdout, /^sha256:[0-9a-f]{64}\n$/);
    assert.doesNotMatch(pushed.stderr, /thread/);
    await must(binary, ["pull", "oci:layout:v1", "out"], { env, cwd: dir.path });
    sameTree(dir.at("out"), dir.at("tree"));
    const refused = await exec(binary, ["pull", "oci:nowhere:v1", "x"], { env, cwd: dir.path });
    assert.notEqual(refused.code, 0);
    // It leaves nothing behind that another user could have put there before.
    assert.deepEqual([...Deno.readDirSync(env.TMPDIR)].map(({ name }) => name), [
      "deno-compile-blobber-linux-x64",
    ]);
  });
}
