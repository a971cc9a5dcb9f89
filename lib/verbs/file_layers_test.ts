/** Layers that are files, as ORAS and tools for models make them. */

import { after, test } from "node:test";
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { useOwnTemporary } from "../../tests/fakes/temporary.ts";
import {
  noise,
  removeScratch,
  scratch,
  snapshot,
  withoutModes,
} from "../../tests/fakes/pulling.ts";
import { bytesOf, imageOf, type LayerSpec, stargz, tarOf } from "../../tests/fakes/tar.ts";
import { openImage } from "./image.ts";
import { layersOf } from "../archive/read/layer_kind.ts";
import { pull, type PullSettings } from "./pull.ts";
import type { Annotations } from "../types.ts";
import { lacks } from "../../tests/fakes/only_on.ts";

after(removeScratch);

const TEMPORARY = useOwnTemporary();

const TITLE = "org.opencontainers.image.title";
const PATH = "org.cncf.model.filepath";

/** A layer with its media type and annotations. */
interface Labelled {
  layer: LayerSpec | string;
  mediaType?: string;
  annotations?: Annotations;
}

function artifactOf(...labelled: Labelled[]): ReturnType<typeof imageOf> {
  const made = imageOf(
    ...labelled.map(({ layer }) => typeof layer === "string" ? bytesOf(layer) : layer),
  );
  for (const [i, { mediaType, annotations }] of labelled.entries()) {
    const layer = made.manifest.value.layers[i]!;
    layer.mediaType = mediaType ?? layer.mediaType;
    layer.annotations = { ...layer.annotations, ...annotations };
  }
  // As these tools have it: no config of an image.
  made.manifest.value.config.mediaType = "application/vnd.acme.config";
  return made;
}

const titled = (title: string, layer: LayerSpec | string, mediaType = "text/plain"): Labelled => {
  return { layer, mediaType, annotations: { [TITLE]: title } };
};
const model = (path: string, layer: LayerSpec | string, key = PATH): Labelled => {
  const mediaType = "application/vnd.cncf.model.weight.v1.raw";
  return { layer, mediaType, annotations: { [key]: path } };
};

async function read(made: ReturnType<typeof imageOf>): Promise<Record<string, string>> {
  const image = await openImage(made.source, made.manifest);
  try {
    const found: Record<string, string> = {};
    for (const { path, type, size } of await image.entries()) {
      if (type !== "file") continue;
      const stream = await image.open(path) as ReadableStream<Uint8Array<ArrayBuffer>>;
      const bytes = await new Response(stream).arrayBuffer();
      assert.equal(size, bytes.byteLength);
      found[path] = new TextDecoder().decode(bytes);
    }
    return found;
  } finally {
    await image.close();
  }
}

async function pulled(
  made: ReturnType<typeof imageOf>,
  options: PullSettings = {},
): Promise<Record<string, string>> {
  const dir = join(scratch().path, "out");
  await pull(made.source, made.manifest, dir, { ...options });
  return snapshot(dir);
}

async function refused(made: ReturnType<typeof imageOf>, error: object): Promise<void> {
  await assert.rejects(openImage(made.source, made.manifest), error);
  for (const exists of [false, true]) {
    const parent = scratch().path;
    const dir = join(parent, "out");
    if (exists) mkdirSync(dir);
    await assert.rejects(pull(made.source, made.manifest, dir), error);
    assert.deepEqual(readdirSync(parent), exists ? ["out"] : []);
    if (exists) assert.deepEqual(readdirSync(dir), []);
  }
}

const mode = (0o666 & ~process.umask()).toString(8);

test(
  "oras-files: layers of any type with a title are files",
  { skip: lacks("modes") },
  async () => {
    const archive = new Uint8Array(gzipSync(tarOf({ name: "inside", data: "x" })));
    const made = artifactOf(
      titled("hello.txt", "hello"),
      titled("docs/deep/readme", "read me"),
      titled("empty", ""),
      titled("archive.tar.gz", archive, "application/vnd.oci.image.layer.v1.tar+gzip"),
    );
    const { "archive.tar.gz": packed, ...texts } = await read(made);
    assert.deepEqual(texts, { "hello.txt": "hello", "docs/deep/readme": "read me", empty: "" });
    assert.ok(packed!.length > 0);
    const image = await openImage(made.source, made.manifest);
    const stream = await image.open("archive.tar.gz") as ReadableStream<Uint8Array<ArrayBuffer>>;
    assert.deepEqual(new Uint8Array(await new Response(stream).arrayBuffer()), archive);
    const dir = join(scratch().path, "out");
    await pull(made.source, made.manifest, dir);
    assert.deepEqual(new Uint8Array(readFileSync(join(dir, "archive.tar.gz"))), archive);
    const { "archive.tar.gz": _, docs: __, "docs/deep": ___, ...rest } = snapshot(dir);
    assert.deepEqual(rest, {
      "hello.txt": `${mode} hello`,
      "docs/deep/readme": `${mode} read me`,
      empty: `${mode} `,
    });
  },
);

