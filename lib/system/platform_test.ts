import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { asPlatform } from "../../tests/fakes/platforms/as_platform.ts";
import { lacks } from "../../tests/fakes/only_on.ts";
import { actAs, platform, thisPlatform } from "./platform.ts";

test(
  "this system is the one that the runtime tells of",
  { skip: lacks("a system of its own") },
  () => {
    const { os } = thisPlatform();
    assert.equal(os, process.platform === "win32" ? "windows" : process.platform);
    assert.equal(platform().os, os);
    // Go's names, of which the runtimes have others.
    const { architecture } = thisPlatform();
    assert.ok(!["x64", "x86_64", "aarch64", "ia32", "mipsel"].includes(architecture), architecture);
    assert.equal(architecture === "amd64", process.arch === "x64");
  },
);

test("a test drives the program as another system, and it ends with the test", async () => {
  const here = platform();
  await asPlatform("windows", () => {
    const { hasModes, hasOwners, reservesNames, programEnding, folds } = platform();
    assert.deepEqual([hasModes, hasOwners, reservesNames, programEnding], [
      false,
      false,
      true,
      ".exe",
    ]);
    assert.deepEqual(folds, { case: true, forms: false });
    assert.equal(thisPlatform().os, "windows");
  });
  assert.equal(platform(), here);
  const failing = asPlatform("darwin", () => {
    assert.deepEqual(platform().folds, { case: true, forms: true });
    throw new Error("the test failed");
  });
  await assert.rejects(failing, /the test failed/);
  assert.equal(platform(), here);
});

test("one answer can be another, and an unknown system is a Unix without a name of its own", () => {
  const here = platform();
  const takeBack = actAs("windows", { linksHaveKinds: false });
  assert.equal(platform().linksHaveKinds, false);
  actAs("freebsd" as "linux");
  const { os, label, hasModes, hasProc } = platform();
  takeBack();
  assert.equal(platform(), here);
  assert.deepEqual([os, label, hasModes, hasProc], ["freebsd", "freebsd", true, false]);
});
