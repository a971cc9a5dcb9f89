/** A signal at any moment leaves no tag, no half of a destination, and the right exit status. */

import assert from "node:assert/strict";
import { type FakeRegistry, startRegistry } from "../fakes/registry/fake_registry.ts";
import { Workplace } from "./program.ts";
import { fileNeeds } from "../fakes/only_on.ts";

fileNeeds("signals");

/** Lets a request hang, and tells when it has come. */
function hangAt(registry: FakeRegistry, method: string, path: RegExp): Promise<void> {
  return new Promise((resolve) => {
    registry.onRequest = (request) => {
      if (request.method !== method || !path.test(request.path)) return undefined;
      resolve();
      return { hang: true };
    };
  });
}

/** Runs a command until a request hangs, sends signals, and waits for the end. */
async function interrupt(
  at: Workplace,
  args: string[],
  hanging: Promise<void>,
  signals: Deno.Signal[],
): Promise<{ status: number; stdout: string; stderr: string }> {
  const child = at.start(args);
  await child.stdin.close();
  await Promise.race([
    hanging,
    child.status.then(() => Promise.reject(new Error("it ended before it was interrupted"))),
  ]);
  for (const signal of signals) child.kill(signal);
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { status: code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

for (
  const [signal, status] of [["SIGINT", 130], ["SIGTERM", 143]] as const
) {
  Deno.test(`${signal} during a push exits ${status}, and no tag was made`, async () => {
    await using at = await Workplace.open();
    await at.site();
    for (
      const [method, path] of [
        ["POST", /\/blobs\/uploads\/$/],
        ["PUT", /\/manifests\/sha256:/],
        ["PUT", /\/manifests\/v1$/],
      ] as const
    ) {
      const registry = await startRegistry();
      try {
        const hanging = hangAt(registry, method, path);
        const ref = `${registry.host}/acme/site:v1`;
        const ran = await interrupt(at, ["push", "site", ref], hanging, [signal]);
        assert.deepEqual([path, ran.status, ran.stdout], [path, status, ""], ran.stderr);
        assert.equal(ran.stderr, "Error: operation canceled\n");
        assert.equal(registry.repository("acme/site").tags.size, 0);
      } finally {
        await registry.close();
      }
    }
  });

  Deno.test(`${signal} during a pull exits ${status}, and the destination is as it was`, async () => {
    await using at = await Workplace.open();
    await at.site();
    const registry = await startRegistry();
    try {
      const ref = `${registry.host}/acme/site:v1`;
      await at.ok(["push", "site", ref]);
      await at.write("dest/mine", "mine\n");
      for (const path of [/\/manifests\//, /\/blobs\//]) {
        const hanging = hangAt(registry, "GET", path);
        const ran = await interrupt(at, ["pull", ref, "dest", "--no-cache"], hanging, [signal]);
        assert.deepEqual([path, ran.status, ran.stdout], [path, status, ""], ran.stderr);
        const names = [...Deno.readDirSync(`${at.dir}/dest`)].map(({ name }) => name);
        assert.deepEqual(names, ["mine"]);
      }
      registry.onRequest = undefined;
      await at.ok(["pull", ref, "dest"]);
      assert.equal(await at.read("dest/index.html"), "<h1>hi</h1>\n");
    } finally {
      await registry.close();
    }
  });
}

Deno.test("two signals at once end it too", async () => {
  await using at = await Workplace.open();
  await at.site();
  const registry = await startRegistry();
  try {
    const hanging = hangAt(registry, "PUT", /\/manifests\//);
    const ref = `${registry.host}/acme/site:v1`;
    const ran = await interrupt(at, ["push", "site", ref], hanging, ["SIGINT", "SIGINT"]);
    assert.deepEqual([ran.status, ran.stdout], [130, ""]);
  } finally {
    await registry.close();
  }
});

Deno.test("an interruption in JSON is one document", async () => {
  await using at = await Workplace.open();
  const registry = await startRegistry();
  try {
    const hanging = hangAt(registry, "GET", /./);
    const ref = `${registry.host}/acme/site:v1`;
    const ran = await interrupt(at, ["ls", ref, "-ojson"], hanging, ["SIGINT"]);
    assert.deepEqual([ran.status, ran.stdout], [130, ""]);
    const { error } = JSON.parse(ran.stderr);
    assert.deepEqual([error.code, error.exitStatus], ["interrupted", 130]);
  } finally {
    await registry.close();
  }
});
