/**
 * A process with a server of its own ends: the client is closed, and with it every connection that it has opened.
 * One that forgets to close ends too. The servers here never end a connection by themselves, so whatever
 * lingers keeps this script from ending.
 *
 * @module
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Client } from "@blobber/core";
import { startRegistry } from "../fakes/registry/fake_registry.ts";

const anonymous = () => Promise.resolve(undefined);

/** Pushes, reads in every way, and leaves a stream half read. */
async function use(client: Client, ref: string, dir: string): Promise<ReadableStream<Uint8Array>> {
  await client.push({ directory: join(dir, "site") }, ref);
  await client.pull(ref, join(dir, `out-${process.pid}`));
  await Promise.all(Array.from({ length: 8 }, () => client.list(ref)));
  const image = await client.openImage(ref);
  const stream = await image.open("large.bin");
  const reader = stream.getReader();
  await reader.read();
  reader.releaseLock();
  return stream;
}

if (process.argv[2] === "forget") {
  // Run by the lines below: a program that uses a client and thinks of nothing more.
  const [, , , ref, dir] = process.argv as [string, string, string, string, string];
  await use(new Client({ credentials: anonymous }), ref, dir);
} else {
  const dir = mkdtempSync(join(tmpdir(), "blobber-closing-"));
  const registry = await startRegistry();
  const front = await startFront(registry.host);
  try {
    mkdirSync(join(dir, "site"));
    writeFileSync(join(dir, "site/large.bin"), new Uint8Array(3_000_000).fill(7));

    const client = new Client({ credentials: anonymous });
    const other = new Client({ credentials: anonymous });
    const stream = await use(client, `${front.host}/acme/one`, dir);
    await other.list(`${front.host}/acme/one`);
    assert.ok(front.connections() > 0);
    await client.close();
    await client.close();
    await assert.rejects(client.list(`${front.host}/acme/one`), { code: "closed" });
    await assert.rejects(drain(stream), { code: "closed" });
    // Another client goes on.
    await other.list(`${front.host}/acme/one`);
    await other.close();
    await front.idle();

    const code = await ended("forget", `${front.host}/acme/two`, dir);
    assert.equal(code, 0);

    const short = new Client({ credentials: anonymous });
    await short.list(`${front.host}/acme/two`);
    await short[Symbol.asyncDispose](); // as `await using` calls it
    await front.idle();
  } finally {
    await new Promise((done) => front.server.close(done));
    await registry.close();
    rmSync(dir, { recursive: true });
  }
}

/** How a run of this script ends by itself. */
function ended(...args: string[]): Promise<number | null> {
  const own = "Deno" in globalThis ? ["run", "-A", "--quiet"] : process.execArgv;
  const script = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, [...own, script, ...args], { stdio: "inherit" });
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("exit", done);
  });
}

async function drain(stream: ReadableStream<Uint8Array>): Promise<void> {
  const reader = stream.getReader();
  while (!(await reader.read()).done);
}

/** Passes connections on to the registry, and keeps each until the client ends it. */
async function startFront(registry: string): Promise<{
  server: Server;
  host: string;
  connections(): number;
  /** When no connection is left. */
  idle(): Promise<void>;
}> {
  const sockets = new Set<Socket>();
  let left: (() => void) | undefined;
  const server = createServer((socket) => {
    sockets.add(socket);
    const [host, port] = registry.split(":");
    const onward = connect(Number(port), host);
    onward.pipe(socket, { end: false });
    socket.pipe(onward);
    for (const one of [socket, onward]) one.on("error", () => {});
    socket.on("close", () => {
      onward.destroy();
      sockets.delete(socket);
      if (sockets.size === 0) left?.();
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    server,
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => sockets.size,
    idle: () => new Promise((done) => sockets.size === 0 ? done() : left = done),
  };
}
