import assert from "node:assert/strict";
import { nearest } from "./near_tags.ts";

Deno.test("tags are near that a tag begins, that begin it, and that differ in few letters", () => {
  const tags = ["latest", "stable", "v1", "v1.10.0", "v1.2.0", "v1.2.1", "v2.0.0", "sha256-0123"];
  assert.deepEqual(nearest("v1.2", tags), ["v1.2.1", "v1.2.0", "v1"]);
  assert.deepEqual(nearest("lates", tags), ["latest"]);
  assert.deepEqual(nearest("satble", tags), ["stable"]);
  assert.deepEqual(nearest("V2.0.0", tags), ["v2.0.0"]);
  assert.deepEqual(nearest("nightly", tags), []);
});
