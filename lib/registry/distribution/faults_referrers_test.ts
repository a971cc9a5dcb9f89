import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf } from "../../digest.ts";
import { fallbackTag } from "../../artifact/fallback_tag.ts";
import { MEDIA_TYPE } from "../../types.ts";
import { bench, plantManifest } from "../../../tests/fakes/registry/registry_bench.ts";
import { all, documentOf, storeSuite } from "../../../tests/fakes/store_suite.ts";
import {
  isApi,
  listed,
  referrer,
  REFERRER_TYPE as TYPE,
} from "../../../tests/fakes/registry/referrer_bench.ts";
import { startRegistry } from "../../../tests/fakes/registry/fake_registry.ts";
import { openRegistry } from "../../stores/registry_store.ts";
import { registryReference } from "../../../tests/fakes/registry/references.ts";
import { useOwnTemporary } from "../../../tests/fakes/temporary.ts";

// The lock of a fallback tag is kept in the temporary directory.
useOwnTemporary();

test("with the API, a referrer costs a PUT and a look, and no fallback tag", async () => {
  const made = await bench();
  const { registry, store } = made;
  const subject = plantManifest(registry, { tag: "v1" });
  const [descriptor, bytes] = referrer(subject, 1);
  await store.put(descriptor, bytes);
  assert.deepEqual(registry.requests.map(({ method }) => method), ["PUT", "GET"]);
  assert.deepEqual(listed(made, subject), []);
  const [found] = await all(store.referrers(subject));
  assert.equal(found!.digest, descriptor.digest);
});

test("without the API, the fallback tag lists it with artifact type and annotations", async () => {
  const made = await bench({ referrers: false });
  const { registry, store, clock } = made;
  const subject = plantManifest(registry, { tag: "v1" });
  const [descriptor, bytes] = referrer(subject, 1);
  await store.put(descriptor, bytes);
  const entry = { ...descriptor, artifactType: TYPE, annotations: { n: "1" } };
  assert.deepEqual(listed(made, subject), [entry]);
  assert.deepEqual(await all(store.referrers(subject)), [entry]);
  assert.ok(clock.pauses.length >= 2, "two readings, each after a pause");
  const [second, more] = referrer(subject, 2);
  await store.put(second, more);
  await store.put(second, more);
  assert.deepEqual(listed(made, subject).map(({ digest }) => digest), [
    descriptor.digest,
    second.digest,
  ]);
});

test("ECR: OCI-Subject and an empty list: the fallback tag is written", async () => {
  const made = await bench();
  const { registry, store } = made;
  const subject = plantManifest(registry, { tag: "v1" });
  registry.onRequest = (request) =>
    isApi(request)
      ? {
        answer: {
          headers: { "content-type": MEDIA_TYPE.index },
          body: JSON.stringify({ schemaVersion: 2, manifests: [] }),
        },
      }
      : undefined;
  const [descriptor, bytes] = referrer(subject, 1);
  await store.put(descriptor, bytes);
  assert.equal(listed(made, subject).length, 1);
  // GHCR: the same empty 200 when it is read.
  assert.equal((await all(store.referrers(subject))).length, 1);
});

for (
  const [name, answer] of [
    ["404", { status: 404 }],
    ["405", { status: 405 }],
    ["403", { status: 403 }],
    ["200 HTML", { headers: { "content-type": "text/html" }, body: "<html>" }],
    ["200 with another type", { headers: { "content-type": "application/json" }, body: "{}" }],
    ["200 without manifests", { headers: { "content-type": MEDIA_TYPE.index }, body: "{}" }],
    ["200 with manifests null", {
      headers: { "content-type": MEDIA_TYPE.index },
      body: '{"manifests":null}',
    }],
    ["200 with manifests that are none", {
      headers: { "content-type": MEDIA_TYPE.index },
      body: '{"manifests":{"a":1}}',
    }],
  ] as const
) {
  test(`${name} from the API: the fallback tag is read`, async () => {
    const made = await bench({ referrers: false });
    const { registry, store } = made;
    const subject = plantManifest(registry, { tag: "v1" });
    const [descriptor, bytes] = referrer(subject, 1);
    await store.put(descriptor, bytes);
    registry.onRequest = (request) => isApi(request) ? { answer } : undefined;
    const found = await all(store.referrers(subject, { artifactType: TYPE }));
    assert.deepEqual(found.map(({ digest }) => digest), [descriptor.digest]);
    assert.deepEqual(
      (await all(store.referrers(subject, { via: "tag" }))).map(({ digest }) => digest),
      [descriptor.digest],
    );
  });
}

test("entries that are no descriptors hide no good one", async () => {
  const { registry, store } = await bench();
  const subject = plantManifest(registry, { tag: "v1" });
  const [descriptor] = referrer(subject, 1);
  registry.onRequest = (request) =>
    isApi(request)
      ? {
        answer: {
          headers: { "content-type": MEDIA_TYPE.index },
          body: JSON.stringify({
            manifests: [null, {}, { ...descriptor, size: -1 }, { ...descriptor, digest: "x" }, {
              ...descriptor,
              artifactType: "application/other",
            }, descriptor],
          }),
        },
      }
      : undefined;
  const found = await all(store.referrers(subject, { artifactType: TYPE }));
  assert.deepEqual(found.map(({ digest }) => digest), [descriptor.digest]);
});

