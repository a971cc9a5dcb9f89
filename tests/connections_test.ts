/** Few connections, and everything that can wait for another: nothing hangs, whatever the limit. */

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Client } from "../lib/client.ts";
import { digestOf } from "../lib/digest.ts";
import type { ClientOptions } from "../lib/options.ts";
import { openRegistry } from "../lib/stores/registry_store.ts";
import { type FakeRegistry, startRegistry } from "./fakes/registry/fake_registry.ts";
import { noise, plant } from "./fakes/registry/registry_bench.ts";
import { registryReference } from "./fakes/registry/references.ts";
import type { FakeRegistryOptions } from "./fakes/registry/registry_types.ts";
import { documentOf } from "./fakes/store_suite.ts";

const MiB = 1024 * 1024;
const CONFIG = new TextEncoder().encode("{}");
const running: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of running.splice(0)) await one.close();
});

async function registryWith(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
  const registry = await startRegistry(options);
  running.push(registry);
  return registry;
}

/** A client of few connections that counts them. */
function clientOf(maxConnections: number, options: ClientOptions = {}) {
  const count = { open: 0, most: 0, requests: 0 };
  const client = new Client({
    credentials: () => Promise.resolve(undefined),
    jobs: 1,
    ...options,
    maxConnections,
    onRequest: () => {
      count.requests++;
      count.most = Math.max(count.most, ++count.open);
      return () => void count.open--;
    },
  });
  return { client, count };
}

/** Puts an image with layers of these sizes into a registry, past its interface. */
function plantImage(registry: FakeRegistry, repository: string, sizes: number[]): void {
  const layers = sizes.map((size, i) => plant(registry, noise(size, size + i), repository));
  const config = plant(registry, CONFIG, repository);
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const value = { schemaVersion: 2, mediaType, config, layers };
  const [descriptor, bytes] = documentOf(mediaType, value);
  const { manifests, tags } = registry.repository(repository);
  manifests.set(descriptor.digest, { mediaType, bytes });
  tags.set("v1", descriptor.digest);
}

async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const whole = new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>);
  return new Uint8Array(await whole.arrayBuffer());
}

/** Files of noise, which no compression makes small. */
function* files(count: number, size: number) {
  for (let i = 0; i < count; i++) {
    yield { path: `f${i}`, type: "file" as const, content: noise(size, i + 1) };
  }
}

for (const limit of [1, 2, 3]) {
  test(`copies within a registry with as few connections as ${limit}`, async () => {
    const registry = await registryWith({ mount: false });
    plantImage(registry, "from", [2 * MiB, 3 * MiB, 200, 2 * MiB, 5000, 4 * MiB]);
    const { client, count } = clientOf(limit);
    const copied = await client.copy(`${registry.host}/from:v1`, `${registry.host}/to:v1`);
    assert.deepEqual(copied.blobs, { copied: 7, mounted: 0, present: 0 });
    assert.deepEqual(registry.repository("to").blobs, registry.repository("from").blobs);
    assert.equal(count.open, 0);
    assert.equal(count.most, limit);
  });

  test(`pushes what it reads from the same registry with as few connections as ${limit}`, async () => {
    const registry = await registryWith();
    const { client, count } = clientOf(limit);
    await client.push({ entries: files(2, 5 * MiB) }, `${registry.host}/from:v1`);
    await using image = await client.openImage(`${registry.host}/from:v1`);
    async function* entries() {
      for (const { path, size } of await image.entries()) {
        yield { path, type: "file" as const, size, content: await image.open(path) };
      }
    }
    const { layer } = await client.push({ entries: entries() }, `${registry.host}/to:v1`);
    assert.ok(registry.repository("from").blobs.has(layer.digest));
    assert.ok(registry.repository("to").blobs.has(layer.digest));
    assert.equal(count.open, 0);
    assert.ok(count.most <= limit);
  });

  const held = limit === 2 ? 50 : 8;
  test(`holds ${held} streams half read, and reads others, with ${limit} connections`, async () => {
    const registry = await registryWith();
    const { client, count } = clientOf(limit);
    const blobs = Array.from({ length: held }, (_, i) => plant(registry, noise(300_000, i + 7)));
    const store = await client.store(`${registry.host}/a/b`);
    const begun: { reader: ReadableStreamDefaultReader<Uint8Array>; parts: Uint8Array[] }[] = [];
    for (const blob of blobs) {
      const reader = (await store.fetch(blob)).getReader();
      const { value } = await reader.read();
      begun.push({ reader, parts: [value!] });
    }
    const all = await Promise.all(begun.map(async ({ reader, parts }) => {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
        parts.push(value);
      }
    }));
    assert.deepEqual(all.map((bytes) => digestOf(bytes)), blobs.map(({ digest }) => digest));
    assert.equal(count.open, 0);
    assert.equal(count.most, limit);
  });

  test(`asks for tokens at the same host with ${limit} connections`, async () => {
    const registry = await registryWith({
      authorize: ({ headers }) => {
        if (headers["authorization"] === "Bearer right") return undefined;
        const challenge = `Bearer realm="${registry.url}/token",service="fake"`;
        return { status: 401, headers: { "www-authenticate": challenge }, body: "who are you?" };
      },
    });
    registry.onRequest = ({ path }) =>
      path === "/token" ? { answer: { body: '{"token":"right","expires_in":300}' } } : undefined;
    const blobs = Array.from({ length: 8 }, (_, i) => plant(registry, noise(300, i + 1)));
    const { client, count } = clientOf(limit);
    const store = await client.store(`${registry.host}/a/b`);
    const read = await Promise.all(blobs.map(async (blob) => bytesOf(await store.fetch(blob))));
    assert.deepEqual(read.map((bytes) => digestOf(bytes)), blobs.map(({ digest }) => digest));
    assert.equal(count.open, 0);
  });
}

