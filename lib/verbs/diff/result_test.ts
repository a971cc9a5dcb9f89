import { after, test } from "node:test";
import assert from "node:assert/strict";
import { appendFileSync, rmSync, symlinkSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { Client } from "../../client.ts";
import { digestOf } from "../../digest.ts";
import type { DiffOptions } from "../../options.ts";
import { MemoryStore } from "../../stores/memory_store.ts";
import { treeOfArtifact, treeOfInput } from "../tree_digest.ts";
import type { Compared } from "./diff.ts";
import type { TarItem } from "../../../tests/fakes/tar.ts";
import {
  compare,
  KINDS,
  line,
  mirrored,
  OLD,
  open,
  scratch,
  withoutTable,
  withTable,
  write,
} from "../../../tests/fakes/compared_trees.ts";
import { fileNeeds } from "../../../tests/fakes/only_on.ts";

fileNeeds("modes");

after(() => rmSync(scratch, { recursive: true, force: true }));

test("files of both sides are opened, also a part of them", async () => {
  const large = "0123456789".repeat(100_000);
  const items: TarItem[] = [{ name: "d/large", data: large }, { name: "d/small", data: "small" }];
  const cut = (items: TarItem[]) => withTable(items, 300_000);
  for (const kind of [cut, withoutTable, KINDS["a directory"]!]) {
    const diff = await open(kind(items), kind([]));
    const read = async (path: string, options = {}) =>
      await new Response(await diff.open("before", path, options)).text();
    assert.equal(await read("d/large"), large);
    assert.equal(await read("d/large", { start: 999_995 }), "56789");
    assert.equal(await read("d/small", { start: 1, end: 3 }), "ma");
    assert.equal(await read("d/small", { start: 9 }), "");
    await assert.rejects(diff.open("after", "d/small"), { code: "not-found" });
    await assert.rejects(diff.open("before", "d/small", { start: -1 }), { code: "invalid-option" });
    await assert.rejects(diff.open("both" as "after", "d/small"), { code: "invalid-option" });
    const signal = AbortSignal.abort();
    await assert.rejects(diff.open("before", "d/small", { signal }), { code: "interrupted" });
    const reader = (await diff.open("before", "d/large")).getReader();
    await reader.read();
    await diff.close();
    await assert.rejects(async () => {
      while (!(await reader.read()).done);
    }, { code: "closed" });
    await assert.rejects(diff.open("before", "d/small"), { code: "closed" });
  }
});

test("a directory must not change, and what cannot be pushed cannot be compared", async () => {
  const items: TarItem[] = [{ name: "a", data: "1" }, { name: "b", data: "2" }];
  const directory = write(items);
  const diff = await open({ directory }, withTable([]));
  appendFileSync(join(directory, "a"), "more");
  await assert.rejects(async () => await new Response(await diff.open("before", "a")).text(), {
    code: "source-changed",
  });
  unlinkSync(join(directory, "b"));
  await assert.rejects(async () => await new Response(await diff.open("before", "b")).text(), {
    code: "source-changed",
  });
  symlinkSync("../outside", join(directory, "out"));
  const refused = compare({ directory }, withTable([]));
  await assert.rejects(refused, { code: "path-traversal" });
  await assert.rejects(compare({ directory: join(directory, "none") }, withTable([])), {
    code: "file-system",
  });
});

test("what a push leaves out of a directory is not compared", async () => {
  const store = new MemoryStore();
  const client = new Client();
  const directory = write([
    { name: ".blobberignore", data: "*.log\n" },
    { name: "a", data: "a" },
    { name: "b.log", data: "b" },
  ]);
  const ref = { store, reference: "v1" };
  await client.push({ directory }, ref);
  const lines = async (options: DiffOptions) => {
    const diff = await client.diff(ref, { directory }, options);
    await diff.close();
    return diff.changes.map(line);
  };
  assert.deepEqual(await lines({}), []);
  assert.deepEqual(await lines({ ignore: ["!b.log", "a"] }), ["removed a", "added b.log"]);
  assert.deepEqual(await lines({ ignoreFile: false }), ["added .blobberignore", "added b.log"]);
  await client.close();
});

/** Numbers that are always the same. */
function random(seed: number): (below: number) => number {
  return (below) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor(seed / 2 ** 32 * below);
  };
}

