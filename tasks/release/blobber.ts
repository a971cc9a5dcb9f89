/**
 * Runs the command line of this tree: a release is pushed, signed and verified by what it releases.
 *
 * @module
 */

import { inRoot } from "../run.ts";

/** What a command printed, and how it ended. */
export interface Said {
  status: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs a command.
 *
 * @param cwd the directory that it runs in; the repository's root unless said otherwise
 */
export async function tryBlobber(args: string[], cwd = inRoot("./")): Promise<Said> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", inRoot("cli.ts"), ...args],
    cwd,
    env: { BLOBBER_PROGRESS: "none" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { status: code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/**
 * Runs a command that must succeed.
 *
 * @returns what it printed on stdout, without the line's end
 */
export async function blobber(args: string[], cwd?: string): Promise<string> {
  const { status, stdout, stderr } = await tryBlobber(args, cwd);
  if (status !== 0) throw new Error(`blobber ${args.join(" ")}: status ${status}\n${stderr}`);
  return stdout.trimEnd();
}
