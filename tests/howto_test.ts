/**
 * Blocks of YAML in the how-tos are executed: workflows of GitHub's, with the action, and pipelines of GitLab's, with
 * the components, run one after the other as their CI runs them, against releases, a registry and a Sigstore of the
 * tests; every other block is a configuration file, which blobber reads.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { readYaml } from "../cli/config/yaml.ts";
import { SOURCE } from "../cli/home.ts";
import { Shell } from "./commands.ts";
import { GithubJob, type Workflow } from "./fakes/ci/github.ts";
import { type Include, includedJob, type Job, runJob } from "./fakes/ci/gitlab.ts";
import { CiServices } from "./fakes/ci/services.ts";
import { treeVersion } from "../tasks/release/version.ts";
import { inRoot } from "../tasks/run.ts";
import { fileNeeds } from "./fakes/only_on.ts";

fileNeeds("shell");

/** What stands for the program where JSR would have to be there. */
const INSTALLS = /^deno install .*jsr:@blobber\/cli$/;

const BLOCKS = readdirSync(inRoot("docs/howto")).filter((name) => name.endsWith(".md"))
  .flatMap((name) => {
    const text = readFileSync(inRoot(`docs/howto/${name}`), "utf8");
    return [...text.matchAll(/^```(\w*)(.*)\n([\s\S]*?)^```$/gm)]
      .map(([, language, more, block]) => ({ name, language, more, block: block! }));
  });

/** The documents of a page, with the registries of hosts replaced by one of the tests. */
function documents(page: string, hosts: string[], host: string): Record<string, unknown>[] {
  return BLOCKS.filter(({ name, language }) => name === page && language === "yaml")
    .map(({ block }) =>
      readYaml(hosts.reduce((text, one) => text.replaceAll(one, host), block), page) as Record<
        string,
        unknown
      >
    );
}

Deno.test("the workflows in howto/github-actions.md push, sign as their workflow, and pull verified", async () => {
  await using services = await CiServices.start();
  await services.release();
  const { host, releases: { registry } } = services;
  const workflows = documents("github-actions.md", ["ghcr.io"], host)
    .filter((it): it is Record<string, unknown> & Workflow => it.jobs !== undefined);
  assert.equal(workflows.length, 3);
  const env = {
    ...services.env,
    ...services.githubIdentity("acme/site/.github/workflows/release.yml@refs/tags/v1.0.0"),
  };
  const github = {
    repository: "acme/site",
    ref_name: "v1.0.0",
    actor: "jo",
    token: "job-token-of-jo",
  };
  const [push, pull, without] = workflows.map((it): Workflow => it) as [
    Workflow,
    Workflow,
    Workflow,
  ];

  // A machine without blobber: the action has to install it.
  using first = new Shell([]);
  const pushing = new GithubJob(first, env, github);
  await pushing.runAll(push);
  const summary = readFileSync(pushing.summary, "utf8");
  assert.match(summary, /^Pushed and signed `\S+@sha256:[0-9a-f]{64}`\n$/);
  assert.equal(
    registry.log().findLast((it) => it.startsWith("PUT /v2/acme/site/")),
    "PUT /v2/acme/site/manifests/v1.0.0 201",
    "the tag comes last",
  );

  // On the same machine: the release is there already.
  await pushing.runAll(pull);
  assert.match(readFileSync(pushing.summary, "utf8"), /verified by the signature/);
  for (const { name, isFile } of Deno.readDirSync(`${first.path}/site`)) {
    if (!isFile) continue;
    assert.deepEqual(
      readFileSync(`${first.path}/public/${name}`),
      readFileSync(`${first.path}/site/${name}`),
    );
  }

  // Without the action: another repository, as the tag is there.
  using second = new Shell([]);
  // Tests may run as root, for whom the installer wants a directory named.
  const install = { BLOBBER_VERSION: treeVersion(), BLOBBER_INSTALL: `${second.path}/.local/bin` };
  const own = new GithubJob(second, { ...env, ...install }, {
    ...github,
    repository: "acme/other",
  });
  const fetched = `curl -fsSL ${SOURCE}/releases/latest/download/install.sh`;
  const step = Object.values(without.jobs)[0]!.steps.find(({ run }) => run?.includes(fetched))!;
  step.run = step.run!.replace(fetched, `cat ${inRoot("install.sh")}`);
  await own.runAll(without);
  assert.match(readFileSync(own.summary, "utf8"), /^pushed `\S+\/acme\/other@sha256:\S+`\n$/);
});

