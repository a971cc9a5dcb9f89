import { after, test } from "node:test";
import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { fileNeeds } from "../../../tests/fakes/only_on.ts";
import { pullOf, removeScratch, scratch, snapshot } from "../../../tests/fakes/pulling.ts";
import {
  bytesOf,
  imageOf,
  type LayerSpec,
  type LooseRow,
  stargz,
  type TarItem,
  tarOf,
} from "../../../tests/fakes/tar.ts";
import { big, CHUNK, ITEMS, pulled, spoil, withTable } from "../../../tests/fakes/updated_tree.ts";
import type { Notice } from "../../events.ts";
import type { CheckDifference } from "../../results.ts";
import { pull } from "../pull.ts";
import { checkTree } from "./check.ts";
import type { CheckSettings } from "./settings.ts";

fileNeeds("modes");

after(removeScratch);

/** How an image of the tree is made, and how many of its layers have no table. */
const FORMS: Record<string, { layers: () => LayerSpec[]; whole: number }> = {
  "a table": { layers: () => [withTable()], whole: 0 },
  "no table": { layers: () => [new Uint8Array(gzipSync(tarOf(...ITEMS)))], whole: 1 },
  "two layers": {
    layers: () => [
      withTable([{ name: "gone", data: "x" }, { name: "large", data: big(7) }]),
      withTable([{ name: ".wh.gone", data: "" }, ...ITEMS]),
    ],
    whole: 0,
  },
};

async function check(dir: string, layers: LayerSpec[], settings: CheckSettings = {}) {
  const { source, manifest } = imageOf(...layers);
  const notices: Notice[] = [];
  const onNotice = (notice: Notice) => void notices.push(notice);
  const result = await checkTree(dir, source, manifest, { onNotice, ...settings });
  return { ...result, notices, requests: source.requests };
}

function lineOf({ path, kind, differs }: CheckDifference): string {
  return [kind, path, ...differs].join(" ");
}

for (const [form, { layers, whole }] of Object.entries(FORMS)) {
  test(`${form}: a tree that is right is right, whatever its times are`, async () => {
    const { dir } = await pulled(layers());
    const before = snapshot(dir);
    const result = await check(dir, layers());
    assert.deepEqual([result.same, result.differences], [true, []]);
    assert.deepEqual([result.files, result.directories, result.links], [7, 2, 1]);
    assert.equal(result.whole.length, whole);
    assert.equal(result.repaired, undefined);
    assert.deepEqual(snapshot(dir), before);
  });

  test(`${form}: every kind of difference is found, and put right but for what is in excess`, async () => {
    const { dir, whole } = await pulled(layers());
    rmSync(join(dir, "dir/a"));
    chmodSync(join(dir, "bin/run"), 0o700);
    chmodSync(join(dir, "dir"), 0o700);
    rmSync(join(dir, "link"));
    symlinkSync("other", join(dir, "link"));
    rmSync(join(dir, "other"));
    mkdirSync(join(dir, "other"));
    spoil(join(dir, "third"), 15_000);
    mkdirSync(join(dir, "more"));
    writeFileSync(join(dir, "more/file"), "mine");
    const changed = snapshot(dir);
    const first = await check(dir, layers());
    const lines = [
      "changed bin/run mode",
      "changed dir mode",
      "missing dir/a",
      "changed link target",
      "extra more",
      "extra more/file",
      "changed other type",
      "changed third content",
    ];
    assert.deepEqual([first.same, first.differences.map(lineOf)], [false, lines]);
    assert.deepEqual(snapshot(dir), changed);
    const repaired = await check(dir, layers(), { repair: true });
    assert.deepEqual(repaired.differences.map(lineOf), ["extra more", "extra more/file"]);
    assert.deepEqual([repaired.same, repaired.repaired?.length], [false, 6]);
    rmSync(join(dir, "more"), { recursive: true });
    assert.deepEqual(snapshot(dir), whole);
    assert.equal((await check(dir, layers())).same, true);
  });
}

test("of a tree that is right nothing but the table is read, and of one that is not the damaged chunks", async () => {
  const files = Array.from({ length: 60 }, (_, i) => ({ name: `f/${i + 10}`, data: big(i) }));
  const layer = stargz(files, { chunkSize: CHUNK });
  const { dir } = await pulled([layer]);
  const same = await check(dir, [layer]);
  assert.ok(same.fetched < layer.blob.length);
  assert.equal((await check(dir, [layer], { repair: true })).fetched, same.fetched);
  spoil(join(dir, "f/15"), 25_000);
  const inode = statSync(join(dir, "f/16")).ino;
  const repaired = await check(dir, [layer], { repair: true });
  assert.deepEqual([repaired.same, repaired.repaired], [true, ["f/15"]]);
  // The table once more, for the pull that repairs, and one chunk, which does not compress.
  assert.ok(repaired.fetched - 2 * same.fetched < 10_500, `${repaired.fetched}`);
  assert.deepEqual(readFileSync(join(dir, "f/15")), Buffer.from(big(5)));
  assert.equal(statSync(join(dir, "f/16")).ino, inode);
});

