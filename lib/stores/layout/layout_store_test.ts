import assert from "node:assert/strict";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  all,
  blobOf,
  documentOf,
  read,
  sample,
  storeSuite,
  writeBlob,
} from "../../../tests/fakes/store_suite.ts";
import { hexOf } from "../../digest.ts";
import { thisProcess } from "../../system/process_identity.ts";
import { ANNOTATION, MEDIA_TYPE } from "../../types.ts";
import { LayoutStore } from "./layout_store.ts";

storeSuite("layout", () => {
  const root = mkdtempSync(join(tmpdir(), "blobber-layout-"));
  return Promise.resolve({
    store: new LayoutStore(join(root, "new")),
    dispose: () => rmSync(root, { recursive: true }),
  });
});

async function inDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "blobber-layout-"));
  try {
    await body(join(root, "layout"));
  } finally {
    rmSync(root, { recursive: true });
  }
}

const indexOf = (directory: string) =>
  JSON.parse(readFileSync(join(directory, "index.json"), "utf8"));
const blobPath = (directory: string, digest: string) =>
  join(directory, "blobs/sha256", digest.slice("sha256:".length));

test("a new layout is one by the specification, and holds nothing else", () =>
  inDirectory(async (directory) => {
    const store = new LayoutStore(directory);
    await sample(store, "content", { tag: "v1" });
    assert.deepEqual(readdirSync(directory).sort(), ["blobs", "index.json", "oci-layout"]);
    assert.equal(
      readFileSync(join(directory, "oci-layout"), "utf8"),
      '{"imageLayoutVersion":"1.0.0"}',
    );
    assert.equal(indexOf(directory).mediaType, MEDIA_TYPE.index);
    assert.equal(readdirSync(join(directory, "blobs/sha256")).length, 3);
  }));

test("reading makes nothing, and says what is not there", () =>
  inDirectory(async (directory) => {
    const store = new LayoutStore(directory);
    await assert.rejects(store.resolve("v1"), { code: "not-found" });
    await assert.rejects(store.fetch(blobOf("x")), { code: "not-found" });
    await assert.rejects(all(store.tags()), { code: "not-found" });
    assert.equal(existsSync(directory), false);
    await sample(store, "content", { tag: "v1" });
    await assert.rejects(new LayoutStore(directory).resolve("v2"), { hint: "its tags are: v1" });
  }));

test("a directory with other content is not made a layout", () =>
  inDirectory(async (directory) => {
    mkdirSync(directory);
    writeFileSync(join(directory, "thesis.txt"), "");
    await assert.rejects(new LayoutStore(directory).begin("application/x"), { code: "conflict" });
    assert.deepEqual(readdirSync(directory), ["thesis.txt"]);
  }));

test("what another tool wrote into the index is kept", () =>
  inDirectory(async (directory) => {
    const store = new LayoutStore(directory);
    const one = await sample(store, "one", { tag: "v1" });
    const index = indexOf(directory);
    index.custom = { a: 1 };
    index.annotations = { owner: "another" };
    index.manifests[0].vendor = "x";
    index.manifests[0].annotations.extra = "kept";
    writeFileSync(join(directory, "index.json"), JSON.stringify(index));
    const two = await sample(store, "two");
    await store.tag("v1", two);
    const after = indexOf(directory);
    assert.deepEqual([after.custom, after.annotations], [index.custom, index.annotations]);
    const old = after.manifests.find((entry: { digest: string }) => entry.digest === one.digest);
    assert.deepEqual([old.vendor, old.annotations], ["x", { extra: "kept" }]);
    assert.equal((await store.resolve("v1")).digest, two.digest);
    assert.equal((await store.resolve(one.digest)).digest, one.digest, "it is untagged, not gone");
  }));

test("a manifest cannot give itself a tag by its annotations", () =>
  inDirectory(async (directory) => {
    const store = new LayoutStore(directory);
    const subject = await sample(store, "subject");
    await sample(store, "liar", { subject, annotations: { [ANNOTATION.refName]: "latest" } });
    assert.deepEqual(await all(store.tags()), []);
    await assert.rejects(store.resolve("latest"), { code: "not-found" });
  }));

