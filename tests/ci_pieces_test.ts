/**
 * The action and the GitLab component, run as their CI runs them: what they hand on, whom they refuse, and that no
 * input, and nothing that a registry answers, becomes more than data.
 *
 * @module
 */

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { Shell } from "./commands.ts";
import { GithubJob, type StepResult } from "./fakes/ci/github.ts";
import { includedJob, runJob } from "./fakes/ci/gitlab.ts";
import { CiServices, ISSUERS } from "./fakes/ci/services.ts";
import { which } from "./fakes/installing.ts";
import { fileNeeds } from "./fakes/only_on.ts";

fileNeeds("shell");

const WORKFLOW = "acme/site/.github/workflows/release.yml@refs/tags/v1.0.0";
const GITHUB = { actor: "jo", repository: "acme/site", ref_name: "v1.0.0" };
const OURS = {
  "verify-issuer": ISSUERS.github,
  "verify-subject": `https://github.com/${WORKFLOW}`,
};

/** A job of GitHub's on a machine of its own that has blobber, and the action in it. */
class ActionJob implements Disposable {
  readonly shell = new Shell();
  readonly #job: GithubJob;

  constructor(services: CiServices, env: Record<string, string> = {}) {
    this.#job = new GithubJob(this.shell, { ...services.env, ...env }, GITHUB);
  }

  /** Runs the action with the blobber that is there. */
  use(inputs: Record<string, string>, env: Record<string, string> = {}): Promise<StepResult> {
    return this.#job.step({ uses: "./", with: { version: "none", ...inputs }, env });
  }

  step: GithubJob["step"] = (step) => this.#job.step(step);

