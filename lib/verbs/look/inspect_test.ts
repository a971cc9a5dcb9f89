import assert from "node:assert/strict";
import { test } from "node:test";
import { ListingStore, refer } from "../../../tests/fakes/referrer_trees.ts";
import { blobOf, documentOf, sample, writeBlob } from "../../../tests/fakes/store_suite.ts";
import { stargz, type TarItem } from "../../../tests/fakes/tar.ts";
import { TOY, toy, ToyVerifier } from "../../../tests/fakes/toy_signatures.ts";
import { Client } from "../../client.ts";
import { digestOf } from "../../digest.ts";
import { MAX_TAGS_ASKED } from "../../limits.ts";
import type { InspectOptions, InspectResult } from "../../looking.ts";
import { MemoryStore } from "../../stores/memory_store.ts";
import { ANNOTATION, type Descriptor, MEDIA_TYPE } from "../../types.ts";

const client = new Client();
const inspect = (
  store: MemoryStore,
  options: InspectOptions = {},
  reference = "v1",
): Promise<InspectResult> => client.inspect({ store, reference }, options);

/** Puts a manifest as it is written here. */
async function put(store: MemoryStore, value: object, mediaType: string = MEDIA_TYPE.manifest) {
  const [descriptor, bytes] = documentOf(mediaType, { schemaVersion: 2, mediaType, ...value });
  await store.put(descriptor, bytes);
  await store.tag("v1", descriptor);
  return descriptor;
}

async function blob(store: MemoryStore, content: string, mediaType: string): Promise<Descriptor> {
  await writeBlob(store, blobOf(content, mediaType), content);
  return blobOf(content, mediaType);
}

/** A tree of two files, in chunks and members as a push makes them. */
const entries = (...files: [path: string, content: string][]) => ({
  entries: files.map(([path, content]) => ({
    path,
    type: "file" as const,
    content: new TextEncoder().encode(content),
  })),
});

test("an artifact that was pushed: files by its table, and no content is downloaded", async () => {
  const store = new ListingStore();
  const content = Array.from({ length: 30_000 }, (_, i) => `${i * 7919 % 10007}`).join(" ");
  const pushed = await client.push(entries(["a.txt", content], ["b.txt", "b"]), {
    store,
    reference: "v1",
  }, { annotations: { [ANNOTATION.created]: "2026-01-02T03:04:05Z" }, tags: ["v2"] });
  await sample(store, "other", { tag: "other" });
  const ranges: string[] = [];
  const fetch = store.fetch.bind(store);
  store.fetch = (target, options) => {
    const { range } = options ?? {};
    if (target.digest === pushed.layer.digest) {
      ranges.push(range === undefined ? "all" : `${range.end - range.start}`);
    }
    return fetch(target, options);
  };
  const found = await inspect(store, { tags: true });
  assert.equal(found.kind, "manifest");
  assert.equal(found.digest, pushed.digest);
  assert.equal(found.created, "2026-01-02T03:04:05Z");
  assert.deepEqual(found.platform, { os: "linux", architecture: "amd64" });
  assert.equal(found.tree, pushed.tree);
  const bytes = content.length + 1;
  assert.deepEqual(found.files, { entries: 2, files: 2, bytes });
  assert.equal(found.layers.length, 1);
  assert.equal(found.layers[0]!.compression, "gzip");
  assert.deepEqual(found.layers[0]!.table, { format: "estargz", entries: 2, files: 2, bytes });
  assert.deepEqual(found.tags, { names: ["v1", "v2"], looked: 3, more: false });
  assert.deepEqual(found.verdicts, []);
  assert.equal(found.signed, undefined);
  // The table stands at the end, where the annotation says.
  const { layers } = JSON.parse(
    new TextDecoder().decode((await client.raw({ store, reference: "v1" }, "manifest")).bytes),
  );
  const end = pushed.layer.size - Number(layers[0].annotations[ANNOTATION.tocOffset]);
  assert.deepEqual(ranges, [`${end}`]);
});

