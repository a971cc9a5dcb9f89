import { after, test } from "node:test";
import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
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
import { imageOf, stargz, type TarItem } from "../../tests/fakes/tar.ts";
import { withThreads } from "../../tests/fakes/threads.ts";
import type { BlobberError } from "../errors.ts";
import type { Progress } from "../events.ts";
import { pull } from "./pull.ts";
import { lacks } from "../../tests/fakes/only_on.ts";

after(removeScratch);

for (const [name, layer] of Object.entries(layers)) {
  for (const existing of [false, true]) {
    test(`${name}: everything arrives in ${existing ? "an existing" : "a new"} directory`, async () => {
      const dir = scratch();
      const target = join(dir.path, "parent", "out");
      if (existing) mkdirSync(target, { recursive: true });
      const { result } = await pullOf(target, layer);
      assert.deepEqual(snapshot(target), expected);
      assert.equal(statSync(join(target, "bin/run")).mtimeMs, 1_000_000_000);
      assert.equal(statSync(join(target, "a.txt")).ino, statSync(join(target, "bin/same")).ino);
      assert.deepEqual([result.entries, result.bytes], [10, 27]);
      assert.deepEqual(readdirSync(join(dir.path, "parent")), ["out"]);
    });
  }
}

test("the same arrives with workers, and progress is told", async () => {
  const dir = scratch();
  // Large enough for workers to be worth it.
  const bytes = noise(40_000);
  const many = Array.from({ length: 300 }, (_, i): TarItem => ({
    name: `d${i % 7}/f${i}`,
    data: bytes.subarray(i),
  }));
  const made = imageOf(stargz(many, { chunkSize: 20_000 }));
  assert.ok(made.manifest.value.layers[0]!.size > 8 << 20);
  const seen: Progress[] = [];
  const onProgress = (progress: Progress) => void seen.push(progress);
  await withThreads(
    3,
    (threads) => pull(made.source, made.manifest, join(dir.path, "a"), { threads, onProgress }),
  );
  await pull(made.source, made.manifest, join(dir.path, "b"));
  assert.deepEqual(snapshot(join(dir.path, "a")), snapshot(join(dir.path, "b")));
  const last = seen.filter(({ finished }) => finished);
  assert.deepEqual(last.map(({ phase, done, unit }) => [phase, done, unit]), [
    ["download", made.manifest.value.layers[0]!.size, "bytes"],
    ["unpack", 300, "entries"],
  ]);
});

test("modes are restored whatever the umask", async () => {
  const dir = scratch();
  const before = process.umask(0o077);
  try {
    await pullOf(join(dir.path, "out"), layers["eStargz"]!);
    const { implied: _, "implied/deep": __, ...rest } = snapshot(join(dir.path, "out"));
    const { implied: ___, "implied/deep": ____, ...want } = expected;
    assert.deepEqual(rest, want);
  } finally {
    process.umask(before);
  }
});

test("requests: table, config, layer; a small layer is fetched once", async () => {
  const dir = scratch();
  const { source, manifest } = await pullOf(join(dir.path, "out"), layers["eStargz"]!);
  const { layers: [layer], config } = manifest.value;
  assert.deepEqual(
    source.requests.map(({ digest }) => digest).sort(),
    [layer!.digest, config.digest].sort(),
  );
  assert.equal(source.bytes, layer!.size + config.size);
});

test("conflicts: one file, several, found before anything is downloaded", async () => {
  const prepare = (dir: string) => {
    mkdirSync(join(dir, "bin"));
    writeFileSync(join(dir, "bin/run"), "old");
  };
  await refused(layers["eStargz"]!, {
    code: "conflict",
    message: "file already exists: bin/run",
  }, { prepare });
  await refused(layers["gzip"]!, {
    code: "conflict",
    message: "2 files already exist",
  }, {
    prepare: (dir) => {
      prepare(dir);
      symlinkSync("nowhere", join(dir, "link"));
    },
  });
  const dir = scratch();
  writeFileSync(join(dir.path, "a.txt"), "old");
  const large: TarItem[] = [...items, { name: "noise", data: noise(3_000_000) }];
  const made = imageOf(stargz(large));
  await assert.rejects(pull(made.source, made.manifest, dir.path), { code: "conflict" });
  const [layer] = made.manifest.value.layers;
  const moved = made.source.requests.filter(({ digest }) => digest === layer!.digest);
  assert.deepEqual(moved.map(({ start, end }) => end - start), [2 ** 20]);
});

test("--overwrite replaces files and links, merges directories, and touches nothing else", async () => {
  for (const layer of [layers["eStargz"]!, layers["gzip"]!]) {
    const dir = scratch();
    const target = join(dir.path, "out");
    mkdirSync(join(target, "bin"), { recursive: true, mode: 0o700 });
    mkdirSync(join(target, "zero")); // empty: a file may replace it
    writeFileSync(join(target, "bin/run"), "old");
    writeFileSync(join(target, "bin/own"), "mine");
    chmodSync(join(target, "bin/own"), 0o644);
    symlinkSync("/etc/passwd", join(target, "a.txt"));
    writeFileSync(join(target, "link"), "was a file");
    await pullOf(target, layer, { overwrite: true });
    assert.deepEqual(snapshot(target), withoutModes({ ...expected, "bin/own": "644 mine" }));
  }
});

