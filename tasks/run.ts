/**
 * Runs the programs that a task is made of, and adds up what they report.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** How many checks passed and failed. */
export interface Tally {
  passed: number;
  failed: number;
}

/** The repository's root, with a slash at the end. */
export const ROOT = new URL("../", import.meta.url);

/** A path below the repository's root. */
export function inRoot(path: string): string {
  return fileURLToPath(new URL(path, ROOT));
}

/** Prints a line. Tasks talk to people; the library never does. */
export function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
}

/** Whether this run must not skip anything. */
export const IN_CI: boolean = !["", "0", "false"].includes(Deno.env.get("CI") ?? "");

/** What a quiet program wrote, and whether it exited with 0. */
export interface Outcome {
  ok: boolean;
  output: string;
}

/** Runs this Deno and keeps what it writes. */
export async function deno(
  args: string[],
  cwd = "./",
  env: Record<string, string> = {},
): Promise<Outcome> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: inRoot(cwd),
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { ok: success, output: decoder.decode(stdout) + decoder.decode(stderr) };
}

/** Runs a program with its output shown, and tells whether it exited with 0. */
export async function run(
  program: string,
  args: string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<boolean> {
  const child = new Deno.Command(program, {
    args,
    ...options,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  return (await child.status).success;
}

/** The line by which `.ci/run` counts a task: the same form that `deno test` ends with. */
export function tallyLine(name: string, { passed, failed }: Tally): string {
  return `${name} | ${passed} passed | ${failed} failed`;
}

/** Runs a task: when it throws, the message is its last line, without a stack, and it exits with 1. */
export async function runTask(task: () => void | Promise<void>): Promise<void> {
  try {
    await task();
  } catch (error) {
    say(`error: ${error instanceof Error ? error.message : String(error)}`);
    Deno.exit(1);
  }
}
