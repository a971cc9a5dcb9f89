import assert from "node:assert/strict";
import { test } from "node:test";
import { fallbackTag } from "../../artifact/fallback_tag.ts";
import { type Descriptor, MEDIA_TYPE } from "../../types.ts";
import { isApi, listed, referrer } from "../../../tests/fakes/registry/referrer_bench.ts";
import { bench, closeAfter, plantManifest } from "../../../tests/fakes/registry/registry_bench.ts";
import {
  failure,
  type FakeRegistry,
  startRegistry,
} from "../../../tests/fakes/registry/fake_registry.ts";
import { all, documentOf } from "../../../tests/fakes/store_suite.ts";
import { useOwnTemporary } from "../../../tests/fakes/temporary.ts";

// The lock of a fallback tag is kept in the temporary directory.
useOwnTemporary();

test("gitlab-tag-is-subject: a fallback tag that answers with the subject lists nothing, and is written", async () => {
  const made = await bench({ referrers: false });
  const { registry, store } = made;
  for (
    const subject of [
      plantManifest(registry),
      // Of an index, what it lists would be taken for referrers.
      plantManifest(registry, {
        mediaType: MEDIA_TYPE.index,
        value: { manifests: [plantManifest(registry)], config: undefined, layers: undefined },
      }),
    ]
  ) {
    registry.repository("a/b").tags.set(fallbackTag(subject.digest), subject.digest);
    assert.deepEqual(await all(store.referrers(subject)), []);
    const [descriptor, bytes] = referrer(subject, 1);
    await store.put(descriptor, bytes);
    assert.deepEqual(listed(made, subject).map(({ digest }) => digest), [descriptor.digest]);
  }
});

/** Has the registry refuse a list of referrers with one that it does not have, as registries do. */
function refuseDangling(
  registry: FakeRegistry,
  subject: Descriptor,
): NonNullable<FakeRegistry["onRequest"]> {
  const { manifests, tags } = registry.repository("a/b");
  const tag = fallbackTag(subject.digest);
  return ({ method, path }) => {
    if (method !== "PUT" || !path.endsWith(tag)) return undefined;
    const before = tags.get(tag)!;
    return {
      rewrite: (answer, { body }) => {
        const { manifests: list } = JSON.parse(new TextDecoder().decode(body));
        if (list.every(({ digest }: Descriptor) => manifests.has(digest))) return answer;
        tags.set(tag, before);
        return failure(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown");
      },
    };
  };
}

test("dangling-referrer: entries whose manifest is gone are dropped when the list is written", async () => {
  const made = await bench({ referrers: false });
  const { registry, store } = made;
  const { manifests } = registry.repository("a/b");
  const subject = plantManifest(registry, { tag: "v1" });
  const [one, two, three] = [1, 2, 3].map((n) => referrer(subject, n)) as [
    [Descriptor, Uint8Array],
    [Descriptor, Uint8Array],
    [Descriptor, Uint8Array],
  ];
  for (const [descriptor, bytes] of [one, two]) await store.put(descriptor, bytes);
  // Another tool deletes a manifest and leaves the list as it is; this registry refuses such a list.
  manifests.delete(one[0].digest);
  registry.onRequest = refuseDangling(registry, subject);
  await made.open().put(...three);
  assert.deepEqual(listed(made, subject).map(({ digest }) => digest), [
    two[0].digest,
    three[0].digest,
  ]);
});

test("dangling-referrer: of a long list each is looked for only when the registry refuses it", async () => {
  const made = await bench({ referrers: false });
  const { registry, open } = made;
  const { manifests } = registry.repository("a/b");
  const subject = plantManifest(registry, { tag: "v1" });
  const entries = Array.from({ length: 40 }, (_, n) => referrer(subject, n));
  for (const [{ digest }, bytes] of entries) {
    manifests.set(digest, { mediaType: MEDIA_TYPE.manifest, bytes });
  }
  const [index, list] = documentOf(MEDIA_TYPE.index, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.index,
    manifests: entries.map(([{ mediaType, digest, size }]) => ({ mediaType, digest, size })),
  });
  manifests.set(index.digest, { mediaType: MEDIA_TYPE.index, bytes: list });
  registry.repository("a/b").tags.set(fallbackTag(subject.digest), index.digest);
  manifests.delete(entries[3]![0].digest);
  const heads = () => registry.requests.filter(({ method }) => method === "HEAD").length;

  await open().put(...referrer(subject, 100));
  assert.equal(heads(), 0);
  assert.equal(listed(made, subject).length, 41);
  registry.onRequest = refuseDangling(registry, subject);
  await open().put(...referrer(subject, 101));
  // One look at the tag, which may be one that does not move, and one at each entry.
  assert.equal(heads(), 42);
  assert.equal(listed(made, subject).length, 41);
});

