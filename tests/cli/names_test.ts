/** One artifact, one name: in every spelling, rules hold, signed names match and digests are verified. */

import assert from "node:assert/strict";
import { Client, MEDIA_TYPE } from "@blobber/core";
import { documentOf } from "../fakes/store_suite.ts";
import { startRegistry } from "../fakes/registry/fake_registry.ts";
import { keys } from "./keys.ts";
import { Workplace } from "./program.ts";
import { fileNeeds } from "../fakes/only_on.ts";

fileNeeds("any name");

/** A place with the key pairs `acme` and `other`, and rules. */
async function open(rules = ""): Promise<Workplace> {
  const at = await Workplace.open();
  await at.site();
  await keys(at, "acme");
  await keys(at, "other");
  if (rules !== "") {
    await at.write("home/.config/blobber/config.yaml", rules.replaceAll("DIR", at.dir), 0o600);
  }
  return at;
}

const rule = (match: string, more = "any: [{key: DIR/acme.pub}]") =>
  `verify:\n  unmatched: deny\n  rules:\n    - {name: r, match: ["${match}"], ${more}}\n`;

for (
  const [row, match, name, spellings] of [
    ["hub-short-name", "docker.io/library/**", "docker.io/library/nginx", [
      "docker.io/nginx:v1",
      "docker.io/library/nginx",
      "index.docker.io/nginx",
      "REGISTRY-1.docker.io.:443/library/nginx:v1",
    ]],
    ["hub-short-name", "index.docker.io/nginx", "docker.io/library/nginx", [
      "docker.io/nginx",
      "registry.hub.docker.com/library/nginx",
    ]],
    ["default-port", "localhost/acme/**", "localhost/acme/app", [
      "localhost/acme/app",
      "localhost:80/acme/app",
      "LOCALHOST.:443/acme/app",
    ]],
    ["default-port", "reg.example:443/acme/**", "reg.example/acme/app", [
      "reg.example:80/acme/app",
      "reg.example/acme/app",
    ]],
    ["loopback-spellings", "127.0.0.1:5101/**", "127.0.0.1:5101/acme/app", [
      "0.0.0.0:5101/acme/app",
      "0:5101/acme/app",
      "[::ffff:7f00:1]:5101/acme/app",
    ]],
  ] as const
) {
  Deno.test(`${row}: a rule for ${match} matches every spelling`, async () => {
    await using at = await open(rule(match, "unsigned: true"));
    for (const spelling of spellings) {
      const found = JSON.parse(await at.ok(["trust", "check", spelling, "-ojson"]));
      assert.deepEqual([found.name, found.matched], [name, true], spelling);
    }
    const other = await at.run(["trust", "check", "ghcr.io/acme/app"]);
    assert.equal(other.status, 7);
  });
}

