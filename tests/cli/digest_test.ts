import assert from "node:assert/strict";
import { keys } from "./keys.ts";
import { Workplace } from "./program.ts";

Deno.test("digest prints what a push prints, of a directory and of the artifact", async () => {
  await using at = await Workplace.open();
  await at.site();
  for (const flags of [[], ["--reproducible"], ["--compression=zstd"], ["--annotation=a=b"]]) {
    const pushed = (await at.ok(["push", "site", "oci:layout:v1", ...flags])).trim();
    assert.equal((await at.ok(["digest", "site", ...flags])).trim(), pushed);
    assert.equal((await at.ok(["digest", "./site/", ...flags])).trim(), pushed);
    assert.equal((await at.ok(["digest", "oci:layout:v1"])).trim(), pushed);
  }
  await at.write("config/push.yaml", "push:\n  reproducible: true\n");
  const configured = await at.ok(["digest", "site", "--config=config/push.yaml"]);
  assert.equal(configured, await at.ok(["digest", "site", "--reproducible"]));
  assert.notEqual(configured, await at.ok(["digest", "site"]));
});

Deno.test("digest --tree prints one digest, whatever packed the files", async () => {
  await using at = await Workplace.open();
  await at.site();
  const tree = (await at.ok(["digest", "--tree", "site"])).trim();
  assert.match(tree, /^sha256:[0-9a-f]{64}$/);
  for (const flags of [[], ["--reproducible"], ["--compression=zstd", "--keep-mtime"]]) {
    const pushed = JSON.parse(await at.ok(["push", "site", "oci:layout:v1", "-ojson", ...flags]));
    assert.equal(pushed.tree, tree);
    assert.equal((await at.ok(["digest", "--tree", "oci:layout:v1"])).trim(), tree);
    const found = JSON.parse(await at.ok(["digest", "--tree", "oci:layout:v1", "-ojson"]));
    assert.deepEqual([found.tree, found.digest], [tree, pushed.digest]);
    await at.ok(["pull", "oci:layout:v1", "copy", "--overwrite"]);
    assert.equal((await at.ok(["digest", "copy", "--tree"])).trim(), tree);
  }
  await at.write("site/index.html", "changed\n");
  assert.notEqual((await at.ok(["digest", "--tree", "site"])).trim(), tree);
});

Deno.test("digest obeys the rules of verification, and refuses flags that change nothing", async () => {
  await using at = await Workplace.open();
  await at.site();
  await keys(at, "acme");
  await at.ok(["push", "site", "oci:layout:v1", "--sign-key=acme.pem"]);
  await at.ok(["push", "site", "oci:layout:unsigned"]);
  for (const tree of [[], ["--tree"]]) {
    const verified = ["digest", ...tree, "--verify-key=acme.pub", "-ojson"];
    assert.equal(JSON.parse(await at.ok([...verified, "oci:layout:v1"])).signer.kind, "key");
    const unsigned = await at.run([
      ...verified,
      "oci:layout:v1",
      "--expect",
      `sha256:${"0".repeat(64)}`,
    ]);
    assert.equal(unsigned.status, 8, unsigned.stderr);
  }
  const how = ["--reproducible", "--sign-key=acme.pem"];
  await at.ok(["push", "site", "oci:layout:same", "--reproducible"]);
  await at.ok(["sign", "oci:layout:same", "--from=site", ...how]);
  const other = await at.run(["sign", "oci:layout:unsigned", "--from=site", ...how]);
  assert.equal(other.status, 8, other.stderr);
  const runs: [args: string[], status: number, stderr: RegExp][] = [
    [["--tree", "oci:layout:none"], 4, /not found/],
    [["--tree", "nowhere"], 13, /directory not found: nowhere/],
    [["site", "--verify-key=acme.pub"], 2, /--verify-key does not apply: "site" is a directory/],
    [["site", "--expect=sha256:00"], 2, /--expect does not apply/],
    [["site", "--tree", "--platform=linux/arm64"], 2, /--platform does not apply: it does not/],
    [
      ["--tree", "site", "--compression=zstd"],
      2,
      /--compression does not apply: it does not change/,
    ],
    [
      ["--tree", "oci:layout:v1", "--reproducible"],
      2,
      /--reproducible does not apply: .* artifact/,
    ],
    [
      ["site", "--reproducible", "--compression=zstd"],
      2,
      /invalid compression: "zstd", expected "gzip"/,
    ],
  ];
  for (const [args, status, stderr] of runs) {
    const run = await at.run(["digest", ...args]);
    assert.match(run.stderr, stderr);
    assert.equal(run.status, status, run.stderr);
    assert.equal(run.stdout, "");
  }
});
