import { after, test } from "node:test";
import assert from "node:assert/strict";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { gzipSync } from "node:zlib";
import {
  expected,
  items,
  layers,
  noise,
  pullOf,
  refused,
  removeScratch,
  scratch,
  snapshot,
  withoutModes,
} from "../../tests/fakes/pulling.ts";
import { imageOf, stargz, type StargzOptions, type TarItem, tarOf } from "../../tests/fakes/tar.ts";
import type { BlobberError } from "../errors.ts";
import { pull, type PullSettings } from "./pull.ts";

after(removeScratch);

const IMPLIED = `dir ${(0o777 & ~process.umask()).toString(8)}`;

/** What a pull of some layers with some options leaves in a new directory. */
async function pulled(layer: Parameters<typeof pullOf>[1], options: PullSettings) {
  const target = join(scratch().path, "out");
  const made = await pullOf(target, layer, options);
  return { ...made, target, tree: snapshot(target) };
}

for (const [name, layer] of Object.entries(layers)) {
  test(`${name}: what patterns take arrives, with the directories above it and their modes`, async () => {
    const one = await pulled(layer, { include: ["bin/", "/ro/f", "deep"], exclude: ["run"] });
    assert.deepEqual(
      one.tree,
      withoutModes({
        "bin": "dir 755",
        "bin/same": "640 hello", // a link to what is not taken has its content
        "implied": IMPLIED,
        "implied/deep": IMPLIED,
        "implied/deep/f": "600 deep",
        "ro": "dir 555",
        "ro/f": "444 read only",
      }),
    );
    assert.equal(statSync(join(one.target, "bin/same")).nlink, 1);
    assert.deepEqual([one.result.entries, one.result.bytes], [5, 18]);
    const { "zero": _, ...rest } = expected;
    const all = await pulled(layer, { exclude: ["/zero"] });
    assert.deepEqual(all.tree, rest);
    const file = (name: string) => statSync(join(all.target, name));
    assert.equal(file("a.txt").ino, file("bin/same").ino);
    assert.equal(file("bin/run").mtimeMs, 1_000_000_000);
  });

  test(`${name}: components are stripped, and what has no more is left out`, async () => {
    const { tree, target } = await pulled(layer, { stripComponents: 1, exclude: ["/ro"] });
    assert.deepEqual(
      tree,
      withoutModes({
        "deep": IMPLIED,
        "deep/f": "600 deep",
        "run": "755 #!/bin/sh",
        "same": "640 hello",
      }),
    );
    assert.equal(statSync(join(target, "run")).mtimeMs, 1_000_000_000);
  });
}

/** Files in directories of ten, each of 20 KB that do not shrink. */
const bytes = noise(200 * 20_000);
const many: TarItem[] = Array.from({ length: 200 }, (_, i) => ({
  name: `d${String(Math.floor(i / 10)).padStart(2, "0")}/f${i}`,
  data: bytes.subarray(i * 20_000, (i + 1) * 20_000),
}));

/** Bytes of the layer that were asked for behind its table, and in how many requests. */
function askedOf({ source, manifest }: ReturnType<typeof imageOf>) {
  const layer = manifest.value.layers[0]!;
  const [_table, ...requests] = source.requests.filter(({ digest }) => digest === layer.digest);
  const bytes = requests.reduce((sum, { start, end }) => sum + end - start, 0);
  return { requests: requests.length, share: bytes / layer.size };
}

test("a pull of 5 % of the files fetches 5 % of the bytes, in one request where they stand together", async () => {
  for (const format of ["gzip", "zstd"] as const) {
    const members = Array.from({ length: 50 }, (_, i) => many.slice(4 * i, 4 * i + 4));
    const options: StargzOptions[] = [{ format }, { format, members }];
    for (const how of options) {
      const made = await pulled(stargz(many, how), { include: ["/d07/"] });
      assert.equal(made.result.entries, 10);
      for (const name of ["f70", "f79"]) {
        const { data } = many[Number(name.slice(1))]!;
        assert.deepEqual(new Uint8Array(readFileSync(join(made.target, "d07", name))), data);
      }
      const { requests, share } = askedOf(made);
      assert.equal(requests, 1);
      assert.ok(share < 0.07, `${share}`);
      assert.ok(made.result.fetched < made.source.bytes);
      assert.ok(made.result.fetched > 10 * 20_000);
    }
  }
});

test("what files share is fetched once, and files apart from each other are asked for apart", async () => {
  const members = [many.slice(0, 20), ...many.slice(20).map((one) => [one])];
  const shared = await pulled(stargz(many, { members }), { include: ["f0", "f19"] });
  assert.equal(askedOf(shared).requests, 1);
  const apart = await pulled(stargz(many), { include: ["f0", "f60", "f120"] });
  assert.equal(askedOf(apart).requests, 3);
  assert.ok(askedOf(apart).share < 0.02);
});

