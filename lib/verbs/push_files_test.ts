/** Files that are pushed as they are, each a layer of its own. */

import { after, test } from "node:test";
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import {
  appendFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { InputFile } from "../archive/input/input.ts";
import { Client } from "../client.ts";
import { digestOf } from "../digest.ts";
import type { Notice, Progress } from "../events.ts";
import { MemoryStore } from "../stores/memory_store.ts";
import type { BlobWriter } from "../store.ts";
import type { Manifest } from "../types.ts";
import { lacks } from "../../tests/fakes/only_on.ts";

const scratch = mkdtempSync(join(tmpdir(), "blobber-files-"));
const home = process.cwd();
const client = new Client({ jobs: 0 });
after(async () => {
  process.chdir(home);
  await client.close();
  rmSync(scratch, { recursive: true, force: true });
});
process.chdir(scratch);

const TITLE = "org.opencontainers.image.title";
const PLAIN = "application/vnd.oci.image.layer.v1.tar";
const noise = new Uint8Array(1_300_000).map((_, i) => (i * i) >> 3);

mkdirSync("docs/deep", { recursive: true });
writeFileSync("hello.txt", "hello\n");
writeFileSync("docs/deep/large.bin", noise);
writeFileSync("empty", "");
symlinkSync("hello.txt", "link.txt");

/** Counts the blobs that were sent. */
class CountingStore extends MemoryStore {
  sent = 0;

  override begin(mediaType: string): Promise<BlobWriter> {
    this.sent++;
    return super.begin(mediaType);
  }
}

async function manifestOf(store: MemoryStore, reference = "latest"): Promise<Manifest> {
  const stream = await store.fetch(await store.resolve(reference));
  return await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).json();
}

async function refused(files: readonly InputFile[], error: object, options = {}): Promise<void> {
  const store = new CountingStore();
  await assert.rejects(client.push({ files }, { store }, options), error);
  assert.equal(store.sent, 0);
  await assert.rejects(store.resolve("latest"), { code: "not-found" });
}

test("files become layers with titles, and come back byte for byte", async () => {
  const store = new CountingStore();
  const files = [
    { path: "./docs//deep/large.bin" },
    { path: "hello.txt", mediaType: "text/plain", annotations: { z: "1", a: "2" } },
    { path: "empty" },
    { path: "link.txt" },
    { content: new TextEncoder().encode("made"), title: "made/here.txt" },
  ];
  const result = await client.push({ files }, { store }, {
    annotations: { "com.acme": "x" },
    configAnnotations: { c: "y" },
    tags: ["v1"],
  });
  const { annotations, ...manifest } = await manifestOf(store);
  const hello = digestOf("hello\n");
  assert.deepEqual(manifest, {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    artifactType: "application/vnd.unknown.artifact.v1",
    config: {
      mediaType: "application/vnd.oci.empty.v1+json",
      digest: digestOf("{}"),
      size: 2,
      annotations: { c: "y" },
    },
    layers: [
      {
        ...{ mediaType: PLAIN, digest: digestOf(noise), size: noise.length },
        annotations: { [TITLE]: "docs/deep/large.bin" },
      },
      {
        ...{ mediaType: "text/plain", digest: hello, size: 6 },
        annotations: { a: "2", [TITLE]: "hello.txt", z: "1" },
      },
      { mediaType: PLAIN, digest: digestOf(""), size: 0, annotations: { [TITLE]: "empty" } },
      { mediaType: PLAIN, digest: hello, size: 6, annotations: { [TITLE]: "link.txt" } },
      {
        ...{ mediaType: PLAIN, digest: digestOf("made"), size: 4 },
        annotations: { [TITLE]: "made/here.txt" },
      },
    ],
  });
  assert.deepEqual(annotations, { "com.acme": "x", "dev.blobber.tree.digest": result.tree });
  assert.deepEqual(result.tags, ["latest", "v1"]);
  assert.equal(result.artifactType, "application/vnd.unknown.artifact.v1");
  assert.deepEqual([result.files, result.bytes], [5, noise.length + 16]);
  assert.deepEqual(result.layers[1], {
    ...{ path: "hello.txt", mediaType: "text/plain", digest: hello, size: 6 },
  });
  // Four contents and the config: the link's is the file's.
  assert.equal(store.sent, 5);
  const out = join(scratch, "out");
  await client.pull({ store }, out);
  assert.deepEqual(new Uint8Array(readFileSync(join(out, "docs/deep/large.bin"))), noise);
  assert.equal(readFileSync(join(out, "link.txt"), "utf8"), "hello\n");
  assert.equal(readFileSync(join(out, "made/here.txt"), "utf8"), "made");
  assert.deepEqual(readdirSync(out).sort(), ["docs", "empty", "hello.txt", "link.txt", "made"]);
  // The manifest's claim of the tree is compared with what is there.
  assert.equal((await client.treeDigest({ store })).tree, result.tree);
  assert.equal((await client.treeDigest({ files })).tree, result.tree);
  const again = await client.push({ files: [...files] }, { store }, {
    annotations: { "com.acme": "x" },
    configAnnotations: { c: "y" },
  });
  assert.equal(again.digest, result.digest);
  assert.equal(store.sent, 5, "what is there is not sent again");
  rmSync(out, { recursive: true });
});

