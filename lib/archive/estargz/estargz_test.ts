import assert from "node:assert/strict";
import { test } from "node:test";
import { concat } from "../../bytes.ts";
import { Client } from "../../client.ts";
import { MemoryStore } from "../../stores/memory_store.ts";
import type { Source } from "../../store.ts";
import { imageOf, stargz, tarOf } from "../../../tests/fakes/tar.ts";
import { ANNOTATION } from "../../types.ts";
import {
  type InputEntry,
  type NewLayer,
  openLayer,
  packLayer,
  type PackLayerOptions,
  parseTable,
} from "./estargz.ts";

/** More than one chunk. */
const LARGE = new Uint8Array(5_000_000).map((_, i) => i % 251 + i / 4096);
const ENTRIES: InputEntry[] = [
  { type: "directory", path: "a" },
  { type: "file", path: "a/large.bin", content: LARGE, mode: 0o755 },
  { type: "file", path: "empty", content: new Uint8Array(0) },
  { type: "file", path: "small.txt", content: new TextEncoder().encode("small\n") },
  { type: "symlink", path: "link", linkTarget: "small.txt" },
  { type: "hardlink", path: "second", linkTarget: "small.txt" },
];

async function packed(
  options: PackLayerOptions = {},
  entries: InputEntry[] = ENTRIES,
): Promise<NewLayer & { store: MemoryStore; blob: Uint8Array }> {
  const store = new MemoryStore();
  const parts: Uint8Array[] = [];
  const writer = await store.begin("application/octet-stream");
  const layer = await packLayer({ entries }, async (bytes) => {
    parts.push(bytes.slice());
    await writer.write(bytes);
  }, options);
  await writer.commit(layer.descriptor);
  return { ...layer, store, blob: concat(...parts) };
}

const bytesOf = async (stream: ReadableStream<Uint8Array>) =>
  new Uint8Array(await new Response(stream as BodyInit).arrayBuffer());

for (
  const [format, options] of [
    ["estargz", {}],
    ["estargz", { reproducible: true }],
    ["zstd:chunked", { compression: "zstd" }],
  ] as [string, PackLayerOptions][]
) {
  test(`what is packed is read back: ${format}, ${JSON.stringify(options)}`, async () => {
    const { store, descriptor, entries, files, bytes } = await packed(options);
    assert.deepEqual([entries, files, bytes], [6, 4, LARGE.length + 6]);
    const layer = await openLayer(store, descriptor);
    assert.ok(layer !== undefined);
    assert.equal(layer.format, format);
    assert.equal(layer.tableDigest, descriptor.annotations![ANNOTATION.tocDigest]);
    assert.deepEqual(
      [...layer.entries()].map(({ path, type, size }) => `${type} ${path} ${size}`),
      [
        "directory a 0",
        `file a/large.bin ${LARGE.length}`,
        "file empty 0",
        "file small.txt 6",
        "symlink link 0",
        "hardlink second 0",
      ],
    );
    assert.equal(layer.entry("a/large.bin")?.mode, 0o755);
    assert.equal(layer.entry("none"), undefined);
    assert.deepEqual(await bytesOf(await layer.open("a/large.bin")), LARGE);
    assert.deepEqual(
      await bytesOf(await layer.open("a/large.bin", { start: 4_194_300, end: 4_194_310 })),
      LARGE.slice(4_194_300, 4_194_310),
    );
    assert.equal((await bytesOf(await layer.open("empty"))).length, 0);
    assert.equal(await new Response(await layer.open("second")).text(), "small\n");
    const chunks = layer.chunks("a/large.bin");
    assert.ok(chunks.length > 1);
    assert.equal(chunks.reduce((sum, { size }) => sum + size, 0), LARGE.length);
    assert.equal(chunks[1]!.offset, chunks[0]!.size);
    assert.deepEqual([layer.chunks("a"), layer.chunks("none"), layer.chunks("empty")], [
      [],
      [],
      [],
    ]);
  });
}

