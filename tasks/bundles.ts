/**
 * `deno task test:bundles [NAME…]`: a program of a library user, made by each bundler and run by each runtime
 * that it is for. It runs once, whatever its threads do. Only cases whose name holds a NAME where some are given.
 *
 * @module
 */

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ALONE, type Ran, runBundled, UNBUNDLED, WITH_THREADS } from "./bundled.ts";
import { say, type Tally, tallyLine } from "./run.ts";
import { copyForNode, installed, NODE_FLAGS, runtimeProgram } from "./runtimes.ts";

const ESBUILD = "0.28.2";

/** What one bundler makes of an entry. */
interface Bundle {
  name: string;
  /** Makes the bundle in a directory and answers with the commands that run it. */
  make(entry: string, into: string): Promise<string[][]>;
  /**
   * Whether the bundle can tell its own address. Bun puts the one of the source in its place where the bundle
   * is CommonJS, so nobody can name it to a client.
   */
  knowsItself: boolean;
}

const root = copyForNode();
const node = runtimeProgram("node");
const node24 = runtimeProgram("node24");
const bun = runtimeProgram("bun");
const deno = [Deno.execPath(), "run", "-A", "--quiet"];

function esbuild(): string {
  const name = `@esbuild/${Deno.build.os}-${Deno.build.arch === "x86_64" ? "x64" : "arm64"}`;
  const folder = installed({ [name]: `npm:${name}@${ESBUILD}` });
  return join(folder, "node_modules", name, "bin/esbuild");
}

async function build(program: string, args: string[]): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd: root,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(decoder.decode(stdout) + decoder.decode(stderr));
}

/** A bundle that esbuild makes. */
function ofEsbuild(name: string, file: string, args: string[]): Bundle {
  return {
    name: `esbuild, ${name}`,
    knowsItself: true,
    make: async (entry, into) => {
      const own = ["--bundle", "--platform=node", "--log-level=error", ...args];
      const extension = file.slice(file.lastIndexOf("."));
      own.push(`--outdir=${into}`, `--out-extension:.js=${extension}`, "--entry-names=bundle");
      await build(esbuild(), [entry, ...own]);
      const bundle = join(into, file);
      return [[node, bundle], [node24, bundle], [bun, bundle], [...deno, bundle]];
    },
  };
}

/** A bundle that Bun makes. */
function ofBun(name: string, args: string[], run: (file: string) => string[]): Bundle {
  return {
    name: `bun build${name}`,
    knowsItself: !args.includes("--format=cjs") && !args.includes("--bytecode"),
    make: async (entry, into) => {
      const file = join(into, args.includes("--format=cjs") ? "bundle.cjs" : "bundle.mjs");
      await build(bun, ["build", entry, "--outfile", file, ...args]);
      return [run(file)];
    },
  };
}

const BUNDLES: Bundle[] = [
  ofEsbuild("ESM", "bundle.mjs", ["--format=esm"]),
  ofEsbuild("ESM with splitting", "bundle.mjs", ["--format=esm", "--splitting"]),
  ofEsbuild("CommonJS", "bundle.cjs", ["--format=cjs"]),
  {
    name: "deno bundle",
    knowsItself: true,
    make: async (entry, into) => {
      const file = join(into, "bundle.js");
      await build(Deno.execPath(), ["bundle", "--quiet", "--output", file, entry]);
      return [[...deno, file]];
    },
  },
  ofBun("", ["--target=bun"], (file) => [bun, file]),
  ofBun(", for Node", ["--target=node"], (file) => [node, file]),
  ofBun(", CommonJS", ["--target=node", "--format=cjs"], (file) => [node, file]),
  ofBun(" --compile", ["--compile"], (file) => [file]),
  ofBun(" --compile --bytecode", ["--compile", "--bytecode"], (file) => [file]),
];

const tally: Tally = { passed: 0, failed: 0 };
const wanted = (name: string) =>
  Deno.args.length === 0 || Deno.args.some((word) => name.includes(word));

async function check(name: string, expected: Ran, command: string[]): Promise<void> {
  const by = command[0]!.includes("bundle.") ? "itself" : command[0]!.split("/").at(-1)!;
  let found: string;
  try {
    found = JSON.stringify(await runBundled(command));
  } catch (error) {
    found = String(error);
  }
  const ok = found === JSON.stringify(expected);
  ok ? tally.passed++ : tally.failed++;
  say(`${ok ? "ok    " : "FAILED"} ${name}, run by ${by}${ok ? "" : `: ${found}`}`);
}

const outer = mkdtempSync(join(tmpdir(), "blobber-bundles-"));
try {
  for (const [index, { name, make, knowsItself }] of BUNDLES.entries()) {
    if (!wanted(name)) continue;
    const entries: [string, Ran][] = [["without_threads", ALONE]];
    if (knowsItself) entries.push(["with_threads", WITH_THREADS]);
    for (const [entry, expected] of entries) {
      const into = join(outer, `${index}-${entry}`);
      mkdirSync(into);
      for (const command of await make(`tests/bundles/${entry}.ts`, into)) {
        await check(`${name}, ${entry}`, expected, command);
      }
    }
  }
  if (wanted("own worker")) {
    const worker = join(root, "tests/bundles/own_worker.ts");
    for (const kind of ["web", "node"]) {
      const commands = [[...deno, worker, kind], [bun, worker, kind]];
      if (kind === "node") {
        commands.push(...[node, node24].map((program) => [program, ...NODE_FLAGS, worker, kind]));
      }
      for (const command of commands) await check(`own worker (${kind})`, UNBUNDLED, command);
    }
  }
} catch (error) {
  say(`FAILED ${error}`);
  tally.failed++;
} finally {
  rmSync(outer, { recursive: true });
  rmSync(dirname(root), { recursive: true });
}
say(tallyLine("bundles", tally));
Deno.exit(tally.failed > 0 ? 1 : 0);
