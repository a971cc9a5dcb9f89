import { afterEach, test } from "node:test";
import assert from "node:assert/strict";
import { parseReference } from "@blobber/core/internal/reference";
import { asPlatform } from "../../tests/fakes/platforms/as_platform.ts";
import { parsePattern } from "./pattern.ts";
import { realPath, trustName } from "./subject.ts";

const made: string[] = [];
const before = Deno.cwd();
afterEach(() => {
  Deno.chdir(before);
  for (const dir of made.splice(0)) removeDeep(dir);
});

/** A directory to work in, which is the working directory until the test ends. */
function workplace(): string {
  const dir = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "blobber-names-" }));
  made.push(dir);
  Deno.chdir(dir);
  return dir;
}

/** Removes a tree that may be deeper than a path can name. */
function removeDeep(dir: string): void {
  const { success } = new Deno.Command("rm", { args: ["-rf", dir] }).outputSync();
  assert.ok(success);
}

const nameOfLayout = (path: string) => trustName(parseReference(`oci:${path}`));
const untellable = { code: "trust-rule", message: /real path/ };

test("layout-path: a layout is named by its real path, also one that does not exist yet", () => {
  const dir = workplace();
  Deno.mkdirSync("real/lay", { recursive: true });
  Deno.symlinkSync("real", "link");
  for (const path of ["real/lay", "link/lay", "./link//lay/", `${dir}/link/../real/lay`]) {
    assert.equal(nameOfLayout(path), `oci:${dir}/real/lay`, path);
  }
  for (const path of ["link/none", "./link/none/.", "link//none/", `${dir}/link/none`]) {
    assert.equal(nameOfLayout(path), `oci:${dir}/real/none`, path);
  }
  assert.equal(nameOfLayout("none/lay"), `oci:${dir}/none/lay`);
  assert.equal(realPath("/"), "");
  assert.equal(realPath("/none-such-directory/lay"), "/none-such-directory/lay");
});

test("layout-path: the real path of a name that is not UTF-8, a dangling link or a loop is unknown", () => {
  const dir = workplace();
  const { success } = new Deno.Command("sh", {
    args: ["-c", `mkdir -p "$(printf 'bad\\377')/lay" && ln -s "$(printf 'bad\\377')/lay" utf8`],
  }).outputSync();
  assert.ok(success);
  Deno.symlinkSync("nowhere", "dangling");
  Deno.symlinkSync("circle", "circle");
  Deno.writeTextFileSync("file", "");
  for (
    const path of [
      "utf8",
      "dangling",
      "dangling/lay",
      "circle/lay",
      "file/lay",
      "none/../lay",
      "x".repeat(300),
    ]
  ) {
    assert.throws(() => nameOfLayout(path), untellable, path);
    // A rule about such a path may be about any layout, and is about no registry.
    if (path.includes("..")) continue;
    const pattern = parsePattern(`oci:${dir}/${path}/**`, realPath);
    assert.ok("matches" in pattern);
    assert.throws(() => pattern.matches(`oci:${dir}/other/lay`), untellable, path);
    assert.equal(pattern.matches(`oci:${dir}/${path}/lay`), true);
    assert.equal(pattern.matches("ghcr.io/acme/app"), false);
  }
});

test("layout-path: the real path of a path that is too long for the system is unknown", () => {
  workplace();
  const name = "x".repeat(200);
  for (let depth = 0; depth < 25; depth++) {
    Deno.mkdirSync(name);
    Deno.chdir(name);
  }
  Deno.mkdirSync("lay");
  assert.ok(Deno.statSync("lay").isDirectory); // it can be read
  assert.throws(() => nameOfLayout("lay"), untellable);
  assert.throws(() => nameOfLayout("none"), untellable);
});

test("layout-path: as Windows, a layout has one name however its path is separated", async () => {
  const dir = workplace();
  Deno.mkdirSync("real/lay", { recursive: true });
  await asPlatform("windows", () => {
    for (const path of ["real\\lay", "real/lay\\.", `${dir}\\real\\lay`]) {
      assert.equal(nameOfLayout(path), `oci:${dir}/real/lay`, path);
    }
    assert.equal(nameOfLayout("real\\none"), `oci:${dir}/real/none`);
    // Where that is depends on the current directory of the drive.
    for (const path of ["C:lay", "C:"]) {
      assert.throws(() => realPath(path), untellable, path);
    }
    for (const pattern of ["oci:C:\\layouts\\**", "oci:C:/layouts/**", "oci:/C:/layouts/**"]) {
      const parsed = parsePattern(pattern);
      assert.ok("matches" in parsed, pattern);
      assert.ok(parsed.matches("oci:/C:/layouts/shop"));
      assert.ok(!parsed.matches("oci:/C:/other/shop"));
    }
  });
  await asPlatform("linux", () => {
    assert.ok("problem" in parsePattern("oci:C:\\layouts\\**"));
  });
});
