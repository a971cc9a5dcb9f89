/**
 * The program in a worker of its own, as a server may run it. The worker is this very module, which must not
 * be taken for one of blobber's.
 *
 * @module
 */

import process from "node:process";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { main } from "./program.ts";

interface WebWorker {
  onmessage: (event: { data: unknown }) => void;
  terminate(): void;
}
const web = globalThis as unknown as {
  name?: string;
  Worker: new (url: string, options: { type: "module"; name: string }) => WebWorker;
  postMessage(message: unknown): void;
};

const [kind] = process.argv.slice(2);
const inWorker = kind === "web" || web.name === "own" ? web.name === "own" : !isMainThread;
if (inWorker) {
  await main();
  (parentPort ?? web).postMessage("done");
} else if (kind === "web") {
  const worker = new web.Worker(import.meta.url, { type: "module", name: "own" });
  await new Promise<void>((resolve) => worker.onmessage = () => resolve());
  worker.terminate();
} else {
  const worker = new Worker(new URL(import.meta.url));
  const failed = new Promise<never>((_, reject) => worker.on("error", reject));
  await Promise.race([
    new Promise<void>((resolve) => worker.on("message", () => resolve())),
    failed,
  ]);
  await worker.terminate();
}