test("oras-files: to list them nothing is downloaded", async () => {
  const made = artifactOf(titled("a", "hello"), titled("b", "more"));
  const image = await openImage(made.source, made.manifest);
  assert.deepEqual(await image.paths(), ["a", "b"]);
  assert.deepEqual(made.source.requests, []);
});

test("oras-files: a directory that was packed is an archive, and so is what has a table", async () => {
  const packed = gzipSync(tarOf({ name: "d/f", data: "x" }));
  const annotations = { [TITLE]: "d", "io.deis.oras.content.unpack": "true" };
  const made = artifactOf({ layer: packed, annotations });
  assert.deepEqual(await read(made), { "d/f": "x" });
  const layer = stargz([{ name: "g", data: "y" }]);
  assert.deepEqual(await read(artifactOf({ layer, annotations: { [TITLE]: "layer" } })), {
    g: "y",
  });
});

test("oras-files: beside an archive they stand in its tree, wherever they come", async () => {
  for (const format of ["table", "stream"] as const) {
    const items = [{ name: "d/", type: "5", mode: 0o755 }, { name: "d/f", data: "x" }];
    const archive = { layer: format === "table" ? stargz(items) : gzipSync(tarOf(...items)) };
    const files = [titled("d/new", "new"), titled("top", "top")];
    for (const made of [artifactOf(archive, ...files), artifactOf(...files, archive)]) {
      assert.deepEqual(await read(made), { "d/f": "x", "d/new": "new", top: "top" });
      assert.deepEqual(
        await pulled(made),
        withoutModes({
          d: "dir 755",
          "d/f": "644 x",
          "d/new": `${mode} new`,
          top: `${mode} top`,
        }),
      );
    }
    for (const path of ["d/f", "d", "d/f/below"]) {
      for (const order of [[archive, titled(path, "no")], [titled(path, "no"), archive]]) {
        await refused(artifactOf(...order), { code: "invalid-archive" });
      }
    }
  }
});

test("oras-files: a path that a link of an archive leads elsewhere is the one that counts", async () => {
  const archive: Labelled = {
    layer: stargz([{ name: "d/f", data: "x" }, { name: "link", type: "2", link: "d" }]),
  };
  assert.deepEqual(
    await pulled(artifactOf(archive, titled("link/new", "new"))),
    withoutModes({
      d: `dir ${(0o777 & ~process.umask()).toString(8)}`,
      "d/f": "644 x",
      "d/new": `${mode} new`,
      link: "-> d",
    }),
  );
  for (const path of ["link", "link/f"]) {
    await refused(artifactOf(archive, titled(path, "no")), { code: "invalid-archive" });
  }
});

test("model-files: raw layers stand at their paths, archives of the family are unpacked", async () => {
  const family = "application/vnd.cncf.model";
  const inner = (name: string) => tarOf({ name, data: name });
  const made = artifactOf(
    model("weights/model-00001.safetensors", "first"),
    model("weights/model-00002.safetensors", "second"),
    model("config.json", "{}", "org.cnai.model.filepath"),
    { layer: inner("a/plain"), mediaType: `${family}.doc.v1.tar`, annotations: { [PATH]: "a" } },
    {
      layer: gzipSync(inner("b/gzip")),
      mediaType: `${family}.code.v1.tar+gzip`,
      annotations: { [PATH]: "b", [TITLE]: "b" },
    },
    {
      layer: zstdCompressSync(inner("c/zstd")),
      mediaType: `${family}.dataset.v1.tar+zstd`,
      annotations: { [PATH]: "c" },
    },
  );
  const expected = {
    "weights/model-00001.safetensors": "first",
    "weights/model-00002.safetensors": "second",
    "config.json": "{}",
    "a/plain": "a/plain",
    "b/gzip": "b/gzip",
    "c/zstd": "c/zstd",
  };
  assert.deepEqual(await read(made), expected);
  const found = await pulled(made);
  for (const [path, text] of Object.entries(expected)) assert.ok(found[path]?.endsWith(text), path);
  // Docker's model runner has types of its own and the same annotation.
  const docker = { layer: "gguf", mediaType: "application/vnd.docker.ai.gguf.v3" };
  const named = artifactOf({ ...docker, annotations: { [PATH]: "model.gguf" } });
  assert.deepEqual(await read(named), { "model.gguf": "gguf" });
});

