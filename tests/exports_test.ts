/**
 * What the packages export to their users: few doors and few names, each on purpose. One that is added here is one
 * that cannot be taken back. What begins with `internal/` is for the packages of this workspace, and no promise.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import * as limits from "@blobber/core/limits";
import { publicNames, statedNames } from "../tasks/packages/names.ts";
import { inRoot } from "../tasks/run.ts";

const VERIFYING = [
  "CLAIM_NAMES",
  "TrustMaterial",
  "claimName",
  "claimReader",
  "claimText",
  "createVerifier",
  "isBundleType",
  "loadTrustedRoot",
  "parseSubjectPattern",
  "publicTarget",
  "publicTrustRoot",
  "readClaimedSigner",
  "readPublicKey",
  "readTrustedRoot",
];

/** The values behind each door; types cost nothing to add. */
const DOORS: Record<string, string[]> = {
  "@blobber/core": [
    "ANNOTATION",
    "BlobberError",
    "CODES",
    "Client",
    "LayoutStore",
    "MEDIA_TYPE",
    "MemoryStore",
    "cacheInfo",
    "checkAborted",
    "clearCache",
    "formatReference",
    "isBlobberError",
    "isDigest",
    "isTag",
    "nameOf",
    "parseReference",
    "printable",
    "pruneCache",
    "selectorOf",
    "tagOf",
  ],
  "@blobber/core/errors": [
    "BlobberError",
    "CODES",
    "STATUS",
    "checkAborted",
    "hintText",
    "interruption",
    "isBlobberError",
  ],
  "@blobber/core/estargz": ["openLayer", "packLayer", "parseTable"],
  "@blobber/core/registry": [
    "checkLogin",
    "credentialsFor",
    "eraseLogin",
    "openRegistry",
    "parseRegistry",
    "storeLogin",
  ],
  "@blobber/core/testing": ["StoreTestError", "storeTests"],
  "@blobber/core/thread": ["ENTRY", "isThread", "serve"],
  "@blobber/sigstore": [
    ...VERIFYING,
    "PUBLIC",
    "createSigner",
    "findToken",
    "givenToken",
    "needsPassphrase",
    "parseSigningConfig",
    "publicSigningConfig",
    "tokenFile",
  ].sort(),
  "@blobber/sigstore/verify": VERIFYING,
};

/** Of its own: numbers alone. */
const LIMITS = "@blobber/core/limits";
/** A program, which is not imported. */
const PROGRAM = "@blobber/cli";

for (const [door, names] of Object.entries(DOORS)) {
  test(`${door} has these names`, async () => {
    assert.deepEqual(Object.keys(await import(door)).sort(), names);
  });
}

test("the packages have these public doors and no other", () => {
  const doors = ["", "sigstore/", "cli/"].flatMap((folder) => {
    const { name, exports } = JSON.parse(readFileSync(inRoot(`${folder}deno.json`), "utf8"));
    return Object.keys(exports).map((door) => name + door.slice(1));
  }).filter((door) => !door.includes("/internal/"));
  assert.deepEqual(doors.sort(), [...Object.keys(DOORS), LIMITS, PROGRAM].sort());
});

test("the names behind the doors, types too, are those that are stated", async () => {
  const [found, stated] = [await publicNames(), statedNames()];
  const fresh = found.filter((name) => !stated.includes(name));
  const gone = stated.filter((name) => !found.includes(name));
  assert.deepEqual({ fresh, gone }, { fresh: [], gone: [] }, "deno run -A tasks/packages/names.ts");
});

test("docs/library.md has a row for each public door, and says that the others are no promise", () => {
  const page = readFileSync(inRoot("docs/library.md"), "utf8");
  const [, section] = /^## Doors\n([\s\S]*?)^## /m.exec(page)!;
  const rows = [...section!.matchAll(/^\| `([^`]+)` +\|/gm)].map(([, door]) => door);
  assert.deepEqual(rows.sort(), [...Object.keys(DOORS), LIMITS].sort());
  assert.match(section!, /@blobber\/core\/internal\/`[^.]*: they are no promise/);
});

test("what is internal is imported by a package of this workspace: the rest needs no door", () => {
  const { exports } = JSON.parse(readFileSync(inRoot("deno.json"), "utf8"));
  const sources = ["sigstore", "cli"].flatMap((folder) =>
    readdirSync(inRoot(folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !name.endsWith("_test.ts"))
      .map((name) => readFileSync(inRoot(`${folder}/${name}`), "utf8"))
  ).join("\n");
  const unused = Object.keys(exports)
    .filter((door) => door.startsWith("./internal/"))
    .filter((door) => !sources.includes(`"@blobber/core${door.slice(1)}"`));
  assert.deepEqual(unused, []);
});

test("the limits stand behind a door of their own, numbers and lists of them alone", () => {
  assert.ok(Object.keys(limits).length > 100);
  for (const [name, value] of Object.entries(limits)) {
    assert.match(name, /^[A-Z][A-Z0-9_]+$/);
    for (const number of [value].flat()) assert.equal(typeof number, "number", name);
  }
});
