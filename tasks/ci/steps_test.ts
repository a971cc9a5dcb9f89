import assert from "node:assert/strict";
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileNeeds } from "../../tests/fakes/only_on.ts";
import { startRegistry } from "../../tests/fakes/registry/fake_registry.ts";
import { binaryThatSays } from "../../tests/fakes/releases.ts";
import { TARGETS, thisTarget } from "../binary/targets.ts";
import { treeVersion } from "../release/version.ts";
import { putOnPath, tryBinary } from "./binary.ts";
import { login } from "./login.ts";

fileNeeds("shell");

/** Runs something with a directory, and with variables that end with it. */
async function within(
  env: Record<string, string>,
  work: (dir: string) => void | Promise<void>,
): Promise<void> {
  const dir = Deno.makeTempDirSync();
  const before = Object.keys(env).map((name) => [name, Deno.env.get(name)] as const);
  try {
    for (const [name, value] of Object.entries(env)) {
      Deno.env.set(name, value.replace("DIR", dir));
    }
    await work(dir);
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
    rmSync(dir, { recursive: true });
  }
}

Deno.test("a job logs in at the registry of releases with its token", async () => {
  const basic = `Basic ${btoa("jo:token-of-the-job")}`;
  const registry = await startRegistry({
    authorize: ({ headers }) =>
      headers.authorization === basic
        ? undefined
        : { status: 401, headers: { "www-authenticate": 'Basic realm="r"' } },
  });
  const env = { GITHUB_ACTOR: "jo", DOCKER_CONFIG: "DIR" };
  try {
    await within({ ...env, TOKEN: "token-of-the-job" }, async (dir) => {
      await login(registry.host);
      const { auths } = JSON.parse(readFileSync(`${dir}/config.json`, "utf8"));
      assert.deepEqual(auths, { [registry.host]: { auth: btoa("jo:token-of-the-job") } });
    });
    await within({ ...env, TOKEN: "" }, () => assert.rejects(login(registry.host), /TOKEN/));
    await within(
      { ...env, TOKEN: "another" },
      () => assert.rejects(login(registry.host), /cannot log in/),
    );
  } finally {
    await registry.close();
  }
});

Deno.test("a binary is put on the PATH of later steps, and tried only if it is of this commit", () =>
  within({ GITHUB_PATH: "DIR/path" }, async (dir) => {
    const { file } = TARGETS[thisTarget()];
    writeFileSync(`${dir}/${file}`, binaryThatSays(treeVersion()));
    chmodSync(`${dir}/${file}`, 0o644); // as a transfer between jobs leaves it
    await assert.rejects(tryBinary(dir), /says "blobber version \S+ \(commit 1{40}\)", expected/);
    putOnPath(dir, `${dir}/bin`);
    assert.equal(readFileSync(`${dir}/path`, "utf8"), `${dir}/bin\n`);
    const { success } = new Deno.Command(`${dir}/bin/blobber`, { args: ["--version"] })
      .outputSync();
    assert.ok(success);
  }));
