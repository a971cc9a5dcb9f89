/**
 * The program that a binary runs: the command line as plain JavaScript in a few hundred small files, so that a
 * command loads what it needs and no more. The same sources make the same bytes on every machine.
 *
 * @module
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Build } from "../../cli/build.ts";
import { deno } from "../run.ts";
import { buildFacts } from "./bundle.ts";

/** Texts by file name. */
export type Program = Map<string, string>;

/** The file that is started. */
export const ENTRY = "blobber.js";

/** What the bundler calls the file that it makes of the entry. */
const BUNDLED_ENTRY = "cli.js";

/** A file that the bundler names by a digest, which differs with the directory that packages of npm are in. */
const CHUNK = /(?<=")\.\/([\w.-]+-[A-Z0-9]{8}\.js)(?=")/g;

/** How the bundler names modules of npm packages, in comments and as keys: by their path on this machine. */
const PACKAGE_PATHS = /^(\/\/ | {2}")[^"\n ]*\/npm\/[^/"\n ]+\/(?=[^"\n ]+(?:$|"\())/gm;

/** What makes `require`: it loads Node's module loader at each start, for a function that few commands call. */
const EAGER_REQUIRE =
  /^import \{ createRequire as (\w+) \} from "node:module";\nvar __require = \1\(import\.meta\.url\);$/m;
const LAZY_REQUIRE =
  'var __required, __require = (name) => (__required ??= process.getBuiltinModule("node:module")' +
  ".createRequire(import.meta.url))(name);";

/** Makes it of this tree. */
export async function makeProgram(): Promise<Program> {
  const dir = mkdtempSync(join(tmpdir(), "blobber-program-"));
  try {
    const args = ["bundle", "--quiet", "--code-splitting", "--outdir", dir, "cli.ts"];
    const { ok, output } = await deno(args);
    if (!ok) throw new Error(`the command line cannot be bundled\n${output}`);
    return canonicalProgram((name) => readFileSync(join(dir, name), "utf8"));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/**
 * What the bundler wrote, without what differs between machines: files are numbered in the order in which they
 * are named, the entry first.
 *
 * @param read the text of a file that the bundler wrote
 */
export function canonicalProgram(read: (name: string) => string): Program {
  const names = new Map([[BUNDLED_ENTRY, ENTRY]]);
  const program: Program = new Map();
  for (const name of names.keys()) {
    const text = read(name).replace(CHUNK, (_, chunk: string) => {
      const own = names.get(chunk) ?? `${names.size}.js`;
      names.set(chunk, own);
      return `./${own}`;
    }).replace(PACKAGE_PATHS, "$1npm/").replace(EAGER_REQUIRE, LAZY_REQUIRE);
    // What imports it late would find no name in it: a file of ours has to import it, and is loaded late itself.
    const alone = /^import \{\n {2}(require_\w+)\n\}[^]*^export default \1\(\);$/m.exec(text);
    if (alone !== null) {
      throw new Error(`the package of ${alone[1]} is imported late, and has CommonJS modules`);
    }
    program.set(names.get(name)!, text);
  }
  return program;
}

/**
 * Writes it to a directory.
 *
 * @param time seconds since 1970, the time of each file
 * @param facts what it tells of its making, where it is to be a released binary's
 * @returns the path of the file that is started
 */
export function writeProgram(
  program: Program,
  into: string,
  { time, facts }: { time: number; facts?: Build | undefined },
): string {
  mkdirSync(into, { recursive: true });
  for (const [name, text] of program) {
    const path = join(into, name);
    writeFileSync(path, name === ENTRY && facts !== undefined ? buildFacts(facts) + text : text);
    utimesSync(path, time, time);
  }
  return join(into, ENTRY);
}
