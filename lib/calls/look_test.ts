import assert from "node:assert/strict";
import { test } from "node:test";
import { bench, closeAfter, plantManifest } from "../../tests/fakes/registry/registry_bench.ts";
import { digestOf, hexOf } from "../digest.ts";
import { Client } from "../client.ts";
import { MemoryStore } from "../stores/memory_store.ts";
import { MEDIA_TYPE } from "../types.ts";

const credentials = () => Promise.resolve(undefined);
const client = () => closeAfter(new Client({ credentials }));

test("tags are sorted as versions, and those made of a digest are shown when all are wanted", async () => {
  const { registry } = await bench({ pageSize: 2 });
  const hex = hexOf(digestOf("x"));
  const made = ["", ".sig", ".att", ".sbom"].map((end) => `sha256-${hex}${end}`);
  const own = ["latest", `sha256-${hex}.other`, "v1.9", "v1.10-rc.1", "v1.10"];
  for (const tag of [...own, ...made]) plantManifest(registry, { tag });
  const ref = `${registry.host}/a/b`;
  const blobber = client();
  assert.deepEqual(await blobber.tags(ref), own);
  assert.deepEqual(await blobber.tags(ref, { limit: 2 }), ["v1.10-rc.1", "v1.10"]);
  assert.deepEqual(await blobber.tags(ref, { limit: 0 }), []);
  assert.deepEqual(await blobber.tags(ref, { limit: 99 }), own);
  const all = await blobber.tags(ref, { all: true });
  assert.deepEqual([all.length, [...all].sort()], [9, [...own, ...made].sort()]);
  await assert.rejects(blobber.tags(`${registry.host}/none`), { code: "not-found" });
  const signal = AbortSignal.abort();
  await assert.rejects(blobber.tags(ref, { signal }), { code: "interrupted" });
});

test("repositories are listed page by page, and no further than wanted", async () => {
  const { registry } = await bench({ pageSize: 2 });
  const paths = ["a", "a/b", "c/d/e", "f-g", "z"];
  for (const path of paths) registry.repository(path);
  const blobber = client();
  const names = paths.map((path) => `${registry.host}/${path}`);
  assert.deepEqual(await blobber.repositories(registry.host), names);
  registry.clear();
  assert.deepEqual(await blobber.repositories(registry.host, { limit: 2 }), names.slice(0, 2));
  assert.deepEqual(registry.log(), ["GET /v2/_catalog?n=2 200"]);
  assert.deepEqual(await blobber.repositories(registry.host, { limit: 0 }), []);
  await assert.rejects(blobber.repositories(`${registry.host}/a`), { code: "invalid-reference" });
});

test("a registry that does not list its repositories says so, and what to do", async () => {
  const { registry } = await bench();
  for (
    const [status, code, message] of [
      [404, "registry", /does not list its repositories \(status 404\)/],
      [405, "registry", /does not list its repositories \(status 405\)/],
      [401, "unauthorized", /authentication failed/],
      [403, "denied", /access denied/],
    ] as const
  ) {
    registry.onRequest = () => ({ answer: { status } });
    await assert.rejects(
      client().repositories(registry.host),
      (error: Error & { hint: string }) => {
        assert.match(error.message, message);
        assert.equal((error as { code?: string }).code, code);
        assert.match(error.hint, /page/);
        return true;
      },
    );
  }
  for (
    const [body, message] of [
      ["<html>", /does not list its repositories \(its answer is no list\)/],
      ['{"repositories":{}}', /holds no list/],
      ['{"repositories":["a","../b"]}', /"\.\.\/b" is not the name of one/],
      ['{"repositories":["a\\u001b[2J"]}', /is not the name of one/],
    ] as const
  ) {
    registry.onRequest = () => ({ answer: { body } });
    await assert.rejects(client().repositories(registry.host), { code: "registry", message });
  }
  registry.onRequest = () => ({ answer: { body: '{"repositories":null}' } });
  assert.deepEqual(await client().repositories(registry.host), []);
});

test("resolve says what a name stands for, and with a platform what is chosen from an index", async () => {
  const { registry } = await bench();
  const platform = { os: "plan9", architecture: "mips" };
  const manifest = plantManifest(registry);
  const index = plantManifest(registry, {
    tag: "v1",
    mediaType: MEDIA_TYPE.index,
    value: {
      mediaType: MEDIA_TYPE.index,
      config: undefined,
      layers: undefined,
      manifests: [{ ...manifest, platform }],
    },
  });
  const ref = `${registry.host}/a/b:v1`;
  const blobber = client();
  assert.deepEqual(await blobber.resolve(ref), index);
  assert.deepEqual(await blobber.resolve(ref, { platform }), manifest);
  assert.deepEqual(await blobber.resolve(ref, { expect: index.digest }), index);
  await assert.rejects(blobber.resolve(ref, { expect: manifest.digest }), { code: "integrity" });
  const verifier = { accepts: () => false, verify: () => Promise.reject(new Error("none")) };
  await assert.rejects(blobber.resolve(ref, { verifier }), { code: "no-signature" });
  const other = closeAfter(new Client({ credentials, verifier }));
  assert.deepEqual(await other.resolve(ref), index);
});

test("tags of a store that is open are sorted, too", async () => {
  const store = new MemoryStore();
  assert.deepEqual(await client().tags({ store }), []);
});