test("several layers: what each table lists, and what is left when all are applied", async () => {
  const store = new MemoryStore();
  const layerOf = async (...items: TarItem[]): Promise<Descriptor> => {
    const { blob, toc } = stargz(items);
    const descriptor = blobOf(blob, MEDIA_TYPE.layerGzip);
    await writeBlob(store, descriptor, blob);
    return { ...descriptor, annotations: { [ANNOTATION.tocDigest]: toc } };
  };
  const layers = [
    await layerOf({ name: "a", data: "aaaa" }, { name: "b", data: "bb" }, { name: "c", data: "c" }),
    await layerOf({ name: "a", data: "a" }, { name: ".wh.b" }, { name: "d", data: "ddd" }, {
      name: "e",
      type: "1",
      link: "d",
    }),
  ];
  const config = await blob(store, "{}", MEDIA_TYPE.empty);
  await put(store, { config, layers });
  const found = await inspect(store);
  assert.deepEqual(found.layers.map(({ table }) => table?.files), [3, 4]);
  // "b" is removed, "a" replaced, and "e" is another name of "d".
  assert.deepEqual(found.files, { entries: 4, files: 4, bytes: 5 });
  // One layer whose table nothing tells of: no number is better than a wrong one.
  const plain = await blob(store, "plain", MEDIA_TYPE.layerGzip);
  await put(store, { config, layers: [...layers, plain] });
  const partly = await inspect(store);
  assert.equal(partly.files, undefined);
  assert.deepEqual(partly.layers.map(({ table }) => table?.files), [3, 4, undefined]);
  // A whiteout in a single layer is no file.
  await put(store, { config, layers: layers.slice(1) });
  assert.equal((await inspect(store)).files?.files, 3);
  await assert.rejects(inspect(store, { maxEntries: 3 }), { code: "limit" });
});

test("a table that is not the manifest's ends the call", async () => {
  const store = new MemoryStore();
  await client.push(entries(["a", "a"]), { store, reference: "pushed" });
  const { layers, config } = await client.inspect({ store, reference: "pushed" });
  const { mediaType, digest, size } = layers[0]!;
  const annotations = { [ANNOTATION.tocDigest]: digestOf("another") };
  await put(store, { config, layers: [{ mediaType, digest, size, annotations }] });
  await assert.rejects(inspect(store), { code: "integrity" });
  await assert.rejects(client.raw({ store, reference: "v1" }, "table"), { code: "integrity" });
});

test("artifacts of every kind are described: a chart, files, a signature, one without layers", async () => {
  const store = new MemoryStore();
  const helm = "application/vnd.cncf.helm.config.v1+json";
  const chart = {
    name: "site",
    version: "1.2.3",
    keywords: ["a", "b"],
    nested: { deep: {} },
    n: 7,
  };
  const config = await blob(store, JSON.stringify(chart), helm);
  const layer = await blob(store, "chart", "application/vnd.cncf.helm.chart.content.v1.tar+gzip");
  await put(store, { config, layers: [layer] });
  const found = await inspect(store);
  assert.deepEqual(found.config!.summary, {
    name: "site",
    version: "1.2.3",
    keywords: ["a", "b"],
    nested: ["deep"],
    n: "7",
  });
  assert.deepEqual([found.platform, found.files, found.layers[0]!.compression], [
    undefined,
    undefined,
    "gzip",
  ]);

  const empty = await blob(store, "{}", MEDIA_TYPE.empty);
  const titled = (content: string, title: string) => ({
    ...blobOf(content, "application/octet-stream"),
    annotations: { [ANNOTATION.title]: title },
  });
  const subject = await sample(store, "subject");
  await put(store, {
    config: empty,
    artifactType: "application/vnd.example.thing",
    layers: [titled("aaa", "a.bin"), titled("b", "dir/b.bin")],
    subject,
  });
  const files = await inspect(store);
  assert.deepEqual(files.files, { entries: 2, files: 2, bytes: 4 });
  assert.deepEqual(files.layers.map(({ title }) => title), ["a.bin", "dir/b.bin"]);
  assert.equal(files.subject!.digest, subject.digest);
  assert.equal(files.artifactType, "application/vnd.example.thing");
  assert.equal(files.config!.summary, undefined);

  // Names that no file may have are told, and no reason to tell nothing.
  await put(store, { config: empty, layers: [titled("x", "../../etc/passwd")] });
  const hostile = await inspect(store);
  assert.deepEqual([hostile.layers[0]!.title, hostile.files], ["../../etc/passwd", undefined]);

  await put(store, { config: empty, layers: [] });
  const bare = await inspect(store);
  assert.deepEqual([bare.kind, bare.layers, bare.files], ["manifest", [], undefined]);

  // A layer that other places have, and that is not here, is only named.
  const foreign = {
    ...blobOf("far", "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"),
    urls: ["https://far.example/layer"],
  };
  const docker = await blob(
    store,
    JSON.stringify({
      created: "2020-01-01T00:00:00Z",
      os: "windows",
      architecture: "amd64",
      "os.version": "10.0.1",
      config: { Cmd: ["cmd"], Env: ["A=b"], ExposedPorts: { "80/tcp": {} }, Labels: { a: "b" } },
    }),
    MEDIA_TYPE.dockerConfig,
  );
  await put(store, { config: docker, layers: [foreign] }, MEDIA_TYPE.dockerManifest);
  const old = await inspect(store);
  assert.deepEqual(old.layers[0]!.urls, foreign.urls);
  assert.equal(old.created, "2020-01-01T00:00:00Z");
  assert.deepEqual(old.platform, { os: "windows", architecture: "amd64", "os.version": "10.0.1" });
  assert.deepEqual(old.config!.summary, {
    command: ["cmd"],
    environment: ["A=b"],
    ports: ["80/tcp"],
    labels: ["a=b"],
  });
  // What is no JSON says nothing, and is what was pushed all the same.
  await put(store, { config: await blob(store, "no json", helm), layers: [] });
  assert.equal((await inspect(store)).config!.summary, undefined);
});