Deno.test("loopback-spellings: no spelling of an address evades a rule", async () => {
  const registry = await startRegistry();
  const port = registry.host.split(":")[1]!;
  await using at = await open(rule(`127.0.0.1:${port}/**`));
  try {
    await at.ok(["push", "site", `${registry.host}/acme/site:v1`]);
    for (const host of ["127.0.0.1", "127.1", "0", "0.0.0.0", "0x7f000001", "[::ffff:127.0.0.1]"]) {
      const ran = await at.run(["ls", `${host}:${port}/acme/site:v1`]);
      assert.deepEqual([ran.status, ran.stdout], [6, ""], `${host}: ${ran.stderr}`);
    }
    // A DNS name is another name. What no rule is about is refused only because the file says so.
    const ran = await at.run(["ls", `localhost:${port}/acme/site:v1`]);
    assert.equal(ran.status, 7);
    assert.match(ran.stderr, /no trust rule matches "localhost:/);
  } finally {
    await registry.close();
  }
});

Deno.test("tagless-push: every tag that a push sets is signed, latest if none is given", async () => {
  const registry = await startRegistry();
  await using at = await open();
  const verify = (ref: string) =>
    at.run(["verify", "-q", ref, "--verify-key=acme.pub", "--verify-name=reference"]);
  try {
    const ref = `${registry.host}/acme/site`;
    const digest = await at.ok([
      "push",
      "site",
      ref,
      "--tag=v1",
      "--tag=v1.2",
      "--sign-key=acme.pem",
    ]);
    for (
      const asked of [
        ref,
        `${ref}:latest`,
        `${ref}:v1`,
        `${ref}:v1.2`,
        `${ref}:v1@${digest.trim()}`,
      ]
    ) {
      assert.deepEqual(await verify(asked).then(({ status, stdout }) => [status, stdout]), [
        0,
        digest,
      ]);
    }
    await at.ok(["tag", `${ref}:v1`, "stable"]);
    const moved = await verify(`${ref}:stable`);
    assert.equal(moved.status, 7);
    assert.match(moved.stderr, /signed under the tag "latest", "v1", "v1\.2", expected "stable"/);
    assert.match((await verify(`${ref}@${digest.trim()}`)).stderr, /REF:TAG@sha256:/);
  } finally {
    await registry.close();
  }
});

Deno.test("tagless-push: sign signs the tag beside the digest, and says if there is none", async () => {
  const registry = await startRegistry();
  await using at = await open();
  try {
    const ref = `${registry.host}/acme/site:v1`;
    const digest = (await at.ok(["push", "site", ref])).trim();
    const verify = ["verify", "-q", ref, "--verify-key=acme.pub", "--verify-name=reference"];
    const bare = await at.run(["sign", `${ref.slice(0, -3)}@${digest}`, "--sign-key=acme.pem"]);
    assert.equal(bare.status, 0);
    assert.match(bare.stderr, /REF:TAG@sha256:… names both tag and digest/);
    const refused = await at.run(verify);
    assert.equal(refused.status, 7);
    assert.match(refused.stderr, /signed without a tag, expected "v1"[^]*REF:TAG@sha256:/);
    await at.ok(["sign", `${ref}@${digest}`, "--sign-key=acme.pem"]);
    assert.equal(await at.ok(verify), `${digest}\n`);
    // A reference without tag and digest is asked for, and signed, as latest.
    const latest = ref.replace(":v1", "");
    await at.ok(["tag", ref, "latest"]);
    await at.ok(["sign", latest, "--from=site", "--sign-key=acme.pem"]);
    assert.equal(await at.ok(verify.with(2, latest)), `${digest}\n`);
  } finally {
    await registry.close();
  }
});

/** Makes `oci:lay:v1` an unsigned index of a signed manifest for linux/amd64 and another for linux/arm64. */
async function unsignedIndex(
  at: Workplace,
): Promise<{ index: string; signed: string; evil: string }> {
  const push = (platform: string, ...more: string[]) =>
    at.ok(["push", "site", "oci:lay:part", "--platform", platform, ...more]);
  const signed = (await push("linux/amd64", "--sign-key=acme.pem")).trim();
  const evil = (await push("linux/arm64")).trim();
  const store = await new Client().store(`oci:${at.dir}/lay`);
  const manifests = [];
  for (const [digest, architecture] of [[signed, "amd64"], [evil, "arm64"]] as const) {
    manifests.push({ ...await store.resolve(digest), platform: { os: "linux", architecture } });
  }
  const [index, bytes] = documentOf(MEDIA_TYPE.index, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.index,
    manifests,
  });
  await store.put(index, bytes);
  await store.tag("v1", index);
  return { index: index.digest, signed, evil };
}

