import assert from "node:assert/strict";
import { startRegistry } from "../fakes/registry/fake_registry.ts";
import { type FakeSigstore, startSigstore } from "../fakes/sigstore.ts";
import { Workplace } from "./program.ts";

const CONFIG = "home/.config/blobber/config.yaml";

/** A workplace with a private Sigstore and a registry. */
async function open(): Promise<{
  at: Workplace;
  sigstore: FakeSigstore;
  host: string;
  push: (ref: string, claims: Record<string, unknown>) => Promise<void>;
  sign: (ref: string, claims: Record<string, unknown>) => Promise<void>;
  [Symbol.asyncDispose]: () => Promise<void>;
}> {
  const at = await Workplace.open();
  await at.site();
  const [sigstore, registry] = [await startSigstore(), await startRegistry()];
  await at.write("root.json", JSON.stringify(sigstore.trustedRoot()));
  await at.write("signing.json", JSON.stringify(sigstore.signingConfig(2)));
  const withToken = async (args: string[], claims: Record<string, unknown>) => {
    const token = claims.job_workflow_ref === undefined
      ? sigstore.oidc.token(claims)
      : sigstore.oidc.githubToken(claims);
    await at.write("token", token, 0o600);
    const how = [
      "--signing-config=signing.json",
      "--identity-token=file:token",
      "--trusted-root=root.json",
      "--yes",
    ];
    await at.ok([...args, ...how]);
  };
  return {
    at,
    sigstore,
    host: registry.host,
    push: (ref, claims) => withToken(["push", "site", ref], claims),
    sign: (ref, claims) => withToken(["sign", ref, "--from", "site"], claims),
    [Symbol.asyncDispose]: async () => {
      await registry.close();
      await sigstore.close();
      await at[Symbol.asyncDispose]();
    },
  };
}

const ADD = ["--trusted-root", "root.json"];
const person = (email: string) => ({ email, email_verified: true, sub: email });

for (
  const order of [["dev@example.com", "eve@evil.example"], ["eve@evil.example", "dev@example.com"]]
) {
  Deno.test(`trust-add-first: with two signers, ${order[0]} first, none is trusted unless it is named`, async () => {
    await using place = await open();
    const { at, sigstore, host } = place;
    const ref = `${host}/acme/site:v1`;
    await place.push(ref, person(order[0]!));
    await place.sign(ref, person(order[1]!));
    const asked = await at.run(["trust", "add", ref, ...ADD, "--yes"]);
    assert.equal(asked.status, 2);
    assert.match(asked.stderr, /^Error: .*signed by 2 signers, which is ambiguous/);
    for (const email of order) assert.ok(asked.stderr.includes(`,subject=${email}`), asked.stderr);
    await assert.rejects(at.read(CONFIG), "a rule was written");
    const none = await at.run(["trust", "add", ref, ...ADD, "--yes", "--signer", "x@example.com"]);
    assert.equal(none.status, 2);
    assert.match(none.stderr, /not signed by "x@example\.com", but by /);
    const name = `issuer=${sigstore.urls.oidc},subject=dev@example.com`;
    for (const signer of ["dev@example.com", name]) {
      await at.ok(["trust", "add", ref, ...ADD, "--yes", "--signer", signer]);
    }
    const { rules } = JSON.parse(await at.ok(["trust", "list", "-ojson"]));
    assert.deepEqual(
      rules.map(({ any }: { any: { subject: string }[] }) => any[0]!.subject),
      ["dev@example.com", "dev@example.com"],
    );
    await at.ok(["ls", ref]);
  });
}

Deno.test("trust-add-first: without a terminal the proposal is text of several lines", async () => {
  await using place = await open();
  const { at, host } = place;
  const ref = `${host}/acme/site:v1`;
  await place.push(ref, person("dev@example.com"));
  const asked = await at.run(["trust", "add", ref, ...ADD]);
  assert.equal(asked.status, 2);
  assert.match(asked.stderr, /^- name: .*\n {2}match:\n {4}- .*\/acme\/site\n/);
  assert.match(asked.stderr, /\nError: .*has to be confirmed, which needs a terminal\nHint: /);
  assert.doesNotMatch(asked.stderr, /\\x0a/);
  const json = await at.run(["trust", "add", ref, ...ADD, "-ojson"]);
  const [proposal, error] = json.stderr.trim().split("\n").map((line) => JSON.parse(line));
  assert.equal(proposal.proposal.any[0].subject, "dev@example.com");
  assert.equal(error.error.code, "usage");
  await assert.rejects(at.read(CONFIG), "a rule was written");
});

