import { after, test } from "node:test";
import assert from "node:assert/strict";
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { openLayoutForTest } from "../../tests/fakes/layout_source.ts";
import {
  expected,
  items,
  layers,
  pullOf,
  refused,
  removeScratch,
  scratch,
  snapshot,
  withoutModes,
} from "../../tests/fakes/pulling.ts";
import { imageOf, stargz, type TarItem, tarOf } from "../../tests/fakes/tar.ts";
import { digestOf } from "../digest.ts";
import { BlobberError } from "../errors.ts";
import { STEPS_A_TURN } from "../system/pace.ts";
import { pull, type PullSettings } from "./pull.ts";
import { lacks } from "../../tests/fakes/only_on.ts";

after(removeScratch);

const unsafe: Record<string, [TarItem[], string]> = {
  "CVE-2026-23745: an absolute link": [
    [{ name: "l", type: "2", link: "/etc/passwd" }],
    "path-traversal",
  ],
  "an escaping link": [[{ name: "d/l", type: "2", link: "../../x" }], "path-traversal"],
  "a chain of links that leads out": [[
    { name: "a/b/up", type: "2", link: "../.." },
    { name: "out", type: "2", link: "a/b/up/../x" },
  ], "path-traversal"],
  "CVE-2021-21272: a file through a link": [[
    { name: "l", type: "2", link: "d" },
    { name: "l/f", data: "x" },
  ], "path-traversal"],
  "a hard link outside": [
    [{ name: "h", type: "1", link: "../../etc/passwd" }],
    "path-traversal",
  ],
  "CVE-2026-50163: a hard link to a path of the working directory": [[
    { name: "h", type: "1", link: "deno.json" },
  ], "invalid-archive"],
  "a name twice": [[{ name: "f" }, { name: "f" }], "invalid-archive"],
};
for (const [name, [bad, code]] of Object.entries(unsafe)) {
  test(`${name} is refused and nothing is written`, async () => {
    await refused(stargz(bad), { code });
    await refused(gzipSync(tarOf(...bad)), { code });
  });
}

test(
  "--links keep writes absolute targets as they are and follows none",
  { skip: lacks("links") },
  async () => {
    const dir = scratch();
    const links: TarItem[] = [{ name: "abs", type: "2", link: "/etc/passwd" }];
    for (const [i, layer] of [stargz(links), gzipSync(tarOf(...links))].entries()) {
      const target = join(dir.path, String(i));
      await pullOf(target, layer, { links: "keep" });
      assert.equal(readlinkSync(join(target, "abs")), "/etc/passwd");
    }
  },
);

const lower: TarItem[] = [
  { name: "lib", type: "2", link: "usr/lib" },
  { name: "abs", type: "2", link: "/usr/share" },
  { name: "usr/lib/gone", data: "gone" },
  { name: "usr/lib/low", data: "low" },
  { name: "was/dir/f", data: "f" },
];
const upper: TarItem[] = [
  { name: "abs/x", data: "in share" },
  { name: "lib/.wh.gone" },
  { name: "lib/empty" },
  { name: "lib/hard", type: "1", link: "lib/low" },
  { name: "lib/low", data: "another, after the link to the first" },
  { name: "lib/same", type: "1", link: "lib/low" },
  { name: "was", type: "2", link: "usr" },
];
for (
  const [name, layers] of Object.entries({
    "tables": [stargz(lower), stargz(upper, { chunkSize: 3 })],
    "tars": [gzipSync(tarOf(...lower)), gzipSync(tarOf(...upper))],
    "a table over a tar": [gzipSync(tarOf(...lower)), stargz(upper)],
  })
) {
  test(`an upper layer is written through the links of a lower one: ${name}`, async () => {
    const dir = scratch();
    const target = join(dir.path, "out");
    await pullOf(target, layers, { links: "keep" });
    const { usr: _, "usr/lib": __, "usr/share": ___, ...found } = snapshot(target);
    assert.deepEqual(
      found,
      withoutModes({
        "abs": "-> /usr/share",
        "lib": "-> usr/lib",
        "usr/lib/empty": "644 ",
        "usr/lib/hard": "644 low",
        "usr/lib/low": "644 another, after the link to the first",
        "usr/lib/same": "644 another, after the link to the first",
        "usr/share/x": "644 in share",
        "was": "-> usr",
      }),
    );
    const inode = (path: string) => statSync(join(target, path)).ino;
    assert.equal(inode("usr/lib/same"), inode("usr/lib/low"));
  });
}