test("what only the tag lists is given after what the API lists", async () => {
  const made = await bench({ referrers: false });
  const { registry, store } = made;
  const subject = plantManifest(registry, { tag: "v1" });
  const [inTag, bytes] = referrer(subject, 1);
  await store.put(inTag, bytes);
  registry.options.referrers = true;
  const [inApi] = referrer(subject, 2);
  registry.onRequest = (request) =>
    isApi(request)
      ? {
        answer: {
          headers: { "content-type": MEDIA_TYPE.index },
          body: JSON.stringify({ manifests: [inApi] }),
        },
      }
      : undefined;
  const found = await all(store.referrers(subject));
  assert.deepEqual(found.map(({ digest }) => digest), [inApi.digest, inTag.digest]);
  registry.clear();
  for await (const first of store.referrers(subject)) {
    assert.equal(first.digest, inApi.digest);
    break;
  }
  assert.equal(registry.requests.length, 1, "who has found enough does not read the tag");
});

test("CVE-2023-46737: referrers without end are cut", async () => {
  const { registry, store } = await bench();
  const subject = plantManifest(registry, { tag: "v1" });
  registry.onRequest = (request) => {
    if (!isApi(request)) return undefined;
    const manifests = Array.from({ length: 5000 }, (_, i) => ({
      mediaType: MEDIA_TYPE.manifest,
      digest: digestOf(`${request.number} ${i}`),
      size: 1,
      artifactType: TYPE,
    }));
    return {
      answer: {
        headers: {
          "content-type": MEDIA_TYPE.index,
          link: `<?page=${request.number}>; rel="next"`,
        },
        body: JSON.stringify({ manifests }),
      },
    };
  };
  let count = 0;
  await assert.rejects(
    async () => {
      for await (const _ of store.referrers(subject)) count++;
    },
    { code: "limit" },
  );
  assert.equal(count, 100_000);
  assert.ok(registry.requests.length <= 21);
});

test("--referrers api: a registry without it is an error, in writing and in reading", async () => {
  const { registry, open } = await bench({ referrers: false });
  const store = open("a/b", { referrers: "api" });
  const subject = plantManifest(registry, { tag: "v1" });
  const [descriptor, bytes] = referrer(subject, 1);
  await assert.rejects(store.put(descriptor, bytes), { code: "registry" });
  await assert.rejects(all(store.referrers(subject)), { code: "registry" });
});

test("--referrers tag: the API is not asked", async () => {
  const made = await bench();
  const store = made.open("a/b", { referrers: "tag" });
  const subject = plantManifest(made.registry, { tag: "v1" });
  const [descriptor, bytes] = referrer(subject, 1);
  await store.put(descriptor, bytes);
  assert.equal(listed(made, subject).length, 1);
  assert.equal((await all(store.referrers(subject))).length, 1);
  assert.equal(made.registry.requests.some(({ url }) => url.includes("/referrers/")), false);
});

test("eight writers at once on one machine lose nothing", async () => {
  const made = await bench({ referrers: false });
  const subject = plantManifest(made.registry, { tag: "v1" });
  const written = await Promise.all(Array.from({ length: 8 }, async (_, n) => {
    const [descriptor, bytes] = referrer(subject, n);
    await made.open().put(descriptor, bytes);
    return descriptor.digest;
  }));
  assert.deepEqual(listed(made, subject).map(({ digest }) => digest).sort(), written.sort());
});

test("an entry that another machine overwrote is written again", async () => {
  const made = await bench({ referrers: false });
  const { registry, store, clock } = made;
  const subject = plantManifest(registry, { tag: "v1" });
  const [mine, bytes] = referrer(subject, 1);
  const [theirs, theirBytes] = referrer(subject, 2);
  const [index, other] = documentOf(MEDIA_TYPE.index, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.index,
    manifests: [theirs],
  });
  registry.repository("a/b").manifests.set(theirs.digest, {
    mediaType: MEDIA_TYPE.manifest,
    bytes: theirBytes,
  });
  // Another writer, which read the list before this one wrote it, puts its own, once after each reading of ours.
  let left = 2;
  clock.onPause = () => {
    if (left-- <= 0) return;
    registry.repository("a/b").manifests.set(index.digest, {
      mediaType: MEDIA_TYPE.index,
      bytes: other,
    });
    registry.repository("a/b").tags.set(fallbackTag(subject.digest), index.digest);
  };
  await store.put(mine, bytes);
  assert.deepEqual(listed(made, subject).map(({ digest }) => digest), [
    theirs.digest,
    mine.digest,
  ]);
});

test("a fallback tag that is taken by something else is not overwritten", async () => {
  const made = await bench({ referrers: false });
  const subject = plantManifest(made.registry, { tag: "v1" });
  const taken = { annotations: { another: "manifest" } };
  plantManifest(made.registry, { tag: fallbackTag(subject.digest), value: taken });
  const [descriptor, bytes] = referrer(subject, 1);
  await assert.rejects(made.store.put(descriptor, bytes), { code: "conflict" });
});

storeSuite("registry, tokens and pages", async () => {
  const registry = await startRegistry({ pageSize: 1, location: "absolute" });
  const store = openRegistry(registryReference(registry.host, "deep/er/name"));
  return { store, dispose: () => registry.close() };
});
