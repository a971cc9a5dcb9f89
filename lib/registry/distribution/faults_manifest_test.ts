import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { digestOf } from "../../digest.ts";
import { readDocument } from "../../artifact/manifest.ts";
import { type Manifest, MEDIA_TYPE } from "../../types.ts";
import {
  bench,
  closeAfter,
  noise,
  plant,
  plantManifest,
  readBlob,
} from "../../../tests/fakes/registry/registry_bench.ts";
import { all, documentOf } from "../../../tests/fakes/store_suite.ts";
import {
  failure,
  type FakeAnswer,
  startRegistry,
} from "../../../tests/fakes/registry/fake_registry.ts";

const rewrite = (change: (answer: FakeAnswer) => Partial<FakeAnswer>) => () => ({
  rewrite: (answer: FakeAnswer) => ({ ...answer, ...change(answer) }),
});
const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

test("finding a manifest by tag and reading it is one request", async () => {
  const { registry, store } = await bench();
  const planted = plantManifest(registry, { tag: "v1" });
  const found = await store.resolve("v1");
  assert.deepEqual(found, planted);
  await readDocument(store, found);
  await readDocument(store, found);
  assert.deepEqual(registry.log(), ["GET /v2/a/b/manifests/v1 200"]);
});

test("a tag that moves between finding and reading: the bytes of the digest", async () => {
  const { registry, store } = await bench();
  const first = plantManifest(registry, { tag: "v1" });
  const found = await store.resolve("v1");
  plantManifest(registry, { tag: "v1", value: { annotations: { moved: "yes" } } });
  const document = await readDocument(store, found);
  assert.equal(digestOf(document.bytes), first.digest);
  assert.notEqual((await store.resolve("v1")).digest, first.digest);
});

test("a body that is not what the digest names is refused", async () => {
  const { registry, store } = await bench();
  const planted = plantManifest(registry, { tag: "v1" });
  const other = documentOf(MEDIA_TYPE.manifest, { schemaVersion: 2, layers: [] })[1];
  registry.onRequest = rewrite(() => ({ body: other }));
  for (const selector of [planted.digest, "v1"]) {
    await assert.rejects(store.resolve(selector), { code: "integrity" });
  }
  await assert.rejects(store.fetch(planted), { code: "integrity" });
});

test("a Docker-Content-Digest that lies is refused, an absent one is not missed", async () => {
  const { registry, store } = await bench();
  const planted = plantManifest(registry, { tag: "v1" });
  for (const claim of [digestOf("x"), "sha256:abc", ""]) {
    registry.onRequest = rewrite(({ headers }) => ({
      headers: { ...headers, "docker-content-digest": claim },
    }));
    await assert.rejects(store.resolve("v1"), { code: "integrity" });
    await assert.rejects(store.resolve(planted.digest), { code: "integrity" });
  }
  registry.onRequest = rewrite(() => ({ headers: { "content-type": MEDIA_TYPE.manifest } }));
  assert.equal((await store.resolve("v1")).digest, planted.digest);
});

for (
  const [name, value, type] of [
    ["both manifests and layers", { manifests: [] }, MEDIA_TYPE.manifest],
    ["both, as an index", { manifests: [] }, MEDIA_TYPE.index],
    [
      "another mediaType than its Content-Type",
      { mediaType: MEDIA_TYPE.index },
      MEDIA_TYPE.manifest,
    ],
    [
      "Docker's type in an OCI header",
      { mediaType: MEDIA_TYPE.dockerManifest },
      MEDIA_TYPE.manifest,
    ],
    ["schema 1", { schemaVersion: 1 }, "application/vnd.docker.distribution.manifest.v1+prettyjws"],
    ["a page", {}, "text/html"],
    ["a data field that lies", {
      layers: [{ mediaType: "a/b", digest: digestOf(""), size: 0, data: "eA==" }],
    }, MEDIA_TYPE.manifest],
  ] as const
) {
  test(`CVE-2021-41190: a manifest that is ${name} is refused`, async () => {
    const { registry, store } = await bench();
    plantManifest(registry, { tag: "v1", value: { mediaType: type, ...value } });
    registry.onRequest = rewrite(({ headers }) => ({
      headers: { ...headers, "content-type": type },
    }));
    await assert.rejects(store.resolve("v1"), { code: "invalid-manifest" });
  });
}

test("a Content-Type with parameters, or none, is no reason to refuse", async () => {
  for (const type of [`${MEDIA_TYPE.manifest}; charset=utf-8`, ""]) {
    const { registry, store } = await bench();
    const planted = plantManifest(registry, { tag: "v1" });
    registry.onRequest = rewrite(() => ({ headers: type === "" ? {} : { "content-type": type } }));
    assert.deepEqual(await store.resolve("v1"), planted);
  }
});

