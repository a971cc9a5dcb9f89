import assert from "node:assert/strict";
import { test } from "node:test";
import { asPlatform } from "../../../tests/fakes/platforms/as_platform.ts";
import { allowanceFor } from "../allowance.ts";
import { Pace } from "../../system/pace.ts";
import { Tree } from "../tree/tree.ts";
import { isGit } from "./conflicts.ts";
import { checkDiskNames, excluding } from "./disk_names.ts";

async function check(paths: string[], folds: { case: boolean; forms: boolean }): Promise<void> {
  const { entries, bytes } = allowanceFor(1_000_000);
  const pace = new Pace();
  const tree = new Tree({ maxEntries: entries, maxBytes: bytes, maxFileBytes: undefined }, pace);
  tree.nextLayer();
  for (const path of paths) {
    tree.apply({ path, type: "file", size: 0, mode: 0o644, mtime: 0 }, undefined);
  }
  await checkDiskNames(tree, folds, pace);
}

const EXACT = { case: false, forms: false };
const CASE = { case: true, forms: false };
const FORMS = { case: false, forms: true };
const BOTH = { case: true, forms: true };

for (
  const [paths, folding] of [
    [["a/README", "a/readme"], [CASE, BOTH]],
    [["a/x", "A/y"], [CASE, BOTH]],
    [["\u00c9", "\u00e9"], [CASE, BOTH]],
    [["\u00e9", "e\u0301"], [FORMS, BOTH]],
    [["\u00c9", "e\u0301"], [BOTH]],
    [["stra\u00dfe", "STRASSE"], [BOTH]],
    [["a/x", "b/x", "x"], []],
  ] as const
) {
  test(`${JSON.stringify(paths)} are one name where ${JSON.stringify(folding)}`, async () => {
    for (const folds of [EXACT, CASE, FORMS, BOTH]) {
      const checked = check([...paths], folds);
      if ((folding as readonly object[]).includes(folds)) {
        await assert.rejects(checked, { code: "conflict", hint: /leave one out/ });
      } else await checked;
    }
  });
}

test("names that Windows reserves are refused there alone, wherever they stand", async () => {
  for (const path of ["aux", "a/nul.txt/b", "a/b:c", "CON .x"]) {
    await asPlatform("darwin", () => check([path], EXACT));
    await asPlatform("windows", async () => {
      await assert.rejects(check(["fine", path], EXACT), { code: "invalid-archive" }, path);
    });
  }
});

test("the path to leave out is named where it can be typed as it is", () => {
  assert.deepEqual(excluding("src/aux.c"), { option: "exclude", value: "/src/aux.c" });
  for (const path of ["a b", "a*", "$(x)", "a\\b"]) {
    assert.deepEqual(excluding(path), { option: "exclude" });
  }
});

test("CVE-2014-9390: what some system takes for .git is .git", () => {
  for (const name of [".git", ".GIT", ".g\u200cit", "\ufeff.git", "git~1", "GIT~2"]) {
    assert.ok(isGit(name), name);
  }
  for (const name of ["git", ".gitignore", "git~", "git~x", "a.git"]) {
    assert.ok(!isGit(name), name);
  }
});
