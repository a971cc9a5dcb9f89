import assert from "node:assert/strict";
import { startRegistry } from "../fakes/registry/fake_registry.ts";
import { keys } from "./keys.ts";
import { Workplace } from "./program.ts";

Deno.test("copy moves several artifacts, and all that have a tag, with what signs them", async () => {
  await using at = await Workplace.open();
  await at.site();
  await at.write("a.txt", "a\n");
  await keys(at, "acme");
  const registry = await startRegistry();
  await using _closed = { [Symbol.asyncDispose]: () => registry.close() };
  const from = `${registry.host}/acme/site`;
  const signed = (await at.ok(["push", "site", `${from}:v1.9`, "--sign-key=acme.pem"])).trim();
  const unsigned = (await at.ok(["push", "a.txt", `${from}:v1.10`])).trim();
  const named = [`${from}:v1.10`, `${from}@${signed}`];
  assert.equal(
    await at.ok(["copy", ...named, "oci:mirror"]),
    [
      `${unsigned} oci:mirror:v1.10`,
      `oci:mirror@${signed}`,
      "",
    ].join("\n"),
  );
  assert.equal(await at.ok(["tags", "oci:mirror"]), "v1.10\n");
  assert.equal(
    await at.ok(["copy", "--all-tags", from, "oci:all"]),
    [
      `${signed} oci:all:v1.9`,
      `${unsigned} oci:all:v1.10`,
      "",
    ].join("\n"),
  );
  const verified = ["--verify-key=acme.pub", "--signed-as", from];
  await at.ok(["ls", "oci:all:v1.9", ...verified]);
  // One that does not satisfy keeps no other back, and the exit status is its own.
  const flags = ["--all-tags", "--verify-key=acme.pub", "-ojson"];
  const { status, stdout, stderr } = await at.run(["copy", from, "oci:some", ...flags]);
  assert.equal(status, (await at.run(["ls", `${from}:v1.10`, "--verify-key=acme.pub"])).status);
  const { to, copied, failed, version } = JSON.parse(stdout);
  assert.deepEqual([version, to], [1, "oci:some"]);
  assert.deepEqual(copied.map((one: { to: string }) => one.to), ["oci:some:v1.9"]);
  assert.equal(copied[0].signer.kind, "key");
  assert.deepEqual(failed.map(({ from, to, code }: Record<string, string>) => [from, to, code]), [
    [`${from}:v1.10`, "oci:some:v1.10", "no-signature"],
  ]);
  const [notice, error] = stderr.trim().split("\n").map((line) => JSON.parse(line));
  assert.equal(notice.notice.code, "not-copied");
  assert.match(error.error.message, /1 of 2 artifacts was not copied, .*:v1\.10: no signature/);
  assert.equal(await at.ok(["tags", "oci:some"]), "v1.9\n");
});

Deno.test("copy of several refuses what would be lost without a word", async () => {
  await using at = await Workplace.open();
  for (
    const [args, status, message] of [
      [["oci:a:v1", "oci:b:v2", "oci:c:v3"], 2, /leave out the tag: each of several/],
      [["oci:a:v1", "oci:b:v1", "oci:c"], 10, /would both be "oci:c:v1"/],
      [["--all-tags", "oci:a:v1", "oci:c"], 2, /"oci:a:v1" is not a repository/],
      [["--all-tags", "oci:a", "oci:b", "oci:c"], 2, /--all-tags copies one repository/],
      [["oci:a:v1", "oci:b:v2", "oci:c", `--expect=sha256:${"0".repeat(64)}`], 2, /about one art/],
    ] as const
  ) {
    const ran = await at.run(["copy", ...args]);
    assert.equal(ran.status, status, `${args}: ${ran.stderr}`);
    assert.match(ran.stderr, message);
  }
});