  get summary(): string {
    return existsSync(this.#job.summary) ? readFileSync(this.#job.summary, "utf8") : "";
  }

  /** Files in the workspace, without those that belong to the test. */
  get files(): string[] {
    return readdirSync(this.shell.path).filter((name) =>
      !name.startsWith(".") && !["site", "runner temp", "summary.md"].includes(name)
    ).sort();
  }

  [Symbol.dispose](): void {
    assert.deepEqual(readdirSync(`${this.shell.path}/runner temp`), [], "nothing stays behind");
    this.shell[Symbol.dispose]();
  }
}

/** Has `sh` be a shell of the test's choice. */
function useShell({ path }: Shell, words: string): void {
  const [name, ...more] = words.split(" ");
  const program = [which(name!), ...more].join(" ");
  writeFileSync(`${path}/.bin/sh`, `#!${which("dash")}\nexec ${program} "$@"\n`, { mode: 0o755 });
}

Deno.test("the action pushes signed and pulls verified, in each shell, and refuses other signers", async () => {
  await using services = await CiServices.start();
  using job = new ActionJob(services, services.githubIdentity(WORKFLOW));
  const reference = `${services.host}/acme/site:v1.0.0`;
  const shells = ["dash", "bash", "busybox ash"].filter((it) => which(it.split(" ")[0]!));
  const digests = new Set<string>();
  for (const shell of shells) {
    useShell(job.shell, shell);
    const path = `out of ${shell}`;
    const pushed = await job.use({ command: "push", path: "site", reference, tags: "v1 stable" });
    assert.equal(pushed.code, 0, `${shell}: ${pushed.log}`);
    const { digest, signature, version, ...others } = pushed.outputs;
    assert.match(`${digest} ${signature}`, /^sha256:[0-9a-f]{64} sha256:[0-9a-f]{64}$/);
    assert.match(version!, /^\d+\.\d+\.\d+/);
    assert.deepEqual(others, { reference: `${services.host}/acme/site@${digest}` });
    const pulled = await job.use({ command: "pull", reference, path, ...OURS });
    assert.equal(pulled.code, 0, `${shell}: ${pulled.log}`);
    assert.equal(pulled.outputs.digest, digest);
    assert.match(pulled.outputs.signature!, /^sha256:[0-9a-f]{64}$/);
    assert.deepEqual(
      readdirSync(`${job.shell.path}/${path}`),
      readdirSync(`${job.shell.path}/site`),
    );
    digests.add(digest!);
  }
  assert.equal(digests.size, 1);
  const there = services.releases.registry.log().filter((it) =>
    /manifests\/(v1|stable) 201$/.test(it)
  );
  assert.ok(there.length >= 2, "further tags");
  const lines = job.summary.trimEnd().split("\n");
  assert.equal(lines.length, 2 * shells.length);
  assert.match(lines[0]!, /^Pushed and signed `\S+\/acme\/site@sha256:[0-9a-f]{64}`$/);
  assert.match(lines[1]!, /^Pulled `\S+`, verified by the signature `sha256:[0-9a-f]{64}`$/);

  const refused = async (inputs: Record<string, string>, code: number, said: RegExp) => {
    const before = job.files;
    const result = await job.use({ command: "pull", reference, path: "refused", ...inputs });
    assert.equal(result.code, code, result.log);
    assert.match(result.annotations.join("\n"), said);
    assert.deepEqual([job.files, result.outputs.digest], [before, ""]);
  };
  const other = "https://github.com/acme/evil/.github/workflows/release.yml@refs/tags/v1.0.0";
  await refused({ ...OURS, "verify-subject": other }, 7, /^error: .*acme\/site/);
  await refused({}, 2, /needs to know whom to trust/);
  await refused({ ...OURS, unverified: "true" }, 2, /say whom to trust/);
  await refused({ ...OURS, flags: `--expect=sha256:${"0".repeat(64)}` }, 2, /expect/);
  await refused({ unverified: "yes" }, 2, /"unverified" is "yes", expected true or false/);
});

Deno.test("the action pulls by the rules of a file, and unverified only when asked to", async () => {
  await using services = await CiServices.start();
  using job = new ActionJob(services, services.githubIdentity(WORKFLOW));
  const place = `${services.host}/acme/site`;
  const signed = await job.use({ command: "push", path: "site", reference: `${place}:signed` });
  const unsigned = await job.use({
    command: "push",
    path: "site",
    reference: `${place}:unsigned`,
    sign: "false",
    flags: "--exclude=*.txt\n\n--annotation\nkey=a value, with $(touch x) in it",
  });
  assert.deepEqual([signed.code, unsigned.code], [0, 0], signed.log + unsigned.log);
  assert.equal(unsigned.outputs.signature, "");
  assert.match(job.summary, /, not signed\n$/);
  writeFileSync(
    `${job.shell.path}/rules.yaml`,
    `verify:\n  rules:\n    - name: ours\n      match: ["${place}"]\n      any:\n` +
      `        - { issuer: "${ISSUERS.github}", subject: "${OURS["verify-subject"]}",\n` +
      `            trusted-root: "${services.env.BLOBBER_VERIFY_TRUSTED_ROOT}" }\n`,
  );
  const pull = (tag: string, inputs: Record<string, string>) =>
    job.use({ command: "pull", reference: `${place}:${tag}`, path: tag, ...inputs });
  const byRule = await pull("signed", { config: "rules.yaml" });
  assert.equal(byRule.code, 0, byRule.log);
  assert.equal(byRule.outputs.signature, signed.outputs.signature);
  const refused = await pull("unsigned", { config: "rules.yaml" });
  assert.equal(refused.code, 6, refused.log);
  assert.match(refused.annotations.join("\n"), /^error: /);
  // A rule about another repository is none about this.
  writeFileSync(`${job.shell.path}/other.yaml`, "verify:\n  unmatched: allow\n");
  assert.equal((await pull("unsigned", { config: "other.yaml" })).code, 2);
  assert.ok(!existsSync(`${job.shell.path}/unsigned`));
  const asked = await pull("unsigned", { unverified: "true" });
  assert.equal(asked.code, 0, asked.log);
  assert.equal(asked.outputs.digest, unsigned.outputs.digest);
  assert.match(job.summary, /\*\*not verified\*\*\n$/);
  assert.ok(!existsSync(`${job.shell.path}/unsigned/robots.txt`), "a flag had its say");
});

Deno.test("hostile inputs and answers stay data", async () => {
  await using services = await CiServices.start();
  using job = new ActionJob(services, services.githubIdentity(WORKFLOW));
  const { registry } = services.releases;
  const before = job.files;
  const good = { command: "push", path: "site", reference: `${services.host}/acme/site:v1` };
  const cases: [Record<string, string>, RegExp][] = [
    [{ command: "psuh" }, /"command" is "psuh", expected setup, push or pull/],
    [{ command: "push\n::set-output name=digest::x" }, /expected setup, push or pull/],
    [{ reference: "" }, /"reference" is missing/],
    [{ path: "--dry-run" }, /expected no flag/],
    [{ reference: "a/b:c\ndigest=sha256:0" }, /control characters/],
    [{ reference: "$(touch x)/`touch x`:v1" }, /invalid reference/],
    [{ reference: `${services.host}/acme/site:"; touch x; "` }, /invalid reference/],
    [{ path: "$(touch x)" }, /touch x/],
    [{ path: "'; touch x #\"" }, /touch x/],
    [{ tags: "a;touch$IFS* ../x" }, /a;touch\$IFS/],
    [{ tags: "*" }, /"\*"/],
    [{ flags: "--tag=$(touch x)" }, /touch x/],
    [{ flags: "--nonsense ::error::##[set-output name=digest;]x" }, /nonsense/],
    [{ sign: "true; touch x" }, /expected true or false/],
    [{ version: "1.0.0;touch x" }, /expected one such as 1\.2\.3/],
    [{ password: "a\nb" }, /"password" has control characters/],
    [{ username: "-u", password: "x%0A::y" }, /expected no flag/],
  ];
  for (const [inputs, said] of cases) {
    const result = await job.use({ ...good, ...inputs });
    assert.ok([2, 13].includes(result.code), `${JSON.stringify(inputs)}: ${result.log}`);
    assert.match(result.annotations.at(-1)!, said);
    assert.ok(result.annotations.at(-1)!.startsWith("error: "));
    assert.deepEqual([job.files, result.outputs.digest], [before, ""], JSON.stringify(inputs));
  }
  assert.ok(registry.log().every((it) => !it.startsWith("PUT ")), "nothing was pushed");

  // What a registry says is shown, and is no command of the runner's.
  const message =
    "no\n::set-output name=digest::sha256:0\n ##[set-output name=digest;]x %0A::add-mask::a";
  registry.onRequest = () => ({
    answer: { status: 403, body: JSON.stringify({ errors: [{ code: "DENIED", message }] }) },
  });
  const answered = await job.use(good);
  assert.notEqual(answered.code, 0);
  assert.match(answered.annotations.join(), /set-output/);
  assert.equal(answered.outputs.digest, "");

  // Neither is a line that is none of blobber's own.
  writeFileSync(
    `${job.shell.path}/.bin/blobber`,
    `#!/bin/sh\n[ "$1" = --version ] || { printf '  ::set-output name=digest::x\\n' >&2; exit 3; }\n`,
  );
  const other = await job.use(good);
  assert.deepEqual(other.annotations, ["error: blobber push ended with status 3"]);
  assert.match(other.log, /^blobber: {3}::set-output/m);
});

Deno.test("a password is used for its registry alone, hidden, and gone with the step", async () => {
  await using services = await CiServices.start();
  using job = new ActionJob(services, services.githubIdentity(WORKFLOW));
  const password = "s3cret % word";
  const basic = `Basic ${btoa(`jo:${password}`)}`;
  services.releases.registry.onRequest = ({ headers }) =>
    headers.authorization === basic ? undefined : {
      answer: { status: 401, headers: { "www-authenticate": 'Basic realm="r"' }, body: "" },
    };
  const push = { command: "push", path: "site", reference: `${services.host}/acme/site:v1` };
  const stranger = await job.use(push);
  assert.equal(stranger.code, 3, stranger.log);
  const wrong = await job.use({ ...push, password: "another" });
  assert.equal(wrong.code, 3, wrong.log);
  const pushed = await job.use({ ...push, password });
  assert.equal(pushed.code, 0, pushed.log);
  const after = await job.use({ ...push, reference: `${services.host}/acme/site:v2` });
  assert.equal(after.code, 3, "a later step has no credentials");
  // A trial push into a layout keeps the inputs of the real one.
  const tried = await job.use({ ...push, password, reference: "oci:trial:v1", sign: "false" });
  assert.equal(tried.code, 0, tried.log);
  assert.ok(!existsSync(`${job.shell.path}/.docker`));
});

Deno.test("a component refuses other signers, and its inputs stay data", async () => {
  await using services = await CiServices.start();
  using shell = new Shell();
  const subject = "https://gitlab.com/acme/site//.gitlab-ci.yml@refs/tags/v1.0.0";
  const machine = {
    env: { ...services.env, TMPDIR: `${shell.path}/tmp` },
    tokenFor: (audience: string) => services.gitlabToken(audience, subject),
  };
  Deno.mkdirSync(machine.env.TMPDIR);
  const run = (component: string, inputs: Record<string, unknown>) =>
    runJob(shell, includedJob({ component: `x/${component}@1.0.0`, inputs }), machine);
  const common = { version: "none", reference: `${services.host}/acme/site:v1` };
  const pushed = await run("push", { ...common, path: "site" });
  assert.equal(pushed.code, 0, pushed.text);
  const who = { "verify-issuer": ISSUERS.gitlab, "verify-subject": subject };
  const pull = { ...common, path: "public", ...who };
  const evil = "https://gitlab.com/acme/evil//.gitlab-ci.yml@refs/tags/v1.0.0";
  const refused = await run("pull", { ...pull, "verify-subject": evil });
  assert.equal(refused.code, 7, refused.text);
  assert.match(refused.text, /^Error: .*acme\/site/m);
  assert.ok(!existsSync(`${shell.path}/public`));
  for (const path of ["$(touch x)`touch x`", "'; touch x; '", '"; touch x; "', "--overwrite"]) {
    const hostile = await run("push", { ...common, path });
    assert.notEqual(hostile.code, 0, path);
    assert.ok(!readdirSync(shell.path).includes("x"), path);
  }
  const pulled = await run("pull", pull);
  assert.equal(pulled.code, 0, pulled.text);
  assert.deepEqual(pulled.report, pushed.report);
  assert.deepEqual(readdirSync(machine.env.TMPDIR).map((it) => basename(it)), []);
});
