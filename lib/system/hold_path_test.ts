import { after, test } from "node:test";
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { removeScratch, scratch } from "../../tests/fakes/pulling.ts";
import type { BlobberError } from "../errors.ts";
import { holdingOf } from "./held_directory.ts";
import { holdDirectory } from "./hold_path.ts";

after(removeScratch);

const held = holdingOf({}) === "descriptors" ? test : test.skip;

held(
  "a directory is named by its path only where no other user can change what that leads to",
  () => {
    const root = scratch().path;
    mkdirSync(join(root, "shared/own"), { recursive: true });
    symlinkSync("shared", join(root, "link"));
    chmodSync(root, 0o755);
    const named = (path: string, mode: number) => {
      chmodSync(join(root, "shared"), mode);
      const dir = holdDirectory(join(root, path), { allowShared: path.startsWith("link") })!;
      const { at, path: real, atOrPath } = dir;
      dir.close();
      return atOrPath === real ? "path" : atOrPath === at ? "descriptor" : atOrPath;
    };
    for (const mode of [0o755, 0o700, 0o1777]) assert.equal(named("shared/own", mode), "path");
    for (const mode of [0o777, 0o775, 0o757]) assert.equal(named("shared/own", mode), "descriptor");
    // The system followed a link that was not judged.
    assert.equal(named("link/own", 0o755), "descriptor");
  },
);

held("what is held is the same directory when its path leads elsewhere", () => {
  const root = scratch().path;
  mkdirSync(join(root, "dir"));
  const dir = holdDirectory(join(root, "dir"))!;
  renameSync(join(root, "dir"), join(root, "moved"));
  mkdirSync(join(root, "dir"));
  writeFileSync(dir.entry("file"), "here");
  dir.close();
  assert.equal(readFileSync(join(root, "moved/file"), "utf8"), "here");
  assert.throws(() => dir.at, { code: "closed" });
});

held("the hint on a link names the option only where it would follow the link", () => {
  const root = scratch().path;
  mkdirSync(join(root, "own"));
  symlinkSync("own", join(root, "link"));
  chmodSync(root, 0o777);
  const hintOf = (links?: "trusted") => {
    let hint = "";
    assert.throws(() => holdDirectory(join(root, "link"), { links }), (error: BlobberError) => {
      hint = error.hint!;
      return error.code === "file-system";
    });
    return hint;
  };
  assert.match(hintOf(), /follow the link with .*allowSharedDirectories/);
  assert.doesNotMatch(hintOf("trusted"), /allowSharedDirectories/);
});
