/**
 * A web server that serves the files of an image without a copy of it on its disk: each request reads what it needs
 * from the registry, no faster than its client takes it, and stops when the client has gone.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Client, type Image, isBlobberError } from "@blobber/core";
import { startRegistry } from "../fakes/registry/fake_registry.ts";

// What an example shows begins here.

/** Serves an image: for `Deno.serve`, `Bun.serve`, and whatever else takes a `Request`. */
function imageHandler(image: Image): (request: Request) => Promise<Response> {
  return async (request) => {
    if (request.method !== "GET" && request.method !== "HEAD") {
      return new Response("method not allowed\n", { status: 405 });
    }
    try {
      const path = decodeURIComponent(new URL(request.url).pathname);
      const { size, type } = await image.stat(path, { follow: true });
      if (type !== "file") return new Response("not found\n", { status: 404 });
      const range = rangeOf(request.headers.get("range"), size);
      const { start, end } = range ?? { start: 0, end: size };
      // Nothing is read before the body is, and the body is read as the client takes it. When the client goes,
      // the server cancels the stream.
      const body = request.method === "HEAD" ? null : await image.open(path, { start, end });
      return new Response(body, {
        status: range ? 206 : 200,
        headers: {
          "accept-ranges": "bytes",
          "content-length": String(end - start),
          ...(range && { "content-range": `bytes ${start}-${end - 1}/${size}` }),
        },
      });
    } catch (error) {
      if (error instanceof URIError || isBlobberError(error, "not-found", "usage")) {
        return new Response("not found\n", { status: 404 });
      }
      throw error; // the registry, or the image: a 500
    }
  };
}

/** The part that a header asks for, if it asks for one that there is. */
function rangeOf(header: string | null, size: number): { start: number; end: number } | undefined {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(header ?? "") ?? [];
  if (first === undefined || Number(first) >= size) return undefined;
  const end = last ? Math.min(Number(last) + 1, size) : size;
  return Number(first) < end ? { start: Number(first), end } : undefined;
}

/** The same for `node:http`. */
function nodeListener(handle: (request: Request) => Promise<Response>) {
  return async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    try {
      const { method = "GET", url = "/", headers } = incoming;
      const request = new Request(new URL(url, "http://localhost"), {
        method,
        headers: { range: headers.range ?? "" },
      });
      const { status, headers: answer, body } = await handle(request);
      outgoing.writeHead(status, Object.fromEntries(answer));
      if (body === null) outgoing.end();
      // deno-lint-ignore no-explicit-any -- the stream types of the DOM and of Node
      else await pipeline(Readable.fromWeb(body as any), outgoing);
    } catch (error) {
      const gone = incoming.destroyed || outgoing.destroyed;
      if (!outgoing.headersSent) outgoing.writeHead(500).end();
      else outgoing.destroy();
      if (!gone) throw error;
    }
  };
}

// And here it ends: what follows is a registry, clients, and what they see.

const SIZE = 48_000_000;
const large = new Uint8Array(SIZE);
for (let at = 0; at < SIZE; at += 65_536) {
  crypto.getRandomValues(large.subarray(at, at + 65_536));
}
const dir = mkdtempSync(join(tmpdir(), "blobber-web-"));
const registry = await startRegistry();
try {
  mkdirSync(join(dir, "site/docs"), { recursive: true });
  writeFileSync(join(dir, "site/docs/a b.txt"), "hello\n");
  writeFileSync(join(dir, "site/large.bin"), large);
  const client = new Client({ credentials: () => Promise.resolve(undefined) });
  const ref = `${registry.host}/acme/site:v1`;
  await client.push({ directory: join(dir, "site") }, ref);
  const image = await client.openImage(ref);
  const handler = imageHandler(image);

  const node = createServer(nodeListener(handler));
  await new Promise<void>((done) => node.listen(0, "127.0.0.1", done));
  const servers = [{
    name: "node:http",
    port: (node.address() as AddressInfo).port,
    close: () => new Promise<unknown>((done) => node.close(done)),
  }];
  // deno-lint-ignore no-explicit-any -- the types of three runtimes
  const { Deno, Bun } = globalThis as any;
  if (Deno !== undefined) {
    const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, handler);
    servers.push({ name: "Deno", port: server.addr.port, close: () => server.shutdown() });
  }
  if (Bun !== undefined) {
    const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: handler });
    servers.push({ name: "Bun", port: server.port, close: () => server.stop(true) });
  }

  for (const { name, port, close } of servers) {
    const url = `http://127.0.0.1:${port}`;
    const get = (path: string, range?: string) =>
      fetch(url + path, { headers: { connection: "close", ...(range && { range }) } });

    assert.equal(await (await get("/docs/a%20b.txt")).text(), "hello\n", name);
    for (const path of ["/docs", "/nothing", "/../../etc/passwd", "/%zz"]) {
      const answer = await get(path);
      assert.equal(answer.status, 404, `${name} ${path}`);
      await answer.text();
    }
    const part = await get("/large.bin", "bytes=1000000-1000099");
    assert.equal(part.status, 206);
    assert.deepEqual(new Uint8Array(await part.arrayBuffer()), large.slice(1_000_000, 1_000_100));

    const whole = await get("/large.bin");
    // Bun.serve sends every stream in chunks.
    if (name !== "Bun") assert.equal(whole.headers.get("content-length"), String(SIZE));
    assert.equal(Buffer.compare(new Uint8Array(await whole.arrayBuffer()), large), 0, name);

    // A client takes one piece and pauses. What stands in sockets between registry, server and client is all that
    // is read for it, however much else is done meanwhile.
    registry.clear();
    const paused = await takeOnePiece(port, "/large.bin");
    for (let last = -1; registry.requests[0]!.sent !== last;) {
      last = registry.requests[0]!.sent;
      for (let i = 0; i < 20; i++) await (await get("/docs/a%20b.txt")).text();
    }
    const read = registry.requests[0]!.sent;
    assert.ok(read < SIZE / 2, `${name}: ${read} bytes were read for a client that took a piece`);
    const left = new Promise((done) => paused.once("close", done));
    paused.destroy();
    await left;
    // The server is none the worse for it.
    assert.equal(await (await get("/docs/a%20b.txt")).text(), "hello\n", name);
    await close();
  }
  await client.close();
} finally {
  await registry.close();
  rmSync(dir, { recursive: true });
}

/** A client that reads the beginning of an answer, and no more. */
async function takeOnePiece(port: number, path: string): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await new Promise<void>((done) =>
    socket.once("data", () => {
      socket.pause();
      done();
    })
  );
  return socket;
}
