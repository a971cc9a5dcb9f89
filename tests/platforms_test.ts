/**
 * Pushes and pulls as they go on Windows and on macOS, driven on this system: what is decided by the program. What
 * the systems themselves do is tested where this runs on them.
 */

import assert from "node:assert/strict";
import fs, {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { type BlobberError, Client } from "../mod.ts";
import { asPlatform } from "./fakes/platforms/as_platform.ts";
import { refused, removeScratch } from "./fakes/pulling.ts";
import { stargz, type TarItem, tarOf } from "./fakes/tar.ts";
import { useOwnTemporary } from "./fakes/temporary.ts";
import { lacks } from "./fakes/only_on.ts";

const root = useOwnTemporary();
after(removeScratch);
/** What the trees here need of the disk that they are made on. */
const posix = { skip: lacks("any name", "case", "links") };

/** A directory of its own, with files by their paths. */
function tree(files: Record<string, string | { to: string } | { program: string }>): string {
  const dir = mkdtempSync(join(root, "tree-"));
  for (const [path, what] of Object.entries(files)) {
    const file = join(dir, path);
    mkdirSync(join(file, ".."), { recursive: true });
    if (typeof what === "string") writeFileSync(file, what, { mode: 0o644 });
    else if ("to" in what) symlinkSync(what.to, file);
    else writeFileSync(file, what.program, { mode: 0o755 });
  }
  chmodAll(dir);
  return dir;
}

/** Modes that no umask of the tester's changes. */
function chmodAll(dir: string): void {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (!entry.isDirectory()) continue;
    chmodSync(path, 0o755);
    chmodAll(path);
  }
}

async function layoutOf(dir: string, client = new Client({ jobs: 0 })): Promise<string> {
  const ref = `oci:${mkdtempSync(join(root, "layout-"))}/of:v1`;
  await client.push({ directory: dir }, ref);
  return ref;
}

/** Where a pull goes, in a directory that is to be empty when it fails. */
function destination(): { above: string; path: string } {
  const above = mkdtempSync(join(root, "to-"));
  return { above, path: join(above, "out") };
}

const REFUSED: [name: string, files: Record<string, string>, code: string, message: RegExp][] = [
  ["a device", { "src/aux.c": "x" }, "invalid-archive", /"src\/aux\.c".*Windows.*"aux\.c".*device/],
  ["a device behind spaces", { "nul .txt": "x" }, "invalid-archive", /the name of a device/],
  ["a device with a superscript", { "COM¹": "x" }, "invalid-archive", /the name of a device/],
  ["a stream", { "ab:c": "x" }, "invalid-archive", /reserved character/],
  ["a dot at the end", { "a.": "x" }, "invalid-archive", /ends in a dot or a space/],
  ["a space at the end", { "d /x": "x" }, "invalid-archive", /"d ".*ends in a dot or a space/],
  ["a separator", { "a\\b": "x" }, "invalid-archive", /reserved character/],
  ["two cases of one name", { README: "1", Readme: "2" }, "conflict", /"README" and "Readme"/],
  ["two cases of a directory", { "lib/a": "1", "Lib/b": "2" }, "conflict", /"Lib" and "lib"/],
  ["two cases beyond ASCII", { "É": "1", "é": "2" }, "conflict", /which are one name/],
];

for (const [what, files, code, message] of REFUSED) {
  test(`a pull as Windows refuses ${what}, and leaves nothing`, posix, async () => {
    const client = new Client({ jobs: 0 });
    const ref = await layoutOf(tree(files), client);
    const { above, path } = destination();
    await asPlatform("windows", async () => {
      await assert.rejects(client.pull(ref, path), (error) => {
        const { code: found, message: said, hint } = error as {
          code: string;
          message: string;
          hint: string;
        };
        assert.equal(found, code, said);
        assert.match(said, message);
        assert.match(hint, /leave (it|one) out/);
        return true;
      });
      assert.deepEqual(readdirSync(above), []);
      // What cannot be on the disk can be in a tar, and looked at.
      const { names } = await client.list(ref);
      for (const name of Object.keys(files)) assert.ok(names.includes(name));
      const sink = new WritableStream();
      assert.equal(
        (await client.pull(ref, sink, { to: "tar" })).files,
        Object.keys(files).length,
      );
    });
    // Here it goes.
    await client.pull(ref, path);
    for (const [name, text] of Object.entries(files)) {
      assert.equal(readFileSync(join(path, name), "utf8"), text);
    }
  });
}