for (const [kind, make] of [["oras", titled], ["model", model]] as const) {
  test(`${kind}-files: a path that leaves the tree is refused`, async () => {
    for (const path of ["../x", "a/../../x", "/../x", "C:x", "..\\x"]) {
      await refused(artifactOf(make(path, "x")), { code: "path-traversal" });
    }
    for (const path of ["a/", ".", "a\nb", ".wh.a", "d/.wh..wh..opq"]) {
      await refused(artifactOf(make(path, "x")), { code: "invalid-archive" });
    }
    assert.deepEqual(await read(artifactOf(make("/abs", "x"))), { abs: "x" });
  });

  test(`${kind}-files: two layers of one path are refused`, async () => {
    const error = { code: "invalid-archive", message: /"a\/b", which another layer holds too/ };
    await refused(artifactOf(make("a/b", "x"), make("a/b", "y")), error);
    await refused(artifactOf(make("a/b", "x"), make("./a//b", "x")), error);
    await refused(artifactOf(make("a/b", "x"), make("a", "y")), { code: "invalid-archive" });
    await refused(artifactOf(make("a", "x"), make("a/b", "y")), { code: "invalid-archive" });
  });
}

test("model-files: they are pulled side by side, and what is wrong with one leaves nothing", async () => {
  const large = noise(300_000);
  const names = Array.from({ length: 6 }, (_, i) => `part-${i}`);
  const parts = names.map((name, i) => model(name, large.subarray(i)));
  const made = artifactOf(...parts);
  const { source } = made;
  const fetch = source.fetch.bind(source);
  // Nothing is answered before four have been asked for: one after another, it would wait for ever.
  let asked = 0;
  let enough = () => {};
  const four = new Promise<void>((resolve) => enough = resolve);
  source.fetch = async (descriptor, options) => {
    if (descriptor.size > 1000) {
      if (++asked === 4) enough();
      await four;
    }
    return await fetch(descriptor, options);
  };
  const dir = join(scratch().path, "out");
  const seen: string[] = [];
  const result = await pull(source, made.manifest, dir, {
    onProgress: ({ phase, done, finished }) => void (finished && seen.push(`${phase} ${done}`)),
  });
  assert.deepEqual([result.entries, result.bytes], [6, 6 * 300_000 - 15]);
  assert.deepEqual(seen, [`download ${result.bytes}`, "unpack 6"]);
  for (const [i, name] of names.entries()) {
    assert.deepEqual(new Uint8Array(readFileSync(join(dir, name))), large.subarray(i));
  }
  const last = made.manifest.value.layers.at(-1)!;
  made.blobs.set(last.digest, made.blobs.get(last.digest)!.map((byte) => byte ^ 1));
  const other = join(scratch().path, "out");
  await assert.rejects(pull(source, made.manifest, other), { code: "integrity" });
  assert.ok(!existsSync(other));
  assert.deepEqual(readdirSync(join(other, "..")), []);
});

test("model-files: a byte is read when the whole was checked, also of a large one", async () => {
  const large = noise(9 << 20);
  const made = artifactOf(model("large", large), model("small", "small"));
  const image = await openImage(made.source, made.manifest);
  const stream = await image.open("large") as ReadableStream<Uint8Array<ArrayBuffer>>;
  assert.deepEqual(new Uint8Array(await new Response(stream).arrayBuffer()), large);
  const open = (await image.open("large")).getReader();
  await open.read();
  await image.close();
  await assert.rejects(open.read(), { code: "closed" });
  for (const layer of made.manifest.value.layers) {
    made.blobs.set(layer.digest, made.blobs.get(layer.digest)!.map((byte, i) => i ? byte : ~byte));
  }
  const wrong = await openImage(made.source, made.manifest);
  for (const path of ["large", "small"]) {
    await assert.rejects(wrong.open(path), { code: "integrity" });
  }
  await wrong.close();
  assert.deepEqual(readdirSync(TEMPORARY).filter((name) => /^blobber-.{6}$/.test(name)), []);
});

test("oras-files: layers of an image are unpacked, whatever they are called", async () => {
  const layer = gzipSync(tarOf({ name: "inside", data: "x" }));
  const mediaType = "application/vnd.oci.image.layer.v1.tar+gzip";
  const made = artifactOf(titled("bottle.tar.gz", layer, mediaType), titled("notes", "text"));
  assert.deepEqual(Object.keys(await read(made)), ["bottle.tar.gz", "notes"]);
  for (
    const config of [
      "application/vnd.oci.image.config.v1+json",
      "application/vnd.docker.container.image.v1+json",
    ]
  ) {
    made.manifest.value.config.mediaType = config;
    assert.deepEqual(await read(made), { inside: "x", notes: "text" });
  }
});

test("oras-files: what a layer is, its manifest says", () => {
  const kinds = (labelled: Labelled) => {
    const { archives, files } = layersOf(artifactOf(labelled).manifest);
    return [archives.length, files.map(({ entry }) => entry.path)];
  };
  assert.deepEqual(kinds({ layer: "x" }), [1, []]);
  assert.deepEqual(kinds(titled("", "x")), [1, []]);
  assert.deepEqual(kinds(titled("t", "x")), [0, ["t"]]);
  assert.deepEqual(kinds({ ...model("m", "x"), annotations: { [PATH]: "m", [TITLE]: "t" } }), [
    0,
    ["m"],
  ]);
});
