import { after, test } from "node:test";
import assert from "node:assert/strict";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { lacks } from "../../../tests/fakes/only_on.ts";
import { removeScratch, scratch } from "../../../tests/fakes/pulling.ts";
import { imageOf, type LayerSpec, stargz, type TarItem, tarOf } from "../../../tests/fakes/tar.ts";
import { withThreads } from "../../../tests/fakes/threads.ts";
import { gzipSync } from "node:zlib";
import { pull } from "../../verbs/pull.ts";
import { holdDirectory } from "../../system/hold_path.ts";
import { type FileStat, statLink } from "../../system/runtime.ts";
import { readContents } from "../read/contents.ts";
import { compareDirectory, type CompareOptions } from "./compare.ts";
import { expectedOf } from "./expected.ts";
import type { Finding } from "./finding.ts";

after(removeScratch);

const ITEMS: TarItem[] = [
  { name: "bin/run", data: "#!/bin/sh\n", mode: 0o755 },
  { name: "data", data: "0123456789".repeat(10) },
  { name: "dir/", type: "5", mode: 0o755 },
  { name: "dir/a", data: "a" },
  { name: "dir/b", data: "b" },
  { name: "empty", data: "" },
  { name: "link", type: "2", link: "data" },
  { name: "second", type: "1", link: "data" },
];

/** Layers that make the same tree. */
const FORMS: Record<string, () => LayerSpec[]> = {
  "chunks": () => [stargz(ITEMS, { chunkSize: 30 })],
  "a layer without a table": () => [new Uint8Array(gzipSync(tarOf(...ITEMS)))],
  "two layers": () => [
    stargz([{ name: "gone", data: "x" }, { name: "data", data: "old" }]),
    stargz([{ name: ".wh.gone", data: "" }, ...ITEMS], { chunkSize: 30 }),
  ],
};

/** Pulls an image, lets a test change what is there, and compares. */
async function compare(
  layers: LayerSpec[],
  change: (dir: string) => void,
  options: CompareOptions = {},
) {
  const { source, manifest } = imageOf(...layers);
  const { path } = scratch();
  const dir = join(path, "out");
  await pull(source, manifest, dir);
  change(dir);
  const contents = await readContents(source, manifest, { namesOnly: true, hash: true });
  const held = holdDirectory(dir)!;
  try {
    return await compareDirectory(held, expectedOf(contents), { extras: {}, ...options });
  } finally {
    held.close();
    contents.close();
  }
}

function line(finding: Finding): string {
  if (finding.kind !== "changed") return `${finding.kind} ${finding.path}`;
  const { path, differs, found, right } = finding;
  return [`changed ${path}`, ...differs, found.type, ...right].join(" ");
}

for (const [form, layers] of Object.entries(FORMS)) {
  test(`${form}: what is as it is to be is the same, whatever its times`, async () => {
    const { findings, same } = await compare(layers(), (dir) => {
      utimesSync(join(dir, "data"), 1, 1);
      utimesSync(join(dir, "dir"), 1, 1);
    });
    assert.deepEqual(findings, []);
    assert.deepEqual(same, { files: 6, directories: 2, links: 1, bytes: 212 });
  });

  test(`${form}: every kind of difference is found, and nothing else`, async () => {
    const { findings, same } = await compare(layers(), (dir) => {
      rmSync(join(dir, "empty"));
      rmSync(join(dir, "bin"), { recursive: true });
      rmSync(join(dir, "dir/a"));
      mkdirSync(join(dir, "dir/a"));
      rmSync(join(dir, "link"));
      symlinkSync("dir", join(dir, "link"));
      writeFileSync(join(dir, "dir/b"), "longer");
      const data = readFileSync(join(dir, "data"));
      data[45] = 0;
      rmSync(join(dir, "data"));
      writeFileSync(join(dir, "data"), data);
      mkdirSync(join(dir, "extra/deep"), { recursive: true });
      writeFileSync(join(dir, "extra/deep/x"), "x");
    });
    const chunks = form === "a layer without a table" ? "" : " 0 2 3";
    assert.deepEqual(findings.map(line), [
      "missing bin",
      "missing bin/run",
      `changed data content file${chunks}`,
      "changed dir/a type directory",
      "changed dir/b content file",
      "missing empty",
      "extra extra",
      "extra extra/deep",
      "extra extra/deep/x",
      "changed link target symlink",
    ]);
    assert.deepEqual(same, { files: 1, directories: 1, links: 0, bytes: 100 });
  });
}

test("modes differ, also by bits that no entry has", { skip: lacks("modes") }, async () => {
  const { findings } = await compare(FORMS.chunks!(), (dir) => {
    chmodSync(join(dir, "bin"), 0o700); // implied: any mode is right
    chmodSync(join(dir, "bin/run"), 0o4755);
    chmodSync(join(dir, "dir"), 0o700);
    chmodSync(join(dir, "dir/a"), 0o600);
    writeFileSync(join(dir, "dir/b"), "B");
    chmodSync(join(dir, "dir/b"), 0o600);
  });
  assert.deepEqual(findings.map(line), [
    "changed bin/run mode file",
    "changed dir mode directory",
    "changed dir/a mode file",
    "changed dir/b content mode file",
  ]);
});

