import assert from "node:assert/strict";
import { test } from "node:test";
import { bench, plantManifest } from "../../../tests/fakes/registry/registry_bench.ts";
import { rich, SIG } from "../../../tests/fakes/rich_artifact.ts";
import { all, documentOf, sample } from "../../../tests/fakes/store_suite.ts";
import { cosignTag } from "../../artifact/cosign_tags.ts";
import { fallbackTag, isFallbackTag } from "../../artifact/fallback_tag.ts";
import type { RemovalPart } from "../../results.ts";
import type { Store } from "../../store.ts";
import { MemoryStore } from "../../stores/memory_store.ts";
import { type Descriptor, MEDIA_TYPE } from "../../types.ts";
import { useOwnTemporary } from "../../../tests/fakes/temporary.ts";
import { removeFrom } from "./remove.ts";

useOwnTemporary(); // locks of the lists under fallback tags

async function index(store: Store, manifests: Descriptor[], tag?: string): Promise<Descriptor> {
  const [descriptor, bytes] = documentOf(MEDIA_TYPE.index, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.index,
    manifests,
  });
  await store.put(descriptor, bytes);
  if (tag !== undefined) await store.tag(tag, descriptor);
  return descriptor;
}

const remove = (store: Store, ...tags: string[]) =>
  removeFrom(store, tags.map((tag) => ({ tag })), {});
const named = (parts: readonly RemovalPart[]) =>
  parts.map((part) => part.kind === "tag" ? part.tag : `${part.role} ${part.digest}`);
const isThere = (store: Store, name: string) => store.resolve(name).then(() => true, () => false);

/** Demands that of some manifests none is left. */
async function gone(store: Store, ...manifests: Descriptor[]): Promise<void> {
  for (const one of manifests) assert.equal(await isThere(store, one.digest), false, one.digest);
}

test("a tag goes with what it names when nothing else names that, in an order that a kill may end", async () => {
  const store = new MemoryStore();
  const { artifact, signature, nested, older } = await rich(store);
  const other = await sample(store, "other", { tag: "v2" });
  const found = await remove(store, "v1");
  assert.deepEqual(named(found.goes), [
    "v1",
    `referrer ${nested.digest}`,
    `referrer ${signature.digest}`,
    `referrer ${older.digest}`,
    cosignTag(artifact.digest, "sig"),
    `artifact ${artifact.digest}`,
  ]);
  assert.deepEqual([found.stays, found.removed], [[], true]);
  assert.ok(found.freed.blobs > 4 && found.freed.bytes > 0);
  await gone(store, artifact, signature, nested, older);
  assert.deepEqual((await all(store.manifests!())).map(({ digest }) => digest), [other.digest]);
  assert.deepEqual(await all(store.tags()), ["v2"]);
});

test("what another tag names stays, and so does what refers to it", async () => {
  const store = new MemoryStore();
  const { artifact, signature } = await rich(store);
  await store.tag("v2", artifact);
  const found = await remove(store, "v1");
  assert.deepEqual(named(found.goes), ["v1"]);
  assert.deepEqual(found.stays.map(({ why }) => why), ["the tag v2 names it too"]);
  assert.equal((await store.resolve("v2")).digest, artifact.digest);
  assert.deepEqual((await all(store.referrers(artifact))).map((one) => one.digest), [
    signature.digest,
  ]);
  // Both of its tags, at once: then it goes.
  await store.tag("v3", artifact);
  const both = await remove(store, "v2", "v3");
  assert.equal(both.stays.length, 0);
  await gone(store, artifact, signature);
});

test("a digest takes its tags and referrers along, and those of its referrers", async () => {
  const store = new MemoryStore();
  const { artifact, signature } = await rich(store);
  for (const tag of ["v2", "latest"]) await store.tag(tag, artifact);
  await store.tag("my-signature", signature);
  const stays = await removeFrom(store, [{ tag: "v1" }], { dryRun: true });
  assert.deepEqual(named(stays.goes), ["v1"]);
  const found = await removeFrom(store, [{ digest: artifact.digest }], {});
  assert.deepEqual(named(found.goes).slice(0, 4).sort(), ["latest", "my-signature", "v1", "v2"]);
  assert.deepEqual(await all(store.tags()), []);
  await gone(store, artifact, signature);
});

