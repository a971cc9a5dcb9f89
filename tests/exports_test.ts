/**
 * What the packages export to their users: few names, each on purpose. A name that is added here is one that
 * cannot be taken back.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as core from "@blobber/core";
import * as limits from "@blobber/core/limits";

test("the core's root has what its users call, and no limits", () => {
  assert.deepEqual(Object.keys(core).sort(), [
    "ANNOTATION",
    "BlobberError",
    "CODES",
    "Client",
    "LayoutStore",
    "MEDIA_TYPE",
    "MemoryStore",
    "cacheInfo",
    "checkAborted",
    "checkLogin",
    "clearCache",
    "eraseLogin",
    "formatReference",
    "isBlobberError",
    "isDigest",
    "isTag",
    "nameOf",
    "parseReference",
    "printable",
    "pruneCache",
    "selectorOf",
    "storeLogin",
    "tagOf",
  ]);
});

test("the limits stand behind a door of their own, numbers and lists of them alone", () => {
  assert.ok(Object.keys(limits).length > 100);
  for (const [name, value] of Object.entries(limits)) {
    assert.match(name, /^[A-Z][A-Z0-9_]+$/);
    for (const number of [value].flat()) assert.equal(typeof number, "number", name);
  }
});