test("where nearly everything is taken the layer is read as a whole, and checked as one", async () => {
  const made = await pulled(stargz(many), { exclude: ["/d07/"] });
  assert.deepEqual(askedOf(made), { requests: 1, share: 1 });
  assert.equal(made.result.entries, 190);
  assert.equal(made.result.fetched, made.manifest.value.layers[0]!.size + 1024 * 1024);
  const layer = stargz(many);
  const wrong = { ...layer, diffId: "sha256:" + "0".repeat(64) };
  await refused(wrong, { code: "integrity", message: /DiffID/ }, { exclude: ["/d07/"] });
  // Of what is read in parts nothing is said about the rest.
  await pulled(wrong, { include: ["/d07/"] });
});

test("a chunk that is not what the table states leaves nothing in place", async () => {
  for (const format of ["gzip", "zstd"] as const) {
    const change = (rows: Record<string, unknown>[]) =>
      rows.map((row) =>
        row.name === "d07/f75"
          ? { ...row, digest: undefined, chunkDigest: "sha256:" + "0".repeat(64) }
          : row
      );
    const bad = stargz(many, { format, rows: change });
    await refused(bad, { code: "integrity", message: /f75/ }, { include: ["/d07/"] });
    await refused(bad, { code: "integrity" }, { exclude: ["/d08/"] });
    await pulled(bad, { include: ["/d08/"] });
  }
});

test("a file whose chunks are right and whose own digest is not is refused in a part too", async () => {
  const digest = "sha256:" + "0".repeat(64);
  for (const format of ["gzip", "zstd"] as const) {
    const rows = (all: Record<string, unknown>[]) =>
      all.map((row) => row.name === "d07/f75" && row.type === "reg" ? { ...row, digest } : row);
    const bad = stargz(many, { format, chunkSize: 6_000, rows });
    await refused(bad, { code: "integrity", message: /f75/ }, { include: ["/d07/"] });
    await pulled(bad, { include: ["/d08/"] });
  }
});

const lower: TarItem[] = [
  { name: "a/", type: "5", mode: 0o750 },
  { name: "a/gone", data: "gone" },
  { name: "a/kept", data: "kept" },
  { name: "a/new", data: "old" },
  { name: "b", data: "b" },
];
const upper: TarItem[] = [
  { name: "a/.wh.gone", data: "" },
  { name: "a/new", data: "new", mode: 0o600 },
  { name: "a/same", type: "1", link: "b" },
];
for (
  const [name, pack] of [
    ["with tables", (items: TarItem[]) => stargz(items)],
    ["without", (items: TarItem[]) => gzipSync(tarOf(...items))],
  ] as const
) {
  test(`layers ${name}: patterns select from the tree that they make together`, async () => {
    const { tree } = await pulled([pack(lower), pack(upper)], { include: ["/a/"] });
    assert.deepEqual(
      tree,
      withoutModes({
        "a": "dir 750",
        "a/kept": "644 kept",
        "a/new": "600 new",
        "a/same": "644 b",
      }),
    );
    const missing = { code: "not-found", message: /"gone" matches nothing/ };
    await refused([pack(lower), pack(upper)], missing, { include: ["gone"] });
  });
}

test("a pattern that matches nothing is an error that says what is near", async () => {
  const layer = stargz(items);
  for (
    const [options, message, hint] of [
      [
        { include: ["a.txt", "runn"] },
        /the pattern "runn" matches nothing/,
        'did you mean "run"?',
      ],
      [{ exclude: ["/zeroo"] }, /the pattern "\/zeroo" matches nothing/, 'did you mean "zero"?'],
      [
        { include: ["qqqqqq", "wwwwww"] },
        /"qqqqqq" matches nothing in .* \(nor "wwwwww"\)/,
        'at its top there is "a.txt", "bin", "empty", "implied", "link", "ro" and 1 more',
      ],
      [
        { include: ["run"], exclude: ["bin"] },
        /nothing of .* is left of what the patterns take/,
        undefined,
      ],
      [{ stripComponents: 3 }, /is left without the first 3 components of each path/, undefined],
    ] as [PullSettings, RegExp, string | undefined][]
  ) {
    await refused(layer, (error: BlobberError) => {
      assert.equal(error.code, "not-found");
      assert.match(error.message, message);
      assert.equal(error.hint, hint);
      return true;
    }, options);
  }
});

test("two entries that stripping puts in one place are a conflict, but for the same directory twice", async () => {
  const conflict = { code: "conflict", message: /"a\/f" and "b\/f" are both at "f"/ };
  await refused(stargz([{ name: "a/f", data: "1" }, { name: "b/f", data: "2" }]), conflict, {
    stripComponents: 1,
  });
  const under = [{ name: "a/f", data: "1" }, { name: "b/f/g", data: "2" }];
  await refused(stargz(under), { code: "conflict", message: /are both at "f"/ }, {
    stripComponents: 1,
  });
  const modes = (mode: number): TarItem[] => [
    { name: "a/d/", type: "5", mode: 0o755 },
    { name: "a/d/x", data: "x" },
    { name: "b/d/", type: "5", mode },
    { name: "b/d/y", data: "y" },
  ];
  const { tree } = await pulled(stargz(modes(0o755)), { stripComponents: 1 });
  assert.deepEqual(tree, withoutModes({ "d": "dir 755", "d/x": "644 x", "d/y": "644 y" }));
  await refused(stargz(modes(0o700)), { code: "conflict" }, { stripComponents: 1 });
});

