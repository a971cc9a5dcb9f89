import assert from "node:assert/strict";
import { keys } from "./keys.ts";
import { Workplace } from "./program.ts";

/** The paths that a dry run lists. */
async function listed(at: Workplace, flags: string[]): Promise<string[]> {
  const text = await at.ok(["push", "site", "oci:layout:v1", "--dry-run", ...flags]);
  return text.trimEnd().split("\n").slice(0, -1).map((line) => line.trim().split("  ")[1]!);
}

Deno.test("push leaves out what .blobberignore, --exclude and --include say, in their order", async () => {
  await using at = await Workplace.open();
  await at.site();
  await at.write("site/.blobberignore", "*.css\n/bin/\n");
  const plain = ["css/", "home.html", "index.html", "naïve 名.txt"];
  const shown = (paths: string[]) => paths.map((path) => path.replace(/ .*/, ""));
  assert.deepEqual(shown(await listed(at, [])), shown(plain));
  assert.deepEqual(await listed(at, ["--exclude", "*", "--include=index.*"]), ["index.html"]);
  assert.deepEqual(await listed(at, ["--exclude=*", "--include", "*.html", "--exclude=home*"]), [
    "index.html",
  ]);
  const all = await listed(at, ["--include", "*"]);
  assert.equal(all.length, 8);
  assert.equal(all[0], ".blobberignore");
  await at.write("rules", "*\n!.blobberignore\n");
  assert.deepEqual(await listed(at, ["--ignore-file", "rules"]), [".blobberignore"]);

  const told = await at.run(["push", "site", "oci:layout:v1", "-v", "--exclude", "index.html"]);
  assert.equal(told.status, 0, told.stderr);
  assert.match(told.stderr, /patterns left out 4 entries/);
  const entries = await at.ok(["ls", "oci:layout:v1"]);
  assert.deepEqual(entries.trimEnd().split("\n"), ["css", "home.html", "naïve 名.txt"]);
});

Deno.test("digest and sign --from leave out what push does", async () => {
  await using at = await Workplace.open();
  await at.site();
  await at.write("site/.blobberignore", "*.css\n");
  const flags = ["--exclude=bin", "--include", "*.css"];
  const pushed = JSON.parse(await at.ok(["push", "site", "oci:layout:v1", "-ojson", ...flags]));
  assert.equal((await at.ok(["digest", "site", ...flags])).trim(), pushed.digest);
  assert.equal((await at.ok(["digest", "--tree", "site", ...flags])).trim(), pushed.tree);
  assert.equal((await at.ok(["digest", "--tree", "oci:layout:v1"])).trim(), pushed.tree);
  const other = await at.run(["sign", "oci:layout:v1", "--from", "site", "--yes"]);
  assert.match(other.stderr, /but "site" packs to/);
  await keys(at, "acme");
  const sign = ["sign", "oci:layout:v1", "--from", "site", "--sign-key", "acme.pem", ...flags];
  assert.equal(await at.ok(sign), `${pushed.digest}\n`);
  const refused = await at.run(["digest", "oci:layout:v1", "--exclude=x"]);
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /--exclude does not apply/);
});

Deno.test("patterns that would silently mean nothing, and ignore files that cannot be used, are refused", async () => {
  await using at = await Workplace.open();
  await at.site();
  await at.write("binary", "a\0b");
  const runs: [string[], number, RegExp][] = [
    [["--include", "*.html"], 2, /"!\*\.html" brings nothing back/],
    [["--exclude", "#x"], 2, /invalid exclude: "#x".*\n.*"\\#" stands for itself/],
    [["--exclude", " "], 2, /invalid exclude: " "/],
    [["--include="], 2, /invalid include: ""/],
    [["--exclude", "a\nb"], 2, /invalid exclude: "a\\x0ab"/],
    [["--ignore-file", "none"], 13, /cannot use the ignore file "none"/],
    [["--ignore-file", "binary"], 2, /cannot use the ignore file "binary": it has a null/],
    [["--ignore-file", "site"], 2, /it is a directory/],
  ];
  for (const [flags, status, message] of runs) {
    const ran = await at.run(["push", "site", "oci:layout:v1", ...flags]);
    assert.match(ran.stderr, message);
    assert.equal(ran.status, status, ran.stderr);
  }
  assert.equal((await at.run(["ls", "oci:layout:v1"])).status, 4);
});
