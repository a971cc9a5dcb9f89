/** Receipts that were edited: an input like any other, of which nothing is believed that a digest or a signature does not prove. */

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileNeeds } from "./fakes/only_on.ts";
import { snapshot } from "./fakes/pulling.ts";
import { toy } from "./fakes/toy_signatures.ts";
import { edit, type Loose, partOf, pulled, setContent } from "./fakes/receipts.ts";

fileNeeds("modes");

/** Edits that somebody makes who wants another tree to pass, and the codes they end in. */
const EDITS: [name: string, edit: (json: Loose) => void, code: string][] = [
  [
    "another manifest under the old digest",
    (json) => {
      const part = partOf(json, "manifest");
      part.content = btoa(atob(part.content).replace(/"size":\d/, '"size":9'));
    },
    "invalid-receipt",
  ],
  [
    "another manifest under its own digest, which no signature covers",
    (json) => {
      const part = partOf(json, "manifest");
      const text = atob(part.content).replace(
        /(?<=toc.digest":"sha256:)./,
        (digit) => digit === "0" ? "1" : "0",
      );
      setContent(part, new TextEncoder().encode(text));
      json.root = { mediaType: part.mediaType, digest: part.digest, size: part.size };
      json.manifest = part.digest;
    },
    "no-signature",
  ],
  [
    "a table that is not the manifest's",
    (json) => {
      const part = partOf(json, "table");
      const bytes = Uint8Array.from(atob(part.content), (c) => c.charCodeAt(0));
      bytes[bytes.length >> 1]! ^= 1;
      part.content = btoa(String.fromCharCode(...bytes));
    },
    "integrity invalid-archive",
  ],
  [
    "no table",
    (json) => json.parts = json.parts.filter((one: Loose) => one !== partOf(json, "table")),
    "not-found",
  ],
  [
    "no signature",
    (json) => json.parts = json.parts.filter((one: Loose) => one !== partOf(json, "signature")),
    "no-signature",
  ],
  [
    "a signature without what it holds",
    (json) => json.parts = json.parts.filter((one: Loose) => one !== partOf(json, "toy")),
    "not-found no-signature signature-invalid",
  ],
  [
    "a signature of another artifact, said to be of this one",
    (json) => {
      const held = partOf(json, "toy");
      const other = toy({ ...json.root, digest: `sha256:${"1".repeat(64)}` });
      setContent(held, other.bytes);
      const part = partOf(json, "signature");
      const manifest = JSON.parse(atob(part.content));
      Object.assign(manifest.layers[0], { digest: held.digest, size: held.size });
      setContent(part, new TextEncoder().encode(JSON.stringify(manifest)));
    },
    "signature-invalid",
  ],
  [
    "a signature that is about another manifest",
    (json) => {
      const part = partOf(json, "signature");
      const manifest = JSON.parse(atob(part.content));
      manifest.subject.digest = `sha256:${"1".repeat(64)}`;
      setContent(part, new TextEncoder().encode(JSON.stringify(manifest)));
    },
    "no-signature",
  ],
  [
    "a manifest that is a signature",
    (json) => json.manifest = partOf(json, "signature").digest,
    "conflict",
  ],
  [
    "a root that is not there",
    (json) => json.root.digest = `sha256:${"1".repeat(64)}`,
    "not-found",
  ],
  ["a root of another size", (json) => json.root.size++, "not-found integrity"],
  [
    "a manifest that is no manifest",
    (json) => {
      setContent(partOf(json, "signature"), new TextEncoder().encode("{"));
    },
    "invalid-manifest integrity no-signature",
  ],
];

test("an edited receipt proves nothing", () =>
  pulled(async ({ receipt, check, dir }) => {
    const whole = readFileSync(receipt);
    const before = snapshot(dir);
    for (const [name, change, codes] of EDITS) {
      edit(receipt, change);
      const caught = await check().then(() => "it passed", ({ code }) => code);
      assert.ok(codes.split(" ").includes(caught), `${name}: ${caught}`);
      writeFileSync(receipt, whole);
    }
    assert.deepEqual(snapshot(dir), before);
    assert.equal((await check()).same, true);
  }));

test("a byte that was changed anywhere in a receipt makes no other tree pass", () =>
  pulled(async ({ receipt, check, dir }) => {
    const whole = readFileSync(receipt);
    writeFileSync(join(dir, "x"), "y");
    for (let at = 0; at < whole.length; at += 97) {
      const bytes = new Uint8Array(whole);
      bytes[at] = bytes[at] === 65 ? 66 : 65;
      writeFileSync(receipt, bytes);
      const passes = await check().then(({ same }) => same, (error) => {
        assert.equal(error.name, "BlobberError", `${at}: ${error.stack}`);
        return false;
      });
      assert.equal(passes, false, `${at}`);
    }
  }));