test("a link that led nowhere outside is looked at again where stripping puts it", async () => {
  const links: TarItem[] = [
    { name: "a/b/f", data: "f" },
    { name: "a/b/near", type: "2", link: "f" },
    { name: "a/b/up", type: "2", link: "../x" },
  ];
  const { tree } = await pulled(stargz(links), { stripComponents: 1 });
  assert.deepEqual(
    tree,
    withoutModes({ "b": IMPLIED, "b/f": "644 f", "b/near": "-> f", "b/up": "-> ../x" }),
  );
  await refused(stargz(links), { code: "path-traversal" }, { stripComponents: 2 });
  const chain: TarItem[] = [
    { name: "t/a/b/up", type: "2", link: "../.." },
    { name: "t/out", type: "2", link: "a/b/up/../x" },
  ];
  await refused(stargz(chain), { code: "path-traversal" }, { stripComponents: 1 });
});

test("hard links name their file where stripping puts it, also one that sorts behind them", async () => {
  const linked: TarItem[] = [
    { name: "top", data: "one file" },
    { name: "z/f", type: "1", link: "top" },
    { name: "z/a", type: "1", link: "top" },
    { name: "z/g/f", type: "1", link: "top" },
  ];
  const { tree, target, result } = await pulled(stargz(linked), { stripComponents: 1 });
  assert.deepEqual(
    tree,
    withoutModes({
      "a": "644 one file",
      "f": "644 one file",
      "g": IMPLIED,
      "g/f": "644 one file",
    }),
  );
  assert.equal(statSync(join(target, "a")).nlink, 3);
  assert.deepEqual([result.entries, result.bytes], [3, 8]);
});

test("limits count what is taken", async () => {
  const layer = stargz(items);
  const most = { maxEntries: 2, maxBytes: 5, maxFileBytes: 5 };
  await pulled(layer, { include: ["a.txt", "zero"], ...most });
  for (const [name, value] of Object.entries(most)) {
    const options = { include: ["a.txt", "run"], [name]: value };
    await refused(layer, { code: "limit" }, options);
  }
});

test("what stands in the destination is kept, or replaced where that is asked for", async () => {
  const layer = stargz(items);
  const dir = join(scratch().path, "there");
  mkdirSync(dir);
  writeFileSync(join(dir, "run"), "mine");
  const options = { include: ["run"], stripComponents: 1 };
  await assert.rejects(pullOf(dir, layer, options), { code: "conflict" });
  assert.equal(readFileSync(join(dir, "run"), "utf8"), "mine");
  await pullOf(dir, layer, { ...options, overwrite: true });
  assert.deepEqual(snapshot(dir), withoutModes({ "run": "755 #!/bin/sh" }));
});

test("a destination that is a file, a link to nothing, or below a file is refused as for a whole pull", async () => {
  const at = scratch().path;
  writeFileSync(join(at, "file"), "mine");
  symlinkSync("nowhere", join(at, "dangling"));
  for (const name of ["file", "dangling", "file/below"]) {
    const whole = await pullOf(join(at, name), stargz(items)).catch((error) => error);
    const part = await pullOf(join(at, name), stargz(items), { include: ["run"] })
      .catch((error) => error);
    assert.deepEqual([part.code, part.message], [whole.code, whole.message]);
    assert.ok(part.code);
  }
  assert.ok(lstatSync(join(at, "dangling")).isSymbolicLink());
  // What a link in the destination leads to is not written to.
  mkdirSync(join(at, "other"));
  mkdirSync(join(at, "out"));
  symlinkSync("../other", join(at, "out/bin"));
  await assert.rejects(pullOf(join(at, "out"), stargz(items), { include: ["run"] }), {
    code: "conflict",
  });
  assert.ok(!existsSync(join(at, "other/run")));
});

test("layers that are files are taken by their names, and others are not downloaded", async () => {
  const { source, manifest, blobs } = imageOf(stargz(many));
  assert.ok(blobs.size > 0);
  const files = ["one.txt", "two.txt"].map((title, i) => ({
    mediaType: "text/plain",
    digest: [...blobs.keys()][i]!,
    size: [...blobs.values()][i]!.length,
    annotations: { "org.opencontainers.image.title": title },
  }));
  const value = { ...manifest.value, layers: files } as typeof manifest.value;
  value.config = { ...value.config, mediaType: "application/vnd.test" };
  const target = join(scratch().path, "out");
  const result = await pull(source, { ...manifest, value }, target, { include: ["two.txt"] });
  assert.deepEqual(Object.keys(snapshot(target)), ["two.txt"]);
  assert.deepEqual([result.entries, result.bytes], [1, files[1]!.size]);
  assert.deepEqual(source.requests.map(({ digest }) => digest), [files[1]!.digest]);
});
