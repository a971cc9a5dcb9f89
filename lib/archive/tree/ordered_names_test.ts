import { test } from "node:test";
import assert from "node:assert/strict";
import { StoppingPace } from "../../../tests/fakes/pace.ts";
import { Pace, STEPS_A_TURN } from "../../system/pace.ts";
import type { Entry } from "../entry.ts";
import { Budget } from "../budget.ts";
import { ordinary } from "./ordered_names.ts";
import { Table } from "../table/table.ts";
import { Tree } from "./tree.ts";

/** A table of files and, where a name ends in a slash, directories. */
function tableOf(names: string[]): Table {
  const table = new Table();
  for (const name of names) table.push(entryOf(name), false);
  return table;
}

function entryOf(name: string): Entry {
  const isDirectory = name.endsWith("/");
  const path = isDirectory ? name.slice(0, -1) : name;
  return { path, type: isDirectory ? "directory" : "file", size: 0, mode: 0o755, mtime: 0 };
}

const deep = (count: number, levels: number) =>
  tableOf(Array.from({ length: count }, (_, i) => `${1000 + i}/${"a/".repeat(levels - 1)}x`));
const look = (table: Table, maxEntries = Infinity, pace = new Pace()) =>
  ordinary(table, new Budget({ maxEntries, maxBytes: Infinity, maxFileBytes: Infinity }), pace);

test("deep-names: names of many levels cost steps for each level once", async () => {
  const stepsOf = async (table: Table) => {
    const pace = new Pace();
    assert.equal(
      (await look(table, Infinity, pace))!.directories.length,
      pace.steps - table.length,
    );
    return pace.steps;
  };
  assert.equal(await stepsOf(deep(100, 100)), 100 * 101);
  assert.equal(await stepsOf(deep(100, 200)), 100 * 201);
  assert.equal(await stepsOf(deep(200, 100)), 200 * 101);
});

test("implied-directories: what names imply counts as entries do", async () => {
  const table = deep(10, 100);
  await assert.rejects(look(table, 999), { code: "limit" });
  assert.equal((await look(table, 1000))!.directories.length, 1000);
  const pace = new Pace();
  await assert.rejects(look(deep(1000, 1000), 5000, pace), { code: "limit" });
  assert.ok(pace.steps < 7000, `${pace.steps} steps`);
});

test("the look at the order of names stops soon when it is told to", async () => {
  for (const table of [deep(100_000, 1), deep(1000, 1000)]) {
    const pace = new StoppingPace(2);
    await assert.rejects(look(table, Infinity, pace), { code: "interrupted" });
    assert.ok(pace.late <= 2 * STEPS_A_TURN, `${pace.late} steps`);
  }
});

test("whatever names come in order, directories are those of a tree, or it is left to one", async () => {
  let seed = 7;
  const next = (below: number) => (seed = (seed * 48271) % 0x7fffffff) % below;
  let ordered = 0;
  for (let round = 0; round < 3000; round++) {
    const names = new Set<string>();
    for (let i = next(8); i >= 0; i--) {
      let name = "";
      for (let level = next(4); level >= 0; level--) {
        name += ["a", "b", "a-", "a.", "aa"][next(5)] + "/";
      }
      names.add(next(3) === 0 ? name : name.slice(0, -1));
    }
    const sorted = [...names].sort();
    const found = await look(tableOf(sorted));
    let tree: Tree | undefined = new Tree();
    tree.nextLayer();
    try {
      for (const name of sorted) tree.apply(entryOf(name), undefined);
    } catch {
      tree = undefined;
    }
    assert.equal(found === undefined, tree === undefined, sorted.join(" "));
    if (found === undefined) continue;
    ordered++;
    const { directories } = found;
    const paths = Array.from({ length: directories.length }, (_, i) => directories.path(i));
    assert.deepEqual(paths.toSorted(), tree!.directories().map(({ path }) => path).sort());
    for (const [i, path] of paths.entries()) {
      const row = sorted.indexOf(`${path}/`);
      assert.equal(directories.row(i), row < 0 ? undefined : row, path);
    }
  }
  assert.ok(ordered > 500, `${ordered} in order`);
});