test("a request that waits leaves the queue at once when it is stopped", async () => {
  const registry = await registryWith();
  registry.onRequest = ({ path }) => path.endsWith("/slow") ? { hang: true } : undefined;
  plantImage(registry, "app", [10]);
  const { client, count } = clientOf(1);
  const stop = new AbortController();
  const slow = client.resolve(`${registry.host}/app:slow`, { signal: stop.signal });
  const refused = assert.rejects(slow);
  await seen(registry, 1);
  const waiting = new AbortController();
  const [first, second] = [1, 2].map(() =>
    client.resolve(`${registry.host}/app:v1`, { signal: waiting.signal })
  );
  const reason = new Error("enough");
  waiting.abort(reason);
  for (const one of [first, second]) await assert.rejects(one!);
  assert.equal(registry.requests.length, 1);
  const last = client.resolve(`${registry.host}/app:v1`);
  stop.abort();
  await refused;
  assert.equal(
    (await last).size,
    registry.repository("app").manifests.get((await last).digest)!.bytes.length,
  );
  assert.equal(count.open, 0);
});

test("silence is not counted while a request waits", async () => {
  const registry = await registryWith();
  plantImage(registry, "app", [10]);
  let go = () => {};
  const after = new Promise<void>((done) => go = done);
  registry.onRequest = ({ path }) => path.endsWith("/slow") ? { after } : undefined;
  const open = (idleMs: number) =>
    openRegistry(registryReference(registry.host, "app"), {
      credentials: () => Promise.resolve(undefined),
      maxConnections: 1,
      seams: { idleMs },
    });
  const patient = open(60_000).resolve("slow");
  const refused = assert.rejects(patient, { code: "not-found" });
  await seen(registry, 1);
  const hasty = open(30).resolve("v1");
  setTimeout(go, 90);
  await hasty;
  await refused;
});

test("a store that is closed ends what is under way and what waits, and its connections", async () => {
  const registry = await registryWith();
  registry.onRequest = ({ path }) => path.endsWith("/slow") ? { hang: true } : undefined;
  const blob = plant(registry, noise(4 * MiB), "app");
  plantImage(registry, "app", [10]);
  const { client, count } = clientOf(2);
  const store = await client.store(`${registry.host}/app`);
  const stream = await store.fetch(blob);
  const slow = store.resolve("slow");
  const waiting = store.resolve("v1");
  await seen(registry, 2);
  const ended = [slow, waiting].map((one) => assert.rejects(one, { code: "closed" }));
  await store.close!();
  await store.close!();
  await Promise.all(ended);
  await assert.rejects(bytesOf(stream), { code: "closed" });
  await assert.rejects(store.resolve("v1"), { code: "closed" });
  assert.equal(count.open, 0);
  await registry.idle();
});

/** Waits until so many requests have come. */
function seen(registry: FakeRegistry, count: number): Promise<void> {
  const { onRequest } = registry;
  return new Promise((done) => {
    registry.onRequest = (request) => {
      if (request.number === count) done();
      return onRequest?.(request);
    };
  });
}