test("an index is described itself, and with a platform the manifest of it", async () => {
  const store = new MemoryStore();
  const [amd, arm] = [await sample(store, "amd"), await sample(store, "arm")];
  const linux = (architecture: string) => ({ platform: { os: "linux", architecture } });
  const list = await put(store, {
    manifests: [{ ...amd, ...linux("amd64") }, { ...arm, ...linux("arm64") }],
    annotations: { [ANNOTATION.created]: "2026" },
  }, MEDIA_TYPE.dockerIndex);
  const found = await inspect(store);
  assert.deepEqual([found.kind, found.digest, found.created], ["index", list.digest, "2026"]);
  assert.deepEqual(found.manifests.map(({ digest }) => digest), [amd.digest, arm.digest]);
  assert.deepEqual([found.layers, found.config], [[], undefined]);
  const chosen = await inspect(store, {
    platform: { os: "linux", architecture: "arm64" },
    tags: true,
  });
  assert.deepEqual([chosen.kind, chosen.digest, chosen.named.digest], [
    "manifest",
    arm.digest,
    list.digest,
  ]);
  // The tags are those of what the reference names.
  assert.deepEqual(chosen.tags!.names, ["v1"]);
  await assert.rejects(inspect(store, { platform: { os: "plan9", architecture: "mips" } }), {
    code: "not-found",
  });
});

test("who signed is said where a verifier says so; else referrers are counted", async () => {
  const store = new MemoryStore();
  const root = await sample(store, "site", { tag: "v1" });
  const bundle = "application/vnd.dev.sigstore.bundle.v0.3+json";
  await refer(store, root, bundle);
  await refer(store, root, bundle, "two");
  await refer(store, root, bundle, "three", {
    annotations: { "dev.sigstore.bundle.predicateType": "https://slsa.dev/provenance/v1" },
  });
  const sbom = await refer(store, root, "application/spdx+json");
  await refer(store, sbom, bundle, "of the SBOM");
  await refer(store, root, "application/vnd.example.thing");
  const found = await inspect(store);
  assert.deepEqual(found.referrers, {
    signatures: 2,
    attestations: 1,
    sboms: 1,
    others: 1,
    more: false,
  });
  await assert.rejects(inspect(store, { verifier: new ToyVerifier() }), { code: "no-signature" });
  await refer(store, root, TOY, new TextDecoder().decode(toy(root, "good", "jo").bytes));
  const verified = await inspect(store, { verifier: [new ToyVerifier(), new ToyVerifier()] });
  assert.equal(verified.signed, "root");
  assert.deepEqual(
    verified.verdicts.map(({ signer }) => signer),
    [1, 2].map(() => ({ kind: "other", description: "jo" })),
  );
});

