/**
 * The system's configuration, as the program finds it at its one place: in a mount namespace of its own, which
 * only root may make.
 */

import assert from "node:assert/strict";
import { keys } from "./keys.ts";
import { programWords, type Ran, Workplace } from "./program.ts";
import { fileNeeds } from "../fakes/only_on.ts";

fileNeeds("owners");

const USER = "home/.config/blobber/config.yaml";

function namespaces(): boolean {
  if (Deno.uid() !== 0) return false;
  try {
    return new Deno.Command("unshare", { args: ["-m", "true"], stderr: "null" }).outputSync()
      .success;
  } catch { // another system
    return false;
  }
}
const ignore = !namespaces();

/** Runs the program where `/etc` is the workplace's. */
async function run(
  at: Workplace,
  args: string[],
  env: Record<string, string> = {},
): Promise<Pick<Ran, "status" | "stdout" | "stderr">> {
  const inside = 'mount --bind "$0/etc" /etc && exec "$@"';
  const { code, stdout, stderr } = await new Deno.Command("unshare", {
    args: ["-m", "sh", "-c", inside, at.dir, ...programWords(), ...args],
    cwd: at.dir,
    env: at.environment(env),
    clearEnv: true,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { status: code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** A layout signed by `acme`, whose key the system has, one by `eve`, and one unsigned. */
async function open(system: string): Promise<Workplace> {
  const at = await Workplace.open();
  await at.site();
  await keys(at, "acme");
  await keys(at, "eve");
  await at.ok(["push", "site", "oci:good:v1", "--sign-key", "acme.pem"]);
  await at.ok(["push", "site", "oci:evil:v1", "--sign-key", "eve.pem"]);
  await at.ok(["push", "site", "oci:none:v1"]);
  await at.write("etc/blobber/acme.pub", await at.read("acme.pub"));
  await at.write("etc/blobber/config.yaml", system);
  for (const path of ["", "/etc", "/etc/blobber"]) await Deno.chmod(`${at.dir}${path}`, 0o755);
  return at;
}

async function statuses(
  at: Workplace,
  args: string[] = [],
  env: Record<string, string> = {},
): Promise<number[]> {
  const found = [];
  for (const layout of ["good", "evil", "none"]) {
    found.push((await run(at, ["ls", `oci:${layout}:v1`, ...args], env)).status);
  }
  return found;
}

const DEMAND = "verify:\n  enabled: true\n  key: acme.pub\n";

Deno.test({
  name: "environment-over-system: no variable, file or flag replaces the system's key",
  ignore,
  fn: async () => {
    await using at = await open(DEMAND);
    assert.deepEqual(await statuses(at), [0, 7, 6]);
    const eve = `${at.dir}/eve.pub`;
    assert.deepEqual(await statuses(at, [], { BLOBBER_VERIFY_KEY: eve }), [7, 7, 6]);
    assert.deepEqual(await statuses(at, ["--verify-key", eve]), [7, 7, 6]);
    const off = { BLOBBER_VERIFY_ENABLED: "false" };
    assert.deepEqual(await statuses(at, [], off), [0, 7, 6]);
    assert.deepEqual(await statuses(at, ["--no-verify"]), [7, 7, 7]);
    assert.deepEqual(await statuses(at, ["--verify=false"]), [7, 7, 7]);
    await at.write(USER, "verify:\n  enabled: false\n");
    const told = await run(at, ["ls", "oci:good:v1"]);
    assert.match(told.stderr, /^Warning: verify\.enabled in .* so it is ignored\n$/);
    const rule = '  rules:\n    - {name: mine, match: ["**"], unsigned: true}\n';
    await at.write(USER, `verify:\n${rule}`);
    assert.deepEqual(await statuses(at), [0, 7, 6]);
    // A rule of the system's own is about it more closely.
    await at.write("etc/blobber/config.yaml", DEMAND + rule);
    assert.deepEqual(await statuses(at), [0, 0, 0]);
  },
});

Deno.test({
  name: "environment-over-system: a signature that is demanded without a signer is demanded",
  ignore,
  fn: async () => {
    await using at = await open("verify:\n  enabled: true\n");
    assert.deepEqual(await statuses(at), [2, 2, 2]);
    assert.deepEqual(await statuses(at, ["--verify-key", "acme.pub"]), [0, 7, 6]);
    assert.deepEqual(await statuses(at, ["--no-verify"]), [7, 7, 7]);
    assert.deepEqual(await statuses(at, ["--verify-unsafe"]), [7, 7, 7]);
  },
});

const RULE = `verify:
  rules:
    - name: system
      match: ["**"]
      any: [{key: /etc/blobber/acme.pub}]
`;

Deno.test({
  name: "rule-key-writable: a key that other users can replace satisfies no rule of the system",
  ignore,
  fn: async () => {
    await using at = await open(RULE);
    assert.deepEqual(await statuses(at), [0, 7, 6]);
    await Deno.chmod(`${at.dir}/etc/blobber/acme.pub`, 0o666);
    const { status, stderr } = await run(at, ["ls", "oci:good:v1"]);
    assert.equal(status, 2);
    assert.match(
      stderr,
      /config\.yaml:5: other users can change \/etc\/blobber\/acme\.pub: it has the mode 666/,
    );
  },
});

Deno.test({
  name: "rule-key-writable: nor any other file that the system's configuration names",
  ignore,
  fn: async () => {
    await using at = await open("");
    await at.write("etc/blobber/open", "anything", 0o666);
    for (
      const [text, command, status] of [
        ["verify:\n  enabled: true\n  key: open\n", ["ls", "oci:good:v1"], 2],
        [
          "verify:\n  enabled: true\n  issuer: https://i\n  subject: s\n  trusted-root: open\n",
          ["ls", "oci:good:v1"],
          12,
        ],
        ["ca-file: open\n", ["ls", "oci:good:v1"], 2],
        ["registries:\n  reg.example:\n    ca-file: open\n", ["ls", "oci:good:v1"], 2],
        ["sign:\n  key: open\n", ["push", "site", "oci:new:v1", "--sign"], 2],
        ["sign:\n  config: open\n", ["push", "site", "oci:new:v1", "--sign"], 2],
        [
          "sign:\n  password: file:/etc/blobber/open\n",
          ["push", "site", "oci:new:v1", "--sign-key=acme.pem"],
          2,
        ],
      ] as const
    ) {
      await at.write("etc/blobber/config.yaml", text);
      const ran = await run(at, [...command]);
      assert.equal(ran.status, status, text + ran.stderr);
      assert.match(ran.stderr, /which the system's configuration names: other users can change/);
    }
  },
});

Deno.test({
  name: "system-file-of-others: every command that reads the configuration stops at it",
  ignore,
  fn: async () => {
    await using at = await open(RULE);
    const file = `${at.dir}/etc/blobber/config.yaml`;
    const stopped = async (expected: RegExp) => {
      for (const args of [["ls", "oci:none:v1"], ["push", "site", "oci:x:v1"], ["config"]]) {
        const { status, stderr } = await run(at, args);
        assert.equal(status, 2, stderr);
        assert.match(stderr, /^Error: .*cannot trust the system's configuration .*: /);
        assert.match(stderr, expected);
      }
    };
    await Deno.chown(file, 65534, 65534);
    await stopped(/belongs to the user 65534, expected root/);
    await Deno.remove(file);
    await Deno.symlink("nowhere", file);
    await stopped(/which does not exist/);
    await Deno.remove(file);
    await Deno.chown(`${at.dir}/etc/blobber`, 65534, 65534);
    await stopped(/\/etc\/blobber belongs to the user 65534/);
    await Deno.remove(`${at.dir}/etc/blobber`, { recursive: true });
    assert.equal((await run(at, ["ls", "oci:none:v1"])).status, 0);
  },
});
