import { test } from "node:test";
import assert from "node:assert/strict";
import { StoppingPace } from "../../../tests/fakes/pace.ts";
import { NAME_BYTES_AN_ENTRY } from "../../limits.ts";
import { Pace, STEPS_A_TURN } from "../../system/pace.ts";
import type { Entry } from "../entry.ts";
import { planLayer } from "../unpack/plan.ts";
import { Table } from "../table/table.ts";
import { Tree } from "./tree.ts";
import { Node } from "./tree_node.ts";
import { inOrder } from "./tree_order.ts";

const UNLIMITED = { maxEntries: Infinity, maxBytes: Infinity, maxFileBytes: Infinity };

/** An entry: `d/` is a directory, `l>x` a symbolic link, `h=x` a hard link, anything else a file. */
function entryOf(text: string): Entry {
  const [, name, kind, target] = /^([^>=]*)([>=]?)(.*)$/s.exec(text)! as unknown as string[];
  const path = name!.replace(/\/$/, "");
  const common = { path, size: 0, mode: 0o755, mtime: 0 };
  if (name !== path) return { ...common, type: "directory" };
  if (kind === "") return { ...common, type: "file" };
  return { ...common, type: kind === ">" ? "symlink" : "hardlink", linkTarget: target };
}

/** Applies layers and counts. */
function apply(layers: Iterable<string>[], limits = UNLIMITED): { tree: Tree; steps: number } {
  const pace = new Pace();
  const tree = new Tree(limits, pace);
  for (const layer of layers) {
    tree.nextLayer();
    for (const text of layer) tree.apply(entryOf(text), undefined);
  }
  return { tree, steps: pace.steps };
}

const many = (count: number, name: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => name(i));

test("opaque-again: a directory is looked through once in a layer, however often it is opaque", async () => {
  const layers = (files: number, whiteouts: number) => [[
    ...many(files, (i) => `d/${i}`),
    ...many(whiteouts, () => "d/.wh..wh..opq"),
    ...many(whiteouts, () => ".wh.d"),
  ]];
  const { tree, steps } = apply(layers(1000, 1000));
  assert.ok(steps <= 9 * 1000, `${steps} steps`);
  assert.ok(apply(layers(2000, 2000)).steps <= 2 * steps + 10);
  assert.equal((await tree.paths()).length, 1000);
});

test("opaque-again: nor are the directories below it", () => {
  const dir = (levels: number) => "a/".repeat(levels);
  const layers = (levels: number) => [[
    ...many(levels, (i) => `${dir(i + 1)}f`),
    ...many(levels, (i) => `${dir(levels - i)}.wh..wh..opq`),
    ...many(levels, (i) => `${dir(i + 1)}.wh..wh..opq`),
  ]];
  // A name of n levels takes n steps by itself.
  const { steps } = apply(layers(100));
  assert.ok(steps <= 3 * (100 * 101 / 2) + 10 * 100, `${steps} steps`);
});

test("opaque-again: layers that take away what the ones below brought cost what they hold", () => {
  const layer = [...many(100, (i) => `d/e/${i}`), "d/.wh..wh..opq", "d/e/.wh..wh..opq", ".wh.d"];
  const { tree, steps } = apply(many(50, () => "").map(() => layer));
  assert.ok(steps <= 50 * 7 * 100, `${steps} steps`);
  assert.equal(tree.total().entries, 100);
});

test("whiteouts hide what is below, keep their own layer's, and say what goes, children first", async () => {
  const { tree } = apply([["a/b/c", "a/b/d/e", "a/x", "z"]]);
  tree.nextLayer();
  assert.deepEqual(tree.apply(entryOf("a/b/own"), undefined).removed, []);
  assert.deepEqual(tree.apply(entryOf("a/b/.wh..wh..opq"), undefined).removed, [
    "a/b/c",
    "a/b/d/e",
    "a/b/d",
  ]);
  assert.deepEqual(tree.apply(entryOf(".wh.a"), undefined).removed, ["a/x"]);
  assert.deepEqual(await tree.paths(), ["a/b/own", "z"]);
  // What was taken away and came again is this layer's.
  tree.apply(entryOf("a/x"), undefined);
  assert.deepEqual(tree.apply(entryOf("a/.wh..wh..opq"), undefined).removed, []);
  assert.deepEqual(await tree.paths(), ["a/b/own", "a/x", "z"]);
});

test("implied-directories: they count as entries, and are not made beyond the limit", () => {
  const names = many(100, (i) => `${i}/${"a/".repeat(999)}x`);
  const limits = { ...UNLIMITED, maxEntries: 100 };
  assert.throws(() => apply([names], limits), { code: "limit" });
  const fits = ["a/b/c", "a/b/d", "e/"]; // and a, a/b
  apply([fits], { ...UNLIMITED, maxEntries: 5 });
  assert.throws(() => apply([fits], { ...UNLIMITED, maxEntries: 4 }), { code: "limit" });
});