const hard: Record<string, (dir: string) => void> = {
  "a directory with content where a file goes": (dir) => {
    mkdirSync(join(dir, "a.txt"));
    writeFileSync(join(dir, "a.txt/own"), "mine");
  },
  "a file where a directory goes": (dir) => writeFileSync(join(dir, "bin"), "mine"),
  "GHSA-8xwf-rjm4-xvhv: a link where a directory goes": (dir) => {
    mkdirSync(join(dir, "elsewhere"));
    symlinkSync("elsewhere", join(dir, "bin"));
  },
  "a dangling link where a directory goes": (dir) => symlinkSync("nowhere", join(dir, "bin")),
};
for (const [name, prepare] of Object.entries(hard)) {
  test(`conflict even with --overwrite: ${name}`, async () => {
    for (const layer of [layers["eStargz"]!, layers["gzip"]!]) {
      await refused(layer, { code: "conflict" }, { prepare, overwrite: true });
    }
  });
}

test("an entry in .git conflicts with an existing work tree, and not with none", async () => {
  const hooks = stargz([{ name: ".git/hooks/post-checkout", data: "evil", mode: 0o755 }]);
  for (
    const prepare of [
      (dir: string) => mkdirSync(join(dir, ".git")),
      (dir: string) => writeFileSync(join(dir, ".git"), "gitdir: ../x"),
    ]
  ) {
    await refused(hooks, { code: "conflict", message: /git work tree/ }, {
      prepare,
      overwrite: true,
    });
  }
  const dir = scratch();
  await pullOf(join(dir.path, "out"), hooks);
  assert.ok(existsSync(join(dir.path, "out/.git/hooks/post-checkout")));
});

test("the destination may be a link to a directory, and nothing else that is no directory", async () => {
  const dir = scratch();
  mkdirSync(join(dir.path, "real"));
  symlinkSync("real", join(dir.path, "to"));
  await pullOf(join(dir.path, "to"), layers["eStargz"]!);
  assert.deepEqual(snapshot(join(dir.path, "real")), expected);
  writeFileSync(join(dir.path, "file"), "");
  symlinkSync("nowhere", join(dir.path, "dangling"));
  for (const name of ["file", "dangling", "file/below"]) {
    await assert.rejects(
      pullOf(join(dir.path, name), layers["eStargz"]!),
      (error: BlobberError) => ["conflict", "file-system"].includes(error.code),
    );
  }
});

test("names that the file system takes for the same are a conflict before anything is in place", async () => {
  // What a file system that folds case does to the second name, an entry that is there does here.
  const dir = scratch();
  const target = join(dir.path, "out");
  mkdirSync(target);
  const made = imageOf(layers["eStargz"]!);
  made.source.onPiece = () => {
    const staging = readdirSync(target).find((name) => name.startsWith(".blobber-"));
    if (staging !== undefined) writeFileSync(join(target, staging, "tree/zero"), "");
  };
  made.source.ranges = false;
  await assert.rejects(pull(made.source, made.manifest, target), {
    code: "conflict",
    message: /"zero" and another name/,
  });
  assert.deepEqual(readdirSync(target), []);
});

test("directories get the modes that the last layer gives them, whatever the umask", async () => {
  const modes = (path: string, all: number[]) => {
    return all.map((mode): TarItem => ({ name: `${path}${mode.toString(8)}/`, type: "5", mode }));
  };
  const lower = [
    { name: "a/", type: "5", mode: 0o755 },
    ...modes("b", [0o777, 0o500, 0o000, 0o711]),
  ];
  const upper = [{ name: "a/", type: "5", mode: 0o700 }, ...modes("c", [0o733, 0o022])];
  const dir = scratch();
  for (const existing of [false, true]) {
    const target = join(dir.path, String(existing));
    if (existing) mkdirSync(join(target, "b711"), { recursive: true });
    await pullOf(target, [stargz(lower), stargz(upper)]);
    assert.deepEqual(
      snapshot(target),
      withoutModes({
        "a": "dir 700",
        "b0": "dir 0",
        "b500": "dir 500",
        "b711": "dir 711",
        "b777": "dir 777",
        "c22": "dir 22",
        "c733": "dir 733",
      }),
    );
  }
});

test("no directory gets the set-group-ID bit of the one above, whatever its mode", {
  skip: lacks("modes"),
}, async () => {
  const dir = scratch();
  chmodSync(dir.path, 0o2755);
  const modes = [0o755, 0o775, 0o700];
  const made = modes.map((mode): TarItem => ({ name: `${mode.toString(8)}/`, type: "5", mode }));
  await pullOf(join(dir.path, "out"), stargz(made));
  for (const mode of modes) {
    assert.equal(statSync(join(dir.path, "out", mode.toString(8))).mode & 0o7777, mode);
  }
});
