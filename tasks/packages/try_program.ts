/**
 * Uses the command line that was installed: each runtime runs what a person does with it, in a directory that
 * tries to have something else run, and every installer of packages installs it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { say, type Tally } from "../run.ts";
import { installed, type Runtime, runtimeProgram, VERSIONS } from "../runtimes.ts";
import { configOf } from "./doors.ts";
import { npmProgram } from "./install.ts";

const { version: VERSION } = configOf("./cli/");

/** pnpm keeps packages in one place and links to them. */
const PNPM = "10.18.3";

/** What each run must find, and nothing of it may be run or read. */
const TRAP = 'require("node:fs").writeFileSync(__dirname + "/trapped", "");\n';
const ESM_TRAP = 'import { writeFileSync } from "node:fs";\n' +
  'writeFileSync(new URL("trapped", import.meta.url), "");\n';

/** Fills a directory with what other people's programs may have there. */
function setTraps(dir: string): void {
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  };
  const imports = { "#trap": "./trap.cjs", "@blobber/core": "./trap.cjs", yaml: "./trap.cjs" };
  write("trap.cjs", TRAP);
  write("package.json", JSON.stringify({ name: "@blobber/cli", type: "module", imports }));
  write("deno.json", JSON.stringify({ imports: { "node:fs": "./trap.cjs", ...imports } }));
  write("program/blobber.js", ESM_TRAP);
  for (const name of ["@blobber/core", "@blobber/sigstore", "yaml", "js-yaml", "tuf-js"]) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, main: "trap.cjs" }));
    write(`node_modules/${name}/trap.cjs`, TRAP);
  }
  write(".env", "BLOBBER_OUTPUT=json\nNODE_OPTIONS=--require=./trap.cjs\n");
  write("config.yaml", "output: json\n");
}

/** Whether one of the traps was stepped into. */
function isTrapped(dir: string): boolean {
  return readdirSync(dir, { recursive: true, encoding: "utf8" })
    .some((name) => /(?:^|[\\/])trapped$/.test(name));
}

interface Answer {
  status: number;
  stdout: string;
  stderr: string;
}