for (const type of ["application/json; charset=utf-8", "text/plain", "application/octet-stream"]) {
  test(`content-type: a manifest sent as ${type} is what it says itself, with a warning`, async () => {
    for (const mediaType of [MEDIA_TYPE.manifest, MEDIA_TYPE.dockerManifest]) {
      const { registry, store, notices } = await bench();
      const planted = plantManifest(registry, { tag: "v1", mediaType });
      registry.onRequest = rewrite(({ headers }) => ({
        headers: { ...headers, "content-type": type },
      }));
      assert.deepEqual(await store.resolve("v1"), planted);
      await store.resolve("v1");
      const warnings = notices.filter(({ level }) => level === "warning");
      assert.deepEqual(warnings.map(({ code }) => code), ["manifest-content-type"]);
    }
  });

  test(`content-type: ${type} makes no manifest of what is none, or of what is two`, async () => {
    const both = { manifests: [], layers: [] };
    for (const value of [{ mediaType: "text/html" }, { mediaType: undefined, ...both }, both]) {
      const { registry, store } = await bench();
      plantManifest(registry, { tag: "v1", value });
      registry.onRequest = rewrite(({ headers }) => ({
        headers: { ...headers, "content-type": type },
      }));
      await assert.rejects(store.resolve("v1"), { code: "invalid-manifest" });
    }
  });
}

test("content-type: another manifest's type in the header is refused as ever", async () => {
  const { registry, store } = await bench();
  plantManifest(registry, { tag: "v1" });
  registry.onRequest = rewrite(() => ({ headers: { "content-type": MEDIA_TYPE.index } }));
  await assert.rejects(store.resolve("v1"), { code: "invalid-manifest" });
});

/** Compressed on the way, though that was not asked for. */
const encoded = (coding: string, pack: (bytes: Uint8Array) => Uint8Array) =>
  rewrite((answer) => ({
    headers: { ...answer.headers, "content-encoding": coding },
    body: new Uint8Array(pack(answer.body as Uint8Array)),
  }));

test("encoded-manifest: gzip is undone before the digest is taken, by tag and by digest", async () => {
  const { registry, store } = await bench();
  const planted = plantManifest(registry, { tag: "v1" });
  registry.onRequest = encoded("gzip", gzipSync);
  assert.deepEqual(await store.resolve("v1"), planted);
  assert.equal((await readDocument(store, planted)).descriptor.digest, planted.digest);
  const forged = documentOf(MEDIA_TYPE.manifest, { schemaVersion: 2, layers: [] })[1];
  registry.onRequest = encoded("gzip", () => gzipSync(forged));
  await assert.rejects(store.resolve("v1"), { code: "integrity" });
});

test("encoded-manifest: another coding, and one that is not what it says, are refused by name", async () => {
  for (
    const [coding, pack] of [
      ["br", (bytes: Uint8Array) => bytes],
      ["gzip, gzip", gzipSync],
      ["gzip", (bytes: Uint8Array) => bytes],
    ] as const
  ) {
    const { registry, store } = await bench();
    plantManifest(registry, { tag: "v1" });
    registry.onRequest = encoded(coding, pack);
    await assert.rejects(store.resolve("v1"), ({ message }: Error) => {
      assert.ok(message.includes(`Content-Encoding "${coding}"`), message);
      return true;
    });
  }
});

test("encoded-manifest: a bomb is a limit", async () => {
  const { registry, store } = await bench();
  plantManifest(registry, { tag: "v1" });
  registry.onRequest = encoded("gzip", () => gzipSync(new Uint8Array(30_000_000)));
  await assert.rejects(store.resolve("v1"), { code: "limit" });
});

test("foreign-urls: the blob is taken from the registry, and the URLs are never asked", async () => {
  const elsewhere = closeAfter(await startRegistry());
  const { registry, store } = await bench();
  const blob = plant(registry, noise(100));
  const urls = [`${elsewhere.url}/layer`];
  plantManifest(registry, { tag: "v1", value: { layers: [{ ...blob, urls }] } });
  const document = await readDocument(store, await store.resolve("v1"));
  const [layer] = (document.value as Manifest).layers;
  assert.deepEqual(await readBlob(store, layer!), noise(100));
  registry.repository("a/b").blobs.clear();
  await assert.rejects(readBlob(store, layer!), {
    code: "not-found",
    message: /not found.*names a URL for it, which blobber never follows/,
  });
  assert.equal(elsewhere.requests.length, 0);
});

test("a manifest of more than 4 MiB is not read to its end", async () => {
  const { registry, store } = await bench();
  plantManifest(registry, { tag: "v1" });
  const body = new Uint8Array(30_000_000);
  registry.onRequest = rewrite(() => ({ body }));
  await assert.rejects(store.resolve("v1"), { code: "limit" });
  await registry.close();
  assert.ok(registry.requests[0]!.sent < body.length);
});

test("a registry that stores another manifest than it was given is refused", async () => {
  const { registry, store } = await bench();
  registry.onRequest = ({ method }) =>
    method === "PUT"
      ? rewrite(({ headers }) => ({
        headers: { ...headers, "docker-content-digest": digestOf("another") },
      }))()
      : undefined;
  const [descriptor, bytes] = documentOf(MEDIA_TYPE.index, { schemaVersion: 2, manifests: [] });
  await assert.rejects(store.put(descriptor, bytes), { code: "integrity" });
});

