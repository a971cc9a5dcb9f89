/**
 * `deno task test:node`, `deno task test:bun`: the unit tests of `lib/` and `sigstore/`, as they are, under
 * Node and Bun. Both come from npm and stay in a cache outside the tree.
 *
 * @module
 */

import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { IN_CI, inRoot, say, type Tally, tallyLine } from "./run.ts";

/** The oldest Node that is supported, the line after it, and one Bun. */
export const VERSIONS = { node: "22.15.0", node24: "24.22.3", bun: "1.4.5" };

/** A runtime other than Deno. */
export type Runtime = keyof typeof VERSIONS;

const CACHE = join(
  Deno.env.get("XDG_CACHE_HOME") || join(homedir(), ".cache"),
  "blobber-runtimes",
);

/** The npm package that holds the program for this machine, and where in it the program is. */
function programOf(runtime: Runtime): { name: string; path: string } {
  const arch = Deno.build.arch === "x86_64" ? "x64" : "arm64";
  if (runtime !== "bun") return { name: `node-${Deno.build.os}-${arch}`, path: "bin/node" };
  const bunArch = arch === "arm64" ? "aarch64" : arch;
  return { name: `@oven/bun-${Deno.build.os}-${bunArch}`, path: "bin/bun" };
}

const manifestFor = (imports: Record<string, string>) =>
  JSON.stringify({ nodeModulesDir: "auto", imports });

/** Where packages are installed: another place for other packages, or another lock file. */
function folderOf(manifest: string, lock = ""): string {
  const key = createHash("sha256").update(manifest).update(lock).digest("hex").slice(0, 16);
  return join(CACHE, key);
}

/**
 * A directory with a `node_modules` that holds these packages, made by Deno alone.
 *
 * @param imports names and `npm:` specifiers with exact versions
 * @param lock a lock file that pins what the packages depend on
 */
export function installed(imports: Record<string, string>, lock?: string): string {
  const text = manifestFor(imports);
  const folder = folderOf(text, lock);
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  const fresh = mkdtempSync(join(CACHE, "new-"));
  writeFileSync(join(fresh, "deno.json"), text);
  if (lock !== undefined) writeFileSync(join(fresh, "deno.lock"), lock);
  const { success, stderr } = new Deno.Command(Deno.execPath(), {
    args: ["install", "--quiet"],
    cwd: fresh,
  }).outputSync();
  if (!success) {
    rmSync(fresh, { recursive: true });
    throw new Error(new TextDecoder().decode(stderr));
  }
  if (existsSync(folder)) rmSync(fresh, { recursive: true });
  else renameSync(fresh, folder);
  return folder;
}

/** The path of a runtime's program where it was installed before; for tests that must not download it. */
export function runtimeHere(runtime: Runtime): string | undefined {
  const { name, path } = programOf(runtime);
  const folder = folderOf(manifestFor({ [name]: `npm:${name}@${VERSIONS[runtime]}` }));
  return existsSync(folder) ? join(folder, "node_modules", name, path) : undefined;
}

/** The path of a runtime's program, installed when it is not there yet. */
export function runtimeProgram(runtime: Runtime): string {
  const { name, path } = programOf(runtime);
  const folder = installed({ [name]: `npm:${name}@${VERSIONS[runtime]}` });
  return join(folder, "node_modules", name, path);
}

/**
 * Copies the tree to where Node and Bun find the packages by name: they know no import map. The sources are
 * the same bytes.
 *
 * @param packages a `node_modules` that what is in `tests/` finds the packages in, in place of the copy itself
 * @returns the copy's root, which the caller removes
 */
