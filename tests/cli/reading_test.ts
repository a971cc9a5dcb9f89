import assert from "node:assert/strict";
import { Client } from "@blobber/core";
import { programWords, Workplace } from "./program.ts";
import { fileNeeds } from "../fakes/only_on.ts";

fileNeeds("shell");

const DIGEST = /^sha256:[0-9a-f]{64}\n$/;

Deno.test("push prints the digest alone, and the same content has the same digest", async () => {
  await using at = await Workplace.open();
  await at.site();
  const first = await at.ok(["push", "site", "oci:layout:v1"]);
  assert.match(first, DIGEST);
  assert.equal(await at.ok(["--verbose", "push", "site", "oci:other:v2", "-q=false"]), first);
});

Deno.test("ls prints a path a line, sorted, and -l mode, size and path in columns", async () => {
  await using at = await Workplace.open();
  await at.site();
  await at.ok(["push", "site", "oci:layout:v1"]);
  const paths = [
    "bin",
    "bin/run",
    "css",
    "css/site.css",
    "home.html",
    "index.html",
    "naïve 名.txt",
  ];
  assert.equal(await at.ok(["ls", "oci:layout:v1"]), paths.join("\n") + "\n");
  assert.equal(await at.ok(["list", "oci:layout:v1"]), paths.join("\n") + "\n");
  assert.deepEqual((await at.ok(["ls", "-l", "oci:layout:v1"])).split("\n"), [
    "drwxr-xr-x   0  bin",
    "-rwxr-xr-x  10  bin/run",
    "drwxr-xr-x   0  css",
    "-rw-r--r--   8  css/site.css",
    "lrwxrwxrwx   0  home.html -> index.html",
    "-rw-r--r--  12  index.html",
    "-rw-r--r--   2  naïve 名.txt",
    "",
  ]);
  assert.match(await at.ok(["ls", "-lH", "oci:layout:v1"]), /^-rw-r--r-- +12 B +index\.html$/m);
});

Deno.test("ls -o json has one line, a version and every entry", async () => {
  await using at = await Workplace.open();
  await at.site();
  const digest = (await at.ok(["push", "site", "oci:layout:v1"])).trim();
  const text = await at.ok(["ls", "oci:layout:v1", "-o", "json"]);
  assert.equal(text.trimEnd().split("\n").length, 1);
  const document = JSON.parse(text);
  assert.equal(document.version, 1);
  assert.equal(document.digest, digest);
  assert.deepEqual(document.entries[1], {
    path: "bin/run",
    type: "file",
    size: 10,
    mode: "0755",
    mtime: 0,
  });
  assert.equal(document.entries[4].linkTarget, "index.html");
});

Deno.test("cat writes the bytes of the file and nothing else", async () => {
  await using at = await Workplace.open();
  const bytes = new Uint8Array(100_000).map((_, i) => i * 7);
  await at.write("site/data.bin", bytes);
  await at.ok(["push", "site", "oci:layout:v1"]);
  const ran = await at.run(["cat", "oci:layout:v1", "data.bin"]);
  assert.deepEqual([ran.status, ran.stderr], [0, ""]);
  assert.deepEqual(ran.bytes, bytes);
  const document = JSON.parse(await at.ok(["cat", "oci:layout:v1", "data.bin", "-ojson"]));
  assert.equal(document.encoding, "base64");
  assert.equal(document.size, 100_000);
});

Deno.test("cat of a missing file reports it, and stdout stays empty", async () => {
  await using at = await Workplace.open();
  await at.site();
  await at.ok(["push", "site", "oci:layout:v1"]);
  for (const args of [["oci:layout:v1", "nope"], ["oci:layout:v9", "x"], ["oci:nowhere:v1", "x"]]) {
    const { status, stdout, stderr } = await at.run(["cat", ...args]);
    assert.deepEqual([status, stdout], [4, ""]);
    assert.match(stderr, /^Error: .*not found/);
  }
});

Deno.test("tag and copy print the digest, and --if-absent keeps a tag", async () => {
  await using at = await Workplace.open();
  await at.site();
  const digest = await at.ok(["push", "site", "oci:layout:v1", "--tag", "v2", "--tag", "v3"]);
  assert.equal(await at.ok(["tag", "oci:layout:v3", "stable", "latest"]), digest);
  assert.equal(await at.ok(["copy", "oci:layout:stable", "oci:mirror:v1"]), digest);
  assert.match(await at.ok(["ls", "oci:mirror:v1"]), /index\.html/);
  await at.write("site/index.html", "changed\n");
  const refused = await at.run(["push", "site", "oci:layout:v1", "--if-absent"]);
  assert.deepEqual([refused.status, refused.stdout], [10, ""]);
  const after = JSON.parse(await at.ok(["ls", "oci:layout:v1", "-ojson"]));
  assert.equal(after.digest, digest.trim());
});