test("GHSA-m37j-52j7-pjw7: an upper layer below a chain of links that leads out is refused", async () => {
  const chain: TarItem[] = [
    { name: "d/up", type: "2", link: ".." },
    { name: "l", type: "2", link: "d/up/../x" },
  ];
  const over: TarItem[] = [{ name: "l/f", data: "x" }];
  for (const links of ["keep", "refuse"] as const) {
    await refused([stargz(chain), stargz(over)], { code: "path-traversal" }, { links });
    await refused([tarOf(...chain), tarOf(...over)], { code: "path-traversal" }, { links });
  }
});

test("limits are found in the table before the layer is downloaded, and while unpacking without one", async () => {
  const limits: [PullSettings, RegExp][] = [
    [{ maxEntries: 11 }, /maxEntries/],
    [{ maxBytes: 26 }, /maxBytes/],
    [{ maxFileBytes: 8 }, /maxFileBytes/],
  ];
  for (const [options, hint] of limits) {
    for (const layer of [layers["eStargz"]!, layers["gzip"]!]) {
      await refused(layer, { code: "limit", hint }, options);
    }
  }
  const dir = scratch();
  await pullOf(join(dir.path, "out"), layers["gzip"]!, {
    maxEntries: 12, // the two implied ones too
    maxBytes: 27,
    maxFileBytes: 9,
  });
});

test("CVE-2023-0821: a gzip bomb ends at the limit", async () => {
  const bomb = gzipSync(tarOf({ name: "zeros", data: new Uint8Array(50_000_000) }));
  await refused(bomb, { code: "limit" }, { maxFileBytes: 1_000_000 });
});

const lies: Record<string, (rows: Record<string, unknown>[]) => Record<string, unknown>[]> = {
  "a file less": (rows) => rows.slice(1),
  "a file more": (rows) => [...rows, { name: "zzz", type: "reg", mode: 0o644 }],
  "another name": ([first, ...rows]) => [{ ...first, name: "b.txt" }, ...rows],
  "another mode": ([first, ...rows]) => [{ ...first, mode: 0o777 }, ...rows],
  "another link": (rows) =>
    rows.map((row) => row.name === "link" ? { ...row, linkName: "a.txt" } : row),
  "another order": ([a, b, ...rows]) => [b!, a!, ...rows].filter((row) => row.name !== "bin/same"),
  "another digest": (
    [first, ...rows],
  ) => [{ ...first, digest: digestOf("x"), chunkDigest: digestOf("x") }, ...rows],
  "another digest of a part": (rows) =>
    rows.map((row) =>
      row.name === "bin/run" && row.type === "reg" ? { ...row, chunkDigest: digestOf("x") } : row
    ),
  "another digest of nothing": (rows) =>
    rows.map((row) => row.name === "zero" ? { ...row, digest: digestOf("x") } : row),
};
for (const [name, rows] of Object.entries(lies)) {
  test(`a table that lies about the tar is refused: ${name}`, async () => {
    for (const format of ["gzip", "zstd"] as const) {
      const chunkSize = name === "another digest of a part" ? 3 : 1000;
      await refused(
        stargz(items, { format, rows, chunkSize }),
        (error: BlobberError) => ["integrity", "invalid-archive"].includes(error.code),
      );
    }
  });
}

test("a table that points at other bytes with the right digest is refused", async () => {
  const zeros: TarItem[] = [{ name: "a", data: new Uint8Array(4) }];
  const rows = (all: Record<string, unknown>[]) => all.map((row) => ({ ...row, innerOffset: 513 }));
  await refused(stargz(zeros, { rows }), { code: "integrity", message: /elsewhere in the tar/ });
  const shorter = (all: Record<string, unknown>[]) =>
    all.map((row) => ({ ...row, size: 3, digest: digestOf("\0\0\0"), chunkDigest: "" }));
  await refused(stargz(zeros, { rows: shorter }), { code: "integrity", message: /disagree/ });
});

