/** `push --base`: what is sent, what is demanded of the base, and what a kill leaves. */

import assert from "node:assert/strict";
import { type FakeRegistry, startRegistry } from "../fakes/registry/fake_registry.ts";
import { lacks } from "../fakes/only_on.ts";
import { keys } from "./keys.ts";
import { Workplace } from "./program.ts";

/** The site with a large file, at `v1` of a registry. */
async function pushed(at: Workplace, registry: FakeRegistry, ...flags: string[]): Promise<string> {
  await at.site();
  const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i * 7919 % 10_007}\n`);
  await at.write("site/large.txt", lines.join(""));
  const name = `${registry.host}/acme/site`;
  await at.ok(["push", "site", `${name}:v1`, ...flags]);
  return name;
}

/** Changes the site. */
async function change(at: Workplace): Promise<void> {
  await at.write("site/index.html", "<h1>ho</h1>\n");
  await at.write("site/new/page.html", "new\n");
  await Deno.remove(`${at.dir}/site/css`, { recursive: true });
}

/** Blobs that were asked for whole. */
function readWhole({ requests }: FakeRegistry): number {
  return requests.filter(({ method, url, headers }) =>
    method === "GET" && url.includes("/blobs/") && headers.range === undefined
  ).length;
}

/** Runs something with a place and a registry. */
async function withRegistry(body: (at: Workplace, registry: FakeRegistry) => Promise<void>) {
  await using at = await Workplace.open();
  const registry = await startRegistry();
  try {
    await body(at, registry);
  } finally {
    await registry.close();
  }
}

Deno.test("push --base sends what changed, signs it, and everything reads it", () =>
  withRegistry(async (at, registry) => {
    await keys(at, "acme");
    const sign = ["--sign-key", "acme.pem"];
    const name = await pushed(at, registry, ...sign);
    await change(at);
    const dry = JSON.parse(
      await at.ok(["push", "site", `${name}:v1`, "--base=auto", "--dry-run", "-ojson"]),
    );
    registry.clear();
    const v2 = JSON.parse(
      await at.ok(["push", "site", `${name}:v2`, "--base", `${name}:v1`, ...sign, "-ojson"]),
    );
    assert.equal(dry.digest, v2.digest);
    assert.deepEqual(
      [v2.base.kept, v2.base.absorbed, v2.base.whole, v2.base.layers.length],
      [1, 0, undefined, 2],
    );
    assert.equal(v2.base.sent, v2.layer.size);
    assert.ok(v2.base.sent < v2.base.layers[0].size / 20, `${v2.base.sent}`);
    const whole = readWhole(registry);
    assert.equal(whole, 0);
    const verify = ["--verify-key", "acme.pub"];
    const ref = `${name}:v2`;
    assert.equal(await at.ok(["cat", ref, "index.html", ...verify]), "<h1>ho</h1>\n");
    const names = (await at.ok(["ls", ref, ...verify])).trimEnd().split("\n");
    assert.ok(!names.some((one) => one.startsWith("css") || one.includes(".wh.")), names.join());
    await at.ok(["pull", ref, "out", ...verify, "--quiet"]);
    assert.equal(await at.ok(["diff", "site", "out"]), "");
    assert.equal(await at.ok(["diff", ref, "site"]), "");
    const inspected = JSON.parse(await at.ok(["inspect", ref, "-ojson"]));
    assert.equal(inspected.layers.length, 2);
    assert.equal(await at.ok(["digest", "--tree", ref]), await at.ok(["digest", "--tree", "site"]));
    await at.ok(["copy", ref, "oci:mirror:v2", ...verify, "--quiet"]);
    assert.equal(await at.ok(["cat", "oci:mirror:v2", "new/page.html"]), "new\n");

    // Another machine packed none of it: a signature that it accepts, or all of it.
    const other = (flags: string[]) =>
      at.run(
        ["push", "site", `${name}:v3`, "--base", ref, "--state-dir", "other", ...flags],
      );
    registry.clear();
    const proven = await other(verify);
    assert.deepEqual([proven.status, proven.stdout.trim()], [0, v2.digest], proven.stderr);
    assert.doesNotMatch(proven.stderr, /read whole/);
    const read = await other([]);
    assert.equal(read.stdout.trim(), v2.digest);
    await Deno.remove(`${at.dir}/other`, { recursive: true });
    const rule = await at.run([
      "push",
      "site",
      `${name}:v3`,
      "--base",
      ref,
      "--state-dir",
      "third",
      "-v",
    ]);
    assert.match(rule.stderr, /is read whole/);
    await at.ok(["rm", `${name}:v3`, "--yes", "--quiet"]);
  }));

Deno.test("push --base says what it cannot do", async () => {
  await using at = await Workplace.open();
  await at.site();
  const ref = "oci:layout:v1";
  const first = await at.run(["push", "site", ref, "--base=auto", "-ojson", "-v"]);
  assert.equal(JSON.parse(first.stdout).base.whole, "no-base");
  assert.match(first.stderr, /one whole layer is made: the tag names nothing yet/);
  for (
    const [args, status, message] of [
      [["push", "-", ref, "--base=auto"], 2, /--base does not apply: only a directory/],
      [["push", "site/index.html", ref, "--base=auto"], 2, /--base does not apply/],
      [["push", "site", ref, "--verify-key", "x.pub"], 2, /--verify-key does not apply: .* --base/],
      [["push", "site", ref, "--verify"], 2, /--verify does not apply/],
      [["push", "site", ref, "--base", "oci:layout:none"], 4, /none/],
      [["push", "site", ref, "--base", "A B"], 2, /invalid reference/],
    ] as [string[], number, RegExp][]
  ) {
    const ran = await at.run(args);
    assert.deepEqual([ran.status, ran.stdout], [status, ""], args.join(" "));
    assert.match(ran.stderr, message);
  }
  const zstd = await at.run(["push", "site", ref, "--base=auto", "--compression=zstd"]);
  assert.match(zstd.stderr, /Warning: one whole layer is made: the base is compressed otherwise/);
});

Deno.test({
  name:
    "a kill at any request of a push onto a base leaves the tag at the old or the new artifact, whole",
  ignore: lacks("signals") !== false,
  fn: () =>
    withRegistry(async (at, registry) => {
      await keys(at, "acme");
      const sign = ["--sign-key", "acme.pem"];
      const name = await pushed(at, registry, ...sign);
      const { tags } = registry.repository("acme/site");
      const old = tags.get("v1")!;
      await change(at);
      const args = ["push", "site", `${name}:v1`, "--base=auto", ...sign];
      registry.clear();
      await at.ok(args);
      const [made, count] = [tags.get("v1")!, registry.requests.length];
      const outcomes = new Set<string>();
      const turns = new Set([count, count - 1]);
      while (turns.size < 5) turns.add(1 + Math.floor(Math.random() * count));
      for (const turn of turns) {
        tags.set("v1", old);
        let seen = 0;
        const child = at.start(args);
        await child.stdin.close();
        registry.onRequest = () => {
          if (++seen !== turn) return undefined;
          child.kill("SIGKILL");
          // The last ones come through: a registry may do what a killed client asked for.
          return turn === count ? { proceed: true } : { hang: true };
        };
        await child.output();
        registry.onRequest = undefined;
        const now = tags.get("v1")!;
        outcomes.add(now === old ? "old" : now === made ? "new" : now);
        const dest = `killed-${turn}`;
        await at.ok([
          "pull",
          `${name}:v1`,
          dest,
          "--verify-key",
          "acme.pub",
          "--no-cache",
          "--quiet",
        ]);
        const css = await Deno.stat(`${at.dir}/${dest}/css/site.css`).then(() => true, () => false);
        assert.equal(css, now === old, `killed at request ${turn}`);
      }
      assert.ok([...outcomes].every((one) => ["old", "new"].includes(one)), [...outcomes].join());
      assert.equal(await at.ok(args), `${made}\n`);
    }),
});
