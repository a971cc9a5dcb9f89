/** The program under Deno without one permission or another: one error that names the flag, or no need of it. */

import assert from "node:assert/strict";
import { STATUS } from "@blobber/core/errors";
import { startRegistry } from "../fakes/registry/fake_registry.ts";
import { IS_SOURCE, onlyWhere, type Ran, TAKES_PERMISSIONS, Workplace } from "./program.ts";

const KINDS = ["net", "read", "write", "env", "sys", "run", "ffi"] as const;
type Kind = typeof KINDS[number];

function without(kind: Kind): string[] {
  return ["--no-prompt", ...KINDS.filter((other) => other !== kind).map((k) => `--allow-${k}`)];
}

/** Whether the program is one file, so that nothing is read to load it. */
const BUNDLED = !IS_SOURCE;

const { ignore } = onlyWhere(TAKES_PERMISSIONS, "permissions are Deno's");
const test = (name: string, fn: () => Promise<void>) => Deno.test({ name, ignore, fn });

/** What a command cannot do without. */
const NEEDS: Record<string, { words: (host: string) => string[]; needs: Kind[] }> = {
  "--version": { words: () => ["--version"], needs: BUNDLED ? [] : ["read"] },
  "push to a layout": {
    words: () => ["push", "site", "oci:made:v1"],
    needs: ["read", "write", "env"],
  },
  "ls of a layout": { words: () => ["ls", "oci:layout:v1"], needs: ["read", "env"] },
  "pull from a layout": {
    words: () => ["pull", "oci:layout:v1", "out"],
    needs: ["read", "write", "env"],
  },
  "push to a registry": {
    words: (host) => ["push", "site", `${host}/acme/made:v1`],
    needs: ["net", "read", "env"],
  },
  "ls of a registry": {
    words: (host) => ["ls", `${host}/acme/site:v1`],
    needs: ["net", "read", "env"],
  },
  "cat from a registry": {
    words: (host) => ["cat", `${host}/acme/site:v1`, "index.html"],
    needs: ["net", "read", "env"],
  },
  "pull from a registry": {
    words: (host) => ["pull", `${host}/acme/site:v1`, "out"],
    needs: ["net", "read", "write", "env"],
  },
  "config set": {
    words: () => ["config", "set", "cache.ttl", "5m"],
    needs: ["read", "write", "env"],
  },
};

/** Neither a stack nor the word that the fault is ours. */
function assertInWords({ stderr }: Ran): void {
  assert.doesNotMatch(stderr, /fault of blobber|unexpected error|Uncaught|^ +at /m);
}

for (const kind of KINDS) {
  test(`without --allow-${kind} a command says so and exits 2, or does its work`, async () => {
    await using at = await Workplace.open();
    const registry = await startRegistry();
    try {
      await at.site();
      await at.ok(["push", "site", "oci:layout:v1"]);
      await at.ok(["push", "site", `${registry.host}/acme/site:v1`]);
      for (const [name, { words, needs }] of Object.entries(NEEDS)) {
        const ran = await at.run(words(registry.host), { permissions: without(kind) });
        const { status, stdout, stderr } = ran;
        assertInWords(ran);
        if (!needs.includes(kind)) {
          assert.deepEqual([name, status], [name, 0], stderr);
        } else {
          assert.deepEqual([name, status, stdout], [name, STATUS.usage.status, ""], stderr);
          assert.match(
            stderr,
            new RegExp(`^Error: not allowed to .* needs --allow-${kind} for it$`, "m"),
          );
          assert.match(stderr, new RegExp(`^Hint: .*--allow-${kind}`, "m"));
        }
        await Deno.remove(`${at.dir}/out`, { recursive: true }).catch(() => {});
      }
    } finally {
      await registry.close();
    }
  });
}

test(
  "without the permission to write, a notice says that the cache is not used, and its content stays",
  async () => {
    await using at = await Workplace.open();
    const registry = await startRegistry();
    try {
      await at.site();
      const ref = `${registry.host}/acme/site:v1`;
      await at.ok(["push", "site", ref]);
      const permissions = without("write");
      for (const filled of [false, true]) {
        const ran = await at.run(["cat", ref, "index.html"], { permissions });
        assert.deepEqual([filled, ran.status, ran.stdout], [filled, 0, "<h1>hi</h1>\n"]);
        assert.match(
          ran.stderr,
          /^Warning: the cache is not used: .* needs --allow-write for it\n$/,
        );
        await at.ok(["cat", ref, "index.html"]);
      }
    } finally {
      await registry.close();
    }
  },
);

test("a missing permission is reported in JSON, and TAB does not report it", async () => {
  await using at = await Workplace.open();
  const permissions = without("env");
  const { status, stderr } = await at.run(["ls", "oci:x:v1", "-o", "json"], { permissions });
  const { error } = JSON.parse(stderr);
  assert.deepEqual([status, error.code, error.exitStatus], [2, "missing-permission", 2]);
  for (const kind of ["env", "net"] as const) {
    const ran = await at.run(["__complete", "bash", "ls", "127.0.0.1:1/acme/site:"], {
      permissions: without(kind),
    });
    assert.equal(ran.stderr, "");
  }
});
