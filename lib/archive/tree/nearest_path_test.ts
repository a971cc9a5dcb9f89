import { test } from "node:test";
import assert from "node:assert/strict";
import { nearestPath } from "./nearest_path.ts";

test("suggests the same name in another directory, or in other case", () => {
  assert.equal(nearestPath("a/readme", ["b/x", "b/c/readme"]), "b/c/readme");
  assert.equal(nearestPath("README.md", ["readme.md"]), "readme.md");
  assert.equal(nearestPath("nothing", ["x"]), undefined);
});

test("suggests a name that differs in a few letters", () => {
  assert.equal(nearestPath("a/raedme", ["b/x", "a/readme"]), "a/readme");
  assert.equal(nearestPath("a/redme", ["b/x", "a/readme"]), "a/readme");
  assert.equal(nearestPath("a/rdm", ["b/x", "a/readme"]), undefined);
  assert.equal(nearestPath("a/cs", ["b/x", "a/css"]), "a/css");
  assert.equal(nearestPath("a/c", ["b/x", "a/d"]), undefined);
});