test("a DiffID that is not the tar's is refused", async () => {
  for (const format of ["gzip", "zstd"] as const) {
    const layer = stargz(items, { format });
    await refused({ ...layer, diffId: digestOf("x") }, { code: "integrity", message: /DiffID/ });
  }
});

test("a layer that is not what its digest says is refused: longer, shorter, other bytes", async () => {
  for (const spec of [layers["eStargz"]!, layers["gzip"]!]) {
    for (
      const change of [
        (blob: Uint8Array) => blob.slice(0, -1),
        (blob: Uint8Array) => Uint8Array.from([...blob, 0]),
        (blob: Uint8Array) => blob.map((byte, i) => i === blob.length >> 1 ? byte ^ 1 : byte),
      ]
    ) {
      const dir = scratch();
      const made = imageOf(spec);
      made.source.ranges = false;
      const { digest } = made.manifest.value.layers[0]!;
      made.blobs.set(digest, change(made.blobs.get(digest)!));
      const target = join(dir.path, "out");
      await assert.rejects(
        pull(made.source, made.manifest, target),
        (error: BlobberError) => ["integrity", "invalid-archive"].includes(error.code),
      );
      assert.deepEqual(readdirSync(dir.path), []);
    }
  }
});

test("layers are applied in order with their whiteouts, with a table and without", async () => {
  const lower: TarItem[] = [
    { name: "a", data: "one" },
    { name: "both", type: "1", link: "a" },
    { name: "d/x", data: "x" },
    { name: "d/y", data: "y" },
    { name: "file", data: "f" },
    { name: "gone/", type: "5" },
    { name: "gone/deep/f", data: "f" },
    { name: "o/low", data: "low" },
    { name: "tree/f", data: "f" },
  ];
  const upper: TarItem[] = [
    { name: "a", data: "two" },
    { name: "d/.wh.x" },
    { name: ".wh.gone" },
    { name: "file/", type: "5", mode: 0o755 },
    { name: "file/now", data: "a directory" },
    { name: "o/high", data: "high" },
    { name: "o/.wh..wh..opq" },
    { name: "tree", data: "now a file" },
    { name: "more", type: "1", link: "d/y" },
  ];
  const kinds = [stargz(lower), gzipSync(tarOf(...lower))];
  const uppers = [stargz(upper), gzipSync(tarOf(...upper))];
  for (const [i, one] of kinds.entries()) {
    for (const [j, two] of uppers.entries()) {
      const dir = scratch();
      const target = join(dir.path, `${i}${j}`);
      await pullOf(target, [one, two]);
      const files = Object.entries(snapshot(target)).filter(([, what]) => !what.startsWith("dir"));
      assert.deepEqual(Object.fromEntries(files.map(([path, what]) => [path, what.slice(4)])), {
        a: "two",
        both: "one",
        "d/y": "y",
        "file/now": "a directory",
        more: "y",
        "o/high": "high",
        tree: "now a file",
      });
    }
  }
});

test("two pulls into one destination at a time: the second is busy", async () => {
  for (const exists of [true, false]) {
    const dir = scratch();
    const target = join(dir.path, "out");
    if (exists) mkdirSync(target);
    const first = imageOf(layers["gzip"]!);
    const { promise: gate, resolve: release } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const layer = first.manifest.value.layers[0]!.digest;
    const fetch = first.source.fetch.bind(first.source);
    first.source.fetch = async (what, options) => {
      if (what.digest === layer) {
        begin();
        await gate;
      }
      return await fetch(what, options);
    };
    const running = pull(first.source, first.manifest, target);
    await begun;
    await assert.rejects(pullOf(target, layers["eStargz"]!), { code: "busy", exitStatus: 10 });
    release();
    await running;
    assert.deepEqual(snapshot(target), expected);
  }
});