function randomTree(next: (below: number) => number): TarItem[] {
  const items = new Map<string, TarItem>();
  const directories = ["", "w/", "w/x/", "z/"];
  for (let i = 0; i < 14; i++) {
    const name = `${directories[next(directories.length)]}${"abcd"[next(4)]}`;
    const mode = [0o644, 0o755, 0o600][next(3)]!;
    const kind = next(10);
    items.delete(name);
    items.delete(`${name}/`);
    if (kind === 0) items.set(name, { name, type: "2", link: ["a", "d"][next(2)]! });
    else if (kind === 1) items.set(`${name}/`, { name: `${name}/`, type: "5", mode });
    else items.set(name, { name, data: "content ".repeat(next(3)) + next(2), mode });
  }
  return [...items.values()];
}

test("random trees: nothing differs where their digests are the same, and the mirror is the mirror", async () => {
  const next = random(20261130);
  const kinds = Object.values(KINDS);
  const treeOf = async (one: Compared) =>
    "directory" in one
      ? (await treeOfInput(one, {})).tree
      : (await treeOfArtifact(one.source, one.manifest, {})).tree;
  let same = 0;
  for (let round = 0; round < 60; round++) {
    const items = randomTree(next);
    const other = next(4) === 0 ? items : next(2) ? randomTree(next) : [
      ...items.slice(1),
      { ...items[0]!, mode: 0o640 },
    ];
    const one = kinds[next(kinds.length)]!(items);
    const two = kinds[next(kinds.length)]!(other);
    const there = await compare(one, two);
    const back = await compare(two, one);
    assert.deepEqual(back.changes, there.changes.map(mirrored));
    assert.equal(there.same, await treeOf(one) === await treeOf(two));
    if (there.same) same++;
  }
  assert.ok(same > 10 && same < 50, `${same} of 60 are the same`);
});

test("the client compares references and directories, each verified by what is said of it", async () => {
  const store = new MemoryStore();
  const client = new Client();
  const directory = write(OLD);
  const ref = { store, reference: "v1" };
  const { digest } = await client.push({ directory }, ref);
  const diff = await client.diff({ directory }, ref);
  assert.deepEqual([diff.same, diff.before.digest, diff.after.digest], [true, undefined, digest]);
  const verifier = { accepts: () => true, verify: () => Promise.reject(new Error("not signed")) };
  const unsigned = { code: "no-signature" };
  await assert.rejects(client.diff({ directory }, ref, { verifier }), unsigned);
  await assert.rejects(client.diff(ref, { directory }, { verifier }), unsigned);
  await assert.rejects(client.diff(ref, ref, { after: { verifier } }), unsigned);
  const other = digestOf("another");
  const integrity = { code: "integrity" };
  await assert.rejects(client.diff({ directory }, ref, { after: { expect: other } }), integrity);
  const right = await client.diff(ref, { directory }, { before: { expect: digest } });
  assert.ok(right.same);
  for (const wrong of [{ tar: new Blob([]).stream() }, { entries: [] }, { directory: "" }, 7]) {
    await assert.rejects(client.diff(ref, wrong as unknown as string), (error: Error) => {
      assert.match((error as { code?: string }).code!, /^invalid-(option|reference)$/);
      return true;
    });
  }
  await client.close();
});

test("an abort stops it, and the end of the client what it gave", async () => {
  const store = new MemoryStore();
  const client = new Client();
  const directory = write(OLD);
  const ref = { store, reference: "v1" };
  await client.push({ directory }, ref);
  await assert.rejects(client.diff(ref, { directory }, { signal: AbortSignal.abort() }), {
    code: "interrupted",
  });
  const stop = new AbortController();
  const onProgress = () => stop.abort();
  await assert.rejects(client.diff(ref, { directory }, { signal: stop.signal, onProgress }), {
    code: "interrupted",
  });
  const diff = await client.diff(ref, { directory });
  await client.close();
  await assert.rejects(diff.open("before", "k"), { code: "closed" });
  await assert.rejects(diff.open("after", "k"), { code: "closed" });
});
