import { after, test } from "node:test";
import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { lacks } from "../../tests/fakes/only_on.ts";
import { big, CHUNK, ITEMS, pulled, spoil, withTable } from "../../tests/fakes/updated_tree.ts";
import { noise, pullOf, removeScratch, snapshot } from "../../tests/fakes/pulling.ts";
import { imageOf, type LayerSpec, stargz, type TarItem, tarOf } from "../../tests/fakes/tar.ts";
import { pull } from "./pull.ts";

after(removeScratch);

/** How an image of the tree is made: as one layer with a table, as one without, as two layers. */
const FORMS: Record<string, () => LayerSpec[]> = {
  "a table": () => [withTable()],
  "no table": () => [new Uint8Array(gzipSync(tarOf(...ITEMS)))],
  "two layers": () => [
    withTable([{ name: "gone", data: "x" }, { name: "large", data: big(7) }]),
    withTable([{ name: ".wh.gone", data: "" }, ...ITEMS]),
  ],
};

/** What is in a directory: inode and time of modification of everything that is no directory. */
function identities(dir: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of Object.keys(snapshot(dir))) {
    const stat = lstatSync(join(dir, name));
    if (!stat.isDirectory()) found[name] = `${stat.ino} ${stat.mtimeMs} ${stat.ctimeMs}`;
  }
  return found;
}

for (const [form, layers] of Object.entries(FORMS)) {
  test(`${form}: of a tree that is right, nothing is touched`, async () => {
    const { dir, update } = await pulled(layers());
    utimesSync(join(dir, "large"), 5, 5);
    const before = identities(dir);
    const { changes } = await update(layers());
    assert.deepEqual(changes, { added: 0, changed: 0, unchanged: 8, removed: 0 });
    assert.deepEqual(identities(dir), before);
    assert.deepEqual(readdirSync(dir).filter((name) => name.startsWith(".")), []);
  });

  test(`${form}: every kind of difference is put right, and only that is touched`, async () => {
    const { dir, update, whole } = await pulled(layers());
    rmSync(join(dir, "dir/a"));
    chmodSync(join(dir, "bin/run"), 0o700);
    rmSync(join(dir, "link"));
    symlinkSync("other", join(dir, "link"));
    rmSync(join(dir, "other"));
    mkdirSync(join(dir, "other"));
    spoil(join(dir, "third"), 15_000);
    const before = identities(dir);
    const { changes } = await update(layers());
    const changed = lacks("modes") ? 3 : 4;
    assert.deepEqual(changes, { added: 1, changed, unchanged: 7 - changed, removed: 0 });
    assert.deepEqual(snapshot(dir), whole);
    const now = identities(dir);
    for (const name of ["dir/b", "large", "second"]) assert.equal(now[name], before[name], name);
    // Another mode makes no other file.
    assert.equal(now["bin/run"]!.split(" ")[0], before["bin/run"]!.split(" ")[0]);
  });
}

test("of a file that changed, only the chunks that differ are fetched", async () => {
  const { dir, update, whole } = await pulled();
  const { fetched: table } = await update([withTable()]);
  spoil(join(dir, "third"), 15_000);
  spoil(join(dir, "other"), 39_999);
  const { fetched, requests } = await update([withTable()]);
  assert.deepEqual(snapshot(dir), whole);
  assert.deepEqual(readFileSync(join(dir, "third")), Buffer.from(big(2)));
  // The whole of this small image came with its table.
  assert.equal(fetched, table);
  assert.ok(requests.length > 0);
});

/** An image that is too large for its end to hold all of it. */
function largeItems(seed: number): TarItem[] {
  const parts = Array.from({ length: 60 }, (_, i) => big(i));
  const file = (i: number) => ({ name: `f/${`${i}`.padStart(2, "0")}`, data: parts[i]! });
  const items = Array.from({ length: 60 }, (_, i) => file(i));
  if (seed > 0) items[3] = { ...items[3]!, data: big(100 + seed) };
  return items;
}

