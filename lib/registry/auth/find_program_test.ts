import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { asPlatform } from "../../../tests/fakes/platforms/as_platform.ts";
import { useOwnTemporary } from "../../../tests/fakes/temporary.ts";
import { askHelper } from "./credential_helper.ts";
import { findProgram } from "./find_program.ts";

const root = useOwnTemporary();

/** Directories with files in them. */
function directories(...files: string[][]): string[] {
  return files.map((names) => {
    const dir = mkdtempSync(join(root, "path-"));
    for (const name of names) writeFileSync(join(dir, name), "");
    return dir;
  });
}

test("as Windows, the first program in a directory of the PATH is found", async () => {
  const [none, script, both, later] = directories([], ["tool.cmd"], ["tool.exe", "tool.cmd"], [
    "tool.exe",
  ]);
  await asPlatform("windows", () => {
    const found = (...path: string[]) => findProgram("tool", { Path: path.join(";") });
    assert.deepEqual(found(none!, both!, later!), { path: `${both}/tool.exe` });
    assert.deepEqual(found(`"${both}"`), { path: `${both}/tool.exe` });
    assert.deepEqual(found(script!, both!), { path: `${both}/tool.exe` });
    assert.deepEqual(found(script!), { path: undefined, script: `${script}/tool.cmd` });
    assert.deepEqual(found(none!), { path: undefined });
    assert.deepEqual(findProgram("tool", {}), { path: undefined });
  });
});

test("as Windows, nothing is started from the current directory", async () => {
  const [here] = directories(["tool.exe"]);
  mkdirSync(join(here!, "bin"));
  writeFileSync(join(here!, "bin/tool.exe"), "");
  const before = process.cwd();
  process.chdir(here!);
  try {
    await asPlatform("windows", () => {
      for (const path of ["", ".", "bin", "C:bin", "./bin", ";;"]) {
        assert.deepEqual(findProgram("tool", { PATH: path }), { path: undefined }, path);
      }
    });
  } finally {
    process.chdir(before);
  }
});

test("as Windows, nothing is started from the root of the current drive", async () => {
  const find = (path: string) => findProgram("etc", { PATH: path });
  // A file that is there below the root of every test machine.
  await asPlatform("windows", () => {
    for (const path of ["", ";;", "/", "//", '""']) {
      assert.deepEqual(find(path), { path: undefined }, path);
    }
  }, { programEnding: "/passwd" });
  const [dir] = directories(["tool.exe"]);
  await asPlatform("windows", () => {
    const found = findProgram("tool", { PATH: dir!.replace(/^[A-Za-z]:/, "") });
    assert.deepEqual(found, { path: undefined });
  }, { isActed: false });
});

test("elsewhere the name is the system's to find", async () => {
  await asPlatform("darwin", () => {
    assert.deepEqual(findProgram("tool", {}), { path: "tool" });
  });
});

test("as Windows, a credential helper is started by its path, and a script is refused", {
  skip: process.platform === "win32" && "its helper is a POSIX script",
}, async () => {
  const [bin, shim] = directories([], ["docker-credential-shim.cmd"]);
  const helper = join(bin!, "docker-credential-made.exe");
  writeFileSync(helper, `#!/bin/sh\necho '{"Username":"u","Secret":"s"}'\n`);
  chmodSync(helper, 0o755);
  const { PATH } = process.env;
  try {
    await asPlatform("windows", async () => {
      process.env.PATH = `${bin};${shim};${PATH}`;
      assert.deepEqual(await askHelper("made", "host"), { username: "u", password: "s" });
      await assert.rejects(askHelper("shim", "host"), {
        code: "unauthorized",
        message: /is a script .*docker-credential-shim\.cmd.*expected docker-credential-shim\.exe/,
      });
      await assert.rejects(askHelper("none", "host"), { message: /is not installed/ });
    });
  } finally {
    process.env.PATH = PATH;
  }
});