test("what is ignored is neither compared nor repaired, and a pattern may match nothing", async () => {
  const { dir } = await pulled();
  rmSync(join(dir, "dir/a"));
  writeFileSync(join(dir, "dir/b"), "mine");
  writeFileSync(join(dir, "note.local"), "mine");
  spoil(join(dir, "third"), 5);
  const ignore = ["/dir/", "*.local", "nothing"];
  const first = await check(dir, [withTable()], { ignore });
  assert.deepEqual(first.differences.map(lineOf), ["changed third content"]);
  const repaired = await check(dir, [withTable()], { ignore, repair: true });
  assert.deepEqual([repaired.same, repaired.repaired], [true, ["third"]]);
  assert.equal(readFileSync(join(dir, "dir/b"), "utf8"), "mine");
  assert.deepEqual([existsSync(join(dir, "dir/a")), existsSync(join(dir, "note.local"))], [
    false,
    true,
  ]);
  const spared = await check(dir, [withTable()], { ignore: ["dir/*", "!dir/b", "*.local"] });
  assert.deepEqual(spared.differences.map(lineOf), ["changed dir/b content"]);
});

test("in a directory from which all is gone, only what counts is repaired", async () => {
  const { dir } = await pulled();
  rmSync(dir, { recursive: true });
  mkdirSync(dir);
  const repaired = await check(dir, [withTable()], { ignore: ["large"], repair: true });
  assert.equal(repaired.same, true);
  assert.deepEqual([existsSync(join(dir, "large")), existsSync(join(dir, "third"))], [false, true]);
});

test("of a hard link whose other name stays wrong, the content is made anew", async () => {
  for (
    const [layers, ignore] of [
      [[withTable()], ["large"]],
      [[withTable()], ["/second"]],
      [FORMS["no table"]!.layers(), ["large"]],
    ] as const
  ) {
    const { dir } = await pulled([...layers]);
    rmSync(join(dir, "large"));
    rmSync(join(dir, "second"));
    const { same } = await check(dir, [...layers], { ignore, repair: true });
    const [left, made] = ignore[0] === "large" ? ["large", "second"] : ["second", "large"];
    assert.deepEqual([same, existsSync(join(dir, left))], [true, false]);
    assert.deepEqual(readFileSync(join(dir, made)), Buffer.from(big(0)));
    assert.equal((await check(dir, [...layers], { repair: true })).same, true);
    assert.equal(statSync(join(dir, "large")).ino, statSync(join(dir, "second")).ino);
  }
});

test("a link that was put in place of a directory or a file is never followed", async () => {
  const { dir, whole } = await pulled();
  const elsewhere = scratch().path;
  for (const name of ["a", "b"]) writeFileSync(join(elsewhere, name), `content of ${name}`);
  rmSync(join(dir, "dir"), { recursive: true });
  symlinkSync(elsewhere, join(dir, "dir"));
  writeFileSync(join(elsewhere, "third"), readFileSync(join(dir, "third")));
  rmSync(join(dir, "third"));
  symlinkSync(join(elsewhere, "third"), join(dir, "third"));
  const outside = snapshot(elsewhere);
  const lines = ["changed dir type", "missing dir/a", "missing dir/b"];
  const first = await check(dir, [withTable()]);
  assert.deepEqual(first.differences.map(lineOf), [...lines, "changed third type"]);
  // What stands where a directory goes stays, and the rest is repaired.
  const repaired = await check(dir, [withTable()], { repair: true });
  assert.deepEqual(repaired.differences.map(lineOf), lines);
  assert.deepEqual([repaired.same, repaired.repaired], [false, ["third"]]);
  assert.deepEqual(repaired.notices.map(({ code, message }) => [code, message]), [
    ["not-repaired", '"dir" is a link in the destination and a directory in the artifact'],
  ]);
  assert.deepEqual(snapshot(elsewhere), outside);
  rmSync(join(dir, "dir"));
  assert.equal((await check(dir, [withTable()], { repair: true })).same, true);
  assert.deepEqual(snapshot(dir), whole);
});

