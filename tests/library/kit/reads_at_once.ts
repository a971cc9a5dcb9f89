/**
 * Many reads at once, in a process that may open 256 files: requests wait in a queue for a few connections, and
 * every one of them is answered.
 *
 * @module
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Client } from "@blobber/core";
import { startRegistry } from "../../fakes/registry/fake_registry.ts";

const FILES = 20;
/** The default. */
const CONNECTIONS = 32;

/**
 * Starts a registry, and the program once more to read from it.
 *
 * @param program the program that calls this, as its `import.meta.url`
 * @param reads how many at once
 */
export async function readsAtOnce(program: string, reads: number): Promise<void> {
  const [host] = process.argv.slice(2);
  if (host === undefined) await parent(program, reads);
  else await child(host, reads);
}

async function parent(program: string, reads: number): Promise<void> {
  const registry = await startRegistry();
  try {
    const client = new Client({ credentials: () => Promise.resolve(undefined) });
    const entries = Array.from({ length: FILES }, (_, i) => ({
      path: `f${i}`,
      type: "file" as const,
      content: new TextEncoder().encode(`content ${i}`.repeat(100)),
    }));
    await client.push({ entries }, `${registry.host}/app:v1`);
    await client.close();
    registry.clear();
    // The first answers wait for each other: so many requests do come at once.
    const { promise, resolve } = Promise.withResolvers<void>();
    let seen = 0;
    registry.onRequest = ({ headers }) => {
      if (headers["range"] === undefined || ++seen > CONNECTIONS) return undefined;
      if (seen === CONNECTIONS) resolve();
      return { after: promise };
    };
    assert.equal(await runLimited(program, registry.host), 0);
    assert.ok(registry.requests.length > reads);
    assert.equal(registry.atOnce, CONNECTIONS);
  } finally {
    await registry.close();
  }
}

/** Runs a program once more, where 256 descriptors are all there are. */
function runLimited(program: string, host: string): Promise<number | null> {
  const file = fileURLToPath(program);
  const deno = "Deno" in globalThis ? ["run", "-A", "--quiet"] : process.execArgv;
  const command = [process.execPath, ...deno, file, host];
  const limited = process.platform === "win32"
    ? command
    : ["/bin/sh", "-c", 'ulimit -n 256; exec "$@"', "sh", ...command];
  return new Promise((done, fail) => {
    const running = spawn(limited[0]!, limited.slice(1), {
      stdio: ["ignore", "inherit", "inherit"],
    });
    running.once("error", fail);
    running.once("exit", done);
  });
}

async function child(host: string, reads: number): Promise<void> {
  const client = new Client({ credentials: () => Promise.resolve(undefined) });
  const store = await client.store(`${host}/app`);
  const manifest = await store.resolve("v1");
  const text = await new Response(await store.fetch(manifest) as BodyInit).text();
  const [layer] = JSON.parse(text).layers;
  const read = await Promise.all(Array.from({ length: reads }, async (_, i) => {
    const range = { start: i % 50, end: i % 50 + 30 };
    const stream = await store.fetch(layer, { range });
    return new Uint8Array(await new Response(stream as BodyInit).arrayBuffer());
  }));
  assert.ok(read.every((bytes) => bytes.length === 30));
  await client.close();
}