test("tags that name the digest: those that are gone meanwhile and a limit are no error", async () => {
  const store = new MemoryStore();
  const one = await sample(store, "one", { tag: "v1" });
  const tags = Array.from({ length: MAX_TAGS_ASKED + 1 }, (_, i) => `t${i}`);
  await store.tag("t5", one);
  store.tags = async function* () {
    // One stands in for the referrers API, the other is cosign's.
    for (const end of ["", ".sig"]) yield `sha256-${"0".repeat(64)}${end}`;
    yield* tags;
  };
  const expected = { names: ["t5"], looked: MAX_TAGS_ASKED, more: true };
  assert.deepEqual((await inspect(store, { tags: true })).tags, expected);
  // A store that can say it more cheaply is asked in that way, and in no other.
  const resolve = store.resolve.bind(store);
  const asked: string[] = [];
  const cheap = Object.assign(store, {
    resolve: (what: string) => {
      asked.push(what);
      return resolve(what);
    },
    named: (tag: string) => Promise.resolve(tag === "t7" ? one : undefined),
  });
  assert.deepEqual((await inspect(cheap, { tags: true })).tags, { ...expected, names: ["t7"] });
  assert.deepEqual(asked.filter((what) => what.startsWith("t")), []);
});

test("raw: exactly the bytes, each with its digest, or an error that says what there is not", async () => {
  const store = new MemoryStore();
  const at = { store, reference: "v1" };
  const { digest } = await client.push(entries(["a", "a"]), at);
  const manifest = await client.raw(at, "manifest");
  assert.equal(manifest.digest, digest);
  assert.equal(digestOf(manifest.bytes), digest);
  const document = JSON.parse(new TextDecoder().decode(manifest.bytes));
  const config = await client.raw(at, "config");
  assert.deepEqual([config.digest, digestOf(config.bytes), config.mediaType], [
    document.config.digest,
    document.config.digest,
    document.config.mediaType,
  ]);
  const table = await client.raw(at, "table");
  assert.equal(digestOf(table.bytes), document.layers[0].annotations[ANNOTATION.tocDigest]);
  assert.equal(table.digest, digestOf(table.bytes));
  assert.equal(JSON.parse(new TextDecoder().decode(table.bytes)).entries.length, 1);

  const plain = await blob(store, "plain", MEDIA_TYPE.layerGzip);
  await put(store, { config: document.config, layers: [plain, ...document.layers] });
  assert.deepEqual((await client.raw(at, "table")).bytes, table.bytes);
  assert.deepEqual((await client.raw(at, "table", { layer: 2 })).bytes, table.bytes);
  await assert.rejects(client.raw(at, "table", { layer: 1 }), {
    code: "not-found",
    message: /the layer 1 of .* has no table of contents/,
  });
  await assert.rejects(client.raw(at, "table", { layer: 3 }), {
    code: "not-found",
    message: /has no layer 3: it has 2 layers/,
  });
  await assert.rejects(client.raw(at, "config", { layer: 1 }), { code: "invalid-option" });
  await put(store, { config: document.config, layers: [...document.layers, ...document.layers] });
  await assert.rejects(client.raw(at, "table"), {
    code: "invalid-option",
    message: /2 layers with a table of contents, expected one of 1, 2/,
  });
  await put(store, { config: document.config, layers: [plain] });
  await assert.rejects(client.raw(at, "table"), { code: "not-found", message: /no layer/ });
  const list = await put(store, { manifests: [] }, MEDIA_TYPE.index);
  assert.equal((await client.raw(at, "manifest")).digest, list.digest);
  await assert.rejects(client.raw(at, "config"), {
    code: "not-found",
    message: /the index sha256:.* has no config/,
  });
  await assert.rejects(client.raw(at, "layer" as "table"), {
    code: "invalid-option",
    message: 'invalid part: "layer", expected "manifest", "config" or "table"',
  });
});
