import assert from "node:assert/strict";
import { startRegistry } from "../fakes/registry/fake_registry.ts";
import { keys } from "./keys.ts";
import { Workplace } from "./program.ts";
import { hasTerminal, TerminalRun } from "./terminal.ts";

Deno.test("rm removes a tag, and the artifact with its signature when no other names it", async () => {
  await using at = await Workplace.open();
  const registry = await startRegistry({ referrers: false });
  try {
    await at.site();
    await keys(at, "acme");
    const repo = `${registry.host}/acme/site`;
    const push = ["push", "site", `${repo}:v1`, "--tag=v2", "--sign-key=acme.pem"];
    const digest = (await at.ok(push)).trim();
    const refused = await at.run(["rm", `${repo}:v1`]);
    assert.deepEqual([refused.status, refused.stdout], [2, ""]);
    assert.match(refused.stderr, /needs a terminal\nHint: .*--yes/);
    assert.equal(await at.ok(["tags", repo]), "v1\nv2\n");

    const kept = `keep ${repo}@${digest}: the tag v2 names it too\n`;
    const dry = await at.ok(["rm", `${repo}:v1`, "--dry-run"]);
    assert.equal(dry, `would remove ${repo}:v1\n${kept}`);
    assert.equal(await at.ok(["rm", `${repo}:v1`, "--yes"]), `removed ${repo}:v1\n${kept}`);
    const { dryRun, removals } = JSON.parse(await at.ok(["rm", `${repo}@${digest}`, "-yojson"]));
    assert.equal(dryRun, false);
    assert.deepEqual([removals.length, removals[0].reference, removals[0].removed], [
      1,
      repo,
      true,
    ]);
    const parts = removals[0].goes.map(({ kind, role, tag }: Record<string, string>) =>
      kind === "tag" ? tag : role
    );
    const list = digest.replace(":", "-");
    assert.deepEqual(parts, ["v2", "referrer", "list", list, "artifact"]);
    const { manifests, tags } = registry.repository("acme/site");
    assert.deepEqual([manifests.size, tags.size], [0, 0]);
    const gone = await at.run(["rm", `${repo}:v1`, "--yes"]);
    assert.deepEqual([gone.status, gone.stdout], [4, ""]);
    const bare = await at.run(["rm", repo, "--yes"]);
    assert.equal(bare.status, 2, bare.stderr);
    assert.match(bare.stderr, /names neither a tag nor a digest/);
  } finally {
    await registry.close();
  }
});

Deno.test("rm takes several, in several places, and says where a registry removes nothing", async () => {
  await using at = await Workplace.open();
  const registry = await startRegistry({ tagRemoval: "none", manifestRemoval: false });
  try {
    await at.site();
    const repo = `${registry.host}/acme/site`;
    for (const ref of ["oci:layout:v1", "oci:mirror:v1", `${repo}:v1`]) {
      await at.ok(["push", "site", ref, "--tag=v2"]);
    }
    const { status, stdout, stderr } = await at.run([
      ...["rm", "--yes", "oci:layout:v1", "oci:mirror:v1", "oci:layout:v2", `${repo}:v1`],
    ]);
    assert.equal(status, 11, stderr);
    assert.match(
      stderr,
      /does not take the tag "v1" away.*\nHint: .*REGISTRY_STORAGE_DELETE_ENABLED/,
    );
    assert.match(
      stdout,
      /^removed oci:layout:v1\nremoved oci:layout:v2\nremoved oci:layout@sha256:\w+\nremoved oci:mirror:v1\nkeep oci:mirror@sha256:\w+: the tag v2 names it too\n$/,
    );
    assert.deepEqual([...Deno.readDirSync(`${at.dir}/layout/blobs/sha256`)], []);
    assert.equal(await at.ok(["tags", "oci:layout"]), "");
    const whole = await at.run(["rm", "-y", `${repo}:v1`, `${repo}:v2`]);
    assert.equal(whole.status, 11, whole.stderr);
    assert.match(whole.stderr, /removes no manifests \(status 405\)/);
    assert.equal(await at.ok(["tags", repo]), "v1\nv2\n");
  } finally {
    await registry.close();
  }
});

Deno.test("rm in several places goes on after a failure, and reports what it removed and what failed", async () => {
  await using at = await Workplace.open();
  await at.site();
  for (const ref of ["oci:a:v1", "oci:b:v1"]) await at.ok(["push", "site", ref, "--tag=v2"]);
  const rm = ["rm", "--yes", "oci:a:v1", "oci:nope:v1", "oci:b:v1", "-ojson"];
  const { status, stdout, stderr } = await at.run(rm);
  assert.equal(status, 4, stderr);
  const { removals, failed } = JSON.parse(stdout);
  const names = (list: { reference: string }[]) => list.map(({ reference }) => reference);
  assert.deepEqual(names(removals), ["oci:a", "oci:b"]);
  assert.deepEqual(names(failed), ["oci:nope"]);
  assert.equal(failed[0].code, "not-found");
  const [notice, error] = stderr.trim().split("\n").map((line) => JSON.parse(line));
  assert.equal(notice.notice.code, "not-removed");
  assert.match(error.error.message, /^1 of 3 removals failed, oci:nope: /);
  const text = await at.run(["rm", "--yes", "oci:nope:v1", "oci:b:v2"]);
  assert.equal(text.status, 4, text.stderr);
  assert.match(text.stdout, /^removed oci:b:v2\nremoved oci:b@sha256:\w+\n$/);
  assert.match(
    text.stderr,
    /^Warning: the removal from oci:nope failed: .*\nError: 1 of 2 removals failed, oci:nope: /,
  );
  assert.equal(await at.ok(["tags", "oci:a"]), "v2\n");
  assert.equal(await at.ok(["tags", "oci:b"]), "");
});

Deno.test({
  name: "at a terminal rm shows what goes and asks, and anything but yes removes nothing",
  ignore: !hasTerminal(),
  fn: async () => {
    await using at = await Workplace.open();
    await at.site();
    const digest = (await at.ok(["push", "site", "oci:layout:v1"])).trim();
    for (const [answer, status] of [["n", 130], ["y", 0]] as const) {
      const run = new TerminalRun(at, ["rm", "oci:layout:v1"], { columns: 120 });
      await run.shows(/Remove these 2\? \[y\/N\]/);
      const shown = run.screen.rows.join("\n");
      assert.ok(shown.includes(`remove oci:layout:v1\nremove oci:layout@${digest}`), shown);
      await run.type(`${answer}\n`);
      const end = await run.end();
      assert.equal(end.status, status, end.screen.rows.join("\n"));
      const last = end.screen.rows.join("\n");
      assert.match(
        last,
        status === 0 ? /Removed 1 tag and 1 manifest from/ : /nothing was removed/,
      );
    }
    assert.equal(await at.ok(["tags", "oci:layout"]), "");
    // A no ends it, and what went before it is reported.
    await at.ok(["push", "site", "oci:a:v1"]);
    await at.ok(["push", "site", "oci:b:v1", "--tag=v2"]);
    const rm = ["rm", "oci:a:v1", "oci:b:v1", "oci:b:v2", "-ojson"];
    const run = new TerminalRun(at, rm, { columns: 120, redirect: "> removed" });
    await run.shows(/Remove these 2\? \[y\/N\]/);
    await run.type("y\n");
    await run.shows(/Remove these 3\? \[y\/N\]/);
    await run.type("n\n");
    assert.equal((await run.end()).status, 130);
    const { removals, failed } = JSON.parse(await at.read("removed"));
    assert.deepEqual([removals.length, removals[0].reference, failed], [1, "oci:a", []]);
  },
});
