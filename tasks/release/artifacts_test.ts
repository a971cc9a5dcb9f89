/** What the registry says of a release is no reason to sign it. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@blobber/core";
import { startRegistry } from "../../tests/fakes/registry/fake_registry.ts";
import { moveLatest } from "./artifacts.ts";
import { REAL } from "./places.ts";
import { at, PATHS, type Release, write } from "./state.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";

Deno.test("a tag that names other content by now is not signed as latest", async () => {
  const dir = mkdtempSync(join(tmpdir(), "blobber-latest-"));
  const registry = await startRegistry();
  await using client = new Client();
  try {
    const time = 1_700_000_000;
    const release: Release = {
      version: "9.9.9",
      tag: "v9.9.9",
      commit: COMMIT,
      time,
      stable: true,
      dir,
      places: { ...REAL, artifact: `${registry.host}/a/blobber` },
      dry: false,
      sources: { commit: COMMIT, time, changed: [] },
      problems: [],
    };
    write(release, PATHS.facts, "{}");
    const push = async (text: string, reference: string) => {
      const files = join(dir, "files");
      mkdirSync(files, { recursive: true });
      writeFileSync(join(files, "blobber-linux-x64"), text);
      return (await client.push({ directory: files }, reference)).digest;
    };
    const made = await push("made", `oci:${at(release, PATHS.layout)}:v9.9.9`);
    const other = await push("other", `${registry.host}/a/blobber:v9.9.9`);
    registry.clear();
    await assert.rejects(moveLatest(release), {
      message: `${registry.host}/a/blobber:v9.9.9 is ${other}, and this release has ${made}`,
    });
    assert.deepEqual(registry.log().filter((line) => !/^(GET|HEAD) /.test(line)), []);
  } finally {
    await registry.close();
    rmSync(dir, { recursive: true });
  }
});
