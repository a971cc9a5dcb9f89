/**
 * The workflows and the action, read as YAML: what they run is a task or a script of the repository, what they use
 * is pinned, and each job may do no more than it says why. tests/interop/workflows_test.ts has linters read them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { readYaml } from "../cli/config/yaml.ts";
import { SIGNER } from "../cli/home.ts";
import { type Command, COMMANDS, inputsOf, templateOf } from "../tasks/ci/templates.ts";
import { STEPS as RELEASE_STEPS } from "../tasks/release/steps.ts";
import { inRoot } from "../tasks/run.ts";

interface Step {
  uses?: string;
  run?: string;
  shell?: string;
  env?: Record<string, string>;
  with?: Record<string, unknown>;
}

interface Job {
  name?: string;
  needs?: string | string[];
  uses?: string;
  environment?: string;
  permissions?: Record<string, string>;
  "timeout-minutes"?: number;
  strategy?: { matrix: Record<string, unknown> };
  steps?: Step[];
}

interface Workflow {
  on: Record<string, unknown>;
  permissions: unknown;
  concurrency: { group: string };
  env?: unknown;
  jobs: Record<string, Job>;
}

const FOLDER = ".github/workflows";
const read = (path: string) => readFileSync(inRoot(path), "utf8");
const WORKFLOWS = Object.fromEntries(
  readdirSync(inRoot(FOLDER)).sort().map((name) => [
    name,
    { text: read(`${FOLDER}/${name}`), ...readYaml(read(`${FOLDER}/${name}`), name) as Workflow },
  ]),
);
const JOBS = Object.entries(WORKFLOWS).flatMap(([file, { jobs }]) =>
  Object.entries(jobs).map(([name, job]) => ({ file, name, job, at: `${file}: ${name}` }))
);
const STEPS = JOBS.flatMap(({ at, job }) => (job.steps ?? []).map((step) => ({ at, job, step })));
const TASKS = (readYaml(read("deno.json"), "deno.json") as { tasks: Record<string, string> }).tasks;

/** What starts a task; npm of a version of its own where the runner's is too old. */
const TASK = /^npx -y (?:-p npm@[\d.]+ -p deno@2\.9\.6 -- deno|deno@2\.9\.6) task (\S+)( .*)?$/;

Deno.test("there is a workflow for each change and one for releases, by the name that signs them", () => {
  assert.deepEqual(Object.keys(WORKFLOWS), ["change.yml", "release.yml"]);
  assert.deepEqual(Object.keys(WORKFLOWS["change.yml"]!.on), [
    "push",
    "pull_request",
    "workflow_call",
  ]);
  assert.deepEqual(WORKFLOWS["release.yml"]!.on, { push: { tags: ["v*"] } });
  assert.ok(SIGNER.identityPrefix.endsWith("/.github/workflows/release.yml@refs/tags/"));
});