test("names in the index that are no tags are not listed, and a doubled tag is refused", () =>
  inDirectory(async (directory) => {
    const store = new LayoutStore(directory);
    const one = await sample(store, "one");
    const two = await sample(store, "two");
    const named = (descriptor: unknown, name: string) => ({
      ...descriptor as Record<string, unknown>,
      annotations: { [ANNOTATION.refName]: name },
    });
    writeFileSync(
      join(directory, "index.json"),
      JSON.stringify({
        schemaVersion: 2,
        manifests: [
          named(one, "docker.io/library/x:1"),
          named(one, "\u001b[2J"),
          named(one, "same"),
          named(one, "same"),
          named(one, "two"),
          named(two, "two"),
        ],
      }),
    );
    assert.deepEqual(await all(store.tags()), ["same", "two"]);
    await store.resolve("same");
    await assert.rejects(store.resolve("two"), { code: "invalid-manifest" });
  }));

const hostile: Record<string, [unknown, string]> = {
  "not JSON": ["{", "invalid-manifest"],
  "null": [null, "invalid-manifest"],
  "a list": [[], "invalid-manifest"],
  "of version 1": [{ schemaVersion: 1, manifests: [] }, "invalid-manifest"],
  "of another type": [
    { schemaVersion: 2, mediaType: MEDIA_TYPE.manifest, manifests: [] },
    "invalid-manifest",
  ],
  "with manifests and layers": [
    { schemaVersion: 2, manifests: [], layers: [] },
    "invalid-manifest",
  ],
  "with manifests that are no list": [{ schemaVersion: 2, manifests: {} }, "invalid-manifest"],
  "with an entry that is null": [{ schemaVersion: 2, manifests: [null] }, "invalid-manifest"],
  "with a size beyond 2^53": [
    { schemaVersion: 2, manifests: [{ ...blobOf("x"), size: 2 ** 60 }] },
    "invalid-manifest",
  ],
  "with a digest that is a path": [
    { schemaVersion: 2, manifests: [{ ...blobOf("x"), digest: "sha256:../../../etc/passwd" }] },
    "integrity",
  ],
  "huge": [" ".repeat(33 * 1024 * 1024), "limit"],
  "deeply nested": [`{"schemaVersion":2,"manifests":${"[".repeat(100_000)}`, "invalid-manifest"],
};
for (const [what, [content, code]] of Object.entries(hostile)) {
  test(`an index.json that is ${what} is a typed error, for readers and writers`, () =>
    inDirectory(async (directory) => {
      const store = new LayoutStore(directory);
      const manifest = await sample(store, "content", { tag: "v1" });
      const text = typeof content === "string" ? content : JSON.stringify(content);
      writeFileSync(join(directory, "index.json"), text);
      const fresh = new LayoutStore(directory);
      await assert.rejects(fresh.resolve("v1"), { code });
      await assert.rejects(all(fresh.referrers(manifest)), { code });
      await assert.rejects(fresh.tag("v2", manifest), { code });
      assert.equal(readFileSync(join(directory, "index.json"), "utf8"), text);
      assert.equal(existsSync(join(directory, "index.json.lock")), false);
    }));
}

test("an index that lists itself, and one of an index, end", () =>
  inDirectory(async (directory) => {
    const store = new LayoutStore(directory);
    const subject = await sample(store, "subject");
    const [loop, bytes] = documentOf(MEDIA_TYPE.index, {
      schemaVersion: 2,
      manifests: [],
      subject,
    });
    await store.put(loop, bytes);
    const index = indexOf(directory);
    index.manifests.push(...index.manifests);
    writeFileSync(join(directory, "index.json"), JSON.stringify(index));
    assert.deepEqual((await all(store.referrers(subject))).map((one) => one.digest), [loop.digest]);
  }));

test("links, directories and pipes in place of blobs and documents are refused", () =>
  inDirectory(async (directory) => {
    const store = new LayoutStore(directory);
    const blob = blobOf("secret");
    await sample(store, "content", { tag: "v1" });
    const outside = `${directory}-outside`;
    writeFileSync(outside, "secret");
    symlinkSync(outside, blobPath(directory, blob.digest));
    await assert.rejects(store.fetch(blob), { code: "file-system" });
    assert.equal(await store.has(blob), false);
    const folder = blobOf("folder");
    mkdirSync(blobPath(directory, folder.digest));
    await assert.rejects(store.fetch(folder), { code: "file-system" });
    // A link is replaced, never written through.
    await writeBlob(store, blob, "secret");
    assert.ok(lstatSync(blobPath(directory, blob.digest)).isFile());
    rmSync(join(directory, "index.json"));
    symlinkSync(outside, join(directory, "index.json"));
    await assert.rejects(store.resolve("v1"), { code: "file-system" });
  }));