Deno.test("unsigned-index-verify: verify prints the digest of the signed manifest", async () => {
  await using at = await open();
  const { index, signed } = await unsignedIndex(at);
  const demand = ["--verify-key=acme.pub", "--platform=linux/amd64"];
  const quiet = await at.run(["verify", "-q", "oci:lay:v1", ...demand]);
  assert.deepEqual([quiet.status, quiet.stdout], [0, `${signed}\n`]);
  assert.match(
    quiet.stderr,
    new RegExp(`^Warning: the index ${index} is not signed; only ${signed}`),
  );
  const { stdout } = await at.run(["verify", "oci:lay:v1", "-ojson", ...demand]);
  const json = JSON.parse(stdout);
  assert.equal(json.digest, signed);
  assert.deepEqual(json.signed, { what: "manifest", digest: signed });
  assert.equal(json.unsignedIndex, index);
  for (const path of ["index.html"]) {
    const cat = JSON.parse((await at.run(["cat", "oci:lay:v1", path, "-ojson", ...demand])).stdout);
    assert.equal(cat.digest, signed);
  }
  const pull = JSON.parse(
    (await at.run(["pull", "oci:lay:v1", "out", "-ojson", ...demand])).stdout,
  );
  assert.equal(pull.digest, signed);
});

Deno.test("unsigned-index-verify: an index that is not signed itself is not copied, tagged or signed", async () => {
  await using at = await open();
  const { index } = await unsignedIndex(at);
  const demand = ["--verify-key=acme.pub"];
  for (
    const command of [
      ["copy", "oci:lay:v1", "oci:mirror:v1"],
      ["tag", "oci:lay:v1", "stable"],
      ["sign", `oci:lay:v1@${index}`, "--sign-key=other.pem"],
      ["verify", "-q", "oci:lay:v1", "--platform=linux/arm64"],
    ]
  ) {
    const ran = await at.run([...command, ...demand]);
    assert.deepEqual([command[0], ran.status, ran.stdout], [command[0], 6, ""], ran.stderr);
  }
  await at.ok(["sign", `oci:lay:v1@${index}`, "--sign-key=acme.pem"]);
  assert.equal(await at.ok(["verify", "-q", "oci:lay:v1", ...demand]), `${index}\n`);
  assert.equal(await at.ok(["copy", "oci:lay:v1", "oci:whole:v1", ...demand]), `${index}\n`);
});

Deno.test("plain-manifest-platform: an artifact for another platform is not pulled", async () => {
  await using at = await open();
  await at.ok(["push", "site", "oci:lay:v1", "--platform=linux/arm64"]);
  const ran = await at.run(["pull", "oci:lay:v1", "out", "--platform=linux/amd64"]);
  assert.equal(ran.status, 4);
  assert.match(ran.stderr, /platform linux\/amd64 not found .* is for linux\/arm64/);
  await assert.rejects(Deno.stat(`${at.dir}/out`));
  await at.ok(["pull", "oci:lay:v1", "out", "--platform=linux/arm64"]);
  await at.ok(["pull", "oci:lay:v1", "any"]);
});

Deno.test("layout-path: with rules, a layout whose real path is unknown is not read", async () => {
  await using at = await open(rule("ghcr.io/acme/**").replace("deny", "allow"));
  await at.ok(["push", "site", "oci:real:v1"]);
  assert.match(await at.ok(["ls", "oci:real:v1"]), /index\.html/);
  const { success } = await new Deno.Command("sh", {
    args: ["-c", `d="$(printf 'bad\\377')" && mv real "$d" && ln -s "$d" link`],
    cwd: at.dir,
  }).output();
  assert.ok(success);
  for (const command of [["ls"], ["cat"], ["pull"], ["verify", "--verify-key=acme.pub"]]) {
    const rest = command[0] === "cat" ? ["index.html"] : command[0] === "pull" ? ["out"] : [];
    const ran = await at.run([command[0]!, "oci:link:v1", ...rest, ...command.slice(1)]);
    assert.deepEqual([command, ran.status, ran.stdout], [command, 7, ""]);
    assert.match(ran.stderr, /cannot find the real path of "link"/);
  }
  await Deno.remove(`${at.dir}/home/.config/blobber/config.yaml`);
  assert.match(await at.ok(["ls", "oci:link:v1"]), /index\.html/);
});