test("no link is followed, neither to a file nor to a directory", async () => {
  const { findings } = await compare(FORMS.chunks!(), (dir) => {
    renameSync(join(dir, "dir"), join(dir, "elsewhere"));
    symlinkSync("elsewhere", join(dir, "dir"));
    renameSync(join(dir, "data"), join(dir, "twin"));
    symlinkSync("twin", join(dir, "data"));
  });
  assert.deepEqual(findings.map(line), [
    "changed data type symlink",
    "changed dir type symlink",
    "missing dir/a",
    "missing dir/b",
    "extra elsewhere",
    "extra elsewhere/a",
    "extra elsewhere/b",
    "extra twin",
  ]);
});

test("of a file that grew, the chunks are compared where that is asked for", async () => {
  const grow = (dir: string) => {
    const data = readFileSync(join(dir, "data"));
    rmSync(join(dir, "data"));
    writeFileSync(join(dir, "data"), `${data}more`);
  };
  const rights = async (options: CompareOptions) => {
    const { findings } = await compare(FORMS.chunks!(), grow, options);
    return findings.map(line);
  };
  assert.deepEqual(await rights({}), ["changed data content file"]);
  assert.deepEqual(await rights({ anySize: true }), ["changed data content file 0 1 2 3"]);
});

test("a file that is as it was when it was right is not read, and any other is", async () => {
  for (const swapped of [false, true]) {
    let stamp: FileStat | undefined;
    const { findings } = await compare(FORMS.chunks!(), (dir) => {
      const at = join(dir, "dir/a");
      writeFileSync(at, "A"); // as if this had been found right
      if (swapped) {
        renameSync(at, join(dir, "kept"));
        writeFileSync(at, "A");
        rmSync(join(dir, "kept"));
        stamp = { ...statLink(at), inode: -1 };
      } else stamp = statLink(at);
    }, { trusted: ({ entry }) => entry.path === "dir/a" ? stamp : undefined });
    assert.deepEqual(findings.map(line), swapped ? ["changed dir/a content file"] : []);
  }
});

test("names that are passed over are not extra, nor is what is in them", async () => {
  const { findings } = await compare(FORMS.chunks!(), (dir) => {
    mkdirSync(join(dir, "own"));
    writeFileSync(join(dir, "own/x"), "x");
    writeFileSync(join(dir, "x"), "x");
  }, { extras: { passes: (path, isDirectory) => path === "own" && isDirectory } });
  assert.deepEqual(findings.map(line), ["extra x"]);
});

test("names that are one to the file system are not extra", async () => {
  const folded = { case: true, forms: false };
  const { findings } = await compare(FORMS.chunks!(), (dir) => {
    renameSync(join(dir, "empty"), join(dir, "EMPTY"));
  }, { folds: folded });
  // On a disk that tells them apart it is missing; and it is no extra one.
  const isOne = lacks("case") && !lacks("a system of its own");
  assert.deepEqual(findings.map(line), isOne ? [] : ["missing empty"]);
});

test("a large file is compared in parts, by threads and by this one", async () => {
  const bytes = new Uint8Array(11 * 1024 * 1024 + 5);
  for (let i = 0; i < bytes.length; i += 1021) bytes[i] = i;
  const small = Array.from({ length: 700 }, (_, i) => ({ name: `s/${i}`, data: `file ${i}` }));
  const layers = () => [
    stargz([...small, { name: "z", data: bytes }], { chunkSize: 1_500_000 }),
  ];
  const spoil = (dir: string) => {
    const changed = readFileSync(join(dir, "z"));
    changed[6_000_001]! ^= 1;
    writeFileSync(join(dir, "z"), changed);
    writeFileSync(join(dir, "s/77"), "FILE 77");
  };
  const alone = await compare(layers(), spoil);
  const lines = ["changed s/77 content file", "changed z content file 0 1 2 3 5 6 7"];
  assert.deepEqual(alone.findings.map(line), lines);
  await withThreads(3, async (threads) => {
    threads.start("compare");
    const { findings, same } = await compare(layers(), spoil, { threads });
    assert.deepEqual(findings.map(line), lines);
    assert.deepEqual(same, alone.same);
  });
});

test("what is right is told, with what it is on the disk", async () => {
  const told: string[] = [];
  await compare(FORMS.chunks!(), (dir) => {
    writeFileSync(join(dir, "dir/a"), "A");
    chmodSync(join(dir, "dir/b"), 0o600);
    const { ino, size } = lstatSync(join(dir, "dir/b"));
    told.push(`dir/b ${ino} ${size}`);
  }, {
    onRight: ({ entry: { path } }, { inode, size }) => {
      if (path === "dir/b") assert.equal(told[0], `dir/b ${inode} ${size}`);
      else told.push(path);
    },
  });
  assert.deepEqual(told.slice(1).sort(), ["bin/run", "data", "empty", "second"]);
});
