/**
 * The command line.
 *
 * @module
 */

/** What the core names its threads: in one of them this module, when it is bundled, is the entry too. */
const THREAD_NAME = "blobber-worker";

if ((globalThis as { name?: unknown }).name === THREAD_NAME) {
  await import("@blobber/core/workers");
} else {
  const { run } = await import("./run.ts");
  // Nothing is waited for that the command has left open: idle connections, threads.
  Deno.exit(await run(Deno.args));
}

export {};
