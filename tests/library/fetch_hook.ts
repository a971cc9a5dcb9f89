/**
 * Gives a client a function in place of `fetch`: one that counts and passes on, and one that is a registry by
 * itself, without a network.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Client, type Fetch } from "@blobber/core";
import { startRegistry } from "../fakes/registry/fake_registry.ts";

const nobody = () => Promise.resolve(undefined);
const text = async (stream: ReadableStream<Uint8Array>) =>
  await new Response(stream as BodyInit).text();

/** Counts, adds a header, and passes on. */
async function counts(): Promise<void> {
  const registry = await startRegistry();
  let requests = 0;
  const counting: Fetch = (url, init) => {
    requests++;
    return fetch(url, { ...init, headers: { ...init.headers, traceparent: `00-${requests}` } });
  };
  const client = new Client({ credentials: nobody, fetch: counting });
  try {
    const content = new TextEncoder().encode("hello\n");
    const entries = [{ path: "hello.txt", type: "file" as const, content }];
    await client.push({ entries }, `${registry.host}/app:v1`);
    const image = await client.openImage(`${registry.host}/app:v1`);
    assert.equal(await text(await image.open("hello.txt")), "hello\n");
    assert.equal(requests, registry.requests.length);
    assert.ok(registry.requests.every(({ headers }) => headers["traceparent"] !== undefined));
  } finally {
    await client.close();
    await registry.close();
  }
}

/** A registry of one artifact, which is nothing but a function. */
async function pretends(): Promise<void> {
  const digestOf = (bytes: string) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  const blob = "the content of a file";
  const type = "application/vnd.oci.image.manifest.v1+json";
  const layer = { mediaType: "text/plain", digest: digestOf(blob), size: blob.length };
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: type,
    config: layer,
    layers: [layer],
  });
  const asked: string[] = [];
  const client = new Client({
    credentials: nobody,
    fetch: (url) => {
      asked.push(url);
      if (url.includes("/manifests/")) {
        return Promise.resolve(new Response(manifest, { headers: { "content-type": type } }));
      }
      if (url.includes("/blobs/")) return Promise.resolve(new Response(blob));
      return Promise.resolve(new Response("no", { status: 404 }));
    },
  });
  const found = await client.resolve("registry.example/acme/app:v1");
  assert.equal(found.digest, digestOf(manifest));
  const store = await client.store("registry.example/acme/app");
  assert.equal(await text(await store.fetch(layer as Parameters<typeof store.fetch>[0])), blob);
  assert.deepEqual(asked, [
    "https://registry.example/v2/acme/app/manifests/v1",
    `https://registry.example/v2/acme/app/blobs/${layer.digest}`,
  ]);
  await client.close();
}

/** Errors: the network's are tried again, the function's own come back as they are. */
async function fails(): Promise<void> {
  let calls = 0;
  const own = new Error("outside of office hours");
  const refusing = new Client({
    credentials: nobody,
    fetch: () => {
      calls++;
      return Promise.reject(own);
    },
  });
  await assert.rejects(refusing.resolve("registry.example/acme/app:v1"), (error) => error === own);
  assert.equal(calls, 1);
  const trusting = new Client({ fetch, insecureSkipTlsVerify: true });
  await assert.rejects(trusting.resolve("registry.example/a:v1"), { code: "invalid-option" });
}

await counts();
await pretends();
await fails();