test("a pull as Windows leaves out what it is told, and has the rest", posix, async () => {
  const client = new Client({ jobs: 0 });
  const ref = await layoutOf(tree({ "src/aux.c": "x", "src/main.c": "y" }), client);
  const { path } = destination();
  await asPlatform("windows", async () => {
    const failed = await client.pull(ref, path).catch((error) => error) as BlobberError;
    assert.deepEqual(failed.remedies, [{ option: "exclude", value: "/src/aux.c" }]);
    await client.pull(ref, path, { exclude: ["/src/aux.c"] });
  });
  assert.deepEqual(readdirSync(join(path, "src")), ["main.c"]);
});

test("a pull as Windows into a directory that exists sets no modes, and merges", async () => {
  const client = new Client({ jobs: 0 });
  const dir = tree({ "bin/run": { program: "#!/bin/sh\n" }, "locked": "x" });
  chmodSync(join(dir, "locked"), 0o444);
  const ref = await layoutOf(dir, client);
  const { path } = destination();
  mkdirSync(path);
  writeFileSync(join(path, "mine"), "mine");
  await asPlatform("windows", () => client.pull(ref, path));
  assert.deepEqual(readdirSync(path).sort(), ["bin", "locked", "mine"]);
  assert.equal(readFileSync(join(path, "bin/run"), "utf8"), "#!/bin/sh\n");
  // Windows would make a file of it that cannot be removed.
  assert.notEqual(lstatSync(join(path, "locked")).mode & 0o200, 0);
});

test(
  "a push as Windows takes modes from what files are: the digest is that of Linux",
  posix,
  async () => {
    const client = new Client({ jobs: 0 });
    const elf = "\x7fELF\x02\x01\x01";
    const dir = tree({
      "bin/run": { program: "#!/bin/sh\n" },
      "bin/tool": { program: elf },
      "doc/a.txt": "a",
      "doc/empty": "",
      "doc/b": { to: "a.txt" },
    });
    const here = await client.treeDigest({ directory: dir });
    for (const name of ["bin/run", "bin/tool", "doc/a.txt"]) chmodSync(join(dir, name), 0o666);
    assert.notEqual((await client.treeDigest({ directory: dir })).tree, here.tree);
    await asPlatform("windows", async () => {
      assert.equal((await client.treeDigest({ directory: dir })).tree, here.tree);
      const ref = await layoutOf(dir, client);
      assert.equal((await client.treeDigest(ref)).tree, here.tree);
    });
  },
);

test("as Windows, a destination that comes up meanwhile is a conflict", async () => {
  const client = new Client({ jobs: 0 });
  const ref = await layoutOf(tree({ a: "x" }), client);
  const { above, path } = destination();
  const { renameSync } = fs;
  const { wait } = Atomics;
  // Windows says EPERM of a directory that is there, and a scanner's EPERM is waited for.
  fs.renameSync = (from, to) => {
    if (!String(to).endsWith("/out")) return renameSync(from, to);
    mkdirSync(path, { recursive: true });
    throw Object.assign(new Error("not permitted"), { code: "EPERM" });
  };
  Atomics.wait = () => "timed-out";
  try {
    await asPlatform("windows", () => assert.rejects(client.pull(ref, path), { code: "conflict" }));
  } finally {
    Object.assign(fs, { renameSync });
    Object.assign(Atomics, { wait });
  }
  assert.deepEqual([readdirSync(above), readdirSync(path)], [["out"], []]);
});

test("as Windows, files that stay busy are waited for once when a pull takes its own back", async () => {
  const client = new Client({ jobs: 0 });
  const ref = await layoutOf(tree({ a: "1", b: "2", c: "3", d: "4" }), client);
  const { path } = destination();
  mkdirSync(path);
  writeFileSync(join(path, "mine"), "mine");
  const { renameSync } = fs;
  const { wait } = Atomics;
  const tries = new Map<string, number>();
  fs.renameSync = (from, to) => {
    const [source, target] = [from, to].map((one) => String(one).slice(-2));
    const isBack = tries.has("/d");
    if (target !== "/d" && !isBack) return renameSync(from, to);
    tries.set(source!, (tries.get(source!) ?? 0) + 1);
    throw Object.assign(new Error("not permitted"), { code: "EPERM" });
  };
  Atomics.wait = () => "timed-out";
  try {
    const error = { code: "file-system" };
    await asPlatform("windows", () => assert.rejects(client.pull(ref, path), error));
  } finally {
    Object.assign(fs, { renameSync });
    Object.assign(Atomics, { wait });
  }
  // After the first, none is waited for, and those that are free are taken back.
  assert.deepEqual([...tries.keys()], ["/d", "/c"]);
  assert.ok(tries.get("/c")! > 1);
  assert.deepEqual(readdirSync(path), ["c", "mine"]);
});

