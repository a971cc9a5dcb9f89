/**
 * One background thread, whichever way this runtime opens it: a web worker under Deno, which opens in a
 * third of the time of one of its `node:worker_threads`, takes 9 MB less, and may come over http; a
 * `node:worker_threads` worker under Node, which has no other, and under Bun, where a named one hangs.
 *
 * @module
 */

import { parentPort, Worker as NodeWorker, workerData } from "node:worker_threads";
import { RUNTIME } from "../system/runtime.ts";

/** Name of every thread that blobber opens: how code knows that it runs in one. */
const THREAD_NAME = "blobber-worker";

/** A thread as its opener sees it. */
export interface Thread {
  /** Sends a message; the buffers in `transfer` are gone afterwards. */
  post(message: unknown, transfer: ArrayBuffer[]): void;
  /** Whether the process waits for this thread. A fresh thread is waited for. */
  hold(held: boolean): void;
  /** Stops the thread at once, whatever it does. */
  stop(): Promise<void>;
}

/** What a thread tells its opener. */
export interface ThreadEvents {
  onMessage(message: unknown): void;
  /** The thread is gone or never came to life. May be called more than once. */
  onFailure(cause: unknown): void;
}

interface Port {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
}

/** What blobber uses of a web worker; not every runtime declares the type. */
interface WebWorker extends Port {
  terminate(): void;
  onmessage: ((event: { data: unknown }) => void) | null;
  onerror: ((event: { message?: string; preventDefault?(): void }) => void) | null;
}

/** What blobber uses of a web worker's global scope. */
interface WebScope extends Port {
  name?: unknown;
  onmessage?: ((event: { data: unknown }) => void) | null;
  Worker?: new (url: URL, options: { type: "module"; name: string }) => WebWorker;
}

const scope = globalThis as unknown as WebScope;

/** Whether this code runs in a thread that blobber opened. */
export function inThread(): boolean {
  return workerData === THREAD_NAME || scope.name === THREAD_NAME;
}

/**
 * Opens a thread that runs a module.
 *
 * @param module address of the module, which calls {@linkcode serveThread} when {@linkcode inThread}
 * @param events where the thread reports to
 */
export function openThread(module: URL, events: ThreadEvents): Thread {
  return RUNTIME === "deno" ? openWeb(module, events) : openNode(module, events);
}

function openNode(module: URL, events: ThreadEvents): Thread {
  const worker = new NodeWorker(module, {
    workerData: THREAD_NAME,
    // Jobs keep next to nothing: a small nursery saves 5 MB a thread and costs no time.
    resourceLimits: { maxYoungGenerationSizeMb: 2 },
  });
  worker.on("message", (message) => events.onMessage(message));
  worker.on("error", (cause) => events.onFailure(cause));
  worker.on("exit", (status) => events.onFailure(new Error(`the thread ended with ${status}`)));
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    hold: (held) => held ? worker.ref() : worker.unref(),
    stop: async () => {
      await worker.terminate();
    },
  };
}

function openWeb(module: URL, events: ThreadEvents): Thread {
  const worker = new scope.Worker!(module, { type: "module", name: THREAD_NAME });
  worker.onmessage = (event) => events.onMessage(event.data);
  worker.onerror = (event) => {
    event.preventDefault?.();
    events.onFailure(new Error(event.message ?? "the thread failed"));
  };
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    hold: () => {}, // web workers cannot be released; their opener stops them
    stop: () => Promise.resolve(worker.terminate()),
  };
}

/** The first message of a thread. */
export interface Ready {
  /**
   * Memory of a number that both sides see: how many messages the thread has answered. Under Deno an answer
   * waits until its receiver has nothing else to do; this does not.
   */
  answered: SharedArrayBuffer;
}

/**
 * Makes this thread answer its opener. Tells the opener once that it is {@linkcode Ready}.
 *
 * @param answer takes a message, gives the reply and the buffers that go with it
 */
export function serveThread(
  answer: (message: unknown) => Promise<{ message: unknown; transfer: ArrayBuffer[] }>,
): void {
  const port: Port = parentPort ?? scope;
  const answered = new Int32Array(new SharedArrayBuffer(4));
  const onMessage = async (message: unknown) => {
    const reply = await answer(message);
    // First: who has read an answer must not find it uncounted, or this thread seems busy and is given nothing.
    Atomics.add(answered, 0, 1);
    port.postMessage(reply.message, reply.transfer);
  };
  if (parentPort !== null) parentPort.on("message", onMessage);
  else scope.onmessage = (event) => void onMessage(event.data);
  port.postMessage({ answered: answered.buffer } satisfies Ready, []);
}
