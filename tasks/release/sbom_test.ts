/** The list of components says what the lock file says, the same each time. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { readLock } from "./lock.ts";
import { sbomOf } from "./sbom.ts";

const INTEGRITY = `sha512-${"A".repeat(86)}==`;

const lockText = (npm: Record<string, unknown>, version = "5") => JSON.stringify({ version, npm });

const LOCK = readLock(lockText({
  "b@2.0.0": { integrity: INTEGRITY },
  "@a/x@1.0.0_b@2.0.0": { integrity: INTEGRITY, dependencies: ["b"] },
  "c@1.0.0": { integrity: INTEGRITY, dependencies: ["b@2.0.0", "@a/x"] },
}));

const FACTS = {
  version: "1.2.3",
  tag: "v1.2.3",
  commit: "0123456789abcdef0123456789abcdef01234567",
  time: 1_700_000_000,
  lock: LOCK,
  licenses: (key: string) => ({ "b@2.0.0": "MIT OR ISC", "c@1.0.0": "see the file" })[key],
  digests: [["blobber-linux-x64", "ab".repeat(32)]] as [string, string][],
  deno: "2.9.6",
};

interface Part {
  SPDXID: string;
  name: string;
  versionInfo: string;
  licenseDeclared: string;
  checksums?: { algorithm: string; checksumValue: string }[];
  externalRefs?: { referenceLocator: string }[];
}

test("every package of the lock file is in it, with version, digest, address and licence", () => {
  assert.deepEqual(LOCK.map(({ name, version, dependencies }) => [name, version, dependencies]), [
    ["@a/x", "1.0.0", ["b@2.0.0"]],
    ["b", "2.0.0", []],
    ["c", "1.0.0", ["b@2.0.0", "@a/x@1.0.0"]],
  ]);
  const document = sbomOf(FACTS);
  const packages = document["packages"] as Part[];
  const part = (name: string) => packages.find((one) => one.name === name)!;
  assert.equal(part("@a/x").externalRefs![0]!.referenceLocator, "pkg:npm/%40a/x@1.0.0");
  assert.equal(part("b").licenseDeclared, "MIT OR ISC");
  assert.deepEqual([part("@a/x"), part("c")].map(({ licenseDeclared }) => licenseDeclared), [
    "NOASSERTION",
    "NOASSERTION",
  ]);
  assert.deepEqual(part("b").checksums, [
    { algorithm: "SHA512", checksumValue: "00".repeat(64) },
  ]);
  for (const name of ["@blobber/core", "@blobber/sigstore", "@blobber/cli"]) {
    assert.equal(part(name).versionInfo, "1.2.3");
  }
  assert.equal(part("deno").externalRefs![0]!.referenceLocator, "pkg:github/denoland/deno@v2.9.6");
  assert.equal(part("blobber-linux-x64").checksums![0]!.checksumValue, "ab".repeat(32));
  assert.equal(new Set(packages.map(({ SPDXID }) => SPDXID)).size, packages.length);
  for (const { SPDXID } of packages) assert.match(SPDXID, /^SPDXRef-[A-Za-z0-9.-]+$/);
  const related = (document["relationships"] as Record<string, string>[]).map((one) =>
    `${one["spdxElementId"]} ${one["relationshipType"]} ${one["relatedSpdxElement"]}`
  );
  for (
    const line of [
      "SPDXRef-DOCUMENT DESCRIBES SPDXRef-blobber-linux-x64-1.2.3",
      "SPDXRef-blobber-linux-x64-1.2.3 CONTAINS SPDXRef-b-2.0.0",
      "SPDXRef-c-1.0.0 DEPENDS_ON SPDXRef-a-x-1.0.0",
    ]
  ) assert.ok(related.includes(line), line);
});

test("the same commit makes the same document, at the commit's time", () => {
  assert.deepEqual(sbomOf(FACTS), sbomOf({ ...FACTS }));
  const info = sbomOf(FACTS)["creationInfo"] as { created: string };
  assert.equal(info.created, "2023-11-14T22:13:20Z");
});

test("a lock file of another form is refused", () => {
  assert.throws(() => readLock(lockText({}, "4")), /version 4, expected 5/);
  const missing = { "a@1.0.0": { integrity: INTEGRITY, dependencies: ["b"] } };
  assert.throws(() => readLock(lockText(missing)), /0 of b/);
  const lock = readLock(lockText({ "a@1.0.0": { integrity: "sha1-AAAA" } }));
  assert.throws(() => sbomOf({ ...FACTS, lock }), /integrity "sha1-AAAA"/);
});