test("model-files: a path in a model is where a reader finds it, and its archives are as they are", async () => {
  const store = new MemoryStore();
  const type = "application/vnd.cncf.model";
  const key = "org.cncf.model.filepath";
  const raw = { path: "hello.txt", mediaType: `${type}.weight.v1.raw` };
  const files = [{ ...raw, annotations: { [key]: "weights/a.bin" } }, { path: "empty" }];
  const { tree, layers } = await client.push({ files }, { store });
  assert.deepEqual(layers.map(({ path }) => path), ["hello.txt", "empty"]);
  assert.equal((await client.treeDigest({ store })).tree, tree);
  assert.deepEqual(await (await client.openImage({ store })).paths(), [
    "empty",
    "weights/a.bin",
  ]);
  const twice = { ...raw, title: "b", annotations: { [key]: "weights/a.bin" } };
  await refused([files[0]!, twice], { code: "invalid-archive", message: /a\.bin" comes twice/ });
  await refused([{ ...raw, annotations: { [key]: "../x" } }], { code: "path-traversal" });
  const archive = { path: "empty", mediaType: `${type}.doc.v1.tar` };
  const made = await client.push({ files: [archive] }, { store, reference: "archive" });
  assert.equal(made.tree, undefined);
  assert.equal(
    (await manifestOf(store, "archive")).annotations?.["dev.blobber.tree.digest"],
    undefined,
  );
  await assert.rejects(client.treeDigest({ files: [archive] }), { code: "invalid-archive" });
});

test("the artifact type is written, of files and of a directory", async () => {
  const store = new MemoryStore();
  const artifactType = "application/vnd.acme.site+type";
  const options = { artifactType, layerAnnotations: { l: "1" } };
  const { artifactType: _, ...rest } = options;
  await client.push({ directory: "docs" }, { store, reference: "d" }, options);
  const { artifactType: found, config, layers } = await manifestOf(store, "d");
  assert.equal(found, artifactType);
  assert.equal(config.mediaType, "application/vnd.oci.image.config.v1+json");
  assert.equal(layers[0]!.annotations!.l, "1");
  await client.push({ directory: "docs" }, { store, reference: "e" }, rest);
  assert.equal((await manifestOf(store, "e")).artifactType, undefined);
  await client.push({ files: [{ path: "empty" }] }, { store, reference: "f" }, { artifactType });
  assert.equal((await manifestOf(store, "f")).artifactType, artifactType);
  for (const wrong of [{ artifactType: "acme" }, { artifactType: "" }]) {
    await refused([{ path: "empty" }], { code: "invalid-option", message: /artifact type/ }, wrong);
  }
  for (const wrong of [{ layerAnnotations: {} }, { layerMediaType: "text/plain" }]) {
    await refused([{ path: "empty" }], { code: "invalid-option" }, wrong);
  }
});

test("names that leave the artifact, come twice or mean something are refused before anything is sent", async () => {
  const hello = { path: "hello.txt" };
  await refused([{ path: join(scratch, "hello.txt") }], {
    code: "path-traversal",
    message: /is absolute/,
  });
  await refused([{ path: "docs/../hello.txt" }], { code: "path-traversal" });
  await refused([{ ...hello, title: "../x" }], { code: "path-traversal" });
  await refused([{ ...hello, title: "/x" }], { code: "path-traversal" });
  await refused([{ ...hello, title: ".wh.x" }], { code: "invalid-archive" });
  await refused([hello, { path: "./hello.txt" }], {
    code: "invalid-archive",
    message: 'cannot push: "hello.txt" comes twice',
  });
  await refused([{ ...hello, title: "a" }, { ...hello, title: "a/b" }], {
    code: "invalid-archive",
  });
  for (
    const key of [TITLE, "io.deis.oras.content.unpack", "containerd.io/snapshot/stargz/toc.digest"]
  ) {
    await refused([{ ...hello, annotations: { [key]: "true" } }], { code: "invalid-option" });
  }
  await refused(Array.from({ length: 513 }, (_, i) => ({ ...hello, title: `${i}` })), {
    code: "limit",
  });
  const notices: Notice[] = [];
  await client.push({ files: [hello, { ...hello, title: "HELLO.txt" }] }, {
    store: new MemoryStore(),
  }, { onNotice: (notice) => notices.push(notice) });
  assert.deepEqual(notices.map(({ code }) => code), ["name-collision"]);
});

test("what is no file is refused, and said to be what it is", async () => {
  await refused([{ path: "nothing" }], { code: "file-system", message: /file not found: nothing/ });
  await refused([{ path: "docs" }], { code: "file-system", message: /docs is a directory/ });
  if (!lacks("pipes")) {
    const server = createServer().listen(join(scratch, "socket"));
    await new Promise((resolve) => server.once("listening", resolve));
    await refused([{ path: "socket" }], { code: "invalid-archive", message: /it is a socket/ });
    server.close();
  }
  for (
    const files of [
      [],
      "hello.txt",
      [{}],
      [{ title: "x" }],
      [{ content: noise }],
      [{
        path: "hello.txt",
        content: noise,
      }],
      [{ path: "hello.txt", mediaType: "text" }],
      [{ path: "a\0b" }],
    ]
  ) {
    await refused(files as InputFile[], { code: "invalid-option", message: /^cannot push: files/ });
  }
});

test("key-copy-pushed: no file is a private key, nor the one that signs under another name", async () => {
  const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });
  writeFileSync("key.txt", pem);
  linkSync("key.txt", "other-name");
  const message = 'cannot push "./key.txt": it holds a private key';
  await refused([{ path: "hello.txt" }, { path: "./key.txt" }], { code: "private-key", message });
  const content = new Uint8Array(readFileSync("key.txt"));
  await refused([{ content, title: "k" }], { code: "private-key" });
  const allowed = { allowSecrets: true };
  await client.push({ files: [{ path: "key.txt" }] }, { store: new MemoryStore() }, allowed);
  for (const path of ["hello.txt", "link.txt"]) {
    const named = { code: "private-key", message: /must not be pushed/ };
    await refused([{ path, title: "renamed" }], named, { refuse: ["hello.txt"] });
  }
  const refuse = [join(scratch, "key.txt")];
  for (const file of [{ path: "other-name" }, { content, title: "k" }]) {
    await refused([file], { code: "private-key" }, { ...allowed, refuse });
  }
});

