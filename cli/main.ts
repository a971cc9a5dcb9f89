/**
 * Pushes directories to OCI registries and layouts, pulls them back, reads single files out of remote artifacts,
 * and verifies who signed them, on the command line.
 *
 * @module
 */

import { exit, programArguments, stderr, threadName } from "./machine.ts";

/** How names of the core's threads begin: in one of them this module, when it is bundled, is the entry too. */
const THREAD_NAME = "blobber-thread ";

if (`${threadName()}`.startsWith(THREAD_NAME)) {
  (await import("@blobber/core/thread")).serve();
} else {
  // Does not wait for what the command has left open: idle connections, threads.
  exit(await start());
}

async function start(): Promise<number> {
  let runProgram: (argv: readonly string[]) => Promise<number>;
  try {
    ({ runProgram } = await import("./run.ts"));
  } catch (error) {
    // Without the permission to read its own files, the program cannot load its error messages.
    if (!/^Requires read access/.test((error as Error).message)) throw error;
    const said = "Error: not allowed to read the files of blobber itself: " +
      "the runtime needs --allow-read for it\n" +
      "Hint: start it with --allow-read, or with -A for every permission\n";
    stderr.writeSync(new TextEncoder().encode(said));
    return 2;
  }
  return await runProgram(programArguments());
}

export {};
