/** `inspect` and `tree`: what is shown as verified was verified, and bytes are printed as they are. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { keys } from "./keys.ts";
import { Workplace } from "./program.ts";

const CONFIG = "home/.config/blobber/config.yaml";

/** A value of a field in the text of `inspect`. */
const field = (text: string, name: string) => new RegExp(`^${name}: +(.*)$`, "m").exec(text)?.[1];

Deno.test("inspect shows a verdict where it was reached, and refuses where one is demanded and not", async () => {
  await using at = await Workplace.open();
  await at.site();
  await keys(at, "acme");
  await keys(at, "eve");
  const note = "org.acme.note=a\x1b[2J\u202eb";
  const push = ["push", "site", "oci:lay:v1", "--tag=latest", "--sign-key=acme.pem"];
  const digest = (await at.ok([...push, "--annotation", note])).trim();

  const plain = await at.ok(["inspect", "oci:lay:v1", "--tags"]);
  assert.equal(field(plain, "Digest"), digest);
  assert.equal(field(plain, "Signatures"), "1 signature present, not checked");
  assert.equal(field(plain, "Tags"), "latest, v1");
  assert.equal(field(plain, "Files"), "4 files, 32 B");
  assert.match(plain, /org\.acme\.note: a\\x1b\[2J\\u\{202e\}b/);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(plain, /[\x00-\x09\x0b-\x1f\u202e]|acme\.pem/);

  const verified = await at.ok(["inspect", "oci:lay:v1", "--verify-key=acme.pub", "-ojson"]);
  const { signers, signed, referrers } = JSON.parse(verified);
  assert.deepEqual([signers.length, signers[0].kind, signed], [1, "key", "root"]);
  assert.equal(referrers.signatures, 1);

  for (const command of ["inspect", "tree"]) {
    const refused = await at.run([command, "oci:lay:v1", "--verify-key=eve.pub"]);
    assert.deepEqual([refused.status, refused.stdout], [7, ""], refused.stderr);
  }
  // A rule holds for these as for every command that reads, until it is set aside.
  const rule = `{name: eve, match: ["oci:${at.dir}/**"], any: [{key: ${at.dir}/eve.pub}]}`;
  await at.write(
    CONFIG,
    `verify:
  rules:
    - ${rule}
`,
  );
  const ruled = await at.run(["inspect", "oci:lay:v1"]);
  assert.equal(ruled.status, 7, ruled.stderr);
  const { status, stdout } = await at.run(["inspect", "oci:lay:v1", "--no-verify"]);
  assert.deepEqual([status, field(stdout, "Signatures")], [0, "1 signature present, not checked"]);
});

Deno.test("inspect --raw prints the bytes that the digest is of, and nothing else", async () => {
  await using at = await Workplace.open();
  await at.site();
  const digest = (await at.ok(["push", "site", "oci:lay:v1"])).trim();
  const { bytes } = await at.run(["inspect", "oci:lay:v1", "--raw=manifest"]);
  assert.equal(`sha256:${createHash("sha256").update(bytes).digest("hex")}`, digest);
  const manifest = JSON.parse(new TextDecoder().decode(bytes));
  const config = await at.ok(["inspect", "oci:lay:v1", "--raw", "config"]);
  assert.equal(config, await at.read(`lay/blobs/${manifest.config.digest.replace(":", "/")}`));
  const table = JSON.parse(await at.ok(["inspect", "oci:lay:v1", "--raw=table", "--layer=1"]));
  assert.ok(table.entries.some(({ name }: { name: string }) => name === "naïve 名.txt"));
  const { raw } = JSON.parse(await at.ok(["inspect", "oci:lay:v1", "--raw=config", "-ojson"]));
  assert.deepEqual(raw, { part: "config", encoding: "utf-8", content: config });
  for (
    const [flags, status, message] of [
      [["--raw=table", "--layer=2"], 4, /has no layer 2: it has 1 layer/],
      [["--raw=config", "--layer=1"], 2, /--layer says of which layer the table is/],
      [["--layer=0", "--raw=table"], 2, /invalid layer: "0"/],
      [["--raw=config", "--tags"], 2, /--raw .*does not go with --tags/],
      [["--raw=blob"], 2, /manifest, config/],
    ] as const
  ) {
    const ran = await at.run(["inspect", "oci:lay:v1", ...flags]);
    assert.deepEqual([flags, ran.status, ran.stdout], [flags, status, ""], ran.stderr);
    assert.match(ran.stderr, message);
  }
});

Deno.test("tree is drawn as the locale allows, says claims to be claims, and is the same in JSON", async () => {
  await using at = await Workplace.open();
  await at.site();
  await keys(at, "acme");
  await keys(at, "eve");
  const digest = (await at.ok(["push", "site", "oci:lay:v1", "--sign-key=acme.pem"])).trim();
  await at.ok(["sign", `oci:lay@${digest}`, "--sign-key=eve.pem", "--yes"]);
  const tree = async (env: Record<string, string>, ...flags: string[]) =>
    (await at.ok(["tree", "oci:lay:v1", ...flags], { env })).trim().split("\n");
  const claims = await tree({ LC_ALL: "C.UTF-8" });
  assert.deepEqual(claims.slice(0, 2), ["oci:lay:v1", `manifest ${digest}`]);
  assert.equal(claims.length, 4);
  assert.match(
    claims[2]!,
    /^├── signature sha256:[0-9a-f]{12}…: not checked, claims to be by the key "SHA256:[0-9a-f]{12}…"$/,
  );
  const verified = await tree({ LC_ALL: "C" }, "--verify-key=acme.pub", "--long");
  assert.ok(verified.every((line) => /^[\x20-\x7e]*$/.test(line)), verified.join("\n"));
  const by = /signature sha256:[0-9a-f]{64}: signed with the key SHA256:[0-9a-f]{64}$/;
  assert.equal(verified.filter((line) => by.test(line)).length, 1, verified.join("\n"));
  assert.equal(verified.filter((line) => /: refused: not verified: /.test(line)).length, 1);
  const json = JSON.parse(await at.ok(["tree", "oci:lay:v1", "--verify-key=acme.pub", "-ojson"]));
  assert.deepEqual(
    json.tree.referrers.map(({ signatures: [one] }: { signatures: { state: string }[] }) =>
      one!.state
    ).sort(),
    ["refused", "verified"],
  );
  assert.deepEqual([json.isCut, json.signers.length], [false, 1]);
});
