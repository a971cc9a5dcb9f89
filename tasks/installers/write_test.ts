/** What is made of a release's data, field by field; interop reads the files with the tools they are for. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { DOWNLOADS } from "../../cli/home.ts";
import { listOf } from "../../tests/fakes/releases.ts";
import { TARGET_NAMES, TARGETS } from "../binary/targets.ts";
import { deno } from "../run.ts";
import { readRelease } from "./release_data.ts";
import { installers } from "./write.ts";

const FILES = Object.fromEntries(
  TARGET_NAMES.map((target) => [TARGETS[target].file as string, `binary for ${target}`]),
);
const digest = (name: string) => createHash("sha256").update(FILES[name]!).digest("hex");

function directory(files: Record<string, string>): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), "blobber-installers-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

Deno.test("the digests are those of the binaries, or of the list where these are not there", () => {
  using binaries = directory(FILES);
  using list = directory({ "checksums.txt": listOf(FILES) });
  const release = readRelease("v1.2.3", binaries.path);
  assert.deepEqual(readRelease("1.2.3", list.path), release);
  for (const target of TARGET_NAMES) {
    assert.equal(release.digests[target], digest(TARGETS[target].file));
  }
  assert.throws(() => readRelease("1.2", list.path), /invalid version/);
  const [first, ...rest] = listOf(FILES).split(/(?<=\n)/);
  using short = directory({ "checksums.txt": rest.join("") });
  assert.throws(() => readRelease("1.2.3", short.path), /has no blobber-linux-x64/);
  using wrong = directory({ ...FILES, "checksums.txt": `${"0".repeat(64)}${first!.slice(64)}` });
  assert.throws(() => readRelease("1.2.3", wrong.path), /has the digest/);
});

Deno.test("deno task installers writes files that name each binary with its digest", async () => {
  using at = directory(FILES);
  const { ok, output } = await deno(["task", "--quiet", "installers", "1.2.3", at.path]);
  assert.ok(ok, output);
  const names = Object.keys(installers(readRelease("1.2.3", at.path)));
  assert.deepEqual(
    output.trim().split("\n").map((line) => line.split("/").at(-1)).sort(),
    names.sort(),
  );
  const read = (name: string) => readFileSync(join(at.path, name), "utf8");
  assert.equal(read("version.txt"), "v1.2.3\n");
  assert.equal(statSync(join(at.path, "install.sh")).mode & 0o777, 0o755);

  const scoop = JSON.parse(read("blobber.json"));
  assert.equal(scoop.version, "1.2.3");
  const windows = "blobber-windows-x64.exe";
  assert.deepEqual(scoop.architecture["64bit"], {
    url: `${DOWNLOADS}/v1.2.3/${windows}#/blobber.exe`,
    hash: digest(windows),
  });
  assert.equal(
    scoop.autoupdate.architecture["64bit"].url.replace("$version", "1.2.3"),
    scoop.architecture["64bit"].url,
  );

  const formula = read("blobber.rb");
  const flake = read("flake.nix");
  for (const name of Object.keys(FILES).filter((name) => name !== windows)) {
    const pair = `url "${DOWNLOADS}/v1.2.3/${name}"\n      sha256 "${digest(name)}"`;
    assert.ok(formula.includes(pair), name);
    const sri = `sha256-${Buffer.from(digest(name), "hex").toString("base64")}`;
    assert.ok(flake.includes(`file = "${name}";\n          hash = "${sri}";`), name);
  }

  const tar = gunzipSync(readFileSync(join(at.path, "blobber-nix.tar.gz")));
  assert.equal(tar.length % 512, 0);
  assert.match(tar.toString("latin1", 0, 100), /^blobber\/flake\.nix\0/);
  const size = parseInt(tar.toString("latin1", 124, 135), 8);
  assert.equal(tar.toString("utf8", 512, 512 + size), flake);
});
