import assert from "node:assert/strict";
import { startRegistry } from "../fakes/registry/fake_registry.ts";
import { imageOf, type TarItem, tarOf } from "../fakes/tar.ts";
import { Workplace } from "./program.ts";
import { fileNeeds } from "../fakes/only_on.ts";

fileNeeds("modes", "shell");

Deno.test("pull prints nothing and writes what was pushed", async () => {
  await using at = await Workplace.open();
  await at.site();
  await at.ok(["push", "site", "oci:layout:v1"]);
  assert.equal(await at.ok(["pull", "oci:layout:v1", "dest"]), "");
  const { code, stdout } = await new Deno.Command("diff", {
    args: ["-r", "--no-dereference", "site", "dest"],
    cwd: at.dir,
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stdout));
  assert.equal((await Deno.stat(`${at.dir}/dest/bin/run`)).mode! & 0o777, 0o755);
  assert.equal(await Deno.readLink(`${at.dir}/dest/home.html`), "index.html");
});

Deno.test("pull keeps existing files, with the phrase that scripts look for, and --overwrite replaces them", async () => {
  await using at = await Workplace.open();
  await at.site();
  await at.ok(["push", "site", "oci:layout:v1"]);
  await at.write("dest/index.html", "mine\n");
  const one = await at.run(["pull", "oci:layout:v1", "dest"]);
  assert.deepEqual([one.status, one.stdout], [10, ""]);
  assert.match(
    one.stderr,
    /^Error: file already exists: index\.html \(use --overwrite to replace\)$/m,
  );
  assert.equal(await at.read("dest/index.html"), "mine\n");
  await at.write("dest/css/site.css", "mine\n");
  const two = await at.run(["pull", "oci:layout:v1", "dest"]);
  assert.match(two.stderr, /^Error: 2 files already exist \(use --overwrite to replace\)$/m);
  const document = JSON.parse(
    await at.ok(["pull", "oci:layout:v1", "dest", "--overwrite", "-ojson"]),
  );
  assert.deepEqual([document.version, document.entries], [1, 7]);
  assert.equal(await at.read("dest/index.html"), "<h1>hi</h1>\n");
});

Deno.test("pull as an update: shown first, then only what differs, and nothing more is there", async () => {
  await using at = await Workplace.open();
  await at.site();
  await at.ok(["push", "site", "oci:layout:v1"]);
  await at.ok(["pull", "oci:layout:v1", "dest"]);
  await at.write("dest/css/site.css", "mine\n");
  await at.write("dest/extra/x", "x\n");
  await Deno.remove(`${at.dir}/dest/bin/run`);
  const update = ["pull", "oci:layout:v1", "dest", "--overwrite", "--delete"];
  const shown = await at.run([...update, "--dry-run"]);
  assert.match(
    shown.stdout,
    /^A bin\/run\nM css\/site\.css\nD extra\/\nD extra\/x\n1 added, 1 changed, 3 unchanged, 1 removed, \d+ B to fetch\n$/,
  );
  const { preview } = JSON.parse(await at.ok([...update, "--dry-run", "-ojson"]));
  assert.deepEqual(preview.removed, ["extra/", "extra/x"]);
  assert.equal(await at.read("dest/css/site.css"), "mine\n");
  await at.ok(update);
  const { changes } = JSON.parse(await at.ok([...update, "-ojson"]));
  assert.deepEqual(changes, { added: 0, changed: 0, unchanged: 5, removed: 0 });
  for (
    const [flags, why] of [
      [["--delete"], /--delete needs --overwrite/],
      [["--overwrite", "--delete", "--include", "css/"], /--include does not apply/],
    ] as const
  ) {
    const { status, stderr } = await at.run(["pull", "oci:layout:v1", "dest", ...flags]);
    assert.equal(status, 2);
    assert.match(stderr, why);
  }
  const tar = await at.run(["pull", "oci:layout:v1", "--to-tar", "x.tar", "--dry-run"]);
  assert.match(tar.stderr, /--dry-run does not apply/);
});