test("long-names: what all names may have together is bounded by the entries that are allowed", () => {
  const long = "n".repeat(250);
  const names = many(20_000, (i) => `${long}/${long}/${long}/${i}`);
  const bytes = names.reduce((sum, name) => sum + name.length, 0);
  const entries = Math.ceil(bytes / NAME_BYTES_AN_ENTRY);
  apply([names], { ...UNLIMITED, maxEntries: entries });
  const error = { code: "limit", message: /names have more bytes than allowed/ };
  assert.throws(() => apply([names], { ...UNLIMITED, maxEntries: entries - 1 }), error);
});

test("deep-names: a name costs steps for its levels, in whatever order names come", () => {
  const names = (count: number, levels: number) =>
    many(count, (i) => `${count - i}/${"a/".repeat(levels)}x`);
  const { steps } = apply([names(100, 100)]);
  assert.ok(steps <= 3 * 100 * 101, `${steps} steps`);
  assert.ok(apply([names(100, 200)]).steps <= 2 * steps);
  assert.ok(apply([names(200, 100)]).steps <= 2 * steps);
});

test("link-web: entries below links of lower layers cost what their links hold, or are refused", () => {
  const long = (i: number) => `l${i + 1}>${"x/../".repeat(800)}l${i}`;
  const lower = ["d/", "l0>d", ...many(38, long)];
  // One long way is followed, thousands of short names through it are not.
  apply([lower, ["l38/f"]]);
  const pace = new Pace();
  const tree = new Tree(UNLIMITED, pace);
  for (const layer of [lower, many(20_000, (i) => `l${30 + i % 9}/f${i}`)]) {
    tree.nextLayer();
    try {
      for (const text of layer) tree.apply(entryOf(text), undefined);
    } catch (error) {
      assert.equal((error as { code: string }).code, "limit");
    }
  }
  assert.ok(pace.steps < 5_000_000, `${pace.steps} steps`);
  // A link as images have them is no burden.
  const usual = many(20_000, (i) => `lib/x86_64-linux-gnu/d${i % 7}/f${i}`);
  assert.equal(
    apply([["usr/lib/", "lib>usr/lib"], usual]).tree.isDirectory("usr/lib/x86_64-linux-gnu/d6"),
    true,
  );
});

test("a hard link below a link names what is there, and nothing when something is in the way", () => {
  const lower = ["usr/lib/f", "x", "lib>usr/lib", "file"];
  const { tree } = apply([lower, ["lib/g=lib/f"]]);
  assert.equal(tree.get("usr/lib/g")!.entry.linkTarget, "usr/lib/f");
  for (const link of ["g=file/x", "g=lib/f/x", "g=lib/none/x", "g=none/x"]) {
    assert.throws(() => apply([lower, [link]]), { code: "invalid-archive", message: /not there/ });
  }
});

test("a name below a file is refused, a whiteout there hides nothing", () => {
  assert.throws(() => apply([["f"], ["f/x"]]), {
    message: /is below "f", which is not a directory/,
  });
  assert.throws(() => apply([["f", "l>f"], ["l/x"]]), { message: /which is not a directory/ });
  assert.equal(apply([["f", "x"], ["f/.wh.x", "none/.wh.x"]]).tree.total().entries, 2);
  assert.equal(apply([["f", "x"], ["none/.wh.x"]]).tree.isDirectory("none"), false);
});

test("paths come in the order of their strings, whatever is in a directory", async () => {
  const names = ["a/x", "a-b", "a", "a.c/d/e", "a.c-", "b", "aa/", "\u00e9/\u{1f600}", "\u00e9-"]
    .filter((name) => name !== "a");
  const { tree } = apply([names]);
  const expected = names.map((name) => name.replace(/\/$/, "")).sort();
  assert.deepEqual(await tree.paths(), expected);
  assert.deepEqual(
    (await Array.fromAsync(tree.entries())).flat().map(({ path }) => path),
    expected,
  );
});

test("a tree is made, and put in order, only until that is told to stop", async () => {
  const table = new Table();
  for (let i = 0; i < 1000; i++) table.push(entryOf(`${1000 - i}/${"a/".repeat(500)}x`), false);
  const pace = new StoppingPace(3);
  const tree = new Tree(UNLIMITED, pace);
  tree.nextLayer();
  const policy = { links: "refuse", special: "refuse" } as const;
  await assert.rejects(planLayer(tree, table, policy, pace), { code: "interrupted" });
  assert.ok(pace.late <= 2 * STEPS_A_TURN, `${pace.late} steps`);

  const root = new Node<undefined>("", undefined).makeDirectory();
  for (let i = 0; i < 50_000; i++) root.add(`${i}`, new Node(`${i}`, root));
  const ordering = new StoppingPace(4);
  await assert.rejects(inOrder(root, ordering), { code: "interrupted" });
  assert.ok(ordering.late <= 33 * STEPS_A_TURN, `${ordering.late} steps`);
});
