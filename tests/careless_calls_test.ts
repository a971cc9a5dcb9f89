/**
 * What a careless caller does, and what a careful library makes of it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, type ClientOptions, MemoryStore, type Store } from "@blobber/core";
import { startRegistry } from "./fakes/registry/fake_registry.ts";
import { inRoot } from "../tasks/run.ts";

const content = new Uint8Array(10);
const ENTRIES = [{ path: "a", type: "file" as const, content }];
const nobody = () => Promise.resolve(undefined);

async function caught(work: Promise<unknown>): Promise<unknown> {
  return await work.then(() => "it did not fail", (error) => error);
}

test("what onRequest returns is called when it is a function, and waited for when it is a promise", async () => {
  const registry = await startRegistry();
  const thrown = new Error("theirs");
  const returning = (returned: unknown): ClientOptions["onRequest"] => () => returned as undefined;
  try {
    for (const onRequest of [returning(7), returning(Promise.resolve()), returning(() => 7)]) {
      const client = new Client({ credentials: nobody, onRequest });
      await client.push({ entries: ENTRIES }, `${registry.host}/a/b:v1`);
      await client.close();
    }
    for (const late of [() => Promise.reject(thrown), () => () => Promise.reject(thrown)]) {
      const client = new Client({ credentials: nobody, onRequest: late as () => void });
      const ref = `${registry.host}/a/b:v1`;
      assert.equal(await caught(client.resolve(ref)), thrown);
      await client.close();
    }
  } finally {
    await registry.close();
  }
});

test("a reference to a store has no other keys, a tag among them", async () => {
  const store = new MemoryStore();
  const client = new Client();
  await assert.rejects(
    client.push({ entries: ENTRIES }, { store, tag: "v9" } as { store: Store }),
    { code: "invalid-reference", message: /it has "tag", expected store and reference alone/ },
  );
  assert.equal(await caught(client.resolve({ store })) instanceof Error, true);
});

test("options of an image's calls are looked at", async () => {
  const client = new Client();
  const store = new MemoryStore();
  await client.push({ entries: ENTRIES }, { store });
  const image = await client.openImage({ store });
  const wrong = { code: "invalid-option" };
  await assert.rejects(image.read("a", { signal: 1 } as object), wrong);
  await assert.rejects(image.read("a", { signal: {} } as object), wrong);
  await assert.rejects(image.open("a", null as unknown as object), wrong);
  const glob = (given: unknown) => image.glob("a", given as object).next();
  for (const given of [null, 7, { signal: 1 }, { follow: true }]) {
    await assert.rejects(glob(given), wrong);
    await assert.rejects(image.find("a", given as object), wrong);
    await assert.rejects(image.files(["a"], given as object).next(), wrong);
  }
  await assert.rejects(image.files(7 as unknown as string[]).next(), wrong);
  await assert.rejects(image.read("a", { ende: 3 } as object), { ...wrong, message: /"ende"/ });
  await client.close();
});

test("what a callback throws later, while an image is read, ends that call", async () => {
  const thrown = new Error("theirs");
  const client = new Client();
  const store = new MemoryStore();
  const large = new Uint8Array(9_000_000);
  crypto.getRandomValues(large.subarray(0, 65536));
  const layer = { mediaType: "application/x", digest: await digestOf(large), size: large.length };
  const writer = await store.begin("application/x");
  await writer.write(large);
  await writer.commit(layer);
  const { pushed } = await asFile(store, layer);
  let armed = false;
  const image = await client.openImage({ store, reference: pushed }, {
    onProgress: (() => armed ? Promise.reject(thrown) : undefined) as () => void,
  });
  armed = true;
  assert.equal(await caught(image.read("a")), thrown);
  await client.close();
});

test("what the client's callback throws later, while an image is read, ends that call", async () => {
  const registry = await startRegistry();
  const thrown = new Error("theirs");
  let armed = false;
  const client = new Client({
    credentials: nobody,
    onNotice: (() => armed ? Promise.reject(thrown) : undefined) as () => void,
  });
  try {
    const large = new Uint8Array(3_000_000);
    for (let at = 0; at < large.length; at += 65_536) {
      crypto.getRandomValues(large.subarray(at, at + 65_536));
    }
    const ref = `${registry.host}/a/b:v1`;
    await client.push({ entries: [{ path: "a", type: "file", content: large }] }, ref);
    const image = await client.openImage(ref);
    armed = true;
    assert.equal(await caught(image.read("a")), thrown);
    armed = false;
    assert.equal((await image.read("a")).length, large.length);
  } finally {
    await client.close();
    await registry.close();
  }
});

test("a call that fails before the module that it loads fails once", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--allow-env",
      inRoot("tests/fakes/processes/reads_without_permission.ts"),
    ],
  }).output();
  const decoder = new TextDecoder();
  const codes = decoder.decode(stdout).trim().split("\n");
  assert.deepEqual(codes, Array(3).fill("missing-permission"), decoder.decode(stderr));
  assert.equal(code, 0, decoder.decode(stderr));
});

async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<`sha256:${string}`> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `sha256:${[...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** A manifest whose layer is the file `a`. */
async function asFile(store: MemoryStore, layer: object): Promise<{ pushed: string }> {
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const title = { "org.opencontainers.image.title": "a" };
  const bytes = new TextEncoder().encode(JSON.stringify({
    schemaVersion: 2,
    mediaType,
    config: layer,
    layers: [{ ...layer, annotations: title }],
  }));
  const digest = await digestOf(bytes);
  await store.put({ mediaType, digest, size: bytes.length }, bytes);
  return { pushed: digest };
}
