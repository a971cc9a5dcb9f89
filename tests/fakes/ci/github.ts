/**
 * Runs the steps of a job as GitHub's runner does: expressions are replaced, inputs become the action's variables,
 * files hand on outputs and the PATH, and lines of the log that are commands are taken for commands.
 *
 * @module
 */

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { readYaml } from "../../../cli/config/yaml.ts";
import { inRoot } from "../../../tasks/run.ts";
import type { Shell } from "../../commands.ts";

/** A step of a workflow. */
export interface Step {
  id?: string;
  uses?: string;
  run?: string;
  env?: Record<string, string>;
  with?: Record<string, string | boolean>;
}

/** A workflow. */
export interface Workflow {
  env?: Record<string, string>;
  jobs: Record<string, { permissions?: Record<string, string>; steps: Step[] }>;
}

/** What came of a step. */
export interface StepResult {
  code: number;
  log: string;
  outputs: Record<string, string>;
  /** Messages of the run's page: `error: …`. */
  annotations: string[];
}

/** Values of expressions by context and name. */
type Contexts = Record<string, Record<string, string>>;

interface Action {
  inputs: Record<string, { default: string }>;
  outputs: Record<string, { value: string }>;
  runs: { steps: { id: string; run: string; env: Record<string, string> }[] };
}

const action = (): Action =>
  readYaml(readFileSync(inRoot("action.yml"), "utf8"), "action.yml") as Action;

/** A job that runs. */
export class GithubJob {
  readonly #shell: Shell;
  readonly #env: Record<string, string>;
  readonly #contexts: Contexts;
  readonly #path: string[] = [];
  readonly #masks: string[] = [];
  /** What stands on the page of the run. */
  readonly summary: string;
  #steps = 0;

  /**
   * Begins one.
   *
   * @param shell the machine, with `site` in the workspace
   * @param env variables of the machine and of the job
   * @param github values of the context `github`
   */
  constructor(shell: Shell, env: Record<string, string>, github: Record<string, string>) {
    this.#shell = shell;
    this.#contexts = { github };
    this.summary = `${shell.path}/summary.md`;
    const temporary = `${shell.path}/runner temp`;
    mkdirSync(temporary, { recursive: true });
    this.#env = {
      GITHUB_ACTIONS: "true",
      GITHUB_ACTOR: github.actor ?? "",
      GITHUB_STEP_SUMMARY: this.summary,
      RUNNER_TEMP: temporary,
      ...env,
    };
  }

  /** Runs all steps of a workflow's jobs, each of which must succeed. */
  async runAll({ env = {}, jobs }: Workflow): Promise<void> {
    for (const [name, value] of Object.entries(env)) {
      this.#env[name] ??= this.#evaluate(value, this.#contexts);
    }
    for (const step of Object.values(jobs).flatMap((job) => job.steps)) {
      const { code, log } = await this.step(step);
      assert.equal(code, 0, `${JSON.stringify(step)}\n${log}`);
    }
  }

  /** Runs a step: a script, or the action of this repository; every other action does nothing. */
  async step(step: Step): Promise<StepResult> {
    const result = step.run !== undefined
      ? await this.#script(step.run, this.#values(step.env ?? {}, this.#contexts))
      : /^(?:\.\/|blobber-dev\/blobber@.*)$/.test(step.uses!)
      ? await this.#action(step)
      : { code: 0, log: "", outputs: {}, annotations: [] };
    if (step.id !== undefined) {
      for (const [name, value] of Object.entries(result.outputs)) {
        (this.#contexts[`steps.${step.id}.outputs`] ??= {})[name] = value;
      }
    }
    return result;
  }

  async #action({ with: given = {}, env = {} }: Step): Promise<StepResult> {
    const { inputs: known, outputs: named, runs } = action();
    for (const name of Object.keys(given)) {
      assert.ok(name in known, `the action has no input ${name}`);
    }
    const inputs = Object.fromEntries(
      Object.entries(known).map(([name, it]) => [
        name,
        this.#evaluate(String(given[name] ?? it.default), this.#contexts),
      ]),
    );
    const contexts: Contexts = { ...this.#contexts, inputs };
    let last: StepResult | undefined;
    for (const { id, run, env: own } of runs.steps) {
      last = await this.#script(run, {
        ...this.#values(env, this.#contexts),
        ...this.#values(own, contexts),
        GITHUB_ACTION_PATH: inRoot(".").replace(/\/$/, ""),
      });
      contexts[`steps.${id}.outputs`] = last.outputs;
      if (last.code !== 0) break;
    }
    const outputs = Object.fromEntries(
      Object.entries(named).map(([name, { value }]) => [name, this.#evaluate(value, contexts)]),
    );
    return { ...last!, outputs };
  }

  /** Runs a script in a file, as runners do, and reads what it left in their files. */
  async #script(text: string, env: Record<string, string>): Promise<StepResult> {
    const base = `${this.#shell.path}/.step-${++this.#steps}`;
    writeFileSync(`${base}.sh`, text);
    const path = this.#path.map((dir) => `'${dir.replaceAll("'", `'\\''`)}':`).join("");
    const { code, text: log } = await this.#shell.say(
      `PATH=${path}"$PATH" exec bash --noprofile --norc -eo pipefail ${base}.sh`,
      { ...this.#env, ...env, GITHUB_OUTPUT: `${base}.out`, GITHUB_PATH: `${base}.path` },
    );
    const read = (file: string) => existsSync(file) ? readFileSync(file, "utf8") : "";
    this.#path.unshift(...read(`${base}.path`).split("\n").filter((line) => line !== ""));
    const outputs: Record<string, string> = {};
    for (const line of read(`${base}.out`).split("\n").filter((line) => line !== "")) {
      const [, name, value] = /^([^=]+?)=(.*)$/.exec(line) ?? assert.fail(`no output: ${line}`);
      outputs[name!] = value!;
    }
    return { code, outputs, ...this.#readLog(log) };
  }

  /** A line is a command where it begins with `::`, white space aside, or has `##[` anywhere. */
  #readLog(log: string): { log: string; annotations: string[] } {
    const annotations: string[] = [];
    const lines = log.split("\n").filter((line) => {
      const [, command, text] = /^\s*::([\w-]+)(?: [^:]*)?::(.*)$/.exec(line) ?? [];
      assert.ok(!/##\[/.test(line), `a command of the old form: ${line}`);
      if (command === undefined) return true;
      const data = text!.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%25", "%");
      if (command === "add-mask") this.#masks.push(data);
      else if (["error", "warning"].includes(command)) annotations.push(`${command}: ${data}`);
      else assert.fail(`a command that nothing of ours gives: ${line}`);
      return false;
    });
    for (const mask of this.#masks) {
      assert.ok(!lines.join("\n").includes(mask), "a secret stands in the log");
    }
    return { log: lines.join("\n") + annotations.join("\n"), annotations };
  }

  #values(values: Record<string, string>, contexts: Contexts): Record<string, string> {
    return Object.fromEntries(
      Object.entries(values).map(([name, it]) => [name, this.#evaluate(String(it), contexts)]),
    );
  }

  #evaluate(text: string, contexts: Contexts): string {
    return text.replace(/\$\{\{ ([\w.-]+)\.([\w-]+) \}\}/g, (_, context, name) => {
      const known = contexts[context];
      if (known === undefined) assert.fail(`no context ${context}`);
      // What a step did not set is empty.
      return known[name] ??
        (context.startsWith("steps.") ? "" : assert.fail(`no ${context}.${name}`));
    });
  }
}