test("a file that changes between the look at it and the last byte of it tags nothing", async () => {
  writeFileSync("growing", noise);
  const store = new MemoryStore();
  const begin = store.begin.bind(store);
  store.begin = async (mediaType) => {
    appendFileSync("growing", "x");
    return await begin(mediaType);
  };
  await assert.rejects(client.push({ files: [{ path: "growing" }] }, { store }), {
    code: "source-changed",
  });
  await assert.rejects(store.resolve("latest"), { code: "not-found" });
});

test("a tag that may not move is compared with what the files make, and nothing is sent", async () => {
  const store = new CountingStore();
  const files = [{ path: "hello.txt" }];
  const { digest } = await client.push({ files }, { store });
  const { sent } = store;
  const ifAbsent = { ifAbsent: true };
  assert.equal((await client.push({ files }, { store }, ifAbsent)).digest, digest);
  const other = { files: [{ path: "docs/deep/large.bin" }] };
  await assert.rejects(client.push(other, { store }, ifAbsent), { code: "conflict" });
  assert.equal(store.sent, sent);
  assert.equal((await client.digest({ files })).digest, digest);
});

test("progress tells of bytes read and sent, to their ends", async () => {
  const seen: Progress[] = [];
  const files = [{ path: "hello.txt" }, { path: "docs/deep/large.bin" }];
  await client.push({ files }, { store: new MemoryStore() }, {
    onProgress: (report) => seen.push(report),
  });
  const total = noise.length + 6;
  for (const phase of ["pack", "upload"] as const) {
    const last = seen.findLast((report) => report.phase === phase);
    assert.deepEqual(last, { phase, done: total, total, unit: "bytes", finished: true });
  }
});