Deno.test("push refuses what is not there, with the phrase that scripts look for", async () => {
  await using at = await Workplace.open();
  const missing = await at.run(["push", "nowhere", "oci:layout:v1"]);
  assert.deepEqual([missing.status, missing.stdout], [13, ""]);
  assert.equal(missing.stderr, "Error: file or directory not found: nowhere\n");
  const compression = await at.run(["push", "nowhere", "oci:l:v1", "--compression", "lzma"]);
  assert.equal(compression.status, 2);
  assert.match(compression.stderr, /^Error: invalid compression: "lzma"/);
});

Deno.test("SOURCE_DATE_EPOCH decides the time of every entry", async () => {
  await using at = await Workplace.open();
  await at.site();
  const env = { SOURCE_DATE_EPOCH: "1700000000" };
  await at.ok(["push", "site", "oci:layout:v1"], { env });
  const { entries } = JSON.parse(await at.ok(["ls", "oci:layout:v1", "-ojson"]));
  assert.ok(entries.every(({ mtime }: { mtime: number }) => mtime === 1_700_000_000));
  const bad = await at.run(["push", "site", "oci:l:v1"], { env: { SOURCE_DATE_EPOCH: "now" } });
  assert.equal(bad.status, 2);
});

Deno.test("--expect refuses another digest", async () => {
  await using at = await Workplace.open();
  await at.site();
  const digest = (await at.ok(["push", "site", "oci:layout:v1"])).trim();
  await at.ok(["ls", "oci:layout:v1", "--expect", digest]);
  const other = await at.run(["ls", "oci:layout:v1", "--expect", `sha256:${"0".repeat(64)}`]);
  assert.deepEqual([other.status, other.stdout], [8, ""]);
  assert.equal((await at.run(["ls", "oci:layout:v1", "--expect", "sha256:0"])).status, 2);
});

Deno.test("implied-directories: ls, cat, cp and pull count them, and take the flag that the hint names", async () => {
  await using at = await Workplace.open();
  const deep = (i: number) => `${i}/${"a/".repeat(49)}x`;
  const entries = Array.from({ length: 20 }, (_, i) => ({
    path: deep(i),
    type: "file" as const,
    size: 5,
    content: new TextEncoder().encode("hello"),
  }));
  await new Client().push({ entries }, `oci:${at.dir}/layout:v1`);
  const commands = [
    ["ls", "oci:layout:v1"],
    ["ls", "-l", "oci:layout:v1"],
    ["cat", "oci:layout:v1", deep(3)],
    ["cp", "oci:layout:v1", deep(3), "out"],
    ["pull", "oci:layout:v1", "dest"],
  ];
  for (const command of commands) {
    const refused = await at.run([...command, "--max-entries", "1019"]);
    assert.equal(refused.status, 9, command.join(" "));
    assert.match(refused.stderr, /expected at most 1019\n.*--max-entries/, command.join(" "));
    await at.ok([...command, "--max-entries", "1020"]);
  }
  assert.equal(await at.read("out"), "hello");
  const large = await at.run(["cat", "oci:layout:v1", deep(3), "--max-file-bytes", "4"]);
  assert.equal(large.status, 9);
  assert.match(large.stderr, /has 5 bytes, expected at most 4\n.*--max-file-bytes/);
});

