/** What users learn who have not named a signer yet: what a signature claims, and that it is not verified. */

import assert from "node:assert/strict";
import { createHash, createPublicKey } from "node:crypto";
import { startSigstore } from "../fakes/sigstore.ts";
import { keys } from "./keys.ts";
import { TAKES_PERMISSIONS, Workplace } from "./program.ts";

/** Nothing may be connected to: a try would be an error of its own. */
const permissions = TAKES_PERMISSIONS
  ? ["--no-prompt", ..."read write env sys run ffi".split(" ").map((k) => `--allow-${k}`)]
  : undefined;

async function fingerprint(at: Workplace, name: string): Promise<string> {
  const der = createPublicKey(await at.read(`${name}.pub`)).export({ type: "spki", format: "der" });
  return `SHA256:${createHash("sha256").update(der).digest("hex")}`;
}

Deno.test("a user without a key learns which one signed, that it is not verified, and which flag would verify it", async () => {
  await using at = await Workplace.open();
  await at.site();
  await keys(at, "acme");
  await keys(at, "eve");
  await at.ok(["push", "site", "oci:lay:v1", "--sign-key", "acme.pem"]);
  const acme = await fingerprint(at, "acme");
  const identity = ["--verify-issuer", "https://i.example", "--verify-subject", "jo@acme.example"];
  for (
    const [args, status] of [
      [["verify", "oci:lay:v1"], 2],
      [["verify", "oci:lay:v1", "--verify-unsafe"], 7],
      [["verify", "oci:lay:v1", ...identity], 7],
      [["verify", "oci:lay:v1", "--verify-key", "eve.pub"], 7],
      [["pull", "oci:lay:v1", "out", ...identity], 7],
      [["trust", "add", "oci:lay:v1"], 2],
      [["trust", "add", "oci:lay:v1", "--yes"], 2],
    ] as [string[], number][]
  ) {
    const ran = await at.run(args, { permissions });
    assert.deepEqual([args, ran.status, ran.stdout], [args, status, ""], ran.stderr);
    assert.match(ran.stderr, new RegExp(`not verified: it says that it is .*by the key ${acme}`));
    assert.match(ran.stderr, /^Hint: .*--verify-key FILE/m);
  }
  await assert.rejects(Deno.stat(`${at.dir}/home/.config/blobber/config.yaml`));
  await assert.rejects(Deno.stat(`${at.dir}/out`));
});

Deno.test("verify without a signer to trust is a usage error, also for an unsigned or missing artifact", async () => {
  await using at = await Workplace.open();
  await at.site();
  await at.ok(["push", "site", "oci:lay:v1"]);
  for (const ref of ["oci:lay:v1", "oci:nowhere:v1"]) {
    const { status, stderr } = await at.run(["verify", ref], { permissions });
    assert.equal(status, 2);
    assert.match(stderr, /^Error: verification needs to know whom to trust\nHint: --verify-issuer/);
  }
});

Deno.test("without a trust root, an identity is reported as what the certificate claims", async () => {
  await using at = await Workplace.open();
  await at.site();
  const sigstore = await startSigstore();
  try {
    await at.write("root.json", JSON.stringify(sigstore.trustedRoot()));
    await at.write("signing.json", JSON.stringify(sigstore.signingConfig(2)));
    const env = { ...sigstore.githubEnvironment(), CI: "true" };
    const sign = ["--signing-config=signing.json", "--trusted-root=root.json"];
    await at.ok(["push", "site", "oci:lay:v1", "--sign", ...sign], { env });
    await Deno.remove(`${at.dir}/root.json`);
  } finally {
    await sigstore.close();
  }
  const says = /not verified: it says that it is .*by "https:\/\/github\.com\/.*" \(issuer "/;
  const alone = await at.run(["verify", "oci:lay:v1"], { permissions });
  assert.equal(alone.status, 2);
  assert.match(alone.stderr, says);
  assert.match(alone.stderr, /^Hint: verify it with --verify-issuer and --verify-subject /m);
  // Values of a signature that is not verified stand in no command line that may be copied.
  assert.doesNotMatch(alone.stderr, /--verify-subject \S*github/);
  for (
    const args of [["verify", "oci:lay:v1", "--verify-unsafe"], ["trust", "add", "oci:lay:v1"]]
  ) {
    const ran = await at.run([...args, "--offline"], { permissions });
    assert.equal(ran.status, 12);
    assert.match(ran.stderr, says);
  }
});

Deno.test("a key's fingerprint has one form, in results, in errors and in JSON", async () => {
  await using at = await Workplace.open();
  await at.site();
  await keys(at, "acme");
  await keys(at, "eve");
  await at.ok(["push", "site", "oci:lay:v1", "--sign-key", "acme.pem"]);
  const [acme, eve] = [await fingerprint(at, "acme"), await fingerprint(at, "eve")];
  const verify = ["verify", "oci:lay:v1", "--verify-key"];
  const shown = await at.ok([...verify, "acme.pub"]);
  assert.ok(shown.includes(`\nSigned with the key ${acme}\n`), shown);
  assert.equal(JSON.parse(await at.ok([...verify, "acme.pub", "-ojson"])).signer.fingerprint, acme);
  const { stderr } = await at.run([...verify, "eve.pub"]);
  assert.ok(stderr.includes(acme) && stderr.includes(eve), stderr);
  // Base64 of a digest ends in "=".
  assert.doesNotMatch(stderr, /[A-Za-z0-9+/]{43}=/);
});