Deno.test("--trust-mtime reads what changed since it was found right, and says what it trusts", async () => {
  await using at = await Workplace.open();
  await at.site();
  await at.ok(["push", "site", "oci:layout:v1"]);
  await at.ok(["pull", "oci:layout:v1", "dest"]);
  const update = ["pull", "oci:layout:v1", "dest", "--overwrite", "-ojson", "--trust-mtime"];
  for (const content of ["MINE {}\n", "body {}\n"]) {
    await at.write("dest/css/site.css", content);
    const { changes } = JSON.parse(await at.ok(update));
    assert.equal(changes.changed, content === "MINE {}\n" ? 1 : 0);
    assert.equal(await at.read("dest/css/site.css"), "body {}\n");
  }
  assert.match(await at.ok(["pull", "--help"]), /--trust-mtime [\s\S]*?can change a file unseen/);
});

Deno.test("a limit refuses, names its flag and writes nothing", async () => {
  await using at = await Workplace.open();
  await at.site();
  await at.ok(["push", "site", "oci:layout:v1"]);
  for (
    const flag of ["--max-entries=2", "--max-bytes=20", "--max-file-bytes=11B"]
  ) {
    const { status, stderr } = await at.run(["pull", "oci:layout:v1", "dest", flag]);
    assert.deepEqual([flag, status], [flag, 9]);
    assert.ok(stderr.includes(flag.slice(0, flag.indexOf("="))), stderr);
  }
  await assert.rejects(Deno.stat(`${at.dir}/dest`));
});

Deno.test("a round trip through a registry on loopback needs no flag", async () => {
  await using at = await Workplace.open();
  await at.site();
  const registry = await startRegistry();
  try {
    for (const compression of ["gzip", "zstd"]) {
      const ref = `${registry.host}/acme/site:${compression}`;
      const digest = await at.ok(["push", "site", ref, "--compression", compression]);
      await at.ok(["pull", ref, `dest-${compression}`]);
      assert.equal(await at.read(`dest-${compression}/css/site.css`), "body {}\n");
      assert.equal(registry.repository("acme/site").tags.get(compression), digest.trim());
    }
  } finally {
    await registry.close();
  }
});

Deno.test("a cold ls or cat of a small file is at most 4 requests", async () => {
  await using at = await Workplace.open();
  await at.site();
  await at.write("site/large", crypto.getRandomValues(new Uint8Array(60_000)));
  const registry = await startRegistry();
  try {
    const ref = `${registry.host}/acme/site:v1`;
    await at.ok(["push", "site", ref]);
    for (const args of [["ls", ref], ["cat", ref, "index.html"]]) {
      registry.clear();
      await at.ok([...args, "--no-cache"]);
      assert.ok(registry.requests.length <= 4, registry.log().join("\n"));
    }
  } finally {
    await registry.close();
  }
});

Deno.test("refusals of a registry have their own statuses: credentials 3, absence 4, no answer 11", async () => {
  await using at = await Workplace.open();
  const registry = await startRegistry({
    authorize: () => ({ status: 401, headers: { "www-authenticate": 'Basic realm="x"' } }),
  });
  const refused = await at.run(["ls", `${registry.host}/acme/site:v1`]);
  assert.equal(refused.status, 3);
  assert.match(refused.stderr, /^Error: authentication failed/);
  await registry.close();
  const gone = await at.run(["ls", `${registry.host}/acme/site:v1`]);
  assert.equal(gone.status, 11);
  const open = await startRegistry();
  try {
    const absent = await at.run(["ls", `${open.host}/acme/none:v1`]);
    assert.equal(absent.status, 4);
    assert.match(absent.stderr, /not found/);
  } finally {
    await open.close();
  }
});

Deno.test("- is neither a directory nor a file, unless it is written ./-", async () => {
  await using at = await Workplace.open();
  await at.site();
  await at.ok(["push", "site", "oci:layout:v1"]);
  for (
    const words of [
      ["cp", "oci:layout:v1", "index.html", "-"],
    ]
  ) {
    const { status, stdout, stderr } = await at.run(words);
    assert.deepEqual([words[0], status, stdout], [words[0], 2, ""]);
    assert.match(stderr, /"-" stands for a stream/);
  }
  await assert.rejects(Deno.lstat(`${at.dir}/-`));
  await at.ok(["pull", "oci:layout:v1", "./-"]);
  assert.equal(await at.read("-/index.html"), "<h1>hi</h1>\n");
});

