/**
 * The lock file that is published with the command line: `deno install -g jsr:@blobber/cli` obeys it, so
 * that people run the very versions of npm packages that were tested. Run it after the root's lock file has
 * changed: `deno run -A tasks/cli_lock.ts`.
 *
 * @module
 */

import { inRoot } from "./run.ts";

/** Where it stands. */
export const CLI_LOCK: string = inRoot("cli/deno.lock");

/** What it has to hold: all of the root's but what is about the workspace. */
export function cliLock(): string {
  const { version, specifiers, npm } = JSON.parse(Deno.readTextFileSync(inRoot("deno.lock")));
  return JSON.stringify({ version, specifiers, npm }, null, 2) + "\n";
}

if (import.meta.main) Deno.writeTextFileSync(CLI_LOCK, cliLock());
