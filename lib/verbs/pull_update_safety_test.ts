import { after, test } from "node:test";
import assert from "node:assert/strict";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { pullOf, removeScratch, scratch, snapshot } from "../../tests/fakes/pulling.ts";
import { ITEMS, pulled, spoil, withTable } from "../../tests/fakes/updated_tree.ts";
import { imageOf } from "../../tests/fakes/tar.ts";
import { pull } from "./pull.ts";

after(removeScratch);

test("delete removes what the artifact does not have, and directories that are empty then", async () => {
  const { dir, update, whole } = await pulled();
  mkdirSync(join(dir, "extra/deep"), { recursive: true });
  writeFileSync(join(dir, "extra/deep/x"), "x");
  writeFileSync(join(dir, "dir/c"), "c");
  const outside = join(dir, "..", "outside");
  mkdirSync(outside);
  writeFileSync(join(outside, "kept"), "kept");
  symlinkSync("../outside", join(dir, "way-out"));
  await update([withTable()]);
  assert.ok(existsSync(join(dir, "extra/deep/x")));
  const { changes } = await update([withTable()], { delete: true });
  assert.deepEqual(changes, { added: 0, changed: 0, unchanged: 8, removed: 3 });
  assert.deepEqual(snapshot(dir), whole);
  assert.equal(readFileSync(join(outside, "kept"), "utf8"), "kept");
});

test("row 67: delete keeps a repository's own directory, and what it is in", async () => {
  const { dir, update } = await pulled();
  for (const name of [".git", "vendor/.git", ".hg"]) {
    mkdirSync(join(dir, name), { recursive: true });
    writeFileSync(join(dir, name, "config"), "mine");
  }
  writeFileSync(join(dir, "vendor/x"), "x");
  const { changes } = await update([withTable()], { delete: true });
  assert.equal(changes!.removed, 1);
  for (const name of [".git", "vendor/.git", ".hg"]) {
    assert.equal(readFileSync(join(dir, name, "config"), "utf8"), "mine");
  }
});

test("row 67: an artifact that holds a .git is a conflict with a work tree, before anything is fetched", async () => {
  const items = [{ name: ".git/hooks/post-checkout", data: "evil" }, ...ITEMS];
  const { dir, update } = await pulled();
  mkdirSync(join(dir, ".git"));
  spoil(join(dir, "third"), 0);
  const before = snapshot(dir);
  await assert.rejects(update([withTable(items)]), { code: "conflict", message: /git work tree/ });
  assert.deepEqual(snapshot(dir), before);
});

test("row 66: delete is refused where it would cost far more than an artifact", async () => {
  const { source, manifest } = imageOf(withTable());
  const dir = scratch().path;
  const home = join(dir, "people/jo");
  mkdirSync(join(home, "site/work"), { recursive: true });
  const cwd = process.cwd();
  const saved = process.env.HOME;
  process.env.HOME = home;
  process.chdir(join(home, "site/work"));
  try {
    for (const [place, why] of [["people", "above a home"], ["people/jo", "a home directory"]]) {
      await assert.rejects(
        pull(source, manifest, join(dir, place!), { overwrite: true, delete: true }),
        { code: "usage", message: new RegExp(why!) },
      );
    }
    process.env.HOME = join(dir, "nowhere");
    await assert.rejects(
      pull(source, manifest, join(home, "site"), { overwrite: true, delete: true }),
      { code: "usage", message: /above the working directory/ },
    );
    await assert.rejects(pull(source, manifest, "/", { overwrite: true, delete: true }), {
      code: "usage",
    });
    // By another name it is the same.
    symlinkSync(home, join(dir, "alias"));
    process.env.HOME = home;
    await assert.rejects(
      pull(source, manifest, join(dir, "alias"), { overwrite: true, delete: true }),
      { code: "usage", message: /home directory/ },
    );
    assert.deepEqual(Object.keys(snapshot(home)), ["site", "site/work"]);
    // The working directory itself, below a home, is what is deployed into.
    await pull(source, manifest, join(home, "site/work"), { overwrite: true, delete: true });
  } finally {
    process.chdir(cwd);
    if (saved === undefined) delete process.env.HOME;
    else process.env.HOME = saved;
  }
});

test("row 66: nothing is removed through a link that is put in a directory's place meanwhile", async () => {
  const { dir, update } = await pulled();
  const outside = join(dir, "..", "outside");
  mkdirSync(outside);
  for (const at of [dir, outside]) {
    mkdirSync(join(at, at === dir ? "extra" : "."), { recursive: true });
    writeFileSync(join(at, at === dir ? "extra/x" : "x"), "precious");
    writeFileSync(join(at, at === dir ? "extra/y" : "y"), "precious");
  }
  spoil(join(dir, "third"), 0); // so that there is a step before
  let swapped = false;
  const swap = () => {
    if (swapped) return;
    swapped = true;
    renameSync(join(dir, "extra"), join(dir, "..", "moved"));
    symlinkSync("../outside", join(dir, "extra"));
  };
  await assert.rejects(update([withTable()], { delete: true, onStep: swap }), { code: "conflict" });
  assert.ok(swapped);
  assert.deepEqual(readdirSync(outside).sort(), ["x", "y"]);
});

test("delete is refused without overwrite, and where only a part is pulled", async () => {
  const { dir } = await pulled();
  for (const settings of [{}, { overwrite: true, include: ["/dir/"] }]) {
    await assert.rejects(pullOf(dir, withTable(), { delete: true, ...settings }), {
      code: "invalid-option",
    });
  }
});

test("hard links in the destination to files outside are replaced, not written through", async () => {
  const { dir, update } = await pulled();
  const outside = join(dir, "..", "outside");
  writeFileSync(outside, "precious");
  rmSync(join(dir, "dir/a"));
  linkSync(outside, join(dir, "dir/a"));
  await update([withTable()]);
  assert.equal(readFileSync(outside, "utf8"), "precious");
  assert.equal(readFileSync(join(dir, "dir/a"), "utf8"), "content of a");
});