test("a tag that may not move costs one HEAD, and one GET more where HEAD tells no digest", async () => {
  const { registry, store, open } = await bench();
  plantManifest(registry, { tag: "v1" });
  const [descriptor] = documentOf(MEDIA_TYPE.index, { schemaVersion: 2, manifests: [] });
  const set = (to = store) => to.tag("v1", descriptor, { ifAbsent: true });
  await assert.rejects(set(), { code: "conflict" });
  assert.deepEqual(registry.log(), ["HEAD /v2/a/b/manifests/v1 200"]);
  registry.clear();
  registry.onRequest = rewrite(({ headers }) => ({
    headers: { "content-type": headers["content-type"]! },
  }));
  await assert.rejects(set(open()), { code: "conflict" });
  assert.deepEqual(registry.requests.map(({ method }) => method), ["HEAD", "GET"]);
});

for (
  const [status, code, message] of [
    [400, "MANIFEST_INVALID", "manifest invalid: unknown media type"],
    [415, "UNSUPPORTED", "x"],
    [404, "MANIFEST_INVALID", "unsupported content-type application/vnd.dev.sigstore"],
    [400, "MANIFEST_INVALID", "artifactType is not supported"],
  ] as const
) {
  test(`a media type refused with ${status} ${code} says what to do`, async () => {
    const { registry, store } = await bench();
    registry.onRequest = () => ({ answer: failure(status, code, message) });
    const [descriptor, bytes] = documentOf(MEDIA_TYPE.index, { schemaVersion: 2, manifests: [] });
    await assert.rejects(
      store.put(descriptor, bytes),
      (error: Error & { code?: string; hint?: string }) => {
        assert.equal(error.code, "registry");
        assert.match(error.message, /refuses a media type/);
        assert.match(error.hint!, /GitLab and Quay/);
        return true;
      },
    );
  });
}

test("a selector that would make another path is refused before it is sent", async () => {
  const { registry, store } = await bench();
  for (const selector of ["../../x", "a/b", "", "a?b", ".x", "sha256:abc"]) {
    await assert.rejects(store.resolve(selector), { code: "invalid-reference" });
  }
  assert.equal(registry.requests.length, 0);
});

test("GHSA-h7vf-4x9w-h99v: pages on another origin are not followed", async () => {
  const elsewhere = await bench();
  const { registry, store } = await bench();
  plantManifest(registry, { tag: "v1" });
  for (
    const link of [
      `<${elsewhere.registry.url}/v2/a/b/tags/list>; rel="next"`,
      '<//169.254.169.254/x>; rel="next"',
      '<http://[>; rel="next"',
      "<file:///etc/passwd>; rel=next",
    ]
  ) {
    registry.onRequest = rewrite(({ headers }) => ({ headers: { ...headers, link } }));
    await assert.rejects(all(store.tags()), { code: "registry", message: /next page/ });
  }
  assert.equal(elsewhere.registry.requests.length, 0);
});

test("tags come page by page, each page once", async () => {
  const { registry, store } = await bench({ pageSize: 2, location: "absolute" });
  for (const tag of ["a", "b", "c", "d", "e"]) plantManifest(registry, { tag });
  registry.onRequest = ({ url }) => {
    // As if the client's own number were too much for this registry.
    if (url.endsWith("n=1000")) {
      return rewrite(({ headers }) => ({
        headers: { ...headers, link: '<list?n=2&last=b>; rel="next"' },
        body: encode({ tags: ["a", "b"] }),
      }))();
    }
    return undefined;
  };
  assert.deepEqual(await all(store.tags()), ["a", "b", "c", "d", "e"]);
  assert.equal(registry.requests.length, 3);
});

test("pages that lead in a circle, and pages without end, are refused", async () => {
  const { registry, store } = await bench();
  plantManifest(registry, { tag: "v1" });
  registry.onRequest = rewrite(({ headers }) => ({
    headers: { ...headers, link: '</v2/a/b/tags/list?n=1>; rel="next"' },
  }));
  await assert.rejects(all(store.tags()), { code: "registry", message: /circle/ });
  registry.clear();
  registry.onRequest = ({ number }) =>
    rewrite(({ headers }) => ({
      headers: { ...headers, link: `</v2/a/b/tags/list?last=${number}>; rel="next"` },
      body: encode({ tags: [] }),
    }))();
  await assert.rejects(all(store.tags()), { code: "limit" });
  assert.equal(registry.requests.length, 1000);
});

test("a page of 1 GB is cut, and what is no list of tags is refused", async () => {
  const { registry, store } = await bench();
  plantManifest(registry, { tag: "v1" });
  registry.onRequest = rewrite(() => ({ body: new Uint8Array(20_000_000).fill(32) }));
  await assert.rejects(all(store.tags()), { code: "limit" });
  for (const value of [{ tags: {} }, { tags: ["../x"] }, { tags: [1] }, "text"]) {
    registry.onRequest = rewrite(() => ({ body: encode(value) }));
    const listed = all(store.tags());
    if (value === "text") assert.deepEqual(await listed, []);
    else await assert.rejects(listed, { code: "registry" });
  }
  registry.onRequest = rewrite(() => ({ body: encode({ tags: null }) }));
  assert.deepEqual(await all(store.tags()), []);
});
