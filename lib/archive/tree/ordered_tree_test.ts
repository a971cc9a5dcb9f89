import { test } from "node:test";
import assert from "node:assert/strict";
import { digestOf } from "../../digest.ts";
import type { UnpackLimits } from "../../options.ts";
import { Pace } from "../../system/pace.ts";
import { parseRows } from "../table/parse_table.ts";
import type { Table } from "../table/table.ts";
import { Tree } from "./tree.ts";
import { OrderedTree } from "./ordered_tree.ts";

function tableOf(names: string[]): Table {
  return parseRows(
    names.map((name, offset) => {
      if (name.endsWith("/")) {
        return { name, type: "dir", mode: 0o750, modtime: "2026-01-01T00:00:00Z" };
      }
      if (name.includes("link")) return { name, type: "symlink", linkName: "a" };
      if (name.includes("hard")) return { name, type: "hardlink", linkName: "a" };
      return { name, type: "reg", mode: 0o640, size: 2, offset, digest: digestOf(name) };
    }),
    1000,
  );
}

const treeOf = (table: Table, limits: UnpackLimits = {}) =>
  OrderedTree.of(table, limits, new Pace());

const names = [
  "a",
  "a-b/c",
  "a.d/",
  "a.d/hard",
  "a.d/x",
  "b/",
  "b/deep/er/file",
  "b/deep/er/link",
  "b/deep.txt",
  "b0",
  "\u00fc/\u00fc",
].sort();

test("an ordered table is the same tree as one that its entries are applied to", async () => {
  const table = tableOf(names);
  const ordered = (await treeOf(table))!;
  const tree = new Tree();
  tree.nextLayer();
  for (const i of table.names.keys()) tree.apply(table.entry(i), undefined);
  assert.deepEqual(ordered.total(), tree.total());
  assert.deepEqual(ordered.links(), tree.links());
  assert.equal(ordered.root, tree.root);
  const byPath = (all: { path: string }[]) => all.toSorted((a, b) => a.path < b.path ? -1 : 1);
  assert.deepEqual(byPath(ordered.directories()), byPath(tree.directories()));
  const asked = [
    "",
    "b/deep/e",
    "b/deep/er/",
    "zz",
    ...await tree.paths(),
    "a-b",
    "b/deep",
    "\u00fc",
  ];
  for (const path of asked) {
    assert.equal(ordered.isDirectory(path), tree.isDirectory(path), path);
    assert.deepEqual([...ordered.childrenOf(path)].sort(), [...tree.childrenOf(path)].sort(), path);
    const node = tree.get(path);
    assert.deepEqual(ordered.get(path), node && { entry: node.entry }, path);
  }
});

test("parents come before what is in them", async () => {
  const paths = (await treeOf(tableOf(names)))!.directories().map(({ path }) => path);
  assert.equal(paths.length, 6);
  for (const [i, path] of paths.entries()) {
    const above = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    assert.ok(above === "" || paths.indexOf(above) < i, path);
  }
});

test("limits hold, and what is out of order is no such tree", async () => {
  const table = tableOf(names);
  const entries = names.length + 4; // directories that no entry names are counted
  await assert.rejects(treeOf(table, { maxEntries: entries - 1 }), { code: "limit" });
  await assert.rejects(treeOf(table, { maxFileBytes: 1 }), { code: "limit" });
  await assert.rejects(treeOf(table, { maxBytes: 11 }), { code: "limit" });
  assert.notEqual(await treeOf(table, { maxEntries: entries, maxBytes: 14 }), undefined);
  assert.equal(await treeOf(tableOf([...names].reverse())), undefined);
});
