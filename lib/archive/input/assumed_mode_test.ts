import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { useOwnTemporary } from "../../../tests/fakes/temporary.ts";
import { assumedMode } from "./assumed_mode.ts";

const root = useOwnTemporary();
const file = join(root, "file");
after(() => rmSync(file, { force: true }));

function modeOf(...begin: (string | number)[]): number {
  const bytes = new Uint8Array(
    begin.flatMap((one) => typeof one === "number" ? [one] : [...one].map((c) => c.charCodeAt(0))),
  );
  writeFileSync(file, bytes);
  return assumedMode(file, { type: "file", size: bytes.length });
}

test("programs can be run, and other files cannot", () => {
  for (
    const [what, begin] of Object.entries({
      script: ["#!/bin/sh\n"],
      "script of two bytes": ["#!"],
      ELF: [0x7f, "ELF", 2, 1, 1, 0],
      "Mach-O, 64 bits": [0xcf, 0xfa, 0xed, 0xfe, 7, 0, 0, 1],
      "Mach-O, 32 bits": [0xce, 0xfa, 0xed, 0xfe, 7, 0, 0, 0],
      "Mach-O, the other order": [0xfe, 0xed, 0xfa, 0xcf, 1, 0, 0, 7],
      "Mach-O for two processors": [0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 2],
    })
  ) assert.equal(modeOf(...begin), 0o755, what);
  for (
    const [what, begin] of Object.entries({
      text: ["hello"],
      empty: [],
      "one byte": ["#"],
      "a class of Java": [0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 65],
      "a program of Windows": ["MZ", 0x90, 0],
      "a mark that is not the first": [" #!/bin/sh"],
    })
  ) assert.equal(modeOf(...begin), 0o644, what);
});

test("directories can be entered, and links are not looked at", () => {
  assert.equal(assumedMode(join(root, "none"), { type: "directory", size: 4096 }), 0o755);
  assert.equal(assumedMode(join(root, "none"), { type: "symlink", size: 9 }), 0o644);
});

test("a file that is gone has changed", () => {
  assert.throws(() => assumedMode(join(root, "none"), { type: "file", size: 9 }), {
    code: "source-changed",
  });
});
