/**
 * Binaries, as far as they can be made without the runtime that Deno downloads: another program of the same form
 * takes the whole program in. `tests/interop/binary_test.ts` has the other systems and the real runtime.
 */

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { sha256OfFile } from "./checksums.ts";
import { compile } from "./compile.ts";
import { readEmbedded } from "./embedded.ts";
import { ENTRY } from "./program.ts";
import { thisTarget } from "./targets.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";

/** A program of the system's form, small where this is Linux. */
const RUNTIME = Deno.build.os === "linux" ? "/bin/true" : Deno.execPath();

test("a binary holds the program and its making, and nothing of the machine", async () => {
  const dir = mkdtempSync(join(tmpdir(), "blobber-compile-test-"));
  const making = {
    program: new Map([[ENTRY, 'await import("./1.js");\n'], ["1.js", "console.log(1);\n"]]),
    target: thisTarget(),
    time: 1_700_000_000,
    commit: COMMIT,
    runtime: RUNTIME,
  };
  try {
    const path = await compile(making, join(dir, "first"));
    const bytes = readFileSync(path);
    const { files } = readEmbedded(bytes);
    const decoder = new TextDecoder();
    assert.deepEqual([...files].map(([name, text]) => [name, decoder.decode(text)]).sort(), [
      ["1.js", "console.log(1);\n"],
      [
        ENTRY,
        `globalThis[Symbol.for("blobber.build")] = {"commit":"${COMMIT}","target":"${thisTarget()}"};\n` +
        'await import("./1.js");\n',
      ],
    ]);
    const data = bytes.subarray(bytes.lastIndexOf('{"argv":['));
    assert.equal(data.indexOf(tmpdir()), -1);
    assert.equal(data.indexOf(Deno.env.get("HOME") ?? "/home"), -1);
    const again = await compile(making, join(dir, "second"));
    assert.equal(sha256OfFile(again), sha256OfFile(path));
    const whole = bytes.lastIndexOf("d3n0l4nd");
    assert.throws(() => readEmbedded(bytes.subarray(0, whole - 1)), /cut off/);
    bytes[whole] = 0;
    assert.throws(() => readEmbedded(bytes), /do not end/);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("what the environment would put into a binary is refused", async () => {
  const dir = mkdtempSync(join(tmpdir(), "blobber-compile-test-"));
  Deno.env.set("DENO_UNSTABLE_SLOPPY_IMPORTS", "1");
  try {
    const program = new Map([[ENTRY, "1;\n"]]);
    const making = { program, target: thisTarget(), time: 1, commit: undefined };
    await assert.rejects(
      compile({ ...making, runtime: RUNTIME }, dir),
      /setting of the environment/,
    );
  } finally {
    Deno.env.delete("DENO_UNSTABLE_SLOPPY_IMPORTS");
    rmSync(dir, { recursive: true });
  }
});

test("a file that holds nothing is no binary", () => {
  assert.throws(() => readEmbedded(new TextEncoder().encode("d3n0l4nd")), /nothing is embedded/);
});
