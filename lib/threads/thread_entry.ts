/**
 * What a background thread of blobber runs. Imported anywhere else, this module does nothing.
 *
 * A program that is bundled has no file of this module beside it, so it works without threads. One that
 * wants them begins like this, and names itself in the client's option `threadEntry`:
 *
 * ```ts ignore
 * import { isThread, serve } from "@blobber/core/thread";
 *
 * if (isThread) serve();
 * else await import("./program.ts"); // new Client({ threadEntry: import.meta.url })
 * ```
 *
 * @module
 */

import { BlobberError } from "../errors.ts";
import { nodeModule, RUNTIME } from "../system/runtime.ts";
import { VERSION } from "../version.ts";
import { JOBS } from "./jobs.ts";
import { type Answer, type Hello, PROTOCOL, readThreadName, type Request } from "./protocol.ts";

interface Port {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
}

/** What blobber uses of a web worker's global scope. */
interface WebScope extends Port {
  name?: unknown;
  onmessage?: ((event: { data: unknown }) => void) | null;
}

const scope = globalThis as unknown as WebScope;

// A bundle for CommonJS is one function, and what a bundler puts in place of `import.meta.url` there is
// nothing, or a path of the machine that it ran on.
// @ts-ignore: TypeScript looks for it in functions alone
const address: string | undefined = typeof arguments === "undefined" ? import.meta.url : undefined;

/** Address of this module, where it is a file of its own; in a bundle, it would be that of the bundle. */
export const ENTRY: string | undefined = /\/lib\/threads\/thread_entry\.[jt]s$/.test(address ?? "")
  ? address
  : undefined;

const opening = readThreadName(
  RUNTIME === "deno" ? scope.name : nodeModule("worker_threads").workerData,
);

/** Whether this code runs in a thread that blobber opened. */
export const isThread: boolean = opening !== undefined;

let serving = false;

/**
 * Makes this thread do what the client gives it, in place of whatever else the program would do. Does
 * nothing where {@linkcode isThread} is false.
 *
 * @example
 * ```ts
 * import { isThread, serve } from "@blobber/core/thread";
 *
 * if (isThread) serve();
 * else console.log("the program begins here");
 * ```
 */
export function serve(): void {
  if (opening === undefined || serving) return;
  serving = true;
  const { parentPort } = RUNTIME === "deno" ? { parentPort: null } : nodeModule("worker_threads");
  const port: Port = parentPort ?? scope;
  const answered = new Int32Array(new SharedArrayBuffer(4));
  const onMessage = async (message: unknown) => {
    const reply = await answer(message as Request);
    // First: who has read an answer must not find it uncounted, or this thread seems busy and is given nothing.
    Atomics.add(answered, 0, 1);
    port.postMessage(reply.message, reply.transfer);
  };
  if (parentPort !== null) parentPort.on("message", (message: unknown) => void onMessage(message));
  else scope.onmessage = (event) => void onMessage(event.data);
  const hello: Hello = { protocol: PROTOCOL, version: VERSION, answered: answered.buffer };
  port.postMessage(hello, []);
  // What fails here fails again when there is something to answer.
  JOBS[opening.job]?.().catch(() => {});
}

async function answer(
  { id, job, input }: Request,
): Promise<{ message: Answer; transfer: ArrayBuffer[] }> {
  const transfer: ArrayBuffer[] = [];
  try {
    const run = await JOBS[job]();
    const output = await run(input as never, transfer);
    return { message: { id, output }, transfer };
  } catch (thrown) {
    const { message, stack } = thrown instanceof Error ? thrown : new Error(String(thrown));
    const { code, advice } = thrown instanceof BlobberError
      ? thrown
      : { code: undefined, advice: undefined };
    return { message: { id, error: { code, message, advice, stack } }, transfer: [] };
  }
}

// Also where it was bundled alone; a whole program has another name, and has to say that it serves.
const OWN_NAME = /\/thread_entry\.m?[jt]s$/;
if (opening !== undefined && OWN_NAME.test(opening.module) && OWN_NAME.test(address ?? "")) serve();