test("the layer is the one that a push makes of the same entries", async () => {
  const [store, client] = [new MemoryStore(), new Client()];
  for (const options of [{}, { reproducible: true }, { compression: "zstd", mtime: 5 }] as const) {
    const { descriptor, tree } = await packed(options);
    await client.push({ entries: ENTRIES }, { store, reference: "v1" }, options);
    const { bytes } = await client.raw({ store, reference: "v1" }, "manifest");
    const manifest = JSON.parse(new TextDecoder().decode(bytes));
    assert.deepEqual(manifest.layers, [descriptor]);
    assert.equal(manifest.annotations[ANNOTATION.treeDigest], tree);
  }
  await client.close();
});

test("a tar is packed, and a directory is left to push", async () => {
  const tar = new Response(tarOf({ name: "a", data: "from a tar" })).body!;
  let size = 0;
  const { descriptor, bytes } = await packLayer({ tar }, (part) => void (size += part.length));
  assert.deepEqual([size, bytes], [descriptor.size, 10]);
  await assert.rejects(
    packLayer({ directory: "." } as unknown as { entries: [] }, () => {}),
    {
      code: "invalid-option",
      message:
        "cannot pack a layer: the input is an object with directory, expected { entries } or { tar }",
    },
  );
  for (const input of [undefined, "tree", {}, { entries: [], tar }, { entries: 5 }] as never[]) {
    const error = { code: "invalid-option", message: /^cannot pack a layer: / };
    await assert.rejects(packLayer(input, () => {}), error);
  }
});

test("of two rows with one path the last counts, as where the layer is unpacked", async () => {
  const items = [{ name: "a", data: "first" }, { name: "a", data: "second" }];
  const { source, manifest } = imageOf(stargz(items));
  const layer = (await openLayer(source, manifest.value.layers[0]!))!;
  assert.equal(await new Response(await layer.open("a")).text(), "second");
});