test("what is fetched is in proportion to what changed, in one range for neighbours", async () => {
  const layer = (seed: number) => stargz(largeItems(seed), { chunkSize: CHUNK });
  const { dir, update } = await pulled([layer(0)]);
  const blob = layer(1).blob.length;
  const same = await update([layer(0)]);
  const changed = await update([layer(1)]);
  const content = changed.fetched - same.fetched;
  assert.ok(content > 40_000 && content < 45_000, `${content} of ${blob}`);
  assert.equal(changed.requests.length, same.requests.length + 1);
  assert.deepEqual(readFileSync(join(dir, "f/03")), Buffer.from(big(101)));
  // One chunk in the middle of a file.
  spoil(join(dir, "f/05"), 25_000);
  const one = await update([layer(1)]);
  assert.ok(one.fetched - same.fetched < 10_500, `${one.fetched - same.fetched}`);
  assert.deepEqual(readFileSync(join(dir, "f/05")), Buffer.from(big(5)));
});

test("of a member that holds several files, what is behind the one that changed is not fetched", async () => {
  const far = Array.from({ length: 40 }, (_, i) => ({ name: `z/${i}`, data: big(i) }));
  const kinds = {
    // Packed as it is plain, so that half of the one is half of the other.
    even: Array.from({ length: 10 }, (_, i) => ({ name: `a/${i}`, data: big(50 + i) })),
    // What is wanted takes all of the packed bytes, and hardly any of the plain ones.
    uneven: [
      { name: "a/0", data: big(50) },
      { name: "a/1", data: big(51) },
      { name: "a/2", data: new Uint8Array(3_000_000) },
    ],
  };
  for (const [kind, near] of Object.entries(kinds)) {
    const layer = stargz([...near, ...far], { members: [near, ...far.map((one) => [one])] });
    const { dir, update } = await pulled([layer]);
    const same = await update([layer]);
    spoil(join(dir, "a/1"), 0);
    const { fetched, requests } = await update([layer]);
    assert.deepEqual(readFileSync(join(dir, "a/1")), Buffer.from(big(51)));
    const bytes = fetched - same.fetched;
    const asked = requests.length - same.requests.length;
    if (kind === "even") assert.ok(asked === 1 && bytes < 100_000, `${asked}: ${bytes}`);
    // Not enough had been asked for, and then the rest is.
    else assert.equal(asked, 2);
  }
});

test("a layer of which nearly all is missing is read whole", async () => {
  const layer = stargz(largeItems(0), { chunkSize: CHUNK });
  const { dir, update } = await pulled([layer]);
  for (const name of readdirSync(join(dir, "f")).slice(2)) rmSync(join(dir, "f", name));
  const { requests, changes } = await update([layer]);
  const whole = requests.filter(({ start, end }) => start === 0 && end === layer.blob.length);
  assert.equal(whole.length, 1);
  assert.deepEqual(changes, { added: 58, changed: 0, unchanged: 2, removed: 0 });
});

test("content that is on the disk under another name is not fetched", async () => {
  const items = largeItems(0);
  const renamed = items.map((one) => ({ ...one, name: one.name.replace("f/", "renamed/") }));
  const copied = [...items, ...items.slice(0, 5).map((one) => ({ ...one, name: `z/${one.name}` }))];
  for (const [after, removed] of [[renamed, true], [copied, false]] as const) {
    const { dir, update } = await pulled([stargz(items, { chunkSize: CHUNK })]);
    const { fetched: table } = await update([stargz(items, { chunkSize: CHUNK })]);
    const layer = stargz(after, { chunkSize: CHUNK });
    const { fetched, requests, changes } = await update([layer], { delete: removed });
    assert.ok(fetched < table + 2000, `${fetched} beside ${table}`);
    assert.equal(requests.length, 2);
    assert.equal(changes!.removed, removed ? 60 : 0);
    for (const { name, data } of after) {
      assert.deepEqual(readFileSync(join(dir, name)), Buffer.from(data as Uint8Array));
    }
  }
});

test("what follows an insertion is taken from the old file, where content says the cuts", async () => {
  const { cutsOf } = await import("../archive/chunking/cutter.ts");
  const before = noise(3_000_000);
  const after = new Uint8Array(3_000_100);
  after.set(noise(100).map((byte) => byte ^ 0x55));
  after.set(before, 100);
  const layer = (data: Uint8Array) => stargz([{ name: "text", data }], { cuts: cutsOf(data) });
  const { dir, update } = await pulled([layer(before)]);
  const same = await update([layer(before)]);
  const { fetched, changes } = await update([layer(after)]);
  assert.deepEqual(changes, { added: 0, changed: 1, unchanged: 0, removed: 0 });
  assert.deepEqual(readFileSync(join(dir, "text")), Buffer.from(after));
  assert.ok(fetched - same.fetched < 2 * 128 * 1024 + 2000, `${fetched - same.fetched}`);
});