test("links as Windows has them come and go with its separator", posix, async () => {
  const client = new Client({ jobs: 0 });
  const made = tree({ "d/a": "a", "link": { to: "d\\a" }, "d/up": { to: "..\\d" } });
  await asPlatform("windows", async () => {
    const ref = await layoutOf(made, client);
    await using image = await client.openImage(ref);
    assert.equal((await image.stat("link")).linkTarget, "d/a");
    const { path } = destination();
    await client.pull(ref, path);
    assert.equal(readlinkSync(join(path, "link")), "d\\a");
    assert.equal(readlinkSync(join(path, "d/up")), "..\\d");
    const again = await layoutOf(path, client);
    assert.equal((await client.treeDigest(again)).tree, (await client.treeDigest(ref)).tree);
  });
});

test("a junction, and a link to a server, are not pushed and not made", posix, async () => {
  const client = new Client({ jobs: 0 });
  await asPlatform("windows", async () => {
    for (const to of ["C:\\Data", "\\\\?\\C:\\Data", "\\\\server\\share", "\\Data"]) {
      const pushed = client.push({ directory: tree({ link: { to } }) }, `oci:${root}/none:v1`);
      await assert.rejects(pushed, { code: "path-traversal" }, to);
    }
  });
  assert.equal(existsSync(join(root, "none")), false);
});

test("a link to a server is not made as Windows, which would log in there", async () => {
  const targets = [
    "//server/share",
    "/\\server\\share",
    "/??/UNC/server/share",
    "/??\\C:",
    "//?/C:",
  ];
  for (const link of targets) {
    const items = [{ name: "link", type: "2", link }];
    for (const layer of [stargz(items), tarOf(...items)]) {
      await asPlatform("windows", () => {
        const error = { code: "path-traversal", message: /names a server on Windows/ };
        return refused(layer, error, { links: "keep" });
      });
    }
  }
});

test("layers without a table are refused as Windows before a name is written", async () => {
  for (
    const [items, code] of [
      [[{ name: "ok" }, { name: "dir/aux" }], "invalid-archive"],
      [[{ name: "ok" }, { name: "file:stream", data: "x" }], "invalid-archive"],
      [[{ name: "A/x" }, { name: "a/y" }], "conflict"],
      [[{ name: "link", type: "2", link: "ok" }, { name: "LINK" }], "conflict"],
    ] as [TarItem[], string][]
  ) {
    await asPlatform("windows", () => refused(tarOf(...items), { code }));
    await asPlatform(
      "windows",
      () => refused([stargz([items[0]!]), stargz(items.slice(1))], { code }),
    );
  }
});

const TWINS: [name: string, files: Record<string, string>, fails: boolean][] = [
  ["two cases", { README: "1", Readme: "2" }, true],
  ["two forms of é", { "\u00e9": "1", "e\u0301": "2" }, true],
  ["ß and ss", { "stra\u00dfe": "1", "strasse": "2" }, true],
  ["a reserved name of Windows", { "aux.c": "1", "ab:c": "2" }, false],
];

for (const [what, files, fails] of TWINS) {
  test(`a pull as macOS ${fails ? "refuses" : "takes"} ${what}`, posix, async () => {
    const client = new Client({ jobs: 0 });
    const ref = await layoutOf(tree(files), client);
    const { above, path } = destination();
    await asPlatform("darwin", async () => {
      if (!fails) {
        await client.pull(ref, path);
        return;
      }
      await assert.rejects(client.pull(ref, path), { code: "conflict" });
      assert.deepEqual(readdirSync(above), []);
    });
    // A disk of Windows tells forms apart, and ß from ss.
    if (what === "two cases" || !fails) return;
    await asPlatform("windows", () => client.pull(ref, path));
    assert.equal(readdirSync(path).length, 2);
  });
}

test("as macOS, a name goes into an artifact as the disk gives it, and comes out so", async () => {
  const client = new Client({ jobs: 0 });
  const decomposed = "cafe\u0301.txt";
  await asPlatform("darwin", async () => {
    const ref = await layoutOf(tree({ [decomposed]: "x" }), client);
    assert.deepEqual((await client.list(ref)).names, [decomposed]);
    const { path } = destination();
    await client.pull(ref, path);
    assert.equal(readFileSync(join(path, decomposed), "utf8"), "x");
  });
});

test(
  "as macOS, where no directory is held, links of this user on the way are followed",
  posix,
  async () => {
    const client = new Client({ jobs: 0 });
    const above = mkdtempSync(join(root, "to-"));
    mkdirSync(join(above, "private"));
    symlinkSync("private", join(above, "tmp"));
    await asPlatform("darwin", async () => {
      const ref = await layoutOf(tree({ a: "x" }), client);
      await client.pull(ref, join(above, "tmp/out"));
      await assert.rejects(client.pull(ref, join(above, "tmp/out")), { code: "conflict" });
    });
    assert.equal(readFileSync(join(above, "private/out/a"), "utf8"), "x");
    rmSync(above, { recursive: true });
  },
);
