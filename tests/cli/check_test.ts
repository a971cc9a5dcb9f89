import assert from "node:assert/strict";
import { keys } from "./keys.ts";
import { Workplace } from "./program.ts";

/** A site that was pushed, pulled with a receipt, and damaged. */
async function damaged(at: Workplace): Promise<void> {
  await at.site();
  await at.ok(["push", "site", "oci:layout:v1"]);
  await at.ok(["pull", "oci:layout:v1", "out", "--receipt", "out.receipt"]);
  await at.write("out/index.html", "<h1>ho</h1>\n");
  await Deno.chmod(`${at.dir}/out/bin/run`, 0o700);
  await Deno.remove(`${at.dir}/out/css`, { recursive: true });
  await at.write("out/new/two words", "new\n");
}

const LINES = [
  "M bin/run (mode)",
  "D css",
  "D css/site.css",
  "M index.html (content)",
  "A new",
  "A new/two words",
  "",
].join("\n");

Deno.test("check shows where a directory differs, with and without the artifact, and repairs it", async () => {
  await using at = await Workplace.open();
  await damaged(at);
  const { status, stdout, stderr } = await at.run(["check", "out", "oci:layout:v1"]);
  assert.deepEqual([status, stdout, stderr], [8, LINES, ""]);
  const by = await at.run(["check", "out", "--receipt", "out.receipt", "--offline"]);
  assert.deepEqual([by.status, by.stdout], [8, LINES]);
  assert.match(
    by.stderr,
    /^Warning: no signature is demanded of .* the receipt "out\.receipt" says/,
  );
  const quiet = await at.run(["check", "-q", "out", "oci:layout:v1"]);
  assert.deepEqual([quiet.status, quiet.stdout, quiet.stderr], [8, "", ""]);
  const paths = await at.run(["check", "out", "oci:layout:v1", "--ignore", "new", "-o", "paths0"]);
  assert.deepEqual([paths.status, paths.stdout], [8, "bin/run\0css\0css/site.css\0index.html\0"]);
  const repaired = await at.run([
    ...["check", "out", "oci:layout:v1", "--repair", "--ignore", "new", "-o", "json"],
  ]);
  assert.equal(repaired.status, 0, repaired.stderr);
  const document = JSON.parse(repaired.stdout);
  assert.equal(document.same, true);
  assert.deepEqual(document.repaired, ["bin/run", "css", "css/site.css", "index.html"]);
  const left = await at.run(["check", "out", "oci:layout:v1"]);
  assert.deepEqual([left.status, left.stdout], [8, "A new\nA new/two words\n"]);
  await Deno.remove(`${at.dir}/out/new`, { recursive: true });
  assert.equal(await at.ok(["check", "out", "oci:layout:v1"]), "");
});

Deno.test("check demands signatures as a pull does, and believes no receipt without", async () => {
  await using at = await Workplace.open();
  await at.site();
  await keys(at, "own");
  await keys(at, "other");
  await at.ok(["push", "site", "oci:layout:v1", "--sign-key", "own.pem"]);
  const trusted = ["--verify-key", "own.pub"];
  await at.ok(["pull", "oci:layout:v1", "out", "--receipt", "out.receipt", ...trusted]);
  await at.ok(["pull", "oci:layout:v1", "again", "--receipt", "unsigned.receipt"]);
  const check = async (...args: string[]) => (await at.run(["check", "out", ...args])).status;
  const receipt = ["--receipt", "out.receipt", "--offline"];
  assert.equal(await check("oci:layout:v1", ...trusted), 0);
  assert.equal(await check(...receipt, ...trusted), 0);
  assert.equal(await check(...receipt, "--verify-key", "other.pub"), 7);
  assert.equal(await check("--receipt", "unsigned.receipt", ...trusted), 6);
  // The registry is of no use to a receipt: what was pulled has gone.
  await Deno.remove(`${at.dir}/layout`, { recursive: true });
  assert.equal(await check(...receipt, ...trusted), 0);
  assert.equal(await check("oci:layout:v1", ...receipt, ...trusted), 0);
  assert.equal(await check("oci:layout:v2", ...receipt, ...trusted), 10);
});

Deno.test("check says what is missing to check with", async () => {
  await using at = await Workplace.open();
  await at.site();
  await at.ok(["push", "site", "oci:layout:v1"]);
  const without = await at.run(["check", "site"]);
  assert.deepEqual([without.status, without.stdout], [2, ""]);
  assert.match(without.stderr, /missing REF/);
  const nowhere = await at.run(["check", "nowhere", "oci:layout:v1"]);
  assert.equal(nowhere.status, 13, nowhere.stderr);
  const none = await at.run(["check", "site", "--receipt", "site/index.html"]);
  assert.equal(none.status, 2, none.stderr);
  assert.match(none.stderr, /receipt "site\/index\.html"/);
});
