/**
 * Makes binaries with `deno compile`, and reads back what is in each: one for another system cannot be run here.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Build } from "../../cli/build.ts";
import { deno } from "../run.ts";
import { buildFacts } from "./bundle.ts";
import { type Embedded, readEmbedded } from "./embedded.ts";
import { ENTRY, makeProgram, type Program, writeProgram } from "./program.ts";
import { sources } from "./sources.ts";
import { type TargetName, TARGETS, thisTarget } from "./targets.ts";

/** What a binary is made of. */
export interface Making {
  program: Program;
  target: TargetName;
  /** Seconds since 1970: when the commit was made. */
  time: number;
  /** The commit that it tells; none where the sources are not as a commit has them. */
  commit: string | undefined;
  /** The runtime to embed the program in, in place of the one that Deno downloads. */
  runtime?: string | undefined;
}

/**
 * Flags of `deno compile`. A binary may do what its user may, and asks nothing. Deno would keep what it has
 * compiled of the program in the directory for temporary files under a name that others there can foresee, and
 * run it from there: so it keeps nothing.
 */
const FLAGS = ["-A", "--no-prompt", "--quiet", "--no-config", "--no-lock", "--no-code-cache"];

/** Its name for the directory of its data; it has none, and would be called as its file is. */
const APP_NAME = "blobber";

/**
 * Makes one.
 *
 * @param into a directory, made where it does not exist
 * @returns the path of the binary
 * @throws {Error} with what Deno says, or what is wrong in the file that it made
 */
export async function compile(making: Making, into: string): Promise<string> {
  const { program, target, time, commit, runtime } = making;
  const { triple, file } = TARGETS[target];
  const facts: Build | undefined = commit === undefined ? undefined : { commit, target };
  const dir = mkdtempSync(join(tmpdir(), "blobber-compile-"));
  try {
    mkdirSync(into, { recursive: true });
    const output = resolve(into, file);
    const entry = writeProgram(program, join(dir, "program"), { time, facts });
    const named = ["--target", triple, "--app-name", APP_NAME, "--output", output];
    const env = runtime === undefined ? {} : { DENORT_BIN: runtime };
    const ran = await deno(["compile", ...FLAGS, ...named, entry], "./", env);
    if (!ran.ok) throw new Error(`${file} cannot be compiled: ${reason(ran.output)}`);
    check(readEmbedded(readFileSync(output)), program, facts);
    return output;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** What Deno said, in one line, without the stack of its own code. */
function reason(output: string): string {
  const said = output.replace(/\n+Stack backtrace:[^]*/, "");
  const line = said.split("\n").map((part) => part.trim()).filter((part) => part !== "").join(" ");
  // Deno downloads the runtime, and says only that it could not.
  return line.includes("dl.deno.land") ? `${line}; DENORT_BIN names one that is there` : line;
}

/**
 * Demands that a binary holds this program and no more, and that nothing of the machine that it was made on came
 * along: what the environment says goes into the file.
 */
function check({ metadata, files }: Embedded, program: Program, facts: Build | undefined): void {
  const decoder = new TextDecoder();
  const found = new Map([...files].map(([name, bytes]) => [name, decoder.decode(bytes)]));
  const expected: Program = new Map(program);
  if (facts !== undefined) expected.set(ENTRY, buildFacts(facts) + program.get(ENTRY)!);
  assert.deepEqual([...found.keys()].sort(), [...expected.keys()].sort());
  for (const [name, text] of expected) assert.ok(found.get(name) === text, `${name} is another`);
  const { permissions, v8_flags, unstable_config, otel_config, ...rest } = metadata;
  const given = Object.entries(permissions as object).filter(([, value]) =>
    value !== null && value !== false
  );
  assert.ok(given.every(([name, value]) => /^allow_/.test(name) && value.length === 0), "rights");
  // The first is a name, and the rest are Deno's own.
  assert.match((v8_flags as string[]).join(" "), KNOWN_V8_FLAGS);
  for (const settings of [unstable_config, otel_config]) {
    const set = Object.entries(settings as object).filter(([, value]) =>
      ![false, null, "Ignore"].includes(value) && value.length !== 0
    );
    assert.deepEqual(set, [], "a setting of the environment");
  }
  assert.deepEqual(rest, {
    argv: [],
    seed: null,
    code_cache_key: null,
    location: null,
    log_level: "ERROR",
    ca_stores: null,
    ca_data: null,
    unsafely_ignore_certificate_errors: null,
    env_vars_from_env_file: {},
    workspace_resolver: {
      import_map: null,
      jsr_pkgs: [],
      package_jsons: {},
      pkg_json_resolution: "Enabled",
      catalogs: {},
    },
    entrypoint_key: ENTRY,
    preload_modules: [],
    require_modules: [],
    node_modules: null,
    vfs_case_sensitivity: rest["vfs_case_sensitivity"],
    app_name: APP_NAME,
  });
}

const KNOWN_V8_FLAGS =
  /^\w+ --stack-size=\d+ --inspector-live-edit --external-memory-max-reasonable-size=0$/;

/** A binary for this machine, or why there is none. */
export type Here = { path: string; why?: undefined } | { path?: undefined; why: string };

/**
 * Compiles for this machine with the real runtime, where Deno can download it.
 *
 * @param into a directory, made where it does not exist
 */
export async function compileHere(into: string): Promise<Here> {
  const { commit, time, changed } = sources();
  const told = changed.length === 0 ? commit : undefined;
  try {
    const making = { program: await makeProgram(), target: thisTarget(), time, commit: told };
    return { path: await compile(making, into) };
  } catch (error) {
    return { why: (error as Error).message };
  }
}