test("an aborted pull leaves nothing behind", async () => {
  for (const layer of [layers["eStargz"]!, layers["gzip"]!]) {
    const dir = scratch();
    const controller = new AbortController();
    const made = imageOf(layer);
    made.source.onPiece = (sent) => void (sent > 0 && controller.abort());
    made.source.ranges = false;
    const target = join(dir.path, "out");
    const { signal } = controller;
    await assert.rejects(pull(made.source, made.manifest, target, { signal }), {
      code: "interrupted",
    });
    assert.deepEqual(readdirSync(dir.path), []);
  }
});

test("a step that fails while things are moved into place takes back what was added", async () => {
  const dir = scratch();
  mkdirSync(join(dir.path, "bin"));
  const before = snapshot(dir.path);
  const onStep = (path: string) => {
    if (path === "link") throw new BlobberError("file-system", "no space left");
  };
  await assert.rejects(pullOf(dir.path, layers["eStargz"]!, { onStep }), { code: "file-system" });
  assert.deepEqual(snapshot(dir.path), before);
  await pullOf(dir.path, layers["eStargz"]!);
  assert.deepEqual(snapshot(dir.path), expected);
});

test("mtime is set only when it is not 0, and a directory's after its content", {
  skip: lacks("modes"),
}, async () => {
  const dir = scratch();
  const target = join(dir.path, "out");
  const dated: TarItem[] = [
    { name: "./", type: "5", mode: 0o711, mtime: 4_000_000 },
    { name: "d/", type: "5", mode: 0o755, mtime: 2_000_000 },
    { name: "d/f", data: "x", mtime: 3_000_000 },
    { name: "l", type: "2", link: "d", mtime: 5_000_000 },
    { name: "now", data: "x" },
  ];
  await pullOf(target, gzipSync(tarOf(...dated)));
  const times = ["", "d", "d/f", "l"].map((path) => lstatSync(join(target, path)).mtimeMs / 1000);
  assert.deepEqual(times, [4_000_000, 2_000_000, 3_000_000, 5_000_000]);
  assert.ok(statSync(join(target, "now")).mtimeMs > 1e12);
  assert.equal(statSync(target).mode & 0o777, 0o711);
});

const shared = new URL("../../../shared/fixtures/interop/layout/", import.meta.url);
for (const tag of ["blobber-gzip", "blobber-zstd"]) {
  test(
    `fixtures of the Go tool: ${tag} is pulled to the expected tree`,
    { skip: lacks("modes") },
    async (context) => {
      const found = openLayoutForTest(shared, tag);
      if (found === undefined) return context.skip("the shared fixtures are not here");
      const dir = scratch();
      await pull(found.source, found.manifest, join(dir.path, "out"));
      const tree = snapshot(join(dir.path, "out"));
      assert.equal(Object.keys(tree).length, 17);
      assert.equal(tree["bin/app.link"], "-> ../config/app.yaml");
      assert.equal(tree["config/nested/b.json"], '600 {"a":1}\n');
      assert.equal(
        digestOf(readFileSync(join(dir.path, "out/big.txt"))),
        "sha256:b5faee0e152a9d30cc547032ee0afdb131cf552a77aaeac485a8954b4b4feea2",
      );
    },
  );
}

test("placing hears the caller's signal, and takes back what it has placed", async () => {
  const dir = scratch();
  const stop = new AbortController();
  mkdirSync(join(dir.path, "d"));
  writeFileSync(join(dir.path, "d/own"), "mine");
  const before = snapshot(dir.path);
  let placed = 0;
  const onStep = () => {
    if (++placed === 10) stop.abort();
  };
  const many = Array.from({ length: 3000 }, (_, i): TarItem => ({ name: `d/f${i}`, data: "x" }));
  await assert.rejects(
    pullOf(dir.path, stargz(many), { onStep, signal: stop.signal }),
    { code: "interrupted" },
  );
  assert.ok(placed < 10 + STEPS_A_TURN, `${placed} were placed`);
  assert.deepEqual(snapshot(dir.path), before);
});