Deno.test("the pipelines in howto/gitlab.md push, sign with the token that they ask for, and pull verified", async () => {
  await using services = await CiServices.start();
  await services.release();
  const { host, releases: { registry } } = services;
  const found = documents("gitlab.md", ["registry.gitlab.com"], host);
  const includes = found.flatMap(({ include }) => (include as Include[] | undefined) ?? []);
  const [push, pull] = includes.map(includedJob) as [Job, Job];
  const [without] = found.flatMap((it) => Object.values(it)).filter((it): it is Job =>
    typeof it === "object" && it !== null && "script" in it
  );
  assert.equal(includes.length, 2);
  const subject = "https://gitlab.com/acme/site//.gitlab-ci.yml@refs/tags/v1.0.0";
  const machine = {
    env: {
      ...services.env,
      CI_REGISTRY: host,
      CI_REGISTRY_IMAGE: `${host}/acme/site`,
      CI_REGISTRY_USER: "jo",
      CI_REGISTRY_PASSWORD: "secret-of-the-job",
      CI_COMMIT_TAG: "v1.0.0",
    },
    tokenFor: (audience: string) => services.gitlabToken(audience, subject),
  };

  using first = new Shell([]);
  const pushed = await runJob(first, push, machine);
  assert.equal(pushed.code, 0, pushed.text);
  const { DIGEST, SIGNATURE, REFERENCE, VERSION } = pushed.report;
  assert.equal(REFERENCE, `${host}/acme/site@${DIGEST}`);
  assert.match(`${SIGNATURE} ${VERSION}`, /^sha256:[0-9a-f]{64} \d+\.\d+\.\d+/);
  const puts = registry.log().filter((it) => it.startsWith("PUT /v2/acme/site/manifests/"));
  assert.equal(puts.at(-1), "PUT /v2/acme/site/manifests/v1.0.0 201");
  assert.equal(puts.length, 3, "the artifact, its signature, and the tag");

  using second = new Shell([]);
  const pulled = await runJob(second, pull, machine);
  assert.equal(pulled.code, 0, pulled.text);
  assert.deepEqual(pulled.report, pushed.report);
  assert.deepEqual(pull.artifacts!.paths, ["public"]);
  assert.deepEqual(
    readFileSync(`${second.path}/public/index.html`),
    readFileSync(`${second.path}/site/index.html`),
  );

  using third = new Shell();
  const script = without!.script.filter((line) => !INSTALLS.test(line));
  assert.equal(script.length, without!.script.length - 1, "the program is installed once");
  const image = `${host}/acme/other`;
  const env = { ...machine.env, CI_REGISTRY_IMAGE: image };
  const plain = await runJob(third, { ...without!, script }, { ...machine, env });
  assert.equal(plain.code, 0, plain.text);
  assert.ok(registry.log().includes("PUT /v2/acme/other/manifests/v1.0.0 201"));
});

for (const { name, language, block } of BLOCKS) {
  if (language !== "yaml") continue;
  const read = readYaml(block, name) as Record<string, unknown>;
  const isJob = (it: unknown) => typeof it === "object" && it !== null && "script" in it;
  if (read.jobs !== undefined || read.include !== undefined || Object.values(read).some(isJob)) {
    continue;
  }
  Deno.test(`blobber reads the configuration in howto/${name}: ${Object.keys(read)}`, async () => {
    using shell = new Shell();
    Deno.writeTextFileSync(`${shell.path}/config.yaml`, block);
    const { code, text } = await shell.say("blobber config --config config.yaml");
    assert.equal(code, 0, text);
  });
}

Deno.test("every block in the how-tos is one that a test runs", () => {
  const run = ["console", "ts", "yaml"];
  // containers_howto_test.ts runs those of that page, and `deno task test:pack` what the other installs.
  const elsewhere: Record<string, string[]> = {
    "containers.md": ["sh", "yml"],
    "node-and-bun.md": ["sh"],
  };
  assert.ok(BLOCKS.length >= 10);
  assert.deepEqual(
    BLOCKS.filter(({ name, language, more }) =>
      more !== "" ||
      !run.includes(language!) && !elsewhere[name]?.includes(language!)
    )
      .map(({ name, language, more }) => `${name}: ${language}${more}`),
    [],
  );
  const ci = BLOCKS.filter(({ name, block }) =>
    name !== "containers.md" && /^(jobs|include| {2}script):/m.test(block)
  );
  assert.deepEqual(
    ci.map(({ name }) => name),
    [
      "github-actions.md",
      "github-actions.md",
      "github-actions.md",
      "gitlab.md",
      "gitlab.md",
      "gitlab.md",
    ],
    "the pages whose jobs are run",
  );
});
