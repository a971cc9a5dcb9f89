/**
 * `deno task test:pack`: packs the packages, installs them with npm as anybody would, compiles programs of
 * users with the versions of TypeScript that are supported, and runs the programs in `tests/library/` with
 * what was installed, under Node and Bun.
 *
 * @module
 */

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { isLong, libraryScripts, runElsewhere } from "./library_scripts.ts";
import { installPackages } from "./packages/install.ts";
import { pack } from "./packages/pack.ts";
import { tryProgram } from "./packages/try_program.ts";
import { IN_CI, inRoot, say, type Tally, tallyLine } from "./run.ts";
import { copyForNode, installed, type Runtime, runtimeProgram, VERSIONS } from "./runtimes.ts";

/** The types of Node, of the oldest line supported. */
const NODE_TYPES = "22.20.7";
/** The oldest TypeScript supported, and lines after it up to the newest. */
const TYPESCRIPT = ["5.7.3", "5.9.3", "6.0.3", "7.0.2"];

/** How programs are compiled, beside the version. */
const SETTINGS: Record<string, Record<string, unknown>> = {
  "nodenext": { module: "nodenext", lib: ["es2023"] },
  "nodenext, dom": { module: "nodenext", lib: ["es2023", "dom", "dom.iterable"] },
  "bundler": { module: "esnext", moduleResolution: "bundler", lib: ["es2023"] },
  "bundler, dom": {
    module: "esnext",
    moduleResolution: "bundler",
    lib: ["es2023", "dom", "dom.iterable"],
  },
};
const STRICT = {
  target: "es2022",
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  noPropertyAccessFromIndexSignature: true,
  isolatedModules: true,
  verbatimModuleSyntax: true,
  skipLibCheck: false,
  noEmit: true,
};

function install(project: string, tarballs: string[]): boolean {
  try {
    installPackages(project, [...tarballs, `@types/node@${NODE_TYPES}`]);
    return true;
  } catch (error) {
    say(`FAILED ${error instanceof Error ? error.message : error}`);
    return false;
  }
}

let failed = false;
function count(name: string, tally: Tally): void {
  failed ||= tally.failed > 0 || tally.passed === 0;
  say(tallyLine(name, tally));
}

/** Runs a program; what it wrote is shown when it fails. */
function holds(what: string, program: string, args: string[], cwd: string): boolean {
  const { success, stdout, stderr } = new Deno.Command(program, {
    args,
    cwd,
    env: { NO_COLOR: "1", PATH: [dirname(Deno.execPath()), Deno.env.get("PATH")].join(delimiter) },
    stdin: "null",
  }).outputSync();
  if (success) return true;
  const decoder = new TextDecoder();
  say(`FAILED ${what}\n${decoder.decode(stdout)}${decoder.decode(stderr)}`.trimEnd());
  return false;
}

/** Compiles programs with each version of TypeScript, in each way. */
function compile(project: string, programs: string[]): Tally {
  const tally = { passed: 0, failed: 0 };
  const node = runtimeProgram("node24");
  for (const version of TYPESCRIPT) {
    const folder = installed({ typescript: `npm:typescript@${version}` });
    const tsc = join(folder, "node_modules/typescript/bin/tsc");
    for (const [name, settings] of Object.entries(SETTINGS)) {
      const config = { compilerOptions: { ...STRICT, ...settings }, files: programs };
      writeFileSync(join(project, "tsconfig.json"), JSON.stringify(config));
      const ok = holds(`TypeScript ${version}, ${name}`, node, [tsc, "-p", "."], project);
      ok ? tally.passed++ : tally.failed++;
    }
  }
  return tally;
}

/** Programs of users that need nothing but the packages, and one that names all that these export. */
function programsIn(project: string): string[] {
  const programs: string[] = [];
  for (const script of libraryScripts()) {
    const text = readFileSync(inRoot(`tests/library/${script}`), "utf8");
    if (/from "\.\.?\//.test(text)) continue;
    const name = script.replaceAll("/", "_");
    writeFileSync(join(project, name), text);
    programs.push(name);
  }
  let everything = "";
  for (const [index, name] of ["core", "sigstore"].entries()) {
    const manifest = join(project, "node_modules/@blobber", name, "package.json");
    const { exports } = JSON.parse(readFileSync(manifest, "utf8")) as { exports: object };
    const doors = Object.keys(exports).filter((door) => door !== "./package.json");
    for (const door of doors) {
      const alias = `${name}${index}${door.replace(/\W/g, "_")}`;
      everything += `export * as ${alias} from "@blobber/${name}${door.slice(1)}";\n`;
    }
  }
  writeFileSync(join(project, "everything.ts"), everything);
  return [...programs, "everything.ts"];
}

/** Runs the programs in JavaScript in the project, as they are. */
function runPlain(project: string, runtime: Runtime): Tally {
  const tally = { passed: 0, failed: 0 };
  const folder = inRoot("tests/library/plain");
  for (const name of readdirSync(folder).sort()) {
    cpSync(join(folder, name), join(project, name));
    const ok = holds(`${runtime} ${name}`, runtimeProgram(runtime), [name], project);
    ok ? tally.passed++ : tally.failed++;
  }
  return tally;
}

const outer = mkdtempSync(join(tmpdir(), "blobber-installed-"));
try {
  const project = join(outer, "project");
  const tarballs = await pack(join(outer, "tarballs"));
  if (install(project, Object.values(tarballs))) {
    count("packed, installed", { passed: 1, failed: 0 });
    count("packed, types", compile(project, programsIn(project)));
    for (const runtime of Object.keys(VERSIONS) as Runtime[]) {
      count(`packed, JavaScript in ${runtime}`, runPlain(project, runtime));
    }
    count("packed, command line", tryProgram(project, tarballs["@blobber/cli"]!));
    const copy = copyForNode(join(project, "node_modules"));
    try {
      const short = libraryScripts().filter((script) => !isLong(script));
      await runElsewhere(short, copy, (name, tally) => count(`packed, ${name}`, tally));
    } finally {
      rmSync(dirname(copy), { recursive: true });
    }
  } else {
    count("packed, installed", { passed: 0, failed: 1 });
  }
} catch (error) {
  const why = error instanceof Error ? error.message : String(error);
  say(`${IN_CI ? "FAILED" : "skipped"}: what was packed cannot be tried: ${why}`);
  if (IN_CI) count("packed", { passed: 0, failed: 1 });
} finally {
  rmSync(outer, { recursive: true });
}
Deno.exit(failed ? 1 : 0);
