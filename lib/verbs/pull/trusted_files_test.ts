import { after, test } from "node:test";
import assert from "node:assert/strict";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { removeScratch, scratch } from "../../../tests/fakes/pulling.ts";
import { withTable } from "../../../tests/fakes/updated_tree.ts";
import { imageOf } from "../../../tests/fakes/tar.ts";
import { fileNeeds } from "../../../tests/fakes/only_on.ts";
import { digestOf, hexOf } from "../../digest.ts";
import { StateDirectory } from "../../stores/state/state_directory.ts";
import { holdDirectory } from "../../system/hold_path.ts";
import { statLink } from "../../system/runtime.ts";
import type { Expected } from "../../archive/compare/finding.ts";
import { pull } from "../pull.ts";
import { TrustedFiles } from "./trusted_files.ts";

// Inodes and times of change.
fileNeeds("owners");

after(removeScratch);

const PARTS = { sizes: [1], hexes: "ab".repeat(32) };
const expected = (path: string) => ({ entry: { path } }) as Expected;
/** Long ago, as a file's times go: what changed lately is not trusted. */
const OLD = { size: 1, mtime: 1_000, ctime: 2_000, inode: 7 };

function place() {
  const { path } = scratch();
  const dir = join(path, "out");
  mkdirSync(dir);
  const stateDir = join(path, "state");
  const state = () => StateDirectory.open(stateDir)!;
  return { dir, stateDir, state, held: () => holdDirectory(dir)! };
}

test("what was right is trusted with the same content, and no other", () => {
  const { state, held } = place();
  const first = new TrustedFiles(state(), held());
  assert.equal(first.trusted(expected("a"), PARTS), undefined);
  first.note(expected("a"), PARTS, OLD);
  first.save();
  const next = new TrustedFiles(state(), held());
  const { size, mtime, ctime, inode } = next.trusted(expected("a"), PARTS)! as typeof OLD;
  assert.deepEqual({ size, mtime, ctime, inode }, OLD);
  assert.equal(next.trusted(expected("b"), PARTS), undefined);
  const other = { sizes: [1], hexes: "cd".repeat(32) };
  assert.equal(next.trusted(expected("a"), other), undefined);
});

test("what changed within the last two seconds is not", () => {
  const { state, held } = place();
  const first = new TrustedFiles(state(), held());
  first.note(expected("now"), PARTS, { ...OLD, ctime: Date.now() });
  first.note(expected("before"), PARTS, { ...OLD, ctime: Date.now() - 5_000 });
  first.save();
  const next = new TrustedFiles(state(), held());
  assert.equal(next.trusted(expected("now"), PARTS), undefined);
  assert.ok(next.trusted(expected("before"), PARTS));
});

test("row 75: a record that is damaged, edited, foreign or of another directory counts as none", () => {
  const record = (stateDir: string) => {
    const folder = join(stateDir, "pulled");
    return join(folder, readdirSync(folder)[0]!);
  };
  const changes: Record<string, (at: ReturnType<typeof place>) => void> = {
    "edited": ({ stateDir }) => {
      const bytes = readFileSync(record(stateDir));
      const at = bytes.indexOf("2000");
      assert.ok(at > 0);
      bytes.write("2001", at);
      writeFileSync(record(stateDir), bytes);
    },
    "cut": ({ stateDir }) => writeFileSync(record(stateDir), "{}"),
    "another directory of that name": ({ dir }) => {
      renameSync(dir, `${dir}.before`);
      mkdirSync(dir);
    },
    "another form": ({ state, held }) =>
      void state().write("pulled", held().path, {
        version: 1,
        ...{ dev: held().stat.dev, ino: held().stat.ino },
        files: ["a", "key", "1", 2, 3, 4],
      }),
  };
  for (const [name, change] of Object.entries(changes)) {
    const at = place();
    const first = new TrustedFiles(at.state(), at.held());
    first.note(expected("a"), PARTS, OLD);
    first.save();
    change(at);
    assert.equal(
      new TrustedFiles(at.state(), at.held()).trusted(expected("a"), PARTS),
      undefined,
      name,
    );
  }
});

test("a trusted file is not read, and any change that shows in its times is found", async () => {
  const at = place();
  const { source, manifest } = imageOf(withTable());
  const state = at.state();
  const update = () => pull(source, manifest, at.dir, { overwrite: true, state });
  await pull(source, manifest, at.dir, { overwrite: true });
  const path = join(at.dir, "dir/a");
  const { atime, mtime } = statSync(path);
  writeFileSync(path, "CONTENT OF A");
  utimesSync(path, atime, mtime);
  // A record that takes this for the right content, as if the clock had been turned back: only who does not read
  // the file believes it.
  const record = new TrustedFiles(state, at.held(), Date.now() + 10_000);
  const parts = { sizes: [12], hexes: hexOf(digestOf("content of a")) };
  record.note({ entry: { path: "dir/a" } } as Expected, parts, statLink(path));
  record.save();
  assert.equal((await update()).changes!.changed, 0);
  assert.equal(readFileSync(path, "utf8"), "CONTENT OF A");
  // Without the option nothing is trusted.
  const { changes } = await pull(source, manifest, at.dir, { overwrite: true, dryRun: true });
  assert.equal(changes!.changed, 1);
  // Another time of change, which no program can set: under Deno in whole seconds.
  const since = new TrustedFiles(state, at.held(), Date.now() + 10_000);
  const stat = statLink(path);
  since.note({ entry: { path: "dir/a" } } as Expected, parts, {
    ...stat,
    ctime: stat.ctime - 1000,
  });
  since.save();
  assert.equal((await update()).changes!.changed, 1);
  assert.equal(readFileSync(path, "utf8"), "content of a");
});
