/** What `push` is given: files, a tar on stdin, annotations out of a file. */

import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { tarOf } from "../fakes/tar.ts";
import { Workplace } from "./program.ts";
import { fileNeeds } from "../fakes/only_on.ts";

fileNeeds("modes", "shell");

/** The bytes of a layout's manifest. */
function manifestIn(at: Workplace, digest: string) {
  return JSON.parse(Deno.readTextFileSync(`${at.dir}/layout/blobs/sha256/${digest.slice(7)}`));
}

Deno.test("files are pushed as they are, with what a file of annotations says of them", async () => {
  await using at = await Workplace.open();
  await at.site();
  await at.write("b:c d.txt", "colon\n");
  await at.write("notes.txt", "notes\n");
  await at.write(
    "annotations.json",
    JSON.stringify({
      $manifest: { from: "file", both: "file" },
      $config: { of: "config" },
      "./notes.txt": { "org.opencontainers.image.title": "docs/notes.md", k: "v" },
      "other.txt": {},
    }),
  );
  const files = ["./notes.txt:text/plain", "site//css/site.css", "site/home.html", "b:c d.txt:"];
  const flags = [
    "--artifact-type=application/vnd.acme+type",
    "--annotation-file=annotations.json",
    "--annotation=both=flag",
    "-ojson",
  ];
  const refused = await at.run(["push", ...files, "oci:layout:v1", ...flags]);
  assert.equal(refused.status, 9, refused.stderr);
  assert.match(refused.stderr, /b:c d\.txt\\" begins with a drive/);
  await Deno.rename(`${at.dir}/b:c d.txt`, `${at.dir}/bb:c d.txt`);
  files[3] = "bb:c d.txt:";
  const dry = await at.run(["push", ...files, "oci:layout:v1", ...flags, "--dry-run"]);
  const { status, stdout, stderr } = await at.run(["push", ...files, "oci:layout:v1", ...flags]);
  assert.equal(status, 0, stderr);
  const notice = JSON.parse(stderr.trim()).notice;
  assert.deepEqual([notice.code, notice.level], ["unused-annotations", "warning"]);
  const { digest, layers, artifactType } = JSON.parse(stdout);
  assert.equal(artifactType, "application/vnd.acme+type");
  assert.deepEqual(layers.map((layer: { path: string }) => layer.path), [
    "docs/notes.md",
    "site/css/site.css",
    "site/home.html",
    "bb:c d.txt",
  ]);
  const rehearsed = JSON.parse(dry.stdout);
  assert.deepEqual([rehearsed.digest, rehearsed.layers], [digest, layers]);
  assert.deepEqual(rehearsed.entries.length, 4);
  const manifest = manifestIn(at, digest);
  const { "dev.blobber.tree.digest": tree, ...annotations } = manifest.annotations;
  assert.deepEqual(annotations, { both: "flag", from: "file" });
  assert.equal(JSON.parse(stdout).tree, tree);
  assert.deepEqual(manifest.config.annotations, { of: "config" });
  assert.deepEqual(manifest.layers[0].annotations, {
    "k": "v",
    "org.opencontainers.image.title": "docs/notes.md",
  });
  assert.equal(manifest.layers[0].mediaType, "text/plain");
  assert.equal(await at.ok(["cat", "oci:layout:v1", "docs/notes.md"]), "notes\n");
  assert.equal(await at.ok(["cat", "oci:layout:v1", "site/home.html"]), "<h1>hi</h1>\n");
});

Deno.test("what cannot be pushed together is refused, and said how it can", async () => {
  await using at = await Workplace.open();
  await at.site();
  await at.write("a.txt", "a\n");
  for (
    const [args, status, message] of [
      [["a.txt", "site", "oci:layout:v1"], 2, /"site" is a directory, and .* pushed alone/],
      [["site:text/plain", "oci:layout:v1"], 2, /leave out the media type/],
      [["a.txt", "-", "oci:layout:v1"], 2, /"-" stands for a tar on stdin/],
      [["a.txt", "none.txt", "oci:layout:v1"], 13, /file or directory not found: none\.txt/],
      [["oci:layout:v1", "a.txt"], 2, /the reference comes last: blobber push FILE… REF/],
      [["a.txt", "oci:layout:v1", "--compression=zstd"], 2, /--compression does not apply: files/],
      [["a.txt", "oci:layout:v1", "--annotation-file=a.txt"], 2, /a\.txt: it is no JSON/],
      [["a.txt", "oci:layout:v1", "--annotation-file=none"], 13, /cannot read the annotations in/],
    ] as const
  ) {
    const ran = await at.run(["push", ...args]);
    assert.equal(ran.status, status, `${args}: ${ran.stderr}`);
    assert.match(ran.stderr, message);
  }
  assert.equal((await at.run(["ls", "oci:layout:v1"])).status, 4);
});

Deno.test("a tar on stdin is what its directory is, and nothing when it is cut off", async () => {
  await using at = await Workplace.open();
  await at.write("site/a/x", "x\n");
  await at.write("site/b", "b\n", 0o600);
  for (const name of ["site", "site/a"]) await Deno.chmod(`${at.dir}/${name}`, 0o755);
  const tar = tarOf(
    { name: "./", type: "5", mode: 0o755, mtime: 5 },
    { name: "./a/", type: "5", mode: 0o755, mtime: 5 },
    { name: "./a/x", data: "x\n", mode: 0o644, mtime: 7 },
    { name: "./b", data: "b\n", mode: 0o600, mtime: 9 },
  );
  const expected = await at.ok(["digest", "./site"]);
  const whole = gzipSync(tar);
  const stdin = new Uint8Array(whole);
  assert.equal(
    await at.ok(["push", "-", "oci:layout:v1", "--dry-run"], { stdin }),
    [
      "0  a/",
      "2  a/x",
      "2  b",
      expected,
    ].join("\n"),
  );
  assert.equal(await at.ok(["push", "-", "oci:layout:v1"], { stdin }), expected);
  for (
    const [input, message] of [
      [stdin.subarray(0, -20), /the gzip data is cut off/],
      [tar.slice(0, 1600), /it ends in the middle of a block/],
      ["", /the input is empty, expected a tar/],
      ["no tar at all\n".repeat(99), /it does not begin as one does/],
    ] as const
  ) {
    const ran = await at.run(["push", "-", "oci:layout:v2"], { stdin: input });
    assert.equal(ran.status, 9, ran.stderr);
    assert.match(ran.stderr, message);
  }
  assert.equal((await at.run(["ls", "oci:layout:v2"])).status, 4);
});