test("a referrer with a tag of its own keeps its subject", async () => {
  const store = new MemoryStore();
  const { artifact, signature } = await rich(store);
  await store.tag("sbom", signature);
  const found = await remove(store, "v1");
  assert.deepEqual(named(found.goes), ["v1"]);
  assert.match(found.stays[0]!.why, /refers to it, and the tag sbom names that/);
  assert.equal(await isThere(store, artifact.digest), true);
});

test("a signature alone can be removed, and its subject stays", async () => {
  const store = new MemoryStore();
  const { artifact, signature, nested } = await rich(store);
  await removeFrom(store, [{ digest: signature.digest }], {});
  await gone(store, signature, nested);
  assert.equal((await store.resolve("v1")).digest, artifact.digest);
  assert.deepEqual(await all(store.referrers(artifact)), []);
});

test("what an index lists stays, and the platforms of an index go with it", async () => {
  const store = new MemoryStore();
  const [amd, arm, both] = [
    await sample(store, "amd", { tag: "v1-amd" }),
    await sample(store, "arm"),
    await sample(store, "both"),
  ];
  const sig = await sample(store, "sig arm", { subject: arm, artifactType: SIG });
  const list = await index(store, [amd, arm, both], "v1");
  await index(store, [both], "v2");
  const first = await remove(store, "v1-amd");
  assert.deepEqual(named(first.goes), ["v1-amd"]);
  assert.deepEqual(first.stays.map(({ why }) => why), ["index v1 lists it"]);
  await assert.rejects(removeFrom(store, [{ digest: amd.digest }], {}), {
    code: "conflict",
    message: /is not removed: index v1 lists it/,
  });
  await store.tag("v1-amd", amd);
  const found = await remove(store, "v1");
  assert.deepEqual(named(found.goes), [
    "v1",
    `artifact ${list.digest}`,
    `referrer ${sig.digest}`,
    `platform ${arm.digest}`,
  ]);
  assert.deepEqual(found.stays.map(({ why }) => why), [
    "the tag v1-amd names it",
    "index v2 lists it",
  ]);
  assert.equal(await isThere(store, amd.digest), true);
  assert.equal(await isThere(store, both.digest), true);
});

test("in a registry the platforms of an index stay: what else names them cannot be told", async () => {
  const { store } = await bench();
  const child = await sample(store, "child");
  const list = await index(store, [child], "v1");
  const found = await remove(store, "v1");
  assert.deepEqual(named(found.goes), ["v1", `artifact ${list.digest}`]);
  assert.deepEqual(named(found.stays), [`platform ${child.digest}`]);
  assert.equal(await isThere(store, child.digest), true);
});

test("nothing goes on a dry run, nor without a yes, and both say what would", async () => {
  const store = new MemoryStore();
  const { artifact } = await rich(store);
  const dry = await removeFrom(store, [{ tag: "v1" }], { dryRun: true });
  assert.deepEqual([dry.removed, dry.goes.length], [false, 6]);
  const shown: unknown[] = [];
  for (const answer of [false, undefined as never, "yes" as never]) {
    const confirm = (removal: unknown) => (shown.push(removal), answer);
    const found = await removeFrom(store, [{ tag: "v1" }], { confirm });
    assert.equal(found.removed, false);
  }
  const { name, goes, stays } = dry;
  assert.deepEqual(shown[0], { name, goes, stays });
  assert.equal((await store.resolve("v1")).digest, artifact.digest);
  const done = await removeFrom(store, [{ tag: "v1" }], { confirm: () => Promise.resolve(true) });
  assert.deepEqual([done.removed, done.goes], [true, dry.goes]);
});

test("a tag that moved between the look and the removal stays, with what it names", async () => {
  const store = new MemoryStore();
  const { artifact } = await rich(store);
  const other = await sample(store, "other");
  const confirm = async () => (await store.tag("v1", other), true);
  await assert.rejects(removeFrom(store, [{ tag: "v1" }], { confirm }), { code: "conflict" });
  assert.equal((await store.resolve("v1")).digest, other.digest);
  assert.equal(await isThere(store, artifact.digest), true);
  // A tag that the same digest got meanwhile keeps it.
  const onProgress = ({ done }: { done: number }) => void (done === 1 && store.tag("v2", other));
  await assert.rejects(removeFrom(store, [{ tag: "v1" }], { onProgress }), {
    code: "conflict",
    message: /tag "v2" of memory names sha256/,
  });
  assert.equal((await store.resolve("v2")).digest, other.digest);
  await assert.rejects(
    removeFrom(store, [{ tag: "v2", digest: artifact.digest }], {}),
    { code: "conflict" },
  );
});

