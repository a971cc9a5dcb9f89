import assert from "node:assert/strict";
import { test } from "node:test";
import { oldNode } from "./runtime.ts";

test("what fails under a Node that is too old names the version", () => {
  for (const good of ["22.15.0", "22.22.2", "24.0.0", "100.1.0"]) {
    assert.equal(oldNode(good), undefined);
  }
  assert.equal(oldNode(), undefined);
  for (const old of ["20.20.2", "22.14.9", "18.99.0"]) {
    assert.equal(oldNode(old), `this is Node ${old}, expected 22.15.0 or newer`);
  }
});
