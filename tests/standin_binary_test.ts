/** The stand-in for a released binary does what one does: alone, moved, by its name, with threads. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { tmpdir } from "node:os";
import { standIn, writeStandIn } from "./fakes/standin_binary.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";

async function run(program: string, args: string[], dir: string, path = ""): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd: dir,
    env: {
      HOME: dir,
      PATH: `${path}:/usr/bin:/bin`,
      DENO_DIR: join(dir, "deno"),
      BLOBBER_PROGRESS: "none",
    },
    clearEnv: true,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  assert.equal(code, 0, decoder.decode(stderr));
  return decoder.decode(stdout) + decoder.decode(stderr);
}

test("a stand-in tells its version and commit wherever it stands, and pushes with threads", async () => {
  const dir = mkdtempSync(join(tmpdir(), "blobber-standin-"));
  try {
    mkdirSync(join(dir, "it's a/bin"), { recursive: true });
    const program = join(dir, "it's a/bin/blobber");
    await writeStandIn(join(dir, "download"), {
      version: "9.8.7-rc.1",
      commit: COMMIT,
      target: "macos-arm64",
    });
    renameSync(join(dir, "download"), program);
    const line = `blobber version 9.8.7-rc.1 (commit ${COMMIT})\n`;
    assert.equal(await run(program, ["--version"], dir), line);
    const more = ["version", "-o", "json"];
    const { target } = JSON.parse(
      await run("/bin/sh", ["-c", `blobber ${more.join(" ")}`], dir, join(dir, "it's a/bin")),
    );
    assert.equal(target, "macos-arm64");
    // A directory that would have Deno run something else.
    writeFileSync(
      join(dir, "deno.json"),
      `{"imports": {"node:fs": "data:text/javascript,throw 1"}}`,
    );
    // Enough for threads to be worth their start.
    mkdirSync(join(dir, "tree"));
    const bytes = new Uint8Array(24 << 20);
    for (let i = 0; i < bytes.length; i += 7) bytes[i] = i;
    for (const name of ["a", "b"]) writeFileSync(join(dir, "tree", name), bytes);
    const said = await run(program, ["push", "tree", "oci:layout:v1", "--jobs=2", "-v"], dir);
    assert.match(said, /^sha256:[0-9a-f]{64}$/m);
    assert.doesNotMatch(said, /thread/);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("stand-ins that were made alike are equal, and others are not", async () => {
  assert.deepEqual(await standIn({ commit: COMMIT }), await standIn({ commit: COMMIT }));
  assert.notDeepEqual(await standIn({ commit: COMMIT }), await standIn());
  assert.notDeepEqual(await standIn({ version: "9.9.9" }), await standIn());
});
