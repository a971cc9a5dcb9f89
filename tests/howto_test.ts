/**
 * Blocks of YAML in the how-tos are executed: the steps of a GitHub workflow and the script of a GitLab job run in
 * a shell, with the variables that their CI sets, against a registry and a Sigstore of the tests; every other
 * block is a configuration file, which blobber reads.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { readYaml } from "../cli/config/yaml.ts";
import { Shell } from "./commands.ts";
import { type FakeRegistry, startRegistry } from "./fakes/registry/fake_registry.ts";
import { type FakeSigstore, startSigstore } from "./fakes/sigstore.ts";
import { inRoot } from "../tasks/run.ts";
import { fileNeeds } from "./fakes/only_on.ts";

fileNeeds("shell");

/** What stands for the program here, so that it needs no installation. */
const INSTALLS = /^deno install .*jsr:@blobber\/cli$/;

interface Workflow {
  env: Record<string, string>;
  jobs: Record<string, { steps: { name?: string; uses?: string; run?: string }[] }>;
}

interface Job {
  id_tokens: Record<string, unknown>;
  script: string[];
}

const BLOCKS = readdirSync(inRoot("docs/howto")).filter((name) => name.endsWith(".md"))
  .flatMap((name) => {
    const text = readFileSync(inRoot(`docs/howto/${name}`), "utf8");
    return [...text.matchAll(/^```(\w*)(.*)\n([\s\S]*?)^```$/gm)]
      .map(([, language, more, block]) => ({ name, language, more, block: block! }));
  });

/** A registry and a Sigstore of the tests, and the variables by which blobber uses them. */
async function onLoopback(
  run: (services: {
    registry: FakeRegistry;
    sigstore: FakeSigstore;
    host: string;
    env: Record<string, string>;
  }) => Promise<void>,
): Promise<void> {
  const [registry, sigstore] = await Promise.all([startRegistry(), startSigstore()]);
  const root = Deno.makeTempFileSync({ suffix: ".json" });
  Deno.writeTextFileSync(root, JSON.stringify(sigstore.trustedRoot()));
  try {
    await run({
      registry,
      sigstore,
      host: registry.host,
      env: {
        CI: "true",
        BLOBBER_SIGN_FULCIO: sigstore.urls.fulcio,
        BLOBBER_SIGN_REKOR: sigstore.urls.rekor1,
        BLOBBER_VERIFY_TRUSTED_ROOT: root,
      },
    });
  } finally {
    Deno.removeSync(root);
    await Promise.all([registry.close(), sigstore.close()]);
  }
}

/** Runs scripts one after the other, and demands that each succeeds. */
async function runAll(
  shell: Shell,
  scripts: readonly string[],
  env: Record<string, string>,
): Promise<void> {
  const own = scripts.filter((script) => !INSTALLS.test(script));
  assert.equal(scripts.length - own.length, 1, "the program is installed once");
  for (const script of own) {
    const { code, text } = await shell.say(`set -e\n${script}`, env);
    assert.equal(code, 0, `${script}\n${text}`);
  }
}

for (const { name, language, block } of BLOCKS) {
  if (language !== "yaml") continue;
  const read = readYaml(block, name) as Partial<Workflow> & Record<string, unknown>;
  const job = Object.values(read).find((it): it is Job =>
    typeof it === "object" && it !== null && "script" in it
  );
  if (read.jobs !== undefined) {
    Deno.test(`the workflow in howto/${name} pushes and signs as its workflow`, () =>
      onLoopback(async ({ sigstore, host, env }) => {
        using shell = new Shell();
        const { env: own, jobs } = read as Workflow;
        assert.deepEqual(own, {
          IMAGE: "ghcr.io/${{ github.repository }}",
          TAG: "${{ github.ref_name }}",
        });
        const image = `${host}/acme/site`;
        const variables = {
          ...env,
          ...sigstore.githubEnvironment(),
          IMAGE: image,
          TAG: "v1.0.0",
          TOKEN: "secret",
          GITHUB_ACTOR: "jo",
          GITHUB_OUTPUT: `${shell.path}/output`,
          GITHUB_STEP_SUMMARY: `${shell.path}/summary`,
        };
        const steps = Object.values(jobs).flatMap((it) => it.steps);
        await runAll(shell, steps.flatMap(({ run }) => run ?? []), variables);
        const digest = /^digest=(sha256:[0-9a-f]{64})\n$/
          .exec(Deno.readTextFileSync(`${shell.path}/output`))![1];
        assert.ok(
          Deno.readTextFileSync(`${shell.path}/summary`).includes(`\`${image}@${digest}\``),
        );
        const signed = await shell.say(
          `blobber verify -q ${image}:v1.0.0 --verify-issuer ${sigstore.urls.oidc}/gha ` +
            "--verify-subject-pattern 'https://github.com/acme/demo/.github/workflows/*@refs/**'",
          variables,
        );
        assert.equal(signed.text.split("\n")[0], digest, signed.text);
      }));
  } else if (job !== undefined) {
    Deno.test(`the job in howto/${name} pushes and signs with the token that it asks for`, () =>
      onLoopback(async ({ registry, sigstore, host, env }) => {
        using shell = new Shell();
        assert.deepEqual(job.id_tokens, { SIGSTORE_ID_TOKEN: { aud: "sigstore" } });
        await runAll(shell, job.script, {
          ...env,
          SIGSTORE_ID_TOKEN: sigstore.oidc.token(),
          CI_REGISTRY: host,
          CI_REGISTRY_USER: "jo",
          CI_REGISTRY_PASSWORD: "secret",
          CI_COMMIT_TAG: "v1.0.0",
          IMAGE: `${host}/acme/site`,
        });
        const puts = registry.log().filter((it) => it.startsWith("PUT /v2/acme/site/manifests/"));
        assert.equal(puts.at(-1), "PUT /v2/acme/site/manifests/v1.0.0 201");
        assert.equal(puts.length, 3, "the artifact, its signature, and the tag");
      }));
  } else {
    Deno.test(`blobber reads the configuration in howto/${name}: ${Object.keys(read)}`, async () => {
      using shell = new Shell();
      Deno.writeTextFileSync(`${shell.path}/config.yaml`, block);
      const { code, text } = await shell.say("blobber config --config config.yaml");
      assert.equal(code, 0, text);
    });
  }
}

Deno.test("every block in the how-tos is one that a test runs", () => {
  const run = ["console", "ts", "yaml"];
  // containers_howto_test.ts runs those of that page.
  const containers = ["sh", "yml"];
  assert.ok(BLOCKS.length >= 10);
  assert.deepEqual(
    BLOCKS.filter(({ name, language, more }) =>
      more !== "" ||
      !(run.includes(language!) || name === "containers.md" && containers.includes(language!))
    )
      .map(({ name, language, more }) => `${name}: ${language}${more}`),
    [],
  );
});