export function copyForNode(packages?: string): string {
  const outer = mkdtempSync(join(tmpdir(), "blobber-runtimes-"));
  const root = join(outer, "tree");
  const left = new Set([".git", "dist", "node_modules"]);
  cpSync(inRoot("./"), root, {
    recursive: true,
    filter: (from) => !left.has(from.slice(inRoot("./").length)),
  });
  const shared = inRoot("../shared");
  if (existsSync(shared)) symlinkSync(shared, join(outer, "shared"));

  const imports: Record<string, string> = {};
  for (const member of ["", "sigstore/", "cli/"]) {
    const text = readFileSync(join(root, member, "deno.json"), "utf8");
    Object.assign(imports, (JSON.parse(text) as { imports?: Record<string, string> }).imports);
  }
  const modules = join(root, "node_modules");
  mkdirSync(join(modules, "@blobber"), { recursive: true });
  for (const member of ["", "sigstore/", "cli/"]) {
    const main = JSON.parse(readFileSync(join(root, member, "deno.json"), "utf8"));
    const { name, version, exports } = main as Record<"name" | "version", string> & typeof main;
    const manifest = { name, version, type: "module", exports };
    writeFileSync(join(root, member, "package.json"), JSON.stringify(manifest));
    symlinkSync(
      join(packages ?? root, packages === undefined ? member : name),
      join(modules, name),
    );
  }
  // By its own name a package is found before any other: what is in a scope of its own is in none of them.
  if (packages !== undefined) writeFileSync(join(root, "tests/package.json"), `{"type":"module"}`);
  const lock = join(root, "deno.lock");
  const folder = installed(imports, existsSync(lock) ? readFileSync(lock, "utf8") : undefined);
  for (const name of readdirSync(join(folder, "node_modules"))) {
    symlinkSync(join(folder, "node_modules", name), join(modules, name));
  }
  return root;
}

function unitTests(root: string): string[] {
  return ["lib", "sigstore"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith("_test.ts"))
      .map((name) => `./${folder}/${name}`)
  ).sort();
}

/** What makes Node run TypeScript as it is. */
export const NODE_FLAGS = ["--experimental-strip-types", "--disable-warning=ExperimentalWarning"];

const COMMANDS: Record<"node" | "bun", { args: string[]; passed: RegExp; failed: RegExp }> = {
  node: {
    args: [...NODE_FLAGS, "--test", "--test-reporter=spec"],
    passed: /^ℹ pass (\d+)$/m,
    failed: /^ℹ (?:fail|cancelled) (\d+)$/gm,
  },
  // Bun gives up on a test after 5 s, which on a busy machine is little.
  bun: {
    args: ["test", "--timeout", "60000"],
    passed: /^ *(\d+) pass$/m,
    failed: /^ *(\d+) (?:fail|errors?)$/gm,
  },
};

/** Runs the unit tests under one runtime. */
function runTests(runtime: keyof typeof COMMANDS): Tally {
  const program = runtimeProgram(runtime);
  const root = copyForNode();
  try {
    const { args, passed, failed } = COMMANDS[runtime];
    const { code, stdout, stderr } = new Deno.Command(program, {
      args: [...args, ...unitTests(root)],
      cwd: root,
      // Tests that start further processes run the sources in them too.
      env: { NO_COLOR: "1", NODE_OPTIONS: NODE_FLAGS.join(" ") },
      stdin: "null",
    }).outputSync();
    const decoder = new TextDecoder();
    const output = decoder.decode(stdout) + decoder.decode(stderr);
    const tally = {
      passed: Number(output.match(passed)?.[1] ?? 0),
      failed: [...output.matchAll(failed)].reduce((sum, [, count]) => sum + Number(count), 0),
    };
    if (code !== 0 && tally.failed === 0) tally.failed = 1;
    if (tally.passed === 0) tally.failed ||= 1;
    if (tally.failed > 0) say(output.slice(Math.max(0, output.indexOf("✖ failing tests:"))));
    return tally;
  } finally {
    rmSync(dirname(root), { recursive: true });
  }
}

if (import.meta.main) {
  const runtime = Deno.args[0];
  if (runtime !== "node" && runtime !== "bun") throw new Error("expected node or bun");
  let tally: Tally;
  try {
    tally = runTests(runtime);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    say(`${IN_CI ? "FAILED" : "skipped"}: ${runtime} ${VERSIONS[runtime]} cannot be had: ${why}`);
    tally = { passed: 0, failed: IN_CI ? 1 : 0 };
  }
  say(tallyLine(`${runtime} ${VERSIONS[runtime]}`, tally));
  Deno.exit(tally.failed > 0 ? 1 : 0);
}