function run([program, ...args]: readonly string[], cwd: string, home: string): Answer {
  const { code, stdout, stderr } = new Deno.Command(program!, {
    args,
    cwd,
    clearEnv: true,
    env: {
      HOME: home,
      PATH: `${dirname(runtimeProgram("node24"))}:${Deno.env.get("PATH")}`,
      NO_COLOR: "1",
    },
    stdin: "null",
  }).outputSync();
  const decoder = new TextDecoder();
  return { status: code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Pushes, signs, lists, reads, verifies and pulls in a directory with traps. */
function use(words: readonly string[], outer: string): void {
  const dir = mkdtempSync(join(outer, "use-"));
  const home = join(dir, "home");
  const work = join(dir, "work");
  mkdirSync(home);
  mkdirSync(join(work, "tree"), { recursive: true });
  setTraps(work);
  writeFileSync(join(work, "tree/a.txt"), "a\n");
  const { privateKey, publicKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  writeFileSync(join(work, "key.pem"), privateKey, { mode: 0o600 });
  writeFileSync(join(work, "key.pub"), publicKey);
  const blobber = (...args: string[]) => {
    const { status, stdout, stderr } = run([...words, ...args], work, home);
    assert.equal(status, 0, `blobber ${args.join(" ")}\n${stderr}`);
    return stdout;
  };
  const ref = "oci:layout:v1";
  assert.equal(blobber("--version"), `blobber version ${VERSION}\n`);
  assert.match(blobber("push", "tree", ref), /^sha256:[0-9a-f]{64}\n$/);
  blobber("sign", "oci:layout:v1", "--from", "tree", "--sign-key", "key.pem");
  assert.equal(blobber("ls", ref), "a.txt\n");
  assert.equal(blobber("cat", ref, "a.txt", "--verify-key", "key.pub"), "a\n");
  assert.match(blobber("verify", ref, "--verify-key", "key.pub"), /key SHA256:/);
  blobber("pull", ref, "out", "--verify-key", "key.pub");
  assert.equal(readFileSync(join(work, "out/a.txt"), "utf8"), "a\n");
  const missing = run([...words, "ls", "oci:none:v1"], work, home);
  assert.deepEqual([missing.status, missing.stdout], [4, ""], missing.stderr);
  assert.ok(!isTrapped(work), "something in the directory was run");
}

/** Installs the package in a directory of its own as other installers do, and asks what was installed. */
const INSTALLERS: Record<string, (tarball: string, dir: string, home: string) => void> = {
  npx: (tarball, dir, home) => {
    const npx = join(dirname(npmProgram()), "npx-cli.js");
    const words = [runtimeProgram("node24"), npx, "-y", `--package=${tarball}`, "blobber"];
    answers(run([...words, "--version"], dir, home));
  },
  bunx: (tarball, dir, home) => {
    const bun = runtimeProgram("bun");
    succeeds(run([bun, "add", tarball], dir, home));
    answers(run([bun, "x", "blobber", "--version"], dir, home));
    answers(run([bun, "x", "--bun", "blobber", "--version"], dir, home));
  },
  pnpm: (tarball, dir, home) => {
    const folder = installed({ pnpm: `npm:pnpm@${PNPM}` });
    const pnpm = [runtimeProgram("node24"), join(folder, "node_modules/pnpm/bin/pnpm.cjs")];
    succeeds(run([...pnpm, "add", tarball], dir, home));
    answers(run([join(dir, "node_modules/.bin/blobber"), "--version"], dir, home));
  },
};

function succeeds({ status, stdout, stderr }: Answer): void {
  assert.equal(status, 0, stdout + stderr);
}

function answers(answer: Answer): void {
  succeeds(answer);
  assert.equal(answer.stdout, `blobber version ${VERSION}\n`);
}

/** An older Node says what it is, and loads nothing. */
function refusesOldNode(starter: string, outer: string): void {
  const pretending = join(outer, "old.cjs");
  writeFileSync(
    pretending,
    'Object.defineProperty(process, "versions", { value: { node: "20.19.5" } });\n',
  );
  const words = [runtimeProgram("node"), "--require", pretending, starter, "--version"];
  const { status, stdout, stderr } = run(words, outer, outer);
  assert.deepEqual([status, stdout], [2, ""]);
  assert.match(
    stderr,
    /^Error: this is Node 20\.19\.5, expected \d+\.\d+\.\d+ or newer\nHint: .*\n$/,
  );
}

/**
 * Tries it all.
 *
 * @param project where npm has installed it
 * @param tarball the package
 */
export function tryProgram(project: string, tarball: string): Tally {
  const outer = mkdtempSync(join(project, "try-"));
  const tally = { passed: 0, failed: 0 };
  const attempt = (what: string, work: () => void) => {
    try {
      work();
      tally.passed++;
    } catch (error) {
      tally.failed++;
      say(`FAILED ${what}: ${error instanceof Error ? error.message : error}`);
    }
  };
  const starter = join(project, "node_modules/@blobber/cli/blobber.cjs");
  for (const runtime of Object.keys(VERSIONS) as Runtime[]) {
    const flags = runtime === "bun" ? ["--no-env-file"] : [];
    attempt(
      `blobber under ${runtime}`,
      () => use([runtimeProgram(runtime), ...flags, starter], outer),
    );
  }
  attempt("blobber under Bun with variables of the directory", () => {
    const dir = mkdtempSync(join(outer, "env-"));
    writeFileSync(join(dir, ".env"), "BLOBBER_OUTPUT=json\n");
    const { status, stdout, stderr } = run([runtimeProgram("bun"), starter, "--version"], dir, dir);
    assert.deepEqual([status, stdout], [2, ""]);
    assert.match(
      stderr,
      /^Error: Bun has taken variables from "\.env" .*\nHint: bun --no-env-file .*\n$/,
    );
  });
  attempt(
    "blobber as a shell starts it",
    () => use([join(project, "node_modules/.bin/blobber")], outer),
  );
  attempt("blobber under an older Node", () => refusesOldNode(starter, outer));
  for (const [name, install] of Object.entries(INSTALLERS)) {
    attempt(`blobber by ${name}`, () => {
      const dir = mkdtempSync(join(outer, `${name}-`));
      writeFileSync(join(dir, "package.json"), '{"private":true}');
      mkdirSync(join(dir, "home"));
      install(tarball, dir, join(dir, "home"));
    });
  }
  rmSync(outer, { recursive: true });
  return tally;
}