Deno.test("every action is pinned by its commit, with the version beside it", () => {
  const lines = Object.values(WORKFLOWS).flatMap(({ text }) => text.split("\n"))
    .filter((line) => /\buses:/.test(line));
  assert.ok(lines.length > 10);
  const own = /uses: \.\/(\S*)$/;
  for (const line of lines) {
    const local = own.exec(line)?.[1];
    if (local !== undefined) assert.ok(existsSync(inRoot(local || "action.yml")), line);
    else assert.match(line, /uses: actions\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  }
  const pins = lines.flatMap((line) => /actions\/.*/.exec(line) ?? []);
  assert.equal(
    new Set(pins).size,
    new Set(pins.map((pin) => pin.split("@")[0])).size,
    "one version of each",
  );
});

Deno.test("every step runs a task that exists, and no expression stands in a script", () => {
  const seen = new Set<string>();
  for (const { at, job, step } of STEPS) {
    if (step.run === undefined) continue;
    assert.ok(!step.run.includes("${{"), `${at}: ${step.run}`);
    const [, word, rest = ""] = TASK.exec(step.run) ?? assert.fail(`${at}: ${step.run}`);
    const tasks = word === '"$TASK"' ? tasksOf(job) : [word!];
    for (const task of tasks) {
      assert.ok(TASKS[task] !== undefined, `${at}: there is no task ${task}`);
      seen.add(task);
    }
    assert.match(rest, /^[ \w",$/-]*$/, `${at}: words, and no more of a shell's language`);
  }
  const needed = Object.keys(TASKS).filter((name) => name.startsWith("test:") || name === "ok");
  assert.deepEqual(needed.filter((name) => !seen.has(name)), [], "every kind of test is run");
});

/** The tasks of a job that runs one in each of its instances. */
function tasksOf({ strategy, steps }: Job): string[] {
  assert.deepEqual(steps!.at(-1)!.env, { TASK: "${{ matrix.task }}" });
  const { task, include = [] } = strategy!.matrix as {
    task: string[];
    include?: { task: string }[];
  };
  return [...task, ...include.map((one) => one.task)];
}

Deno.test("jobs may do what they need, and say why", () => {
  for (const [name, { permissions, concurrency, text, env }] of Object.entries(WORKFLOWS)) {
    assert.deepEqual(permissions, {}, name);
    assert.ok(concurrency.group.length > 0, name);
    assert.equal(env, undefined, `${name}: what a step needs is given to it`);
    assert.ok(!/pull_request_target|workflow_run|secrets\b/.test(text), name);
    for (const line of text.split("\n").filter((one) => /^ {6}[\w-]+: (read|write)/.test(one))) {
      assert.match(line, /: (read|write) # \w+/, `${name}: a permission has its reason`);
    }
  }
  for (const { at, job } of JOBS) {
    assert.ok(job.name, at);
    assert.ok(job.permissions !== undefined, at);
    if (job.uses === undefined) assert.ok(job["timeout-minutes"]! <= 60, at);
  }
  const writes = JOBS.flatMap(({ at, job }) =>
    Object.entries(job.permissions!).filter(([, access]) => access === "write")
      .map(([scope]) => `${at} ${scope}`)
  );
  assert.deepEqual(writes, [
    "release.yml: registry packages",
    "release.yml: registry id-token",
    "release.yml: jsr id-token",
    "release.yml: npm id-token",
    "release.yml: page contents",
    "release.yml: latest packages",
    "release.yml: latest id-token",
  ]);
  for (const { at, job } of JOBS) {
    const may = Object.values(job.permissions!).includes("write");
    assert.equal(
      job.environment,
      may ? "release" : undefined,
      `${at}: what sends is asked for first`,
    );
  }
});

Deno.test("no credentials stay in a checkout, and nothing is kept for later runs", () => {
  for (const { at, step } of STEPS) {
    if (step.uses?.startsWith("actions/checkout@")) {
      assert.equal(step.with?.["persist-credentials"], false, at);
    }
    assert.ok(!/cache/.test(step.uses ?? ""), at);
  }
});

Deno.test("a release is tested, made once, and tried before anything is sent", () => {
  const { jobs } = WORKFLOWS["release.yml"]!;
  const before = (name: string): string[] => {
    const needs = [jobs[name]!.needs ?? []].flat();
    return [...needs, ...needs.flatMap(before)];
  };
  assert.equal(jobs.change!.uses, `./${FOLDER}/change.yml`);
  for (const [name, job] of Object.entries(jobs)) {
    if (job.environment === undefined) continue;
    for (const first of ["change", "build", "try"]) assert.ok(before(name).includes(first), name);
  }
  for (const first of ["registry", "jsr", "npm", "page"]) {
    assert.ok(before("latest").includes(first), `latest after ${first}`);
  }
});

Deno.test("a release does every step once, in the steps' own order, and sends from what was made", () => {
  const { jobs } = WORKFLOWS["release.yml"]!;
  const done: string[] = [];
  for (const { environment, steps = [] } of Object.values(jobs)) {
    const runs = steps.flatMap(({ run }) =>
      / task release "\$GITHUB_REF_NAME" (.*)/.exec(run ?? "")?.[1] ?? []
    );
    for (const words of runs) {
      const [, names] = /^--only ([a-z,]+)$/.exec(words) ?? assert.fail(words);
      for (const name of names!.split(",")) {
        const step = RELEASE_STEPS.find((it) => it.name === name) ?? assert.fail(`no step ${name}`);
        assert.equal(
          environment !== undefined,
          step.sends,
          `${name}: what sends, and nothing else`,
        );
        done.push(name);
      }
    }
  }
  assert.deepEqual(done, RELEASE_STEPS.map(({ name }) => name));
});

interface Action {
  inputs: Record<string, { description: string; default: string }>;
  outputs: Record<string, { description: string; value: string }>;
  runs: { using: string; steps: Required<Pick<Step, "run" | "shell" | "env">>[] };
}

const ACTION = readYaml(read("action.yml"), "action.yml") as Action;

Deno.test("the action hands its inputs on as variables, all of them and nothing else", () => {
  assert.equal(ACTION.runs.using, "composite");
  assert.equal(ACTION.runs.steps.length, 1);
  const { run, env } = ACTION.runs.steps[0]!;
  assert.equal(run, 'sh "$GITHUB_ACTION_PATH/ci/main.sh"');
  const expected = Object.keys(ACTION.inputs).map((name) => [
    `INPUT_${name.replaceAll("-", "_").toUpperCase()}`,
    `\${{ inputs.${name} }}`,
  ]);
  assert.deepEqual(env, Object.fromEntries(expected));
  const scripts = readdirSync(inRoot("ci")).map((name) => read(`ci/${name}`)).join("\n");
  const used = new Set(scripts.match(/\bINPUT_[A-Z_]+/g));
  assert.deepEqual(
    [...used].filter((it) => !(it in env) && it !== "INPUT_DOTENV" && it !== "INPUT_"),
    [],
  );
  assert.deepEqual(Object.keys(env).filter((it) => !used.has(it)), []);
});

for (const command of Object.keys(COMMANDS) as Command[]) {
  Deno.test(`templates/${command}.yml is what its task writes, with the scripts as they are`, () => {
    const text = read(`templates/${command}.yml`);
    assert.equal(text, templateOf(command), "deno task ci templates");
    for (const name of Object.keys(inputsOf(command))) {
      assert.ok(text.includes(`$[[ inputs.${name} ]]`), name);
    }
  });
}

/** The rows of the table under a heading of a page: the name in the first cell, and the others. */
function table(page: string, heading: string): Record<string, string[]> {
  const [, section = ""] = read(page).split(`\n## ${heading}\n`);
  const rows = section.split("\n## ")[0]!.split("\n").filter((line) => line.startsWith("| `"));
  return Object.fromEntries(rows.map((row) => {
    const [name, ...cells] = row.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim());
    return [name!.slice(1, -1), cells];
  }));
}

const shown = (value: string | undefined) =>
  value === undefined ? "" : value === "" ? "" : `\`${value}\``;
const phrase = (text: string) => text.replace(/\.$/, "").replaceAll("|", "\\|");

Deno.test("the pages have every input and output as the action and the components have them", () => {
  assert.deepEqual(
    table("docs/howto/github-actions.md", "Inputs"),
    Object.fromEntries(
      Object.entries(ACTION.inputs).map(([name, it]) => [
        name,
        [shown(it.default), phrase(it.description)],
      ]),
    ),
  );
  assert.deepEqual(
    table("docs/howto/github-actions.md", "Outputs"),
    Object.fromEntries(
      Object.entries(ACTION.outputs).map(([name, it]) => [name, [phrase(it.description)]]),
    ),
  );
  const both = { ...inputsOf("push"), ...inputsOf("pull") };
  const rows = table("docs/howto/gitlab.md", "Inputs");
  assert.deepEqual(Object.keys(rows).sort(), Object.keys(both).sort());
  for (const [name, [components, value, text]] of Object.entries(rows)) {
    const takers = (Object.keys(COMMANDS) as Command[]).filter((it) => name in inputsOf(it));
    assert.equal(components, takers.map((it) => `\`${it}\``).join(", "), name);
    assert.equal(text, phrase(both[name]!.description), name);
    const defaults = new Set(takers.map((it) => shown(inputsOf(it)[name]!.default)));
    if (name !== "version") assert.equal(value, [...defaults].join(", "), name);
  }
});