/** An image of one plain tar in a layout. */
async function imageIn(at: Workplace, tar: Uint8Array): Promise<string> {
  const { manifest: { descriptor, bytes }, blobs } = imageOf(tar);
  for (const [digest, blob] of [...blobs, [descriptor.digest, bytes] as const]) {
    await Deno.mkdir(`${at.dir}/image/blobs/sha256`, { recursive: true });
    await Deno.writeFile(`${at.dir}/image/blobs/sha256/${digest.slice(7)}`, blob);
  }
  await at.write("image/oci-layout", '{"imageLayoutVersion":"1.0.0"}');
  await at.write("image/index.json", JSON.stringify({ schemaVersion: 2, manifests: [descriptor] }));
  return `oci:image@${descriptor.digest}`;
}

Deno.test("devices: they are listed by their kind, and pull skips them on demand", async () => {
  await using at = await Workplace.open();
  const items: TarItem[] = [
    { name: "dev/console", type: "3", mode: 0o620 },
    { name: "dev/pipe", type: "6", mode: 0o600 },
    { name: "dev/sda", type: "4", mode: 0o660 },
    { name: "etc/os-release", data: "NAME=x\n" },
  ];
  const ref = await imageIn(at, tarOf(...items));
  assert.deepEqual((await at.ok(["ls", "-l", ref])).split("\n"), [
    "crw--w----  0  dev/console",
    "prw-------  0  dev/pipe",
    "brw-rw----  0  dev/sda",
    "-rw-r--r--  7  etc/os-release",
    "",
  ]);
  const { entries } = JSON.parse(await at.ok(["ls", ref, "-ojson"]));
  assert.deepEqual(entries.map(({ type }: { type: string }) => type), [
    "char",
    "fifo",
    "block",
    "file",
  ]);
  assert.equal(await at.ok(["cat", ref, "etc/os-release"]), "NAME=x\n");
  assert.equal((await at.run(["cat", ref, "dev/sda"])).status, 2);
  const refused = await at.run(["pull", ref, "dest"]);
  assert.equal(refused.status, 9);
  assert.match(refused.stderr, /"dev\/console" is a character device/);
  await assert.rejects(Deno.lstat(`${at.dir}/dest`));
  const { status, stderr } = await at.run(["pull", ref, "dest"], {
    env: { BLOBBER_PULL_SPECIAL: "skip" },
  });
  assert.equal(status, 0, stderr);
  assert.match(stderr, /^Warning: 3 .*"dev\/console", "dev\/pipe", "dev\/sda"$/m);
  assert.equal(await at.read("dest/etc/os-release"), "NAME=x\n");
  assert.deepEqual([...Deno.readDirSync(`${at.dir}/dest/dev`)], []);
});

Deno.test("end-blocks: a notice is shown with --verbose, and not otherwise", async () => {
  await using at = await Workplace.open();
  const ref = await imageIn(at, tarOf({ name: "f", data: "hello" }).subarray(0, 1024));
  const said = /ends without the two blocks of zeros/;
  assert.doesNotMatch((await at.run(["pull", ref, "quiet"])).stderr, said);
  assert.match((await at.run(["pull", ref, "loud", "--verbose"])).stderr, said);
  assert.equal(await at.read("loud/f"), "hello");
});

Deno.test("limits: push takes the flags that raise its limits", async () => {
  await using at = await Workplace.open();
  await at.site();
  const digest = await at.ok(["push", "site", "oci:layout:v1"]);
  const flags = ["--max-entries", "2000000", "--max-bytes", "1TB"];
  assert.equal(await at.ok(["push", "site", "oci:layout:v2", ...flags]), digest);
  const { status } = await at.run(["push", "site", "oci:layout:v2", "--max-file-bytes=1MB"]);
  assert.equal(status, 2);
});