Deno.test("ls takes paths and patterns: directories list what is in them, patterns what they match", async () => {
  await using at = await Workplace.open();
  await at.site();
  await at.write("site/css/deep/x.css", "x");
  await Deno.mkdir(`${at.dir}/site/empty`);
  await Deno.symlink("css", `${at.dir}/site/current`);
  await at.ok(["push", "site", "oci:layout:v1"]);
  const ls = async (...args: string[]) =>
    (await at.ok(["ls", "oci:layout:v1", ...args])).split("\n").slice(0, -1);
  const css = ["css/deep", "css/deep/x.css", "css/site.css"];
  for (const name of ["css", "css/", "./css", "/css//", "current", "current/"]) {
    assert.deepEqual([name, await ls(name)], [name, css]);
  }
  const all = await ls();
  assert.deepEqual([await ls("."), await ls("/")], [all, all]);
  assert.deepEqual(await ls("empty"), []);
  assert.deepEqual(await ls("*.html", "c*"), ["css", "current", "home.html", "index.html"]);
  assert.deepEqual(await ls("**/*.css", "css/deep", "css/d*"), css);
  assert.deepEqual(await ls("-l", "current", "index.html"), [
    "lrwxrwxrwx   0  current -> css",
    "-rw-r--r--  12  index.html",
  ]);
  assert.deepEqual(await ls("-lH", "current/", "b*/run"), [
    "-rwxr-xr-x  10 B  bin/run",
    "drwxr-xr-x   0 B  css/deep",
    "-rw-r--r--   1 B  css/deep/x.css",
    "-rw-r--r--   8 B  css/site.css",
  ]);
  const { entries } = JSON.parse(await at.ok(["ls", "oci:layout:v1", "css", "-ojson"]));
  assert.deepEqual(entries.map(({ path }: { path: string }) => path), css);
  for (
    const [args, hint] of [
      [["index.htm"], 'did you mean "index.html"?'],
      [["*.html", "*.css"], 'did you mean "**/*.css", which matches "css/deep/x.css"?'],
      [["index.html/"], 'did you mean "index.html"?'],
    ] as const
  ) {
    const { status, stdout, stderr } = await at.run(["ls", "oci:layout:v1", ...args]);
    assert.deepEqual([status, stdout], [4, ""]);
    assert.ok(stderr.includes(hint), stderr);
  }
});

Deno.test("cat prints several files in the order of the paths, and none where one is missing", async () => {
  await using at = await Workplace.open();
  for (const name of ["a", "b", "c", "d/e"]) await at.write(`site/${name}.txt`, `${name}\n`);
  await at.write("site/[x]*.txt", "odd\n");
  await at.ok(["push", "site", "oci:layout:v1"]);
  const cat = (...paths: string[]) => at.ok(["cat", "oci:layout:v1", ...paths]);
  assert.equal(await cat("c.txt", "a.txt", "c.txt"), "c\na\nc\n");
  assert.equal(await cat("d/*", "[!\\[].txt"), "d/e\na\nb\nc\n");
  assert.equal(await cat("[x]*.txt"), "odd\n");
  for (
    const [paths, status] of [[["a.txt", "b.tx"], 4], [["a.txt", "x*"], 4], [["a.txt", "d"], 2]]
  ) {
    const ran = await at.run(["cat", "oci:layout:v1", ...paths as string[]]);
    assert.deepEqual([ran.status, ran.stdout], [status, ""]);
  }
  const json = async (...paths: string[]) => {
    const { files, path } = JSON.parse(await cat("-ojson", ...paths));
    return path ?? files.map(({ path, content }: Record<string, string>) => [path, content]);
  };
  assert.equal(await json("a.txt"), "a.txt");
  assert.deepEqual(await json("a.txt", "d/e.txt"), [["a.txt", "a\n"], ["d/e.txt", "d/e\n"]]);
  assert.deepEqual(await json("d/*"), [["d/e.txt", "d/e\n"]]);
});

Deno.test("names go through xargs -0 as they are, and back", async () => {
  await using at = await Workplace.open();
  const names = ["a b", "-x", "*", "it's", '"q"', "back\\slash", "$HOME", "ü", "d/e f"];
  for (const name of names) await at.write(`site/${name}`, `${name}\n`);
  await at.ok(["push", "site", "oci:layout:v1"]);
  const out = await at.ok(["ls", "oci:layout:v1", "-opaths0"]);
  assert.deepEqual(out.split("\0"), [...names, "d"].sort().concat(""));
  assert.equal(await at.ok(["ls", "oci:layout:v1", "-l", "--output=paths0", "d"]), "d/e f\0");
  const quoted = programWords().map((word) => `'${word}'`).join(" ");
  const { code, stdout, stderr } = await new Deno.Command("bash", {
    args: [
      "-c",
      `set -o pipefail; ${quoted} ls oci:layout:v1 '**' -o paths0 | grep -zvx d |` +
      ` xargs -0 ${quoted} cat oci:layout:v1 --`,
    ],
    cwd: at.dir,
    env: at.environment(),
    clearEnv: true,
  }).output();
  const text = new TextDecoder();
  assert.deepEqual([code, text.decode(stderr)], [0, ""]);
  assert.equal(text.decode(stdout), names.sort().map((name) => `${name}\n`).join(""));
});
