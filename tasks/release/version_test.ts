/** One version in all places, and how versions are read and ordered. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inRoot } from "../run.ts";
import { PLACES, treeVersion, versionIn } from "./version.ts";
import { compareVersions, isStable, isVersion, versionOf } from "./versions.ts";

test("every place has the version of the root's deno.json", () => {
  const version = treeVersion();
  assert.ok(isVersion(version), version);
  for (const place of PLACES) assert.equal(versionIn(place), version, place[0]);
});

test("members of the workspace and the sources have it in no other place", () => {
  // A dependency between the packages would name it too; today the workspace resolves them.
  const own = new RegExp(`@blobber/\\w+@[\\^~]?\\d`);
  for (const path of ["deno.json", "sigstore/deno.json", "cli/deno.json"]) {
    assert.doesNotMatch(readFileSync(inRoot(path), "utf8"), own, path);
  }
});

test("a place that has it not once is an error", () => {
  const form = /(?<=version )\S+/g;
  assert.throws(() => versionIn(["a", form], () => "none"), /a has 0 versions/);
  assert.throws(() => versionIn(["a", form], () => "version 1, version 2"), /a has 2 versions/);
});

test("versions are those that a registry's tag can have", () => {
  for (const text of ["0.1.0", "10.20.30", "1.2.3-rc.1", "1.2.3-alpha-2.x"]) {
    assert.equal(versionOf(`v${text}`), text);
    assert.equal(versionOf(text), text);
  }
  for (
    const text of [
      "",
      "1",
      "1.2",
      "01.2.3",
      "1.2.3-",
      "1.2.3-01",
      "1.2.3+b",
      "V1.2.3",
      "vv1.2.3",
      "1.2.3\n",
      "1.2.3-RC",
    ]
  ) {
    assert.throws(() => versionOf(text), /no version/, text);
  }
  assert.deepEqual(["1.2.3", "1.2.3-rc.1"].map(isStable), [true, false]);
});

test("versions are ordered as Semantic Versioning says", () => {
  const ordered = [
    "1.0.0-1",
    "1.0.0-2",
    "1.0.0-11",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.1-a",
    "1.0.1",
    "1.2.0",
    "1.10.0",
    "2.0.0",
  ];
  const shuffled = ordered.toReversed();
  assert.deepEqual(shuffled.sort(compareVersions), ordered);
  assert.equal(compareVersions("1.0.0-a", "1.0.0-a"), 0);
});
