import { after, test } from "node:test";
import assert from "node:assert/strict";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import {
  expected,
  layers,
  noise,
  pullOf,
  refused,
  removeScratch,
  scratch,
  snapshot,
} from "../../tests/fakes/pulling.ts";
import { stargz, type TarItem, tarOf } from "../../tests/fakes/tar.ts";
import type { Place } from "../options.ts";
import type { PullSettings } from "./pull.ts";
import { fileNeeds } from "../../tests/fakes/only_on.ts";

fileNeeds("modes");

after(removeScratch);

/** What a pull to places leaves in a new directory. */
async function placed(layer: Parameters<typeof pullOf>[1], ...places: Place[]) {
  const target = join(scratch().path, "out");
  const made = await pullOf(target, layer, { places });
  return { ...made, target, tree: snapshot(target) };
}

for (const [name, layer] of Object.entries(layers)) {
  test(`${name}: paths go to their places, each with all that is below it`, async () => {
    const some = await placed(
      layer,
      { from: "bin", to: "x/programs" },
      { from: "/a.txt", to: "b.txt" },
      { from: "ro/f", to: "f" },
      { from: "implied/deep/", to: "deep" },
      { from: "empty", to: "none" },
    );
    assert.deepEqual(some.tree, {
      "b.txt": "640 hello",
      "deep": expected["implied/deep"],
      "deep/f": "600 deep",
      "f": "444 read only",
      "none": "dir 700",
      "x": expected["implied"],
      "x/programs": "dir 755",
      "x/programs/run": "755 #!/bin/sh",
      "x/programs/same": "640 hello",
    });
    // What is copied to two places is two files.
    assert.equal(statSync(join(some.target, "b.txt")).nlink, 1);
    const bin = await placed(layer, { from: "bin", to: "" });
    assert.deepEqual(bin.tree, { "run": "755 #!/bin/sh", "same": "640 hello" });
    assert.equal(statSync(bin.target).mode & 0o777, 0o755);
    const empty = await placed(layer, { from: "empty", to: "" });
    assert.deepEqual(empty.tree, {});
    assert.equal(statSync(empty.target).mode & 0o777, 0o700);
    assert.deepEqual((await placed(layer, { from: "", to: "" })).tree, expected);
    const twice = await placed(layer, { from: "bin", to: "1" }, { from: "bin/run", to: "2" });
    assert.equal(twice.tree["2"], twice.tree["1/run"]);
    assert.deepEqual(Object.keys((await placed(layer, { from: ".", to: "all" })).tree).length, 13);
  });
}

test("of a layer with a table only what goes to a place is fetched", async () => {
  const data = noise(1_500_000);
  const items: TarItem[] = [
    { name: "a/1", data: "one" },
    { name: "b", data },
    { name: "c", data },
  ];
  const { source, tree } = await placed(stargz(items), { from: "a", to: "x" });
  assert.equal(tree["x/1"], "644 one");
  assert.equal(source.requests.length, 3, "config, table and one run");
});

test("links are kept, and refused where they lead out of the destination", async () => {
  const items: TarItem[] = [
    { name: "a/b/in", type: "2", link: "../f" },
    { name: "a/f", data: "x" },
    { name: "a/up", type: "2", link: "../g" },
    { name: "g", data: "y" },
    { name: "abs", type: "2", link: "/g" },
  ];
  for (const layer of [stargz(items), gzipSync(tarOf(...items))]) {
    const out = { code: "path-traversal" };
    const kept = await placed(layer, { from: "a", to: "a" });
    assert.equal(kept.tree["a/up"], "-> ../g");
    const refuse = (...places: Place[]) => refused(layer, out, { places });
    await refuse({ from: "a", to: "" });
    await refuse({ from: "a/b", to: "" });
    await refuse({ from: "a/b/in", to: "in" });
    await refuse({ from: "abs", to: "x" });
    const target = join(scratch().path, "out");
    await pullOf(target, layer, { places: [{ from: "abs", to: "x" }], links: "keep" });
    assert.deepEqual(snapshot(target), { x: "-> /g" });
  }
});

test("what cannot be put in place is refused, and nothing is", async () => {
  const layer = layers["eStargz"]!;
  const cases: [object, Place[], PullSettings?][] = [
    [{ code: "not-found", hint: 'did you mean "a.txt"?' }, [{ from: "a.tx", to: "x" }]],
    [{ code: "not-found" }, [{ from: "bin", to: "x" }, { from: "nothing", to: "y" }]],
    [{ code: "not-found" }, [{ from: "a.txt/", to: "x" }, { from: "bin/../ro", to: "y" }]],
    [{ code: "conflict", message: /both at "x"/ }, [
      { from: "a.txt", to: "x" },
      { from: "zero", to: "x" },
    ]],
    [{ code: "conflict" }, [{ from: "a.txt", to: "x" }, { from: "bin", to: "x/y" }]],
    [{ code: "usage", message: /no directory/ }, [{ from: "a.txt", to: "" }]],
    [{ code: "path-traversal" }, [{ from: "bin", to: "../x" }]],
    [{ code: "path-traversal" }, [{ from: "bin", to: "x/../../y" }]],
    [{ code: "invalid-option" }, [{ from: "bin", to: "x" }], { include: ["a.txt"] }],
    [{ code: "invalid-option" }, [{ from: "bin", to: "x" }], { stripComponents: 1 }],
    [{ code: "limit" }, [{ from: "bin", to: "x" }], { maxBytes: 10 }],
  ];
  for (const [error, places, options] of cases) {
    await refused(layer, error, { ...options, places });
  }
  const places = [{ from: "bin", to: "own" }];
  const prepare = (dir: string) => {
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, "own"), "mine");
  };
  await refused(layer, { code: "conflict" }, { places, prepare });
});
