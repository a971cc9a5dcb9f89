/**
 * Reads an answer that stalls, after memory was collected, and says how each way of reading it ended. Needs
 * `--v8-flags=--expose-gc`.
 *
 * @module
 */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { piecesUntil } from "@blobber/core/internal/answer-pieces";
import { FetchEngine } from "../../../lib/registry/http/fetch_engine.ts";
import { denoHttpClient } from "../../../lib/system/runtime.ts";

const server = createServer((_request, response) => {
  response.writeHead(200, { "content-length": 1000 });
  response.write(new Uint8Array(10));
});
await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
const { port } = server.address() as AddressInfo;
const url = new URL(`http://127.0.0.1:${port}/`);

const { gc } = globalThis as unknown as { gc(): void };
/** Collects what a request has left behind. */
async function collect(): Promise<void> {
  for (let round = 0; round < 5; round++) {
    gc();
    await new Promise((done) => setImmediate(done));
  }
}

async function byEngine(): Promise<string> {
  const engine = new FetchEngine(denoHttpClient({}) as { close(): void });
  const { body } = await engine.send({ method: "GET", url, headers: {}, idleMs: 500 });
  await body.read();
  await collect();
  const end = await body.read().then(() => "read", (error) => error.kind);
  engine.close();
  return end;
}

async function byPieces(): Promise<string> {
  const stop = new AbortController();
  const opened = async () => (await fetch(url, { signal: stop.signal })).body;
  const pieces = piecesUntil(await opened(), stop);
  await pieces.next();
  await collect();
  const end = pieces.next().then(() => "read", (error) => error);
  stop.abort("stopped");
  return await end;
}

// deno-lint-ignore no-console -- its answer
console.log(`${await byEngine()} ${await byPieces()}`);
Deno.exit(0);