test("what no pull replaces is left, and said: a file for a directory, a full directory for a file", async () => {
  const { dir } = await pulled();
  rmSync(join(dir, "dir"), { recursive: true });
  writeFileSync(join(dir, "dir"), "mine");
  rmSync(join(dir, "other"));
  mkdirSync(join(dir, "other"));
  writeFileSync(join(dir, "other/file"), "mine");
  rmSync(join(dir, "bin/run"));
  const { differences, notices, repaired } = await check(dir, [withTable()], { repair: true });
  assert.deepEqual(differences.map(lineOf), [
    "changed dir type",
    "missing dir/a",
    "missing dir/b",
    "changed other type",
  ]);
  assert.deepEqual(repaired, ["bin/run"]);
  assert.deepEqual(notices.map(({ code }) => code), ["not-repaired", "not-repaired"]);
  assert.equal(readFileSync(join(dir, "other/file"), "utf8"), "mine");
});

test("a repository's own directory is compared, and never repaired", async () => {
  const items = [{ name: ".git/config", data: "[core]" }, { name: "file", data: "x" }];
  const layer = [withTable(items)];
  const { dir } = await pulled(layer);
  rmSync(join(dir, "file"));
  // It is right, so it is not in the way.
  const one = await check(dir, layer, { repair: true });
  assert.deepEqual([one.same, one.repaired, one.notices], [true, ["file"], []]);
  rmSync(join(dir, "file"));
  writeFileSync(join(dir, ".git/config"), "[evil]");
  const { differences, repaired, notices } = await check(dir, layer, { repair: true });
  assert.deepEqual(differences.map(lineOf), ["changed .git/config content"]);
  assert.deepEqual([repaired, notices.map(({ code }) => code)], [["file"], ["not-repaired"]]);
});

/** A table that names a pipe. */
function withPipe(items: TarItem[]): LayerSpec {
  const rows = (rows: LooseRow[]) => [...rows, { name: "pipe", type: "fifo", mode: 0o600 }];
  return stargz(items, { rows });
}

test("devices, pipes and links with absolute targets: what is refused, and what is compared", async () => {
  const items = [{ name: "abs", type: "2", link: "/etc/passwd" }, { name: "file", data: "x" }];
  const tar = tarOf(...items, { name: "pipe", type: "6" });
  const dir = join(scratch().path, "out");
  await pullOf(dir, withTable(items), { links: "keep" });
  for (const layer of [withPipe(items), new Uint8Array(gzipSync(tar))]) {
    await assert.rejects(check(dir, [layer]), { code: "invalid-archive", message: /"pipe"/ });
    assert.equal((await check(dir, [layer], { ignore: ["pipe"] })).same, true);
    const skipped = await check(dir, [layer], { special: "skip" });
    assert.equal(skipped.same, true);
    assert.ok(skipped.notices.some(({ code }) => code === "special-files"));
  }
  rmSync(join(dir, "abs"));
  await assert.rejects(check(dir, [withTable(items)], { repair: true }), /absolute/);
  assert.equal(
    (await check(dir, [withTable(items)], { repair: true, links: "keep" })).same,
    true,
  );
});

test("layers that are files are compared by their digests, and repaired", async () => {
  const { source, manifest } = imageOf(bytesOf("one"), bytesOf("two"));
  manifest.value.config.mediaType = "application/vnd.acme.config";
  for (const [i, layer] of manifest.value.layers.entries()) {
    layer.mediaType = "text/plain";
    layer.annotations = { "org.opencontainers.image.title": `${i}.txt` };
  }
  const dir = join(scratch().path, "out");
  await pull(source, manifest, dir);
  writeFileSync(join(dir, "1.txt"), "tw0");
  const first = await checkTree(dir, source, manifest);
  assert.deepEqual(first.differences.map(lineOf), ["changed 1.txt content"]);
  assert.equal((await checkTree(dir, source, manifest, { repair: true })).same, true);
  assert.equal(readFileSync(join(dir, "1.txt"), "utf8"), "two");
});

test("what cannot be compared is an error, and no directory is one", async () => {
  const { dir } = await pulled();
  const parent = scratch().path;
  await assert.rejects(check(join(parent, "none"), [withTable()]), { code: "not-found" });
  writeFileSync(join(parent, "file"), "");
  await assert.rejects(check(join(parent, "file"), [withTable()]), { code: "conflict" });
  const signal = AbortSignal.abort();
  await assert.rejects(check(dir, [withTable()], { signal }), { code: "interrupted" });
  const limited = { maxEntries: 3 };
  await assert.rejects(check(dir, [withTable()], limited), { code: "limit" });
  assert.deepEqual(readdirSync(dir).filter((name) => name.startsWith(".blobber")), []);
});