test("only the table and the members of a file are fetched", async () => {
  const { store, descriptor } = await packed();
  const asked: number[] = [];
  const counting: Source = new Proxy(store, {
    get(target, name) {
      if (name === "fetch") {
        return (...args: Parameters<Source["fetch"]>) => {
          const { start, end } = args[1]!.range!;
          asked.push(end - start);
          return target.fetch(...args);
        };
      }
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const layer = await openLayer(counting, descriptor);
  await bytesOf(await layer!.open("small.txt"));
  assert.ok(asked.length <= 2 && asked.reduce((a, b) => a + b) < descriptor.size / 2, `${asked}`);
});

test("a layer that says no digest of a table is none, and one that says a wrong one is refused", async () => {
  const { store, descriptor } = await packed();
  assert.equal(await openLayer(store, { ...descriptor, annotations: {} }), undefined);
  const wrong = { [ANNOTATION.tocDigest]: `sha256:${"0".repeat(64)}` };
  await assert.rejects(openLayer(store, { ...descriptor, annotations: wrong }), {
    code: "integrity",
  });
});

test("what is no descriptor is refused: without its annotations a layer would seem to have no table", async () => {
  const { store, descriptor } = await packed();
  const { digest, ...without } = descriptor;
  for (const layer of [undefined, without, { ...descriptor, size: -1 }, digest] as never[]) {
    await assert.rejects(openLayer(store, layer), { code: "invalid-option" });
  }
  await assert.rejects(openLayer(undefined as never, descriptor), { code: "invalid-option" });
});

test("no byte of a chunk that is wrong comes out", async () => {
  const { store, descriptor } = await packed();
  let spoil = false;
  const changed = new Proxy(store, {
    get(target, name) {
      if (name === "fetch") {
        return async (...args: Parameters<Source["fetch"]>) => {
          const bytes = await bytesOf(await target.fetch(...args));
          if (spoil) bytes[bytes.length >> 1]! ^= 1;
          return new Response(bytes).body!;
        };
      }
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const layer = await openLayer(changed as Source, descriptor);
  spoil = true;
  const came: Uint8Array[] = [];
  await assert.rejects(async () => {
    for await (const part of await layer!.open("a/large.bin")) came.push(part);
  }, (error: { code?: string }) => {
    assert.ok(["integrity", "invalid-archive"].includes(error.code!), `${error.code}`);
    return true;
  });
  const right = concat(...came);
  assert.deepEqual(right, LARGE.slice(0, right.length));
});

test("what is no file is said", async () => {
  const { store, descriptor } = await packed();
  const layer = (await openLayer(store, descriptor))!;
  await assert.rejects(layer.open("a"), { code: "usage", message: /"a" is a directory/ });
  await assert.rejects(layer.open("link"), { code: "usage", message: /is a symbolic link/ });
  await assert.rejects(layer.open("none"), { code: "not-found" });
  await assert.rejects(layer.open("small.txt", { start: -1 }), { code: "invalid-option" });
});

test("hard links that lead to each other, or nowhere, are an error", async () => {
  const { source, manifest } = imageOf(stargz([
    { name: "a", type: "1", link: "b" },
    { name: "b", type: "1", link: "a" },
    { name: "c", type: "1", link: "none" },
  ]));
  const layer = (await openLayer(source, manifest.value.layers[0]!))!;
  await assert.rejects(layer.open("a"), { code: "invalid-archive", message: /"a" leads through/ });
  await assert.rejects(layer.open("c"), { code: "not-found", message: /^no "none" in the layer/ });
});

test("a table is checked: its digest, its rows, how many there are, and where its chunks are", async () => {
  const text = (entries: object[]) =>
    new TextEncoder().encode(JSON.stringify({ version: 1, entries }));
  const json = text([{ name: "a", type: "reg" }, { name: "b", type: "reg" }]);
  assert.equal((await parseTable(json, 0)).length, 2);
  for (
    const [bytes, end, options, code] of [
      [json, 0, { expect: `sha256:${"0".repeat(64)}` }, "integrity"],
      [json, 0, { maxEntries: 1 }, "limit"],
      [json, -1, {}, "invalid-option"],
      ["{}", 0, {}, "invalid-option"],
      [json, 0, { expect: "v1" }, "invalid-option"],
      [json, 0, { verifier: {} }, "invalid-option"],
      [text([{ name: "../a", type: "reg" }]), 0, {}, "path-traversal"],
      [text([{ name: "a", type: "reg", size: 1 }]), 0, {}, "invalid-archive"],
      [json, 0, { signal: AbortSignal.abort() }, "interrupted"],
    ] as [Uint8Array, number, object, string][]
  ) {
    await assert.rejects(parseTable(bytes, end, options), { code }, code);
  }
});

test("a demand that nothing keeps is refused, and not passed over", async () => {
  const store = new MemoryStore();
  const { descriptor } = await packed();
  for (const options of [{ verifier: {} }, { refuse: ["key"] }, { allowSecrets: false }]) {
    await assert.rejects(packLayer({ entries: [] }, () => {}, options as PackLayerOptions), {
      code: "invalid-option",
    });
    await assert.rejects(openLayer(store, descriptor, options as { signal?: AbortSignal }), {
      code: "invalid-option",
    });
  }
  await assert.rejects(
    packLayer({ entries: [] }, () => {}, { reproducible: true, compression: "zstd" }),
    { code: "invalid-option" },
  );
});

test("what the caller's code throws comes out as it is, and a signal ends the work", async () => {
  const mine = new Error("disk full");
  const fails = () => Promise.reject(mine);
  await assert.rejects(packLayer({ entries: ENTRIES }, fails), (error) => error === mine);
  const stop = new AbortController();
  const never = packLayer({ entries: ENTRIES }, () => new Promise(() => {}), {
    signal: stop.signal,
  });
  stop.abort();
  await assert.rejects(never, { code: "interrupted" });
});
