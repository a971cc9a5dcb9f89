/**
 * Lists an artifact, its entries one by one, and reads parts of files, as a web server does that answers
 * `Range` requests.
 *
 * @module
 */

import { Client, isBlobberError } from "@blobber/core";
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRegistry } from "../fakes/registry/fake_registry.ts";

const root = mkdtempSync(join(tmpdir(), "blobber-list-"));
const registry = await startRegistry();
const client = new Client({ credentials: () => Promise.resolve(undefined) });
/** Requests of blobs since the last call, as the bytes that each moved. */
const moved = () => {
  const blobs = registry.requests.filter(({ url }) => url.includes("/blobs/"));
  const tags = registry.requests.filter(({ url }) => url.endsWith("/manifests/v1")).length;
  registry.clear();
  return { blobs: blobs.map(({ sent }) => sent), tags };
};

try {
  const movie = new Uint8Array(randomBytes(6_000_000));
  const site = join(root, "site");
  mkdirSync(join(site, "films"), { recursive: true });
  writeFileSync(join(site, "films/long.mp4"), movie);
  writeFileSync(join(site, "index.html"), "<h1>Films</h1>\n");
  const ref = `${registry.host}/acme/site:v1`;
  const { digest } = await client.push({ directory: site }, ref);
  moved();

  // Names are a list; entries come when they are asked for, of the manifest that was listed.
  const listed = await client.list(ref);
  assert.equal(listed.digest, digest);
  assert.deepEqual(listed.names, ["films", "films/long.mp4", "index.html"]);
  assert.deepEqual(JSON.parse(JSON.stringify(listed)).names, [...listed.names]);
  assert.equal(moved().tags, 1);
  writeFileSync(join(site, "index.html"), "<h1>Other films</h1>\n");
  await client.push({ directory: site }, ref); // the tag moves
  moved();
  const found: Record<string, number> = {};
  for await (const { path, size } of listed.entries()) found[path] = size;
  assert.deepEqual(found, { films: 0, "films/long.mp4": 6_000_000, "index.html": 15 });
  for await (const { path } of listed.entries()) {
    assert.equal(path, "films");
    break; // nothing stays open
  }
  assert.equal(moved().tags, 0, "the tag is not asked for again");

  // A part of a file.
  const image = await client.openImage(ref);
  moved();
  const end = await image.read("films/long.mp4", { start: 6_000_000 - 1000 });
  assert.deepEqual(end, movie.slice(-1000));
  const { blobs } = moved();
  assert.ok(blobs.length <= 1 && (blobs[0] ?? 0) < 600_000, `${blobs}`);

  /** What `Range: bytes=…` asks for, of a file of that size: RFC 9110, 14.1.2; one range, no list. */
  const rangeOf = (header: string | null, size: number) => {
    const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
    if (match === null || match[1] === "" && match[2] === "") return undefined;
    const [first, last] = [match[1]!, match[2]!];
    if (first === "") return { start: Math.max(0, size - Number(last)), end: size };
    return { start: Number(first), end: last === "" ? size : Math.min(size, Number(last) + 1) };
  };
  /** Answers a request for a file of the image. */
  const answer = async (request: Request): Promise<Response> => {
    const path = decodeURIComponent(new URL(request.url).pathname);
    const { signal } = request;
    try {
      const { size } = await image.stat(path, { follow: true });
      const headers = { "accept-ranges": "bytes", etag: `"${image.digest}"` };
      const range = rangeOf(request.headers.get("range"), size);
      if (range === undefined) {
        return new Response(await image.open(path, { signal }), {
          headers: { ...headers, "content-length": `${size}` },
        });
      }
      const { start, end } = range;
      if (start >= size || end <= start) {
        return new Response(null, { status: 416, headers: { "content-range": `bytes */${size}` } });
      }
      return new Response(await image.open(path, { start, end, signal }), {
        status: 206,
        headers: {
          ...headers,
          "content-length": `${end - start}`,
          "content-range": `bytes ${start}-${end - 1}/${size}`,
        },
      });
    } catch (error) {
      if (isBlobberError(error, "not-found", "usage")) return new Response(null, { status: 404 });
      throw error;
    }
  };
  const ask = (path: string, range?: string) =>
    answer(
      new Request(`http://127.0.0.1/${path}`, { headers: range === undefined ? {} : { range } }),
    );
  const page = await ask("index.html");
  assert.equal(await page.text(), "<h1>Other films</h1>\n");
  const cases: [range: string, status: number, contentRange: string, bytes: Uint8Array][] = [
    ["bytes=0-99", 206, "bytes 0-99/6000000", movie.slice(0, 100)],
    ["bytes=5999000-", 206, "bytes 5999000-5999999/6000000", movie.slice(5_999_000)],
    ["bytes=-500", 206, "bytes 5999500-5999999/6000000", movie.slice(-500)],
    ["bytes=5999990-7000000", 206, "bytes 5999990-5999999/6000000", movie.slice(-10)],
    ["bytes=6000000-", 416, "bytes */6000000", new Uint8Array()],
  ];
  for (const [range, status, contentRange, bytes] of cases) {
    const response = await ask("films/long.mp4", range);
    assert.equal(response.status, status, range);
    assert.equal(response.headers.get("content-range"), contentRange);
    assert.deepEqual(new Uint8Array(await response.arrayBuffer()), bytes);
  }
  assert.equal((await ask("films")).status, 404);

  // A reader that goes away stops its own stream, and no other.
  const leaving = new AbortController();
  const both = [
    await image.open("films/long.mp4", { signal: leaving.signal }),
    await image.open("films/long.mp4"),
  ];
  const reader = both[0]!.getReader();
  await reader.read();
  leaving.abort();
  await assert.rejects(reader.read(), { name: "AbortError", code: "interrupted" });
  let length = 0;
  for await (const bytes of both[1]!) length += bytes.length;
  assert.equal(length, movie.length);
  await image.close();
} finally {
  await client.close();
  await registry.close();
  rmSync(root, { recursive: true });
}