test("row 65: a file with other content, and the size and the times of the right one, is found", async () => {
  const { dir, update, whole } = await pulled();
  const path = join(dir, "dir/a");
  const { atime, mtime } = lstatSync(path);
  writeFileSync(path, "CONTENT OF A");
  utimesSync(path, atime, mtime);
  const { changes } = await update([withTable()]);
  assert.equal(changes!.changed, 1);
  assert.deepEqual(snapshot(dir), whole);
});

test("further names of a file stay names of one file, whichever of them is right", async () => {
  for (const lost of ["large", "second"]) {
    const { dir, update } = await pulled();
    rmSync(join(dir, lost));
    const { changes } = await update([withTable()]);
    assert.equal(changes!.added, 1);
    assert.equal(lstatSync(join(dir, "large")).ino, lstatSync(join(dir, "second")).ino);
  }
  const { dir, update } = await pulled();
  spoil(join(dir, "large"), 5);
  await update([withTable()]);
  assert.deepEqual(readFileSync(join(dir, "second")), Buffer.from(big(0)));
  assert.equal(lstatSync(join(dir, "large")).ino, lstatSync(join(dir, "second")).ino);
});

test("a dry run tells what would change, and changes nothing", async () => {
  const { dir, update } = await pulled();
  rmSync(join(dir, "dir/a"));
  spoil(join(dir, "third"), 15_000);
  mkdirSync(join(dir, "extra"));
  writeFileSync(join(dir, "extra/x"), "x");
  const [before, identity] = [snapshot(dir), identities(dir)];
  const time = lstatSync(dir).mtimeMs;
  const { preview, changes } = await update([withTable()], { dryRun: true, delete: true });
  assert.deepEqual(preview, {
    added: ["dir/a"],
    changed: ["third"],
    removed: ["extra/", "extra/x"],
    toFetch: 0,
  });
  assert.deepEqual(changes, { added: 1, changed: 1, unchanged: 6, removed: 1 });
  assert.deepEqual([snapshot(dir), identities(dir)], [before, identity]);
  assert.equal(lstatSync(dir).mtimeMs, time);
  const fresh = join(dir, "..", "fresh");
  const { result } = await pullOf(fresh, stargz(largeItems(0), { chunkSize: CHUNK }), {
    dryRun: true,
  });
  assert.equal(result.preview!.added.length, 60);
  assert.ok(result.preview!.toFetch > 2_000_000);
  assert.equal(existsSync(fresh), false);
});

test("a fetch that fails leaves the destination as it was", async () => {
  const layer = stargz(largeItems(1), { chunkSize: CHUNK });
  const { dir } = await pulled([stargz(largeItems(0), { chunkSize: CHUNK })]);
  rmSync(join(dir, "f/10"));
  writeFileSync(join(dir, "own"), "mine");
  const [before, identity] = [snapshot(dir), identities(dir)];
  const { source, manifest } = imageOf(layer);
  source.onPiece = (sent) => {
    if (source.requests.length > 2 && sent === 0) throw new Error("the line is cut");
  };
  await assert.rejects(pull(source, manifest, dir, { overwrite: true, delete: true }));
  assert.deepEqual([snapshot(dir), identities(dir)], [before, identity]);
});

test("a part of an artifact is updated too, and places and stripped paths", async () => {
  const { dir, update, whole } = await pulled();
  spoil(join(dir, "third"), 0);
  rmSync(join(dir, "dir/a"));
  const third = readFileSync(join(dir, "third"));
  const { changes } = await update([withTable()], { include: ["/dir/"] });
  assert.deepEqual(changes, { added: 1, changed: 0, unchanged: 1, removed: 0 });
  assert.deepEqual(readFileSync(join(dir, "third")), third);
  const places = [{ from: "third", to: "third" }, { from: "third", to: "copy/third" }];
  assert.equal((await update([withTable()], { places })).changes!.added, 1);
  assert.deepEqual(readFileSync(join(dir, "copy/third")), Buffer.from(big(2)));
  rmSync(join(dir, "copy"), { recursive: true });
  assert.deepEqual(snapshot(dir), whole);
});
