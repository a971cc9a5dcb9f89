import assert from "node:assert/strict";
import { keys } from "./keys.ts";
import { Workplace } from "./program.ts";

/** A site in a layout, and what became of it. */
async function changedSite(at: Workplace): Promise<void> {
  await at.site();
  await at.ok(["push", "site", "oci:layout:v1"]);
  await at.write("site/index.html", "<h1>ho</h1>\n");
  await at.write("site/bin/run", "#!/bin/sh\n", 0o700);
  await at.write("site/new/two words", "new\n");
  await Deno.chmod(`${at.dir}/site/new`, 0o755);
  await Deno.remove(`${at.dir}/site/css`, { recursive: true });
  await Deno.remove(`${at.dir}/site/home.html`);
  await Deno.symlink("bin/run", `${at.dir}/site/home.html`);
  await Deno.remove(`${at.dir}/site/naïve 名.txt`);
  await Deno.symlink("index.html", `${at.dir}/site/naïve 名.txt`);
  await at.ok(["push", "site", "oci:layout:v2", "--compression=zstd"]);
}

const LINES = [
  "M bin/run (mode 0755 -> 0700)",
  "D css/",
  "D css/site.css",
  "M home.html (target index.html -> bin/run)",
  "M index.html",
  "T naïve 名.txt (file -> symlink)",
  "A new/",
  "A new/two words",
  "",
].join("\n");

Deno.test("diff shows what differs, and its status says whether anything does", async () => {
  await using at = await Workplace.open();
  await changedSite(at);
  for (const other of ["oci:layout:v2", "site"]) {
    const { status, stdout, stderr } = await at.run(["diff", "oci:layout:v1", other]);
    assert.deepEqual([status, stdout, stderr], [14, LINES, ""]);
  }
  for (const same of [["site", "oci:layout:v2"], ["oci:layout:v1", "oci:layout:v1"]]) {
    assert.equal(await at.ok(["diff", ...same]), "");
  }
  const quiet = await at.run(["diff", "-q", "oci:layout:v1", "site"]);
  assert.deepEqual([quiet.status, quiet.stdout, quiet.stderr], [14, "", ""]);
});

Deno.test("diff gives paths, sums and a document", async () => {
  await using at = await Workplace.open();
  await changedSite(at);
  const both = ["diff", "oci:layout:v1", "oci:layout:v2"];
  const paths = await at.run([...both, "-o", "paths0", "--", "new", "css"]);
  assert.equal(paths.stdout, "css\0css/site.css\0new\0new/two words\0");
  const names = await at.run([...both, "--name-only", "**/*.css"]);
  assert.deepEqual([names.status, names.stdout], [14, "css/site.css\n"]);
  const stat = await at.run([...both, "--stat"]);
  assert.equal(
    stat.stdout,
    "added: 1 file (4 bytes), 1 directory\n" +
      "removed: 1 file (8 bytes), 1 directory\n" +
      "changed: 2 files (24 bytes -> 22 bytes), 2 links\n",
  );
  const { status, stdout } = await at.run(["diff", "site", "oci:layout:v1", "-ojson", "bin"]);
  const { before, after, same, changes, totals } = JSON.parse(stdout);
  assert.equal(status, 14);
  assert.deepEqual([before, same], [{ directory: "site" }, false]);
  assert.match(after.digest, /^sha256:/);
  assert.deepEqual(changes, [{
    path: "bin/run",
    kind: "changed",
    differs: ["mode"],
    before: { type: "file", size: 10, mode: "0700" },
    after: { type: "file", size: 10, mode: "0755" },
  }]);
  assert.equal(totals.changed.after.files, 1);
});

Deno.test("diff verifies both sides, and refuses flags that change nothing", async () => {
  await using at = await Workplace.open();
  await at.site();
  await keys(at, "acme");
  await at.ok(["push", "site", "oci:layout:v1", "--sign-key=acme.pem"]);
  await at.ok(["push", "site", "oci:layout:unsigned", "--annotation=a=b"]);
  const verified = ["diff", "--verify-key=acme.pub"];
  assert.equal(await at.ok([...verified, "site", "oci:layout:v1"]), "");
  const runs: [args: string[], status: number, stderr: RegExp][] = [
    [[...verified, "oci:layout:v1", "oci:layout:unsigned"], 6, /no signature|not signed/],
    [[...verified, "oci:layout:unsigned", "site"], 6, /no signature|not signed/],
    [[...verified, "site", "site"], 2, /--verify-key does not apply: "site" is a directory/],
    [
      ["diff", "oci:layout:v1", "oci:layout:v1", "--exclude=*.css"],
      2,
      /--exclude does not apply: "oci:layout:v1" is an artifact/,
    ],
    [["diff", "oci:layout:v1", "oci:layout:none"], 4, /not found/],
    [["diff", "oci:layout:v1", "nowhere"], 13, /directory not found: nowhere/],
    [["diff", "oci:layout:v1", "site", "index.htm"], 4, /did you mean "index.html"/],
    [["diff", "site"], 2, /missing DIR or REF/],
    [["diff", "site", "site", "--stat", "-p"], 2, /--patch does not apply: --stat shows something/],
    [["diff", "site", "site", "--stat", "-opaths0"], 2, /--stat does not apply: --output paths0 /],
  ];
  for (const [args, status, stderr] of runs) {
    const run = await at.run(args);
    assert.match(run.stderr, stderr);
    assert.deepEqual([run.status, run.stdout], [status, ""]);
  }
  await at.write("site/more.log", "more\n");
  assert.equal(await at.ok(["diff", "oci:layout:v1", "site", "--exclude=*.log"]), "");
});

Deno.test("diff of a file shows its text, and --patch that of all, as bytes that a patch needs", async () => {
  await using at = await Workplace.open();
  const latin = new Uint8Array([0x63, 0xe9, 0x0d, 0x0a, 0x1b, 0x5b, 0x33, 0x31, 0x6d]);
  await at.write("a/f", "one\ntwo\n");
  await at.write("b/f", "one\nTWO");
  await at.write("a/raw", latin);
  await at.write("b/raw", "\r\n");
  await at.write("a/bin", "\0a");
  await at.write("b/bin", "\0b");
  await at.write("b/new file", "", 0o755);
  await Deno.symlink("f", `${at.dir}/a/l`);
  await Deno.symlink("bin", `${at.dir}/b/l`);
  await at.ok(["push", "a", "oci:layout:a"]);
  const one = await at.run(["diff", "oci:layout:a", "b", "--", "./f"]);
  assert.deepEqual([one.status, one.stderr], [14, ""]);
  const f = "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n one\n-two\n+TWO\n" +
    "\\ No newline at end of file\n";
  assert.equal(one.stdout, f);
  const all = await at.run(["diff", "oci:layout:a", "b", "-p"]);
  const text = String.fromCharCode(...all.bytes);
  assert.equal(
    text,
    "Binary files a/bin and b/bin differ\n" + f +
      "diff --git a/l b/l\ndeleted file mode 120000\n--- a/l\n+++ /dev/null\n@@ -1 +0,0 @@\n-f\n" +
      "\\ No newline at end of file\n" +
      "diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+bin\n" +
      "\\ No newline at end of file\n" +
      "diff --git a/new file b/new file\nnew file mode 100755\n" +
      "diff --git a/raw b/raw\n--- a/raw\n+++ b/raw\n@@ -1,2 +1 @@\n-c\xe9\r\n-\x1b[31m\n" +
      "\\ No newline at end of file\n+\r\n",
  );
});
