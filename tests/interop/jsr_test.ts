/**
 * The packages as people get them: published by `deno publish`, installed and run from a JSR of the tests'
 * own, in a directory that another user has filled.
 *
 * @module
 */

import assert from "node:assert/strict";
import { VERSION } from "../../lib/version.ts";
import { inRoot } from "../../tasks/run.ts";
import { Home, interop } from "./harness.ts";
import { type Jsr, startJsr } from "./jsr.ts";
import { exec, type Ran } from "./processes.ts";
import { sameTree } from "./tree.ts";
import { keyPair, makeTree } from "./signing_cli.ts";

/** A home whose Deno uses only this JSR; npm packages come from the existing cache. */
function guest(jsr: Jsr): Home {
  const home = new Home({ JSR_URL: jsr.url });
  const cache = home.dir.at("deno");
  Deno.mkdirSync(cache);
  Deno.mkdirSync(`${home.env["DENO_DIR"]}/npm`, { recursive: true });
  Deno.symlinkSync(`${home.env["DENO_DIR"]}/npm`, `${cache}/npm`);
  home.env["DENO_DIR"] = cache;
  return home;
}

/** Runs a command that the documentation names, word by word. */
function shell(home: Home, command: string, cwd: string): Promise<Ran> {
  const path = [
    home.dir.at(".deno/bin"),
    Deno.execPath().replace(/\/[^/]*$/, ""),
    "/usr/bin",
    "/bin",
  ];
  return exec("/bin/sh", ["-c", command], { cwd, env: { ...home.env, PATH: path.join(":") } });
}

/** The command of the README that installs the program. */
function documentedInstall(): string {
  const found = Deno.readTextFileSync(inRoot("README.md")).match(/^deno install .*jsr:.*$/m);
  assert.ok(found, "the README does not say how to install");
  return found[0];
}

interop(
  "installed from JSR: it pushes with threads, signs and verifies",
  ["openssl", "tar"],
  async () => {
    await using jsr = await startJsr();
    using home = guest(jsr);
    const { dir } = home;
    const ok = async (command: string) => {
      const ran = await shell(home, command, dir.path);
      assert.equal(ran.code, 0, `${command}\n${ran.stdout}${ran.stderr}`);
      return ran;
    };
    await ok(documentedInstall());
    for (const name of ["cli", "core", "sigstore"]) {
      assert.ok(jsr.asked.includes(`/@blobber/${name}/meta.json`), name);
    }
    // Every package of npm is the one that was tested, those that others need included.
    const npm = (path: string) => JSON.parse(Deno.readTextFileSync(path)).npm as object;
    const installed = npm(dir.at(".deno/bin/.blobber/deno.lock"));
    assert.ok(Object.keys(installed).length > 10);
    assert.deepEqual(installed, npm(inRoot("cli/deno.lock")));
    const tree = makeTree(dir);
    const { open } = await keyPair(dir, "own", ["ed25519"]);
    home.env["WORD"] = "pw";
    const signed = await ok(
      "blobber push tree oci:signed:v1 --sign-key own.key --sign-key-pass env:WORD",
    );
    const source = await home.must(["push", tree, `oci:${dir.at("source")}:v1`]);
    assert.equal(signed.stdout, source.stdout);
    assert.match((await ok(`blobber verify oci:signed:v1 --verify-key ${open}`)).stdout, /passed/);
    assert.equal((await ok("blobber cat oci:signed:v1 dir/hello.txt")).stdout, "hello\n");
    await ok(`blobber pull oci:signed:v1 out --verify-key ${open}`);
    sameTree(dir.at("out"), tree);

    // Enough for threads to be worth their start. A file that runs first counts what they answer.
    const bytes = new Uint8Array(48 << 20);
    for (let i = 0; i < bytes.length; i += 7) bytes[i] = i;
    Deno.writeFileSync(`${tree}/large`, bytes);
    Deno.writeTextFileSync(
      dir.at("count.ts"),
      `const Web = globalThis.Worker;
const answers = {};
globalThis.Worker = class extends Web {
  constructor(module, options) {
    super(module, options);
    answers[module] ??= 0;
    this.addEventListener("message", () => answers[module]++);
  }
};
addEventListener("unload", () =>
  Deno.writeTextFileSync(${JSON.stringify(dir.at("answers.json"))}, JSON.stringify(answers)));
`,
    );
    for (const compression of ["gzip", "zstd"]) {
      const flags = `--jobs 2 --compression ${compression}`;
      const over = await ok(
        `deno run -A --quiet --no-check --preload ${dir.at("count.ts")} jsr:@blobber/cli ` +
          `push tree oci:large-${compression}:v1 ${flags}`,
      );
      const answers = JSON.parse(Deno.readTextFileSync(dir.at("answers.json"))) as object;
      assert.deepEqual(Object.keys(answers), [
        `${jsr.url}@blobber/core/${VERSION}/lib/threads/thread_entry.ts`,
      ]);
      // More than what two threads say when they are ready.
      assert.ok(Object.values(answers)[0] > 4, JSON.stringify(answers));
      const local = ["push", tree, `oci:${dir.at(`local-${compression}`)}:v1`, ...flags.split(" ")];
      assert.equal(over.stdout, (await home.must(local)).stdout);
      await ok(`blobber pull oci:large-${compression}:v1 out-${compression}`);
      sameTree(dir.at(`out-${compression}`), tree);
    }
  },
);

