/**
 * Installs packages as a user of npm does, from the files that `deno task pack` makes.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { installed, runtimeProgram } from "../runtimes.ts";

const NPM = "11.19.1";

/** The program of npm, which Node runs. */
export function npmProgram(): string {
  return join(installed({ npm: `npm:npm@${NPM}` }), "node_modules/npm/bin/npm-cli.js");
}

/**
 * Installs packages into a project of their own.
 *
 * @param project its directory, which is made
 * @param wanted tarballs, and names with versions
 * @returns the directory
 * @throws {Error} with what npm says
 */
export function installPackages(project: string, wanted: readonly string[]): string {
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), `{"private":true,"type":"module"}`);
  const args = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"];
  const node = runtimeProgram("node24");
  const { success, stdout, stderr } = new Deno.Command(node, {
    args: [npmProgram(), ...args, ...wanted],
    cwd: project,
    env: { NO_COLOR: "1", PATH: `${dirname(node)}:${Deno.env.get("PATH")}` },
    stdin: "null",
  }).outputSync();
  if (success) return project;
  const decoder = new TextDecoder();
  throw new Error(`npm install failed\n${decoder.decode(stdout)}${decoder.decode(stderr)}`);
}
