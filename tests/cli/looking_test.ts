import assert from "node:assert/strict";
import { plantManifest } from "../fakes/registry/registry_bench.ts";
import { startRegistry } from "../fakes/registry/fake_registry.ts";
import { Workplace } from "./program.ts";

Deno.test("tags, repos and resolve print what scripts read, and nothing else on stdout", async () => {
  await using at = await Workplace.open();
  const registry = await startRegistry({ pageSize: 2 });
  try {
    const { host } = registry;
    let digest = "";
    for (const tag of ["v1.10", "v1.9", "latest", "v1.10-rc.1"]) {
      digest = plantManifest(registry, { tag }).digest;
    }
    const repo = `${host}/a/b`;
    assert.equal(await at.ok(["tags", repo]), "latest\nv1.9\nv1.10-rc.1\nv1.10\n");
    assert.equal(await at.ok(["tags", repo, "--limit=1", "-opaths0"]), "v1.10\0");
    assert.equal(await at.ok(["repos", host]), `${repo}\n`);
    assert.equal(await at.ok(["resolve", `${repo}:v1.9`]), `${digest}\n`);
    const typed = ["__complete", "zsh", "tags", `${host}/a/`];
    assert.equal(await at.ok(typed), `${repo}\n:\n`);
    assert.equal(await at.ok(["__complete", "zsh", "ls", `${host}/a/`]), `${repo}\n:nospace\n`);
    const { status, stdout, stderr } = await at.run(["resolve", "-v", `${repo}:v1.9`]);
    assert.deepEqual([status, stdout], [0, `${digest}\n`]);
    assert.match(stderr, /application\/vnd\.oci\.image\.manifest\.v1\+json, \d+ bytes/);
    for (
      const [args, code, said] of [
        [["tags", `${repo}:v1`], 2, /leave out the tag/],
        [["tags", `${host}/none`], 4, /repository \S+ not found/],
        [["resolve", `${repo}:none`], 4, /not found/],
        [["resolve", `${repo}:v1.9`, "--verify-key=none.pub"], 2, /none\.pub/],
      ] as const
    ) {
      const { status, stdout, stderr } = await at.run([...args]);
      assert.deepEqual([args, status, stdout], [args, code, ""], stderr);
      assert.match(stderr, said);
    }
  } finally {
    await registry.close();
  }
});

Deno.test("tags and resolve read a layout", async () => {
  await using at = await Workplace.open();
  await at.site();
  const digest = await at.ok(["push", "site", "oci:layout:v1.10", "--tag=v1.9"]);
  assert.equal(await at.ok(["tags", "oci:layout"]), "v1.9\nv1.10\n");
  assert.equal(await at.ok(["resolve", "oci:layout:v1.9"]), digest);
  const { status, stderr } = await at.run(["repos", "oci:layout"]);
  assert.equal(status, 2, stderr);
});
