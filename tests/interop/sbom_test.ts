/** The list of components of this tree, as SPDX's own validator reads it. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { readLock } from "../../tasks/release/lock.ts";
import { sbomOf } from "../../tasks/release/sbom.ts";
import { inRoot } from "../../tasks/run.ts";
import { skipped } from "./harness.ts";
import { TempDir } from "./processes.ts";
import { validateSpdx } from "./spdx_tools.ts";

const NAME = "the list of components is valid SPDX 2.3, and a wrong one is not";

using dir = new TempDir("blobber-sbom-");
const document = sbomOf({
  version: "1.2.3-rc.1",
  tag: "v1.2.3-rc.1",
  commit: "0123456789abcdef0123456789abcdef01234567",
  time: 1_700_000_000,
  lock: readLock(readFileSync(inRoot("deno.lock"), "utf8")),
  licenses: () => "MIT",
  digests: [["blobber-linux-x64", "ab".repeat(32)]],
  deno: Deno.version.deno,
});
Deno.writeTextFileSync(dir.at("right.spdx.json"), JSON.stringify(document));
Deno.writeTextFileSync(
  dir.at("wrong.spdx.json"),
  JSON.stringify({ ...document, documentNamespace: "https://example.com/#x" }),
);
const right = await validateSpdx(dir.at("right.spdx.json"));
const wrong = await validateSpdx(dir.at("wrong.spdx.json"));

if (typeof right === "string" || typeof wrong === "string") {
  skipped(NAME, `spdx-tools: ${right}`);
} else {
  Deno.test(NAME, () => {
    assert.equal(right.code, 0, right.stdout + right.stderr);
    assert.match(wrong.stderr, /document_namespace must be a valid URI/);
    assert.notEqual(wrong.code, 0);
  });
}
