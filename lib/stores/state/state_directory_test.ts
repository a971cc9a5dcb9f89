import assert from "node:assert/strict";
import { chmodSync, cpSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { lacks } from "../../../tests/fakes/only_on.ts";
import { names, withDirectory } from "../../../tests/fakes/registry/watched_store.ts";
import { digestOf } from "../../digest.ts";
import type { Notice } from "../../events.ts";
import { StateDirectory } from "./state_directory.ts";

const NAME = digestOf("blob");
const asIs = (value: unknown) => value;

test("what one call leaves, a later one reads, by kind and name", () =>
  withDirectory((directory) => {
    const root = join(directory, "deep", "state");
    const state = StateDirectory.open(root)!;
    assert.equal(state.read("layers", NAME), undefined);
    assert.ok(state.write("layers", NAME, { size: 5 }));
    assert.ok(state.write("pulled", NAME, new Uint8Array([1, 2, 0])));
    const later = StateDirectory.open(root)!;
    assert.deepEqual(later.readJson("layers", NAME, asIs), { size: 5 });
    assert.deepEqual([...later.read("pulled", NAME)!], [1, 2, 0]);
    assert.equal(later.read("layers", digestOf("other")), undefined);
    assert.ok(later.write("layers", NAME, { size: 6 }));
    assert.deepEqual(state.readJson("layers", NAME, asIs), { size: 6 });
    assert.deepEqual(names(join(root, "temp")), []);
    return Promise.resolve();
  }));

test("what was edited, cut short, moved or brought along is none, and is removed", () =>
  withDirectory((directory) => {
    const root = join(directory, "state");
    const state = StateDirectory.open(root)!;
    const path = (name: string) => join(root, "layers", name);
    state.write("layers", "a", { size: 1234 });
    const own = names(join(root, "layers"))[0]!;
    const whole = readFileSync(path(own));
    const edited = whole.map((byte) => byte === "1".charCodeAt(0) ? "9".charCodeAt(0) : byte);
    for (const bytes of [edited, whole.subarray(0, -1), whole.subarray(0, 31), new Uint8Array()]) {
      writeFileSync(path(own), bytes);
      assert.equal(state.read("layers", "a"), undefined);
      assert.deepEqual(names(join(root, "layers")), []);
    }
    state.write("layers", "b", { size: 5 });
    const other = names(join(root, "layers"))[0]!;
    writeFileSync(path(other), whole);
    assert.equal(state.read("layers", "b"), undefined);
    writeFileSync(path(own), whole);
    mkdirSync(join(root, "pulled", own), { recursive: true });
    assert.equal(state.read("pulled", "a"), undefined);
    assert.equal(
      state.readJson("layers", "a", () => assert.fail("a format of another version")),
      undefined,
    );
    assert.deepEqual(names(join(root, "layers")), []);
    state.write("layers", "a", { size: 1 });
    const copy = join(directory, "copy");
    cpSync(root, copy, { recursive: true, preserveTimestamps: true });
    assert.equal(StateDirectory.open(copy)!.read("layers", "a"), undefined);
    assert.deepEqual(state.readJson("layers", "a", asIs), { size: 1 });
    return Promise.resolve();
  }));

test("the records that were written longest ago go when there are too many", () =>
  withDirectory((directory) => {
    const state = StateDirectory.open(directory)!;
    const kept = 64;
    const most = kept * 1.25;
    const name = (i: number) => `/destination/${i}`;
    for (let i = 0; i < most; i++) {
      state.write("pulled", name(i), new Uint8Array());
      const path = join(directory, "pulled", digestOf(name(i)).slice("sha256:".length));
      utimesSync(path, 1000 + i, 1000 + i);
    }
    assert.equal(names(join(directory, "pulled")).length, most);
    state.write("pulled", name(most), new Uint8Array());
    const left = Array.from({ length: most + 1 }, (_, i) => i)
      .filter((i) => state.read("pulled", name(i)) !== undefined);
    assert.deepEqual(
      left,
      Array.from({ length: kept }, (_, i) => most + 1 - kept + i),
    );
    return Promise.resolve();
  }));

test(
  "a directory that its group can write to is not used, and a notice says so",
  { skip: lacks("modes") },
  () =>
    withDirectory((directory) => {
      const notices: Notice[] = [];
      mkdirSync(directory);
      chmodSync(directory, 0o770);
      const onNotice = (notice: Notice) => notices.push(notice);
      assert.equal(StateDirectory.open(directory, { onNotice }), undefined);
      assert.deepEqual(notices.map(({ code }) => code), ["state-unused"]);
      assert.match(notices[0]!.message, /can be written by its group$/);
      return Promise.resolve();
    }),
);
