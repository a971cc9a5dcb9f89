import assert from "node:assert/strict";
import { startSigstore } from "../fakes/sigstore.ts";
import { keys } from "./keys.ts";
import { Workplace } from "./program.ts";

const CONFIG = "home/.config/blobber/config.yaml";

/** A workplace with a layout signed by `acme`, one signed by `other`, one unsigned, and a user's rules. */
async function open(verify: string): Promise<Workplace> {
  const at = await Workplace.open();
  await at.site();
  await keys(at, "acme");
  await keys(at, "other");
  await at.ok(["push", "site", "oci:good:v1", "--sign-key", "acme.pem"]);
  await at.ok(["push", "site", "oci:bad:v1", "--sign-key", "other.pem"]);
  await at.ok(["push", "site", "oci:none:v1"]);
  await at.write(CONFIG, `verify:\n${verify.replaceAll("DIR", at.dir)}`);
  return at;
}

const ACME = `  rules:
    - name: acme-releases
      match: ["oci:DIR/**"]
      except: ["oci:DIR/none"]
      any:
        - {key: DIR/acme.pub}
`;

Deno.test("a rule holds without any flag, on every command that reads", async () => {
  await using at = await open(ACME);
  for (
    const [command, status] of [
      [["ls", "oci:good:v1"], 0],
      [["ls", "oci:none:v1"], 0],
      [["ls", "oci:bad:v1"], 7],
      [["cat", "oci:bad:v1", "index.html"], 7],
      [["cp", "oci:bad:v1", "index.html", "x"], 7],
      [["pull", "oci:bad:v1", "dest"], 7],
      [["copy", "oci:bad:v1", "oci:mirror:v1"], 7],
      [["tag", "oci:bad:v1", "stable"], 7],
      [["verify", "oci:bad:v1"], 7],
      [["trust", "check", "oci:bad:v1"], 7],
      [["trust", "check", "oci:good:v1"], 0],
      [["verify", "oci:good:v1"], 0],
    ] as [string[], number][]
  ) {
    const ran = await at.run(command);
    assert.deepEqual([command, ran.status], [command, status], ran.stderr);
    if (status !== 0) {
      assert.match(ran.stderr, /^Error: rule "acme-releases" of .*config\.yaml: /);
      assert.equal(ran.stdout, "");
    }
  }
});

Deno.test("a link to a layout does not evade the rule for it", async () => {
  await using at = await open(ACME);
  await Deno.symlink(`${at.dir}/bad`, `${at.dir}/none-too`);
  await Deno.rename(`${at.dir}/none`, `${at.dir}/moved`);
  await Deno.symlink(`${at.dir}/bad`, `${at.dir}/none`);
  assert.equal((await at.run(["ls", "oci:none:v1"])).status, 7);
});

Deno.test("a rule for a path through a link matches the target", async () => {
  await using at = await open(ACME.replace("oci:DIR/**", "oci:DIR/by-link/**"));
  await Deno.mkdir(`${at.dir}/real`);
  await Deno.rename(`${at.dir}/bad`, `${at.dir}/real/bad`);
  await Deno.symlink(`${at.dir}/real`, `${at.dir}/by-link`);
  for (const path of ["by-link/bad", "real/bad", "real/../by-link/bad"]) {
    assert.equal((await at.run(["ls", `oci:${path}:v1`])).status, 7, path);
  }
});

Deno.test("flags only add to a rule, and verify-unsafe satisfies none", async () => {
  await using at = await open(ACME);
  assert.equal((await at.run(["ls", "oci:good:v1", "--verify-key", "other.pub"])).status, 7);
  assert.equal((await at.run(["ls", "oci:good:v1", "--verify-key", "acme.pub"])).status, 0);
  assert.equal((await at.run(["ls", "oci:bad:v1", "--verify-key", "other.pub"])).status, 7);
  const env = { BLOBBER_VERIFY_ENABLED: "false", BLOBBER_VERIFY_UNSAFE: "true" };
  const ran = await at.run(["ls", "oci:bad:v1"], { env });
  assert.equal(ran.status, 7);
  assert.match(ran.stderr, /BLOBBER_VERIFY_UNSAFE/);
});

Deno.test("if a rule matches, the settings add nothing, and elsewhere they decide", async () => {
  await using at = await open(`  enabled: true\n  key: DIR/other.pub\n${ACME}`);
  assert.equal((await at.run(["ls", "oci:good:v1"])).status, 0);
  assert.equal((await at.run(["ls", "oci:bad:v1"])).status, 7);
  assert.equal((await at.run(["ls", "oci:none:v1"])).status, 6);
});

Deno.test("every matching rule must hold", async () => {
  await using at = await open(
    ACME + `    - {name: second, match: ["oci:DIR/good"], any: [{key: DIR/other.pub}]}\n`,
  );
  const ran = await at.run(["ls", "oci:good:v1"]);
  assert.equal(ran.status, 7);
  assert.match(ran.stderr, /rule "second"/);
  const sign = ["sign", "oci:good:v1", "--sign-key", "other.pem", "--from", "site"];
  assert.equal((await at.run(sign)).status, 7);
  assert.equal((await at.run([...sign, "--no-verify"])).status, 0);
  assert.equal((await at.run(["ls", "oci:good:v1"])).status, 0);
});

Deno.test("--no-verify overrides the user's rules and says so", async () => {
  await using at = await open(ACME);
  const ran = await at.run(["ls", "oci:bad:v1", "--no-verify"]);
  assert.equal(ran.status, 0);
  assert.match(ran.stderr, /^Warning: --no-verify: .*"acme-releases"/);
});

