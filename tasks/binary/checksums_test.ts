/** `checksums.txt` is read by `sha256sum`, and read strictly. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { formatChecksums, parseChecksums, sha256OfFile } from "./checksums.ts";

test("what is written, sha256sum accepts and is read again", () => {
  const dir = mkdtempSync(join(tmpdir(), "blobber-checksums-"));
  try {
    const checksums = new Map<string, string>();
    for (const [name, text] of [["blobber-windows-x64.exe", "b\n"], ["blobber-linux-x64", "a\n"]]) {
      writeFileSync(join(dir, name!), text!);
      checksums.set(name!, sha256OfFile(join(dir, name!)));
    }
    const text = formatChecksums(checksums);
    writeFileSync(join(dir, "checksums.txt"), text);
    assert.deepEqual([...parseChecksums(text)], [...checksums].reverse());
    const { success, stdout } = new Deno.Command("sha256sum", {
      args: ["-c", "checksums.txt"],
      cwd: dir,
      env: { LC_ALL: "C" },
    }).outputSync();
    assert.ok(success);
    assert.equal(
      new TextDecoder().decode(stdout),
      "blobber-linux-x64: OK\nblobber-windows-x64.exe: OK\n",
    );
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("a line of another form is refused", () => {
  const digest = "0".repeat(64);
  for (
    const text of [
      "",
      `${digest} blobber\n`,
      `${digest}  \n`,
      `${digest}  a/b\n`,
      `${digest}  a\n\n${digest}  b\n`,
      `${digest.toUpperCase().replace("0", "A")}  a\n`,
      `${digest}  a\n${digest}  a\n`,
    ]
  ) {
    assert.throws(() => parseChecksums(text), /checksums\.txt has/, JSON.stringify(text));
  }
});
