/** A copy says which name it stands for, and name binding survives. */

import assert from "node:assert/strict";
import { startRegistry } from "../fakes/registry/fake_registry.ts";
import { keys } from "./keys.ts";
import { Workplace } from "./program.ts";

const CONFIG = "home/.config/blobber/config.yaml";

/** A signed artifact `HOST/acme/site:v1`, its mirrors `HOST/mirror/site:v1` and `oci:mirror:v1`. */
async function open(): Promise<Workplace & { host: string; digest: string }> {
  const registry = await startRegistry();
  const at = await Workplace.open();
  await at.site();
  await keys(at, "acme");
  const from = `${registry.host}/acme/site:v1`;
  const digest = await at.ok(["push", "site", from, "--sign-key=acme.pem"]);
  await at.ok([
    "push",
    "site",
    `${registry.host}/acme/other:v1`,
    "--sign-key=acme.pem",
    "--platform=linux/arm64",
  ]);
  await at.ok(["copy", from, `${registry.host}/mirror/site:v1`]);
  await at.ok(["copy", from, "oci:mirror:v1"]);
  const removed = at[Symbol.asyncDispose].bind(at);
  return Object.assign(at, {
    host: registry.host,
    digest,
    [Symbol.asyncDispose]: async () => {
      await registry.close();
      await removed();
    },
  });
}

Deno.test("signed-as: a mirror and a layout verify under the name of the original", async () => {
  await using at = await open();
  const { host, digest } = at;
  const demand = ["--verify-key=acme.pub", "--verify-name=reference"];
  for (const ref of [`${host}/mirror/site:v1`, "oci:mirror:v1"]) {
    const refused = await at.run(["verify", "-q", ref, ...demand]);
    assert.deepEqual([ref, refused.status, refused.stdout], [ref, 7, ""]);
    assert.match(refused.stderr, /signed as/);
    const as = `--signed-as=${host.replace("127.0.0.1", "127.1")}/acme/site`;
    assert.equal(await at.ok(["verify", "-q", ref, ...demand, as]), digest);
    const env = { BLOBBER_VERIFY_NAME: "reference" };
    await at.ok(["tag", ref, "later"]);
    const later = await at.run(["ls", ref.replace(/v1$/, "later"), demand[0]!, as], { env });
    assert.match(later.stderr, /signed under the tag "v1", expected "later"/);
    // It demands a signed name by itself, and another name is refused.
    assert.equal(
      await at.ok(["cat", ref, "index.html", "--verify-key=acme.pub", as]),
      "<h1>hi</h1>\n",
    );
    const other = await at.run([
      "ls",
      ref,
      "--verify-key=acme.pub",
      `--signed-as=${host}/acme/other`,
    ]);
    assert.deepEqual([ref, other.status, other.stdout], [ref, 7, ""]);
  }
  for (
    const flags of [
      ["--signed-as=ghcr.io/acme/site:v1", "--verify-key=acme.pub"],
      ["--signed-as=oci:mirror", "--verify-key=acme.pub"],
      ["--signed-as=ghcr.io/acme/site", "--verify-key=acme.pub", "--verify-name=off"],
      ["--signed-as=ghcr.io/acme/site"],
    ]
  ) assert.equal((await at.run(["ls", "oci:mirror:v1", ...flags])).status, 2, flags.join(" "));
});

Deno.test("signed-as: a rule about a mirror holds for the copy, and for nothing else of the same signer", async () => {
  await using at = await open();
  const { host, digest } = at;
  const mirror = `${host}/mirror/site`;
  const as = `--signed-as=${host}/acme/site`;
  await at.ok(["trust", "add", mirror, "--verify-key=acme.pub", as, "--name=mirror"]);
  const text = await at.read(CONFIG);
  assert.match(text, /name: mirror\n/);
  assert.match(text, new RegExp(`name-binding: repository\\n +signed-as: ${host}/acme/site\\n`));
  assert.match(await at.ok(["trust", "list"]), new RegExp(`^  signed as  ${host}/acme/site$`, "m"));
  const checked = JSON.parse(await at.ok(["trust", "check", `${mirror}:v1`, "-ojson"]));
  assert.equal(checked.rules[0].signedAs, `${host}/acme/site`);
  assert.equal(`${checked.digest}\n`, digest);
  assert.match(await at.ok(["ls", `${mirror}:v1`]), /index\.html/);
  // Another product of the same signer in the mirror's place.
  await at.ok(["copy", `${host}/acme/other:v1`, `${mirror}:v1`]);
  const swapped = await at.run(["ls", `${mirror}:v1`]);
  assert.deepEqual([swapped.status, swapped.stdout], [7, ""]);
  assert.match(
    swapped.stderr,
    /rule "mirror" .*signed as ".*\/acme\/other", expected ".*\/acme\/site"/,
  );
});

Deno.test("signed-as: a rule that lets one name stand for several, or demands none, is refused", async () => {
  await using at = await Workplace.open();
  await keys(at, "acme");
  const add = (pattern: string, ...flags: string[]) =>
    at.run(["trust", "add", pattern, "--verify-key=acme.pub", ...flags]);
  const open = await add("ghcr.io/mirror/**", "--signed-as=ghcr.io/acme/site");
  assert.equal(open.status, 2);
  assert.match(open.stderr, /"signed-as" matches single repositories only/);
  assert.equal((await add("ghcr.io/mirror/a", "--signed-as=site")).status, 2);
  assert.equal((await add("ghcr.io/mirror/a", "--name=one")).status, 0);
  const again = await add("ghcr.io/mirror/b", "--name=one");
  assert.equal(again.status, 2);
  assert.match(
    again.stderr,
    /another rule is already named "one"|a rule named "one" already exists/,
  );
  for (
    const more of [
      `name-binding: "off", signed-as: ghcr.io/a/b, any: [{key: ${at.dir}/acme.pub}]`,
      `signed-as: ghcr.io/a/b:v1, any: [{key: ${at.dir}/acme.pub}]`,
      "signed-as: ghcr.io/a/b, unsigned: true",
    ]
  ) {
    await at.write(CONFIG, `verify:\n  rules:\n    - {name: r, match: [ghcr.io/m/a], ${more}}\n`);
    const ran = await at.run(["trust", "list"]);
    assert.equal(ran.status, 2, more);
    assert.match(ran.stderr, /signed-as|repository"/);
  }
});
