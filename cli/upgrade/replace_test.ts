import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { actAs } from "@blobber/core/internal/platform";
import { prepare } from "./replace.ts";

const NEW = '#!/bin/sh\necho "blobber version 2.0.0"\n';
const expected = { version: "2.0.0", sha256: createHash("sha256").update(NEW).digest("hex") };
const never = new AbortController().signal;

async function* bytesOf(text: string) {
  for (const character of text) yield new TextEncoder().encode(character);
}

function place(): Disposable & { dir: string; program: string } {
  const dir = mkdtempSync(join(tmpdir(), "blobber-replace-"));
  const program = join(dir, "blobber");
  writeFileSync(program, "old");
  chmodSync(program, 0o755);
  return { dir, program, [Symbol.dispose]: () => rmSync(dir, { recursive: true }) };
}

Deno.test("nothing changes before the swap, and a discard leaves nothing", async () => {
  using at = place();
  const ready = await prepare(at.program, bytesOf(NEW), expected, never);
  assert.equal(readFileSync(at.program, "utf8"), "old");
  ready.discard();
  assert.deepEqual(readdirSync(at.dir), ["blobber"]);
});

Deno.test("a swap that fails leaves nothing either", async () => {
  using at = place();
  const ready = await prepare(at.program, bytesOf(NEW), expected, never);
  rmSync(at.program);
  mkdirSync(at.program);
  assert.throws(() => ready.swap(), { code: "file-system" });
  assert.deepEqual(readdirSync(at.dir), ["blobber"]);
});

Deno.test("what an upgrade that was killed left is removed by a later one, and what runs is not", async () => {
  using at = place();
  const [left, running] = [".blobber-upgrade-1", ".blobber-upgrade-2"];
  for (const name of [left, running]) writeFileSync(join(at.dir, name), "part");
  utimesSync(join(at.dir, left), 0, 0);
  (await prepare(at.program, bytesOf(NEW), expected, never)).discard();
  assert.deepEqual(readdirSync(at.dir).sort(), [running, "blobber"]);
});

Deno.test("other bytes than expected are never run", async () => {
  using at = place();
  const trap = `#!/bin/sh\n: > ${at.dir}/ran\n`;
  await assert.rejects(prepare(at.program, bytesOf(trap), expected, never), { code: "integrity" });
  assert.deepEqual(readdirSync(at.dir), ["blobber"]);
});

Deno.test("what stops the content leaves nothing", async () => {
  using at = place();
  async function* broken() {
    yield* bytesOf("#!/bin/sh\n");
    throw new Error("gone");
  }
  await assert.rejects(prepare(at.program, broken(), expected, never), { message: "gone" });
  assert.deepEqual(readdirSync(at.dir), ["blobber"]);
});

Deno.test("a directory that is not there is told as such", async () => {
  await assert.rejects(prepare("/nowhere/blobber", bytesOf(NEW), expected, never), {
    code: "file-system",
  });
});

Deno.test("where a running program cannot be replaced, it is renamed aside and removed later", async () => {
  using at = place();
  // It takes no other program's file for one.
  writeFileSync(join(at.dir, "blobberry.old-1"), "mine");
  actAs("windows", { programEnding: "" });
  try {
    for (let time = 1; time <= 2; time++) {
      const ready = await prepare(at.program, bytesOf(NEW), expected, never);
      ready.swap();
      assert.equal(readFileSync(at.program, "utf8"), NEW);
    }
    // Here nothing holds it, so it goes at once.
    assert.deepEqual(readdirSync(at.dir), ["blobber", "blobberry.old-1"]);
    assert.ok(existsSync(at.program));
  } finally {
    actAs(undefined);
  }
});