Deno.test("trust-add-name: a rule binds the name if the signature has one, and only then", async () => {
  await using place = await open();
  const { at, host } = place;
  await place.push(`${host}/acme/site:v1`, person("dev@example.com"));
  const bindingOf = async (ref: string) => {
    const { rule } = JSON.parse(
      await at.ok(["trust", "add", ref, ...ADD, "--yes", "-ojson"]),
    );
    return rule["name-binding"];
  };
  assert.equal(await bindingOf(`${host}/acme/site:v1`), "repository");
  await at.ok(["ls", `${host}/acme/site:v1`]);
  // A copy is signed under the other name.
  await at.ok(["copy", `${host}/acme/site:v1`, `${host}/mirror/site:v1`]);
  assert.equal(await bindingOf(`${host}/mirror/site:v1`), undefined);
  await at.ok(["ls", `${host}/mirror/site:v1`]);
  await at.ok(["copy", `${host}/acme/site:v1`, "oci:lay:v1"]);
  assert.equal(await bindingOf("oci:lay:v1"), undefined);
  await at.ok(["ls", "oci:lay:v1"]);
});

const WORKFLOW = "acme/demo/.github/workflows/";
for (
  const [name, claims, entry] of [
    [
      "gitlab-double-slash",
      { sub: "https://gitlab.com/acme/app//.gitlab-ci.yml@refs/heads/main" },
      { subject: "https://gitlab.com/acme/app//.gitlab-ci.yml@refs/heads/main" },
    ],
    [
      "gitlab-double-slash",
      { sub: "https://gitlab.com/acme/app//.gitlab-ci.yml@refs/tags/v1.0" },
      { "subject-pattern": "https://gitlab.com/acme/app//.gitlab-ci.yml@refs/tags/*" },
    ],
    [
      "workflow-spaces",
      { job_workflow_ref: `${WORKFLOW}Windows hardening é.yml@refs/tags/v1` },
      {
        "subject-pattern":
          `https://github.com/${WORKFLOW}Windows%20hardening%20%C3%A9.yml@refs/tags/*`,
      },
    ],
    [
      "ref-characters",
      { job_workflow_ref: `${WORKFLOW}ci.yml@refs/tags/@acme/pkg@1.2.3` },
      { subject: `https://github.com/${WORKFLOW}ci.yml@refs/tags/@acme/pkg@1.2.3` },
    ],
    [
      "ref-characters",
      { job_workflow_ref: `${WORKFLOW}ci.yml@refs/heads/fix-#12` },
      { subject: `https://github.com/${WORKFLOW}ci.yml@refs/heads/fix-%2312` },
    ],
    [
      "ref-characters",
      { job_workflow_ref: `${WORKFLOW}ci.yml@refs/tags/100%` },
      { "subject-pattern": `https://github.com/${WORKFLOW}ci.yml@refs/tags/*` },
    ],
  ] as [string, Record<string, string>, Record<string, string>][]
) {
  Deno.test(`${name}: the rule for ${Object.values(claims)[0]} accepts what it came from`, async () => {
    await using place = await open();
    const { at, host } = place;
    const ref = `${host}/acme/site:v1`;
    await place.push(ref, claims);
    const { rule } = JSON.parse(await at.ok(["trust", "add", ref, ...ADD, "--yes", "-ojson"]));
    const { subject, "subject-pattern": pattern } = rule.any[0];
    assert.deepEqual(
      JSON.parse(JSON.stringify({ subject, "subject-pattern": pattern })),
      entry,
    );
    await at.ok(["ls", ref]);
    await at.ok(["trust", "check", ref]);
  });
}
