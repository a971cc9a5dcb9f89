import { after, test } from "node:test";
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { Buffer } from "node:buffer";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { Client } from "../client.ts";
import { digestOf, hexOf } from "../digest.ts";
import { MemoryStore } from "../stores/memory_store.ts";
import { ANNOTATION, type Document, type Manifest } from "../types.ts";
import type { InputEntry } from "../archive/input/input.ts";
import { readDocument } from "../artifact/manifest.ts";
import { push } from "./push.ts";
import { treeOfArtifact, treeOfInput } from "./tree_digest.ts";
import { bytesOf, imageOf, type LayerSpec, stargz, tarOf } from "../../tests/fakes/tar.ts";
import { lacks } from "../../tests/fakes/only_on.ts";

const scratch = mkdtempSync(join(tmpdir(), "blobber-tree-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

const LARGE = "a line of a file that is several chunks\n".repeat(40_000);
const TREE: InputEntry[] = [
  { path: "\u{1f600}", type: "file", content: bytesOf("beyond the basic plane\n") },
  { path: "\uffee", type: "file", content: bytesOf("at its end\n") },
  { path: "a b/with space", type: "file", content: bytesOf("spaces\n") },
  { path: "a b/grüße", type: "file", content: bytesOf("not ASCII\n"), mode: 0o600 },
  { path: "a-b", type: "file", content: bytesOf("before a/\n") },
  { path: "bin/run", type: "file", content: bytesOf("#!/bin/sh\n"), mode: 0o755 },
  { path: "bin/su", type: "file", content: bytesOf("#!/bin/sh\n"), mode: 0o4711 },
  { path: "empty", type: "file", mode: 0o444 },
  { path: "large", type: "file", content: bytesOf(LARGE) },
  { path: "link", type: "symlink", linkTarget: "a b/with space" },
  { path: "nothing here", type: "directory", mode: 0o700 },
];
/** Of this tree, for ever: a change of it is another form, with another first record. */
const DIGEST = "sha256:656face96d7eb6b51e3303e0e1842dfcd9e64e5145f88fcde7e2a1d4ff141544";

/** The form as the documentation says it, by other code. */
function formOf(records: [kind: string, mode: string, content: string, name: string][]): string {
  const lines = records
    .map(([kind, mode, content, name]) => ({
      key: Buffer.from(name),
      line: `${kind} ${mode} ${kind === "d" ? "-" : hexOf(digestOf(content))} ${name}\0`,
    }))
    .sort((a, b) => Buffer.compare(a.key, b.key));
  return digestOf(`blobber tree 1\0${lines.map(({ line }) => line).join("")}`);
}

const FORM = formOf([
  ["d", "755", "", "a b/"],
  ["d", "755", "", "bin/"],
  ...TREE.map(({ path, type, mode, content, linkTarget }) => {
    const bits = (mode ?? 0o644) & 0o777;
    const text = content === undefined ? "" : new TextDecoder().decode(content as Uint8Array);
    return (type === "directory"
      ? ["d", bits.toString(8), "", `${path}/`]
      : type === "symlink"
      ? ["l", "777", linkTarget!, path]
      : ["f", bits.toString(8), text, path]) as [string, string, string, string];
  }),
]);

function write(entries: readonly InputEntry[]): string {
  const root = mkdtempSync(join(scratch, "tree-"));
  for (const { path, type, mode, content, linkTarget } of entries) {
    const at = join(root, path);
    mkdirSync(dirname(at), { recursive: true });
    chmodSync(dirname(at), 0o755);
    if (type === "symlink") symlinkSync(linkTarget!, at);
    else if (type === "directory") mkdirSync(at);
    else writeFileSync(at, (content as Uint8Array | undefined) ?? "");
    if (type !== "symlink") chmodSync(at, mode ?? 0o644);
  }
  return root;
}

async function stored(
  store: MemoryStore,
  digest: string,
): Promise<Document<Manifest>> {
  return await readDocument(store, await store.resolve(digest)) as Document<Manifest>;
}

async function treeOf(...layers: LayerSpec[]): Promise<string> {
  const { source, manifest } = imageOf(...layers);
  return (await treeOfArtifact(source, manifest, {})).tree;
}

test("the digest of a tree is that of its form, under every runtime", async () => {
  const { tree, entries } = await treeOfInput({ entries: TREE }, {});
  assert.equal(tree, FORM);
  assert.equal(tree, DIGEST);
  assert.equal(entries, TREE.length + 2);
});

test(
  "a directory, its entries in any order, and its tar are one tree",
  { skip: lacks("modes") },
  async () => {
    const directory = write(TREE);
    for (const path of ["a-b", "bin"]) utimesSync(join(directory, path), 5, 5);
    assert.deepEqual(await treeOfInput({ directory }, {}), { tree: DIGEST, entries: 13 });
    assert.equal((await treeOfInput({ entries: [...TREE].reverse() }, {})).tree, DIGEST);
    const tar = tarOf(...TREE.map(({ path, type, mode = 0o644, content, linkTarget }) => ({
      name: type === "directory" ? `${path}/` : path,
      type: { file: "0", directory: "5", symlink: "2", hardlink: "1" }[type],
      mode,
      data: content as Uint8Array | undefined ?? "",
      ...(linkTarget !== undefined && { link: linkTarget }),
    })));
    const pieces = (async function* () {
      for (let at = 0; at < tar.length; at += 1000) yield tar.subarray(at, at + 1000);
    })();
    assert.equal((await treeOfInput({ tar: pieces }, {})).tree, DIGEST);
  },
);

for (const compression of ["gzip", "zstd"] as const) {
  test(
    `${compression}: a push states it, and what it pushed has it`,
    { skip: lacks("modes") },
    async () => {
      for (const input of [{ directory: write(TREE) }, { entries: TREE }]) {
        const store = new MemoryStore();
        const { digest, tree } = await push(store, input, { compression, keepMtime: true });
        assert.equal(tree, DIGEST);
        const manifest = await stored(store, digest);
        assert.equal(manifest.value.annotations![ANNOTATION.treeDigest], DIGEST);
        const found = await treeOfArtifact(store, manifest, {});
        assert.deepEqual(found, { tree: DIGEST, entries: 13 });
      }
    },
  );
}

test("everything in the form changes it, and nothing else does", async () => {
  const one: InputEntry = { path: "d/f", type: "file", content: bytesOf("x") };
  const of = async (...entries: InputEntry[]) => (await treeOfInput({ entries }, {})).tree;
  const expected = await of(one);
  assert.equal(await of({ ...one, mtime: 9 }), expected);
  assert.equal(await of({ path: "d", type: "directory" }, one), expected);
  assert.equal(await of({ ...one, mode: 0o4644 }), expected);
  const others = await Promise.all([
    of({ ...one, content: bytesOf("y") }),
    of({ ...one, mode: 0o645 }),
    of({ ...one, path: "d/g" }),
    of({ path: "d/f", type: "symlink", linkTarget: "x" }),
    of({ path: "d/f", type: "symlink", linkTarget: "y" }),
    of({ path: "d/f", type: "directory" }),
    of({ path: "d", type: "directory", mode: 0o700 }, one),
    of(one, { path: "e", type: "directory" }),
  ]);
  assert.equal(new Set([expected, ...others]).size, 9);
});

test("a hard link is the file that it names, with its mode", async () => {
  const expected = formOf([["f", "755", "x", "a"], ["f", "755", "x", "b"], ["f", "755", "x", "c"]]);
  const links = [
    { name: "a", data: "x", mode: 0o755 },
    { name: "b", type: "1", link: "a", mode: 0o600 },
    { name: "c", type: "1", link: "b", mode: 0 },
  ];
  assert.equal(await treeOf(stargz(links)), expected);
  assert.equal(await treeOf(gzipSync(tarOf(...links))), expected);
  const entries: InputEntry[] = [
    { path: "a", type: "file", content: bytesOf("x"), mode: 0o755 },
    { path: "c", type: "hardlink", linkTarget: "a", mode: 0o600 },
    { path: "b", type: "hardlink", linkTarget: "c" },
  ];
  assert.equal((await treeOfInput({ entries }, {})).tree, expected);
  // The file may be gone from where the link names it.
  const without = formOf([["f", "755", "x", "b"], ["f", "755", "x", "c"]]);
  assert.equal(await treeOf(stargz(links), gzipSync(tarOf({ name: ".wh.a" }))), without);
  const replaced = formOf([["f", "644", "y", "a"], ["f", "755", "x", "b"], ["f", "755", "x", "c"]]);
  assert.equal(await treeOf(stargz(links), stargz([{ name: "a", data: "y" }])), replaced);
});

test("layers, with and without a table, make one tree", async () => {
  const expected = formOf([
    ["d", "755", "", "d/"],
    ["f", "644", "new", "d/x"],
    ["d", "755", "", "left/"],
    ["f", "600", "kept", "kept"],
  ]);
  const lower = [
    { name: "d/x", data: "old" },
    { name: "left/gone", data: "gone" },
    { name: "kept", data: "kept", mode: 0o600 },
  ];
  const upper = [{ name: "d/x", data: "new" }, { name: "left/.wh.gone" }];
  assert.equal(await treeOf(stargz(lower), stargz(upper)), expected);
  assert.equal(await treeOf(gzipSync(tarOf(...lower)), stargz(upper)), expected);
  assert.equal(await treeOf(gzipSync(tarOf(...lower)), gzipSync(tarOf(...upper))), expected);
});

test("what a table only claims is read: a file of several chunks", async () => {
  const items = [{ name: "small", data: "small" }, { name: "large", data: "0123456789".repeat(9) }];
  const expected = formOf([
    ["f", "644", "0123456789".repeat(9), "large"],
    ["f", "644", "small", "small"],
  ]);
  const honest = imageOf(stargz(items, { chunkSize: 20 }));
  assert.equal((await treeOfArtifact(honest.source, honest.manifest, {})).tree, expected);
  const lying = imageOf(stargz(items, {
    chunkSize: 20,
    rows: (rows) =>
      rows.map((row) =>
        row.name === "large" && row.type === "reg" ? { ...row, digest: digestOf("other") } : row
      ),
  }));
  await assert.rejects(treeOfArtifact(lying.source, lying.manifest, {}), { code: "integrity" });
  const { source, manifest } = honest;
  await assert.rejects(treeOfArtifact(source, manifest, { maxFileBytes: 89 }), { code: "limit" });
});

test("files of several chunks are each read, and a hard link is the one that it names", async () => {
  const files: InputEntry[] = ["a", "b", "c"].map((path, i) => ({
    path,
    type: "file",
    content: new Uint8Array(1_500_000).fill(i + 1),
  }));
  const link: InputEntry = { path: "d", type: "hardlink", linkTarget: "b" };
  const { tree } = await treeOfInput({ entries: files.slice(0, 2) }, {});
  for (const entries of [files.slice(0, 2), files, [...files, link]]) {
    const store = new MemoryStore();
    const expected = await treeOfInput({ entries }, {});
    const { digest } = await push(store, { entries }, {});
    const manifest = await stored(store, digest);
    assert.deepEqual(await treeOfArtifact(store, manifest, {}), expected);
    const { [ANNOTATION.treeDigest]: stated, ...annotations } = manifest.value.annotations!;
    assert.equal(stated, expected.tree);
    const silent = { ...manifest, value: { ...manifest.value, annotations } };
    assert.deepEqual(await treeOfArtifact(store, silent, {}), expected);
    assert.equal(expected.tree === tree, entries.length === 2);
  }
});

test("a content of several chunks is what its row says, whichever layer has which names", async () => {
  const data = (digit: string) => digit.repeat(90);
  const chunked = (...items: { name: string; data?: string; type?: string; link?: string }[]) =>
    stargz(items, { chunkSize: 20 });
  const upper = chunked({ name: "a", data: data("3") });
  const lower = chunked(
    { name: "a", data: data("1") },
    { name: "b", data: data("2") },
    { name: "c", type: "1", link: "a" },
  );
  assert.equal(
    await treeOf(lower, upper),
    formOf([
      ["f", "644", data("3"), "a"],
      ["f", "644", data("2"), "b"],
      ["f", "644", data("1"), "c"],
    ]),
  );
  const { source, manifest } = imageOf(lower);
  const totals: (number | undefined)[] = [];
  await treeOfArtifact(source, manifest, { onProgress: ({ total }) => totals.push(total) });
  assert.equal(totals.at(-1), 180, "two files are read, and not once more for a second name");
});

test("nothing else is read", async () => {
  const items = [600_000, ...Array(10).fill(250_000)].map((size, i) => ({
    name: `${i}`,
    data: new Uint8Array(randomBytes(size)),
  }));
  const { source, manifest, blobs } = imageOf(stargz(items, { chunkSize: 300_000 }));
  await treeOfArtifact(source, manifest, {});
  const { digest, size } = manifest.value.layers[0]!;
  assert.ok(size > 3_000_000);
  assert.equal(blobs.get(digest)!.length, size);
  const [end, file] = source.requests;
  assert.equal(source.requests.length, 2, "the end with the table, and the file of two chunks");
  assert.ok(end!.end === size && end!.end - end!.start <= 1024 * 1024);
  assert.ok(file!.end - file!.start > 600_000 && file!.end - file!.start < 610_000);
});

test("a manifest that states another digest is refused", async () => {
  const { source, manifest } = imageOf(stargz([{ name: "a", data: "x" }]));
  const stating = (digest: string): Document<Manifest> => ({
    ...manifest,
    value: { ...manifest.value, annotations: { [ANNOTATION.treeDigest]: digest } },
  });
  const { tree } = await treeOfArtifact(source, manifest, {});
  assert.equal((await treeOfArtifact(source, stating(tree), {})).tree, tree);
  for (const wrong of [digestOf("another"), "sha256:00", ""]) {
    await assert.rejects(treeOfArtifact(source, stating(wrong), {}), { code: "integrity" });
  }
  const entries: InputEntry[] = [];
  const annotations = { [ANNOTATION.treeDigest]: tree };
  await assert.rejects(push(new MemoryStore(), { entries }, { annotations }), {
    code: "invalid-option",
  });
});

test("a tree has no devices: they are refused, or left out when that is asked for", async () => {
  const items = [{ name: "a", data: "x" }, { name: "p", type: "6" }];
  const { source, manifest } = imageOf(gzipSync(tarOf(...items)));
  await assert.rejects(treeOfArtifact(source, manifest, {}), (error: Error) => {
    assert.match(error.message, /no digest: "p" is a named pipe/);
    return (error as unknown as { code: string }).code === "invalid-archive";
  });
  const notices: string[] = [];
  const { tree } = await treeOfArtifact(source, manifest, {
    special: "skip",
    onNotice: ({ level, code }) => level === "warning" && notices.push(code),
  });
  assert.equal(tree, formOf([["f", "644", "x", "a"]]));
  assert.deepEqual(notices, ["special-files"]);
});

test("a layer that is a file is proven by the manifest", async () => {
  const { source, manifest } = imageOf(bytesOf("a model"));
  const { layers, config } = manifest.value;
  const value: Manifest = {
    ...manifest.value,
    config: { ...config, mediaType: "application/vnd.oci.empty.v1+json" },
    layers: [{
      ...layers[0]!,
      mediaType: "application/octet-stream",
      annotations: { [ANNOTATION.title]: "models/m" },
    }],
  };
  const { tree } = await treeOfArtifact(source, { ...manifest, value }, {});
  assert.equal(tree, formOf([["d", "755", "", "models/"], ["f", "644", "a model", "models/m"]]));
  assert.deepEqual(source.requests, []);
});

test("the client finds it by a reference or an input, and an abort stops it", {
  skip: lacks("modes"),
}, async () => {
  const directory = write(TREE);
  const client = new Client();
  const ref = `oci:${mkdtempSync(join(scratch, "layout-"))}:v1`;
  const { digest } = await client.push({ directory }, ref);
  assert.deepEqual(await client.treeDigest(ref), {
    tree: DIGEST,
    entries: 13,
    digest,
    verdict: undefined,
  });
  assert.deepEqual(await client.treeDigest({ directory }), { tree: DIGEST, entries: 13 });
  const verifier = {
    accepts: () => true,
    verify: () => Promise.reject(new Error("never asked: nothing is signed")),
  };
  await assert.rejects(client.treeDigest(ref, { verifier }), { code: "no-signature" });
  for (const what of [ref, { directory }]) {
    const signal = AbortSignal.abort();
    await assert.rejects(client.treeDigest(what, { signal }));
    const stop = new AbortController();
    const onProgress = () => stop.abort();
    await assert.rejects(
      client.treeDigest(what, { signal: stop.signal, onProgress }),
      { code: "interrupted" },
    );
  }
});