test("what changed while the question was asked is not removed, and nothing else is", async () => {
  for (const store of [new MemoryStore(), (await bench()).store]) {
    const artifact = await sample(store, "artifact", { tag: "v1" });
    const signature = await sample(store, "sig", { subject: artifact, artifactType: SIG });
    const changes: [() => Promise<unknown>, then: RegExp][] = [
      [
        () => sample(store, "late", { subject: artifact, artifactType: SIG }),
        /^nothing was removed: .* sha256:\w+ would go now, too$/,
      ],
      [() => store.tag("kept", signature), /would not go any more$/],
      [() => index(store, [artifact], "list"), /would not go any more$/],
    ];
    for (const [change, message] of changes) {
      const confirm = async () => (await change(), true);
      await assert.rejects(removeFrom(store, [{ tag: "v1" }], { confirm }), {
        code: "conflict",
        message,
      });
      assert.equal((await store.resolve("v1")).digest, artifact.digest);
      assert.equal((await all(store.referrers(artifact))).length, 2);
      await store.untag!("kept", {}).catch(() => {});
    }
  }
});

test("a platform or a referrer that gets a tag during the removal stays with it", async () => {
  const store = new MemoryStore();
  const child = await sample(store, "child");
  await index(store, [child], "v1");
  const onProgress = ({ done }: { done: number }) => void (done === 1 && store.tag("arm", child));
  await assert.rejects(removeFrom(store, [{ tag: "v1" }], { onProgress }), { code: "conflict" });
  assert.equal((await store.resolve("arm")).digest, child.digest);
});

test("an index that stays keeps what it lists, also where that was named, and signatures", async () => {
  for (const store of [new MemoryStore(), (await bench()).store]) {
    const child = await sample(store, "child", { tag: "child" });
    const list = await index(store, [child], "v1");
    await sample(store, "sbom", { subject: list, artifactType: SIG, tag: "sbom" });
    for (const tags of [["v1", "child"], ["child", "v1"]]) {
      const found = await remove(store, ...tags);
      assert.deepEqual(named(found.goes).sort(), ["child", "v1"]);
      assert.equal(await isThere(store, child.digest), true);
      await store.tag("v1", list);
      await store.tag("child", child);
    }
    const artifact = await sample(store, "artifact", { tag: "v2" });
    const signature = await sample(store, "sig", { subject: artifact, artifactType: SIG });
    await index(store, [signature], "signatures");
    const found = await remove(store, "v2");
    assert.deepEqual(named(found.goes), ["v2"]);
    assert.deepEqual(found.stays.map(({ why }) => why), ["index signatures lists it"]);
    await assert.rejects(removeFrom(store, [{ digest: artifact.digest }], {}), {
      code: "conflict",
      message: /is not removed: index signatures lists it/,
    });
    assert.equal(await isThere(store, signature.digest), true);
  }
});

test("what an index lists is known however deep it stands, and each index is read once", async () => {
  const { registry, store } = await bench();
  const child = await sample(store, "child", { tag: "child" });
  const inner = await index(store, [child]);
  const middle = await index(store, Array(300).fill(inner));
  await index(store, Array(300).fill(middle), "deep");
  let requests = 0;
  registry.onRequest = () => void requests++;
  const found = await remove(store, "child");
  assert.deepEqual(found.stays.map(({ why }) => why), ["index deep lists it"]);
  assert.ok(requests < 20, `${requests} requests`);
  assert.equal(await isThere(store, child.digest), true);
});

test("what an index lists often goes once", async () => {
  const store = new MemoryStore();
  const child = await sample(store, "child");
  let list = child;
  for (let depth = 0; depth < 8; depth++) {
    list = await index(store, [child, ...Array(30).fill(list)]);
  }
  await store.tag("v1", list);
  const found = await remove(store, "v1"); // by each way to the child it would be 30^8
  assert.deepEqual([found.goes.length, found.stays], [10, []]);
  assert.deepEqual(await all(store.manifests!()), []);
});

