import assert from "node:assert/strict";
import { test } from "node:test";
import type { LayerTable } from "../../archive/table/layer_table.ts";
import { Table } from "../../archive/table/table.ts";
import { Pace } from "../../system/pace.ts";
import { Levels } from "./levels.ts";
import { LookedEntries } from "./looked_entries.ts";

const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** A layer of empty files, directories and links, by their names. */
function layer(...names: string[]): LayerTable {
  const table = new Table();
  for (const name of names) {
    const [path, linkTarget] = name.split(" -> ") as [string, string?];
    const type = path.endsWith("/") ? "directory" : linkTarget !== undefined ? "symlink" : "file";
    const mode = type === "symlink" ? 0o777 : 0o755;
    table.push({ path: path.replace(/\/$/, ""), type, size: 0, mode, mtime: 0, linkTarget }, false);
  }
  return { table } as LayerTable;
}

function tree(...names: string[]): LookedEntries {
  const looked = new LookedEntries();
  const { table } = layer(...names);
  for (let i = 0; i < table.length; i++) {
    const entry = table.entry(i);
    const stamp = { size: 0, mtime: 0, ctime: 0, inode: 0 };
    looked.found(looked.add(entry, `/tree/${entry.path}`, stamp), EMPTY, true);
  }
  return looked;
}

/** What has to go on top of the lowest layers for a tree to come of it. */
async function top(layers: LayerTable[], looked: LookedEntries, count = layers.length) {
  const pace = new Pace();
  const content = await (await Levels.of(layers, pace)).contentOn(looked, count, pace);
  return content && [
    ...content.entries.map((i) => looked.path(i)),
    ...[...content.gone].flatMap(([directory, names]) =>
      names.map((name) => `-${directory}/${name}`)
    ),
  ];
}

const OLD = layer("a", "d/", "d/b", "d/e/", "d/e/f", "l -> a");

test("what is not below goes on top, with the directories on the way", async () => {
  assert.deepEqual(await top([OLD], tree("a", "d/", "d/b", "d/e/", "d/e/f", "l -> a")), []);
  assert.deepEqual(
    await top([OLD], tree("d/", "d/b", "d/e/", "d/e/f", "d/e/g", "l -> d")),
    ["d", "d/e", "d/e/g", "l", "-/a"],
  );
  assert.deepEqual(await top([OLD], tree("a", "d/", "d/b", "l -> a")), ["d", "-d/e"]);
  assert.deepEqual(await top([OLD], tree("a", "d", "l/", "l/x")), ["d", "l", "l/x"]);
});

test("lower layers are known by what those above them changed", async () => {
  const layers = [
    OLD,
    layer(".wh.a", "d/", "d/.wh.e", "d/n", "x/", "x/y"),
    layer("a", "d", "x/", "x/.wh.y", "x/z"),
  ];
  const trees = [
    tree("a", "d/", "d/b", "d/e/", "d/e/f", "l -> a"),
    tree("d/", "d/b", "d/n", "l -> a", "x/", "x/y"),
    tree("a", "d", "l -> a", "x/", "x/z"),
  ];
  for (const [i, one] of trees.entries()) assert.deepEqual(await top(layers, one, i + 1), []);
  assert.deepEqual(await top(layers, trees[0]!), ["d", "d/b", "d/e", "d/e/f", "-/x"]);
  assert.deepEqual(await top(layers, trees[2]!, 1), ["d", "x", "x/z"]);
});

test("layers that no push makes are applied as a tree is", async () => {
  const strange: [LayerTable[], LookedEntries][] = [
    [[layer("d/x", "a")], tree("a", "d/", "d/x")], // not in order, and a directory that is implied
    [
      [OLD, layer("n/m/o")],
      tree("a", "d/", "d/b", "d/e/", "d/e/f", "l -> a", "n/", "n/m/", "n/m/o"),
    ],
    [[OLD, layer("d/.wh..wh..opq", "d/x")], tree("a", "d/", "d/x", "l -> a")],
    [[layer("d/", "d/a", "l -> d"), layer("l/n")], tree("d/", "d/a", "d/n", "l -> d")],
  ];
  const expected = [["d"], ["n", "n/m"], [], ["d", "d/n"]];
  for (const [i, [layers, looked]] of strange.entries()) {
    assert.deepEqual(await top(layers, looked), expected[i], `${i}`);
  }
  for (const wrong of [layer("a", "a"), layer("a/b", "a"), layer(".wh.a/"), layer(".wh...")]) {
    await assert.rejects(top([OLD, wrong], tree()), { name: "BlobberError" });
  }
  const many = Array.from({ length: 100 }, (_, i) => `d${i + 100}`);
  const directories = layer(...many.flatMap((name) => [`${name}/`, `${name}/f`]));
  assert.deepEqual(
    await top([directories, layer(...many.map((name) => `.wh.${name}`))], tree()),
    [],
  );
});

test("a name that is too long cannot be taken away", async () => {
  const long = "x".repeat(252);
  assert.equal(await top([layer(long)], tree()), undefined);
  assert.deepEqual(await top([layer(long.slice(1))], tree()), [`-/${long.slice(1)}`]);
});