test("dangling-referrer: an entry that cannot be looked for stays", async () => {
  const made = await bench({ referrers: false });
  const { registry } = made;
  const subject = plantManifest(registry, { tag: "v1" });
  const [one, two] = [referrer(subject, 1), referrer(subject, 2)];
  await made.store.put(...one);
  for (const status of [403, 405, 500]) {
    registry.onRequest = ({ method }) => method === "HEAD" ? { answer: { status } } : undefined;
    await made.open().put(...(status === 403 ? two : referrer(subject, status)));
    assert.equal(listed(made, subject)[0]!.digest, one[0].digest);
  }
});

for (const status of [401, 422, 500]) {
  test(`referrers-unauthorised: ${status} from the API alone: the tag scheme, with a warning`, async () => {
    const made = await bench();
    const { registry, store, notices } = made;
    const subject = plantManifest(registry, { tag: "v1" });
    registry.onRequest = (request) => isApi(request) ? { answer: { status } } : undefined;
    const [descriptor, bytes] = referrer(subject, 1);
    await store.put(descriptor, bytes);
    assert.deepEqual(listed(made, subject).map(({ digest }) => digest), [descriptor.digest]);
    const found = await all(store.referrers(subject));
    assert.deepEqual(found.map(({ digest }) => digest), [descriptor.digest]);
    const warning = notices.find(({ code, level }) =>
      code === "no-referrers-api" && level === "warning"
    );
    assert.match(warning!.message, /the option referrers set to "tag"/);
  });

  test(`referrers-unauthorised: ${status} from the API and from the manifest is what it says`, async () => {
    const { registry, store } = await bench();
    const subject = plantManifest(registry, { tag: "v1" });
    registry.onRequest = (request) =>
      isApi(request) || request.method === "HEAD" ? { answer: { status } } : undefined;
    await assert.rejects(all(store.referrers(subject)), {
      code: status === 401 ? "unauthorized" : "registry",
    });
  });
}

test("content-type: a list of referrers under a type that says nothing is a list", async () => {
  const { registry, store } = await bench();
  const subject = plantManifest(registry, { tag: "v1" });
  const [descriptor, bytes] = referrer(subject, 1);
  registry.repository("a/b").manifests.set(descriptor.digest, {
    mediaType: MEDIA_TYPE.manifest,
    bytes,
  });
  for (const type of ["application/json", "text/plain"]) {
    registry.onRequest = (request) =>
      isApi(request)
        ? { rewrite: (answer) => ({ ...answer, headers: { "content-type": type } }) }
        : undefined;
    const found = await all(store.referrers(subject, { via: "api" }));
    assert.deepEqual(found.map(({ digest }) => digest), [descriptor.digest]);
    registry.onRequest = (request) =>
      isApi(request) ? { answer: { headers: { "content-type": type }, body: "hello" } } : undefined;
    assert.deepEqual(await all(store.referrers(subject)), []);
  }
});

test("moved-registry: a page of referrers on another host is not asked for, and it is said", async () => {
  const other = closeAfter(await startRegistry());
  const { registry, store } = await bench();
  const subject = plantManifest(registry, { tag: "v1" });
  registry.onRequest = (request) =>
    isApi(request)
      ? {
        rewrite: (answer) => ({
          ...answer,
          headers: { ...answer.headers, link: `<${other.url}/more>; rel="next"` },
        }),
      }
      : undefined;
  await assert.rejects(all(store.referrers(subject)), (error: Error & { hint?: string }) => {
    assert.match(error.message, /next page is said to be at .* not followed to another server/);
    assert.ok(error.hint);
    return true;
  });
  assert.equal(other.requests.length, 0);
});