/** Fills a directory with everything that could make Deno run its code instead of ours. */
function trap(dir: string): void {
  Deno.mkdirSync(`${dir}/evil`, { recursive: true });
  const evil = `console.log("evil");\nDeno.exit(66);\n`;
  for (const file of ["mod.ts", "main.ts"]) Deno.writeTextFileSync(`${dir}/evil/${file}`, evil);
  const linked = { name: "@blobber/cli", version: VERSION, exports: "./main.ts" };
  Deno.writeTextFileSync(`${dir}/evil/deno.json`, JSON.stringify(linked));
  const ours = ["jsr:@blobber/cli", "jsr:@blobber/core", "@blobber/core", "npm:yaml", "yaml"];
  Deno.writeTextFileSync(
    `${dir}/deno.json`,
    JSON.stringify({
      imports: Object.fromEntries(ours.map((name) => [name, "./evil/mod.ts"])),
      links: ["./evil"],
      nodeModulesDir: "auto",
      tasks: { blobber: "echo evil" },
    }),
  );
  Deno.writeTextFileSync(`${dir}/package.json`, `{"dependencies": {"yaml": "file:./evil"}}`);
  Deno.writeTextFileSync(`${dir}/.npmrc`, "registry=http://127.0.0.1:1/\n");
  Deno.writeTextFileSync(`${dir}/deno.lock`, `{"version": "5", "specifiers": {}}`);
  Deno.writeTextFileSync(`${dir}/.env`, "JSR_URL=http://127.0.0.1:1/\n");
}

interop("the content of the directory does not change what runs", ["tar"], async () => {
  await using jsr = await startJsr();
  using home = guest(jsr);
  const { dir } = home;
  const here = dir.at("hostile");
  const below = `${here}/below`;
  Deno.mkdirSync(below, { recursive: true });
  trap(here);
  const before = [...Deno.readDirSync(here)].map(({ name }) => name).sort();
  const ours = async (command: string, cwd: string) => {
    const ran = await shell(home, command, cwd);
    assert.equal(ran.code, 0, `${command}\n${ran.stdout}${ran.stderr}`);
    assert.ok(!ran.stdout.includes("evil"), ran.stdout);
    return ran;
  };
  // The trap is one: without --no-config Deno obeys it.
  const trapped = await shell(home, "deno run -A --quiet jsr:@blobber/cli version", here);
  assert.notEqual(`${trapped.code} ${trapped.stdout}`, `0 blobber version ${VERSION}\n`);

  for (const cwd of [here, below]) {
    await ours(`${documentedInstall()} --force`, cwd);
    assert.match((await ours("blobber --version", cwd)).stdout, /^blobber version \d/);
    await ours("blobber config set cache.ttl 5m && blobber config get cache.ttl", cwd);
    await ours(`blobber push ${dir.at("hostile/evil")} oci:${dir.at("layout")}:v1`, cwd);
    await ours(`blobber ls oci:${dir.at("layout")}:v1`, cwd);
    const run = "deno run -A --quiet --no-config --no-lock jsr:@blobber/cli version";
    assert.match((await ours(run, cwd)).stdout, /^blobber version \d/);
  }
  assert.deepEqual([...Deno.readDirSync(here)].map(({ name }) => name).sort(), before);
});
