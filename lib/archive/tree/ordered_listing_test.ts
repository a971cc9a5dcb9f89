import { test } from "node:test";
import assert from "node:assert/strict";
import { digestOf } from "../../digest.ts";
import { Pace } from "../../system/pace.ts";
import type { Entry } from "../entry.ts";
import { OrderedListing } from "./ordered_listing.ts";
import { listedBudget, parseRows } from "../table/parse_table.ts";
import { Tree } from "./tree.ts";

const CONTENT_END = 1_000_000;

/** Rows of a table: `d/` a directory, `l>x` a symbolic link, `h=x` a hard link, anything else a file. */
function tableOf(names: string[]) {
  return parseRows(
    names.map((text, i) => {
      const [, name, kind, target] = /^([^>=]*)([>=]?)(.*)$/.exec(text)!;
      if (name!.endsWith("/")) return { name, type: "dir", mode: 0o755 };
      if (kind === "") return { name, type: "reg", size: 1, offset: i, digest: digestOf(text) };
      return { name, type: kind === ">" ? "symlink" : "hardlink", linkName: target };
    }),
    CONTENT_END,
  );
}

const contentOf = ({ row }: { row: { entry: Entry } }) => row.entry.path;
const listingOf = (names: string[]) =>
  OrderedListing.of(tableOf(names), contentOf, { budget: listedBudget(), pace: new Pace() });

function treeOf(names: string[]): Tree<string> {
  const tree = new Tree<string>();
  tree.nextLayer();
  const table = tableOf(names);
  for (const i of table.names.keys()) tree.apply(table.entry(i), table.path(i));
  return tree;
}

test("of an ordered table, what is below a directory is read without the rest where it is little", async () => {
  const names = Array.from({ length: 90 }, (_, i) => {
    const dir = `d${i % 30}`;
    return i < 30 ? `${dir}/` : i < 60 ? `${dir}/f` : `${dir}/${i % 7 === 0 ? "-" : "s"}>f`;
  });
  names.push("d1.x", "d1-", "d1/f.d/", "d1/f.d/x", "e/f/g");
  names.sort((a, b) => a.replace(/[>=].*/, "") < b.replace(/[>=].*/, "") ? -1 : 1);
  const table = tableOf(names);
  let whole = 0;
  table.whole = () => {
    whole++;
    return Promise.resolve(table);
  };
  const how = { budget: listedBudget(), pace: new Pace() };
  const listing = (await OrderedListing.of(table, contentOf, how))!;
  const tree = treeOf(names);
  const below = async (of: typeof listing | typeof tree, below?: string) =>
    (await Array.fromAsync(of.entries({ below }))).flat();
  for (const dir of ["d1", "d1/f.d", "d29", "e", "e/f", "nothing", "d1/f"]) {
    const expected = (await below(tree)).filter(({ path }) =>
      path === dir && tree.isDirectory(dir) || path.startsWith(`${dir}/`)
    );
    assert.deepEqual(await below(listing, dir), expected, dir);
    if (tree.isDirectory(dir)) assert.deepEqual(await below(tree, dir), expected, dir);
  }
  assert.equal(whole, 0);
  for (let i = 0; i < 2; i++) assert.deepEqual(await below(listing), await below(tree));
  assert.equal(whole, 1, "read once");
});

test("an ordered table shows what a tree of it shows", async () => {
  const names = [
    "a",
    "a-b",
    "a.d/",
    "a.d/x",
    "b/",
    "b.txt",
    "c-/deep/er/file",
    "c-/deep.txt",
    "c.1",
    "h=a",
    "h2=h",
    "s>b",
    "\u00fc/",
    "\u00fc/\u00fc",
  ].sort((a, b) => a.replace(/[>=].*/, "") < b.replace(/[>=].*/, "") ? -1 : 1);
  const listing = (await listingOf(names))!;
  const tree = treeOf(names);
  assert.deepEqual(await listing.paths({}), await tree.paths());
  const all = (await Array.fromAsync(tree.entries())).flat();
  assert.deepEqual((await Array.fromAsync(listing.entries({}))).flat(), all);
  const asked = ["", "c-", "c-/deep", "c-/dee", "zz", "A", "a/", ...await tree.paths()];
  for (const path of asked) {
    assert.equal(listing.isDirectory(path), tree.isDirectory(path), path);
    assert.equal(listing.linkAt(path), tree.linkAt(path), path);
    const node = tree.get(path);
    const expected = node && { entry: node.entry, content: node.content };
    assert.deepEqual(listing.get(path), path === "" ? undefined : expected, path);
  }
  assert.equal(listing.get("h2")!.content, "a");
});

for (
  const [what, names] of Object.entries({
    "another order": ["b", "a"],
    "a name twice": ["a", "a"],
    "a file and a directory of one name": ["a", "a-", "a/"],
    "a file below a file": ["a", "a-", "a/b"],
    "a file far below a file": ["a", "a-", "a/b/c/d"],
    "a file below a link": ["a>b", "a/b"],
    "a whiteout": ["a/.wh.b"],
    "the root": ["./", "a"],
    "a name of the format's own": [".prefetch.landmark", "a"],
    "the table's name": ["stargz.index.json"],
    "a hard link to nothing": ["a=b"],
    "a hard link to what follows": ["a=b", "b"],
    "a hard link to a directory": ["a/", "b=a"],
    "a hard link to a link": ["a>b", "b=a"],
  })
) {
  test(`a table with ${what} is left to a tree`, async () => {
    assert.equal(await listingOf(names), undefined);
  });
}