Deno.test("unmatched: deny refuses what no rule matches, and the hint says what to do", async () => {
  await using at = await open(`  unmatched: deny\n${ACME}`);
  for (const flags of [[], ["--verify-key", "other.pub"]]) {
    const ran = await at.run(["ls", "oci:none:v1", ...flags]);
    assert.equal(ran.status, 7);
    assert.match(ran.stderr, /unmatched: deny/);
    assert.match(ran.stderr, /trust add oci:.*\/none/);
  }
});

Deno.test("a rule that cannot be read stops every reading command, with file and line", async () => {
  for (
    const [verify, line, what] of [
      [
        `  rules:\n    - {name: a, match: ["oci:/**"], any: [{key: /no/such.pub}]}\n`,
        3,
        /no such file/,
      ],
      [
        `  rules:\n    - name: a\n      mach: ["oci:/**"]\n      any: [{key: DIR/acme.pub}]\n`,
        4,
        /unknown key "mach"/,
      ],
      [`  rules: []\n`, 2, /at least one/],
      [
        `  rules:\n    - {name: a, match: ["nonsense"], any: [{key: DIR/acme.pub}]}\n`,
        3,
        /invalid pattern/,
      ],
      [
        `  rules:\n    - {name: a, match: ["oci:/**"], any: [{issuer: i, subject-pattern: "*"}]}\n`,
        3,
        /pattern/,
      ],
    ] as const
  ) {
    await using at = await open(verify);
    const ran = await at.run(["ls", "oci:none:v1"]);
    assert.equal(ran.status, 2, verify);
    assert.match(ran.stderr, new RegExp(`config\\.yaml:${line}: `), ran.stderr);
    assert.match(ran.stderr, what);
  }
});

Deno.test("trust add writes a rule from flags, list shows it, remove removes it", async () => {
  await using at = await open("  # mine\n  unmatched: allow\n");
  const pattern = `oci:${at.dir}/**`;
  await at.ok(["trust", "add", pattern, "--verify-key", "acme.pub"]);
  assert.equal((await at.run(["ls", "oci:good:v1"])).status, 0);
  assert.equal((await at.run(["ls", "oci:bad:v1"])).status, 7);
  const { rules, version } = JSON.parse(await at.ok(["trust", "list", "-o", "json"]));
  assert.deepEqual([version, rules.length, rules[0].match], [1, 1, [pattern]]);
  assert.match(await at.read(CONFIG), /# mine/);
  await at.ok(["trust", "remove", rules[0].name]);
  assert.equal((await at.run(["ls", "oci:bad:v1"])).status, 0);
  assert.equal((await at.run(["trust", "remove", "nothing"])).status, 4);
});

Deno.test("trust add of a reference with a tag writes a rule for its repository", async () => {
  await using at = await open("  unmatched: allow\n");
  for (
    const [what, match] of [
      ["ghcr.io/acme/site:v1", "ghcr.io/acme/site"],
      ["oci:good:v1", `oci:${at.dir}/good`],
    ] as const
  ) {
    const json = await at.ok(["trust", "add", what, "--verify-key", "acme.pub", "-o", "json"]);
    assert.deepEqual(JSON.parse(json).rule.match, [match]);
  }
});

Deno.test("trust add refuses what would protect nothing", async () => {
  await using at = await open("  unmatched: allow\n");
  for (
    const args of [
      ["oci:relative/**", "--verify-key", "acme.pub"],
      ["oci:/srv/**", "--verify-key", "acme.pem"],
      ["oci:/srv/**", "--verify-unsafe"],
      ["oci:/srv/**"],
    ]
  ) {
    const before = await at.read(CONFIG);
    assert.equal((await at.run(["trust", "add", ...args])).status, 2, args.join(" "));
    assert.equal(await at.read(CONFIG), before);
  }
});

Deno.test("trust add proposes a rule from an existing signature", async () => {
  await using at = await Workplace.open();
  await at.site();
  const sigstore = await startSigstore();
  try {
    await at.write("root.json", JSON.stringify(sigstore.trustedRoot()));
    await at.write("signing.json", JSON.stringify(sigstore.signingConfig(2)));
    const env = { ...sigstore.githubEnvironment(), CI: "true" };
    await at.ok([
      "push",
      "site",
      "oci:lay:v1",
      "--sign",
      "--signing-config=signing.json",
      "--trusted-root=root.json",
    ], { env });
    const add = ["trust", "add", "oci:lay:v1", "--trusted-root", "root.json"];
    const asked = await at.run(add);
    assert.equal(asked.status, 2);
    assert.match(asked.stderr, /source-repository-uri: https:\/\/github\.com\//);
    await at.ok([...add, "--yes"]);
    assert.equal((await at.run(["ls", "oci:lay:v1"])).status, 0);
    await keys(at, "eve");
    await at.write("site/index.html", "changed");
    await at.ok(["push", "site", "oci:lay:v2", "--sign-key", "eve.pem"]);
    assert.equal((await at.run(["ls", "oci:lay:v2"])).status, 7);
  } finally {
    await sigstore.close();
  }
});

Deno.test("a signer in the settings without a demanded signature protects nothing, and a warning says so", async () => {
  await using at = await open(`  key: ${"DIR"}/acme.pub\n`);
  const ran = await at.run(["ls", "oci:bad:v1"]);
  assert.equal(ran.status, 0);
  assert.match(ran.stderr, /^Warning: verify\.key in .* names a signer, but nothing demands/);
  const env = { BLOBBER_VERIFY_KEY: `${at.dir}/acme.pub` };
  assert.match((await at.run(["ls", "oci:bad:v1"], { env })).stderr, /BLOBBER_VERIFY_KEY/);
  const demanded = await at.run(["ls", "oci:bad:v1", "--verify"]);
  assert.deepEqual([demanded.status, demanded.stderr.includes("nothing demands")], [7, false]);
});
