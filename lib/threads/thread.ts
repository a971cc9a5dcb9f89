/**
 * One background thread, whichever way this runtime opens it: a web worker under Deno, which opens in a
 * third of the time of one of its `node:worker_threads`, takes 9 MB less, and may come over http; a
 * `node:worker_threads` worker under Node, which has no other, and under Bun, where a named one hangs.
 *
 * @module
 */

import { nodeModule, RUNTIME } from "../system/runtime.ts";
import { type Opening, threadName } from "./protocol.ts";

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

/** What blobber uses of a web worker; not every runtime declares the type. */
interface WebWorker {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  terminate(): void;
  onmessage: ((event: { data: unknown }) => void) | null;
  onerror: ((event: { message?: string; preventDefault?(): void }) => void) | null;
}

type WebWorkerMaker = new (url: string, options: { type: "module"; name: string }) => WebWorker;

/** Whether threads can be left to themselves: then the process ends without them. */
export const CAN_RELEASE: boolean = RUNTIME !== "deno";

/**
 * Opens a thread.
 *
 * @param opening the module that it runs, and what for
 * @param events where the thread reports to
 * @throws whatever this runtime throws where it opens none
 */
export function openThread(opening: Opening, events: ThreadEvents): Thread {
  return RUNTIME === "deno" ? openWeb(opening, events) : openNode(opening, events);
}

function openNode(opening: Opening, events: ThreadEvents): Thread {
  const { Worker } = nodeModule("worker_threads");
  const worker = new Worker(new URL(opening.module), {
    workerData: threadName(opening),
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

function openWeb(opening: Opening, events: ThreadEvents): Thread {
  const { Worker } = globalThis as unknown as { Worker: WebWorkerMaker };
  const worker = new Worker(opening.module, { type: "module", name: threadName(opening) });
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