test("a marker of another version, or none at all, is no layout", () =>
  inDirectory(async (directory) => {
    await sample(new LayoutStore(directory), "content", { tag: "v1" });
    for (const marker of ['{"imageLayoutVersion":"2.0.0"}', "{}", "null"]) {
      writeFileSync(join(directory, "oci-layout"), marker);
      await assert.rejects(new LayoutStore(directory).resolve("v1"), { code: "invalid-manifest" });
    }
    rmSync(join(directory, "oci-layout"));
    await assert.rejects(new LayoutStore(directory).resolve("v1"), { code: "not-found" });
  }));

test("a manifest that only an index lists is found by its digest", () =>
  inDirectory(async (directory) => {
    const store = new LayoutStore(directory);
    const child = await sample(store, "child");
    const index = indexOf(directory);
    index.manifests = [];
    writeFileSync(join(directory, "index.json"), JSON.stringify(index));
    assert.deepEqual(await store.resolve(child.digest), child);
    // A blob is none, and neither is a manifest that was changed.
    await assert.rejects(store.resolve(blobOf("child").digest), { code: "not-found" });
    writeFileSync(blobPath(directory, child.digest), "{}");
    await assert.rejects(store.resolve(child.digest), { code: "not-found" });
  }));

test("a digest whose blob is JSON and no object names no manifest", () =>
  inDirectory(async (directory) => {
    const store = new LayoutStore(directory);
    for (const text of ["null", "5", '"manifests"', "[]", "true"]) {
      await writeBlob(store, blobOf(text), text);
      await assert.rejects(store.resolve(blobOf(text).digest), { code: "not-found" }, text);
    }
  }));

test("a flipped blob arrives flipped and is refused by its reader", () =>
  inDirectory(async (directory) => {
    const store = new LayoutStore(directory);
    await sample(store, "content");
    writeFileSync(blobPath(directory, blobOf("content").digest), "c0ntent");
    await assert.rejects(read(store, blobOf("content")), { code: "integrity" });
  }));

test("what a killed writer left is removed, what a living one holds is not", () =>
  inDirectory(async (directory) => {
    const store = new LayoutStore(directory);
    const writer = await store.begin("application/x");
    await writer.write(new TextEncoder().encode("half"));
    const ingest = join(directory, "ingest");
    const { pid, start, space } = thisProcess();
    const dead = `blobber-${pid}-${Number(start || 1) + 1}-${space}-00ff`;
    writeFileSync(join(ingest, dead), "half");
    writeFileSync(join(ingest, "of-another"), "");
    writeFileSync(join(directory, `index.json.${dead}.tmp`), "half");
    await new LayoutStore(directory).begin("application/x").then((other) => other.abort());
    const names = readdirSync(ingest);
    assert.equal(names.includes(dead), false);
    assert.equal(existsSync(join(directory, `index.json.${dead}.tmp`)), false);
    assert.equal(names.length, 2);
    rmSync(join(ingest, "of-another"));
    await writer.commit(blobOf("half"));
    assert.equal(existsSync(ingest), false);
  }));

test("eight writers at once lose neither manifests nor tags", () =>
  inDirectory(async (directory) => {
    const made = await Promise.all(
      Array.from(
        { length: 8 },
        (_, i) => sample(new LayoutStore(directory), `content ${i}`, { tag: `v${i}` }),
      ),
    );
    const store = new LayoutStore(directory);
    assert.deepEqual((await all(store.tags())).sort(), made.map((_, i) => `v${i}`));
    for (const [i, one] of made.entries()) {
      assert.equal((await store.resolve(`v${i}`)).digest, one.digest);
      assert.equal(await read(store, blobOf(`content ${i}`)), `content ${i}`);
      assert.ok(existsSync(blobPath(directory, one.digest)), hexOf(one.digest));
    }
    assert.deepEqual(readdirSync(directory).sort(), ["blobs", "index.json", "oci-layout"]);
  }));