test("a list of referrers is not believed: what does not say so itself is not removed", async () => {
  const { store } = await bench({ referrers: false });
  const subject = await sample(store, "subject", { tag: "v1" });
  const innocent = await sample(store, "innocent");
  const broken = { ...innocent, digest: `sha256:${"0".repeat(64)}` as const };
  await index(store, [innocent, broken], fallbackTag(subject.digest));
  const found = await remove(store, "v1");
  assert.deepEqual(found.stays.map(({ why }) => why), [
    "it is listed as a referrer and says that it is none",
    "it is listed as a referrer and cannot be read",
  ]);
  assert.equal(await isThere(store, innocent.digest), true);
  await gone(store, subject);
  assert.deepEqual(await all(store.tags()).catch(() => []), []);
});

test("the list of a fallback tag goes with its subject, and not alone while that is there", async () => {
  const { store } = await bench({ referrers: false });
  const { artifact, signature } = await rich(store);
  const tag = fallbackTag(artifact.digest);
  await assert.rejects(remove(store, tag), { code: "conflict", message: /lists the referrers/ });
  const sole = await sample(store, "two", { subject: artifact, artifactType: SIG });
  await removeFrom(store, [{ digest: sole.digest }], {});
  assert.deepEqual((await all(store.referrers(artifact))).map((one) => one.digest), [
    signature.digest,
  ]);
  await remove(store, "v1");
  await gone(store, artifact, signature);
  assert.deepEqual((await all(store.tags())).filter((one) => !isFallbackTag(one)), []);
  assert.equal(await isThere(store, tag), false);
});

test("a store whose tags cannot be told keeps the manifest, and refuses a digest", async () => {
  const { registry, store } = await bench();
  const { artifact } = await rich(store);
  for (const status of [401, 403, 404, 405]) {
    registry.onRequest = ({ path }) =>
      path.includes("/tags/list") ? { answer: { status } } : undefined;
    await store.tag("v2", artifact);
    const found = await remove(store, "v2");
    assert.deepEqual(named(found.goes), ["v2"]);
    assert.match(found.stays[0]!.why, /^it cannot be told what else names it: /);
    if (status === 404) continue;
    await assert.rejects(removeFrom(store, [{ digest: artifact.digest }], {}), {
      code: "registry",
      message: /is not removed: the tags of .* cannot be listed/,
    });
  }
  registry.onRequest = ({ path }) =>
    path.includes("/tags/list") ? { answer: { body: '{"tags":["other"]}' } } : undefined;
  const found = await remove(store, "v1");
  assert.match(found.stays[0]!.why, /does not list all of its tags/);
  assert.equal(await isThere(store, artifact.digest), true);
});

test("what is broken can be removed", async () => {
  const { registry, store } = await bench();
  const repository = registry.repository("a/b");
  for (const body of ["nonsense", '{"schemaVersion":2,"mediaType":5}']) {
    const { digest } = plantManifest(registry, { tag: "v1" });
    const bytes = new TextEncoder().encode(body);
    repository.manifests.set(digest, { mediaType: MEDIA_TYPE.manifest, bytes });
    const found = await remove(store, "v1");
    assert.deepEqual(named(found.goes), ["v1", `artifact ${digest}`]);
    assert.equal(repository.manifests.size, 0);
    repository.manifests.set(digest, { mediaType: MEDIA_TYPE.manifest, bytes });
    await removeFrom(store, [{ digest }], {});
    assert.equal(repository.manifests.size, 0);
  }
});

test("what was not found and what cannot remove is said", async () => {
  const store = new MemoryStore();
  await assert.rejects(remove(store, "v1"), { code: "not-found" });
  const { untag: _, ...rest } = {
    name: "mine",
    untag: undefined,
    resolve: () => Promise.reject(new Error("asked")),
  };
  await assert.rejects(remove(rest as unknown as Store, "v1"), {
    code: "invalid-option",
    message: "mine removes nothing",
  });
});

test("a removal that is stopped removes nothing more", async () => {
  const store = new MemoryStore();
  const { artifact } = await rich(store);
  const stop = new AbortController();
  const confirm = () => (stop.abort(), true);
  const { signal } = stop;
  await assert.rejects(removeFrom(store, [{ tag: "v1" }], { confirm, signal }), {
    code: "interrupted",
  });
  assert.equal((await store.resolve("v1")).digest, artifact.digest);
});
