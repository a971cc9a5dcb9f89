/**
 * Runs a job as GitLab does: a component's inputs are put in its place, variables name others, and the lines of the
 * script run in one shell.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { readYaml } from "../../../cli/config/yaml.ts";
import { inRoot } from "../../../tasks/run.ts";
import type { Said, Shell } from "../../commands.ts";

/** A job of a pipeline. */
export interface Job {
  id_tokens?: Record<string, { aud: string }>;
  variables?: Record<string, string>;
  script: string[];
  artifacts?: { paths?: string[]; reports?: { dotenv?: string } };
}

/** What a pipeline includes. */
export interface Include {
  component: string;
  inputs: Record<string, unknown>;
}

/** The job that a component makes. */
export function includedJob({ component, inputs }: Include): Job {
  const [, command] = /\/(\w+)@[\d.]+$/.exec(component) ?? assert.fail(component);
  const path = `templates/${command}.yml`;
  const [head, body] = readFileSync(inRoot(path), "utf8").split("\n---\n") as [string, string];
  const { spec } = readYaml(head, path) as {
    spec: { inputs: Record<string, { default?: unknown; type?: string }> };
  };
  const values: Record<string, unknown> = {};
  for (const name of Object.keys(inputs)) {
    assert.ok(name in spec.inputs, `the component has no input ${name}`);
  }
  for (const [name, { default: value, type = "string" }] of Object.entries(spec.inputs)) {
    const given = inputs[name] ?? value ?? assert.fail(`the input ${name} is missing`);
    const kind = Array.isArray(given) ? "array" : typeof given;
    assert.equal(kind, type, `the input ${name} is no ${type}`);
    values[name] = given;
  }
  const jobs = Object.values(replaced(readYaml(body, path), values) as Record<string, Job>);
  assert.equal(jobs.length, 1);
  return jobs[0]!;
}

/** Puts inputs into the values of a document, and into its keys. */
function replaced(node: unknown, values: Record<string, unknown>): unknown {
  if (typeof node === "string") {
    const whole = /^\$\[\[ inputs\.([\w-]+) \]\]$/.exec(node)?.[1];
    if (whole !== undefined && Array.isArray(values[whole])) return values[whole];
    return node.replace(/\$\[\[ inputs\.([\w-]+) \]\]/g, (_, name) => String(values[name]));
  }
  if (Array.isArray(node)) return node.map((one) => replaced(one, values));
  if (typeof node === "object" && node !== null) {
    return Object.fromEntries(
      Object.entries(node).map((
        [key, value],
      ) => [replaced(key, values), replaced(value, values)]),
    );
  }
  return node;
}

/** What came of a job. */
export interface JobResult extends Said {
  /** Variables of later jobs. */
  report: Record<string, string>;
}

/**
 * Runs one.
 *
 * @param env variables of the machine and of the pipeline
 * @param tokenFor makes an identity token for an audience
 */
export async function runJob(
  shell: Shell,
  { id_tokens = {}, variables = {}, script, artifacts }: Job,
  { env, tokenFor }: { env: Record<string, string>; tokenFor: (audience: string) => string },
): Promise<JobResult> {
  const all: Record<string, string> = { ...env, GITLAB_CI: "true" };
  for (const [name, { aud }] of Object.entries(id_tokens)) all[name] = tokenFor(aud);
  for (const [name, value] of Object.entries(variables)) {
    all[name] = value.replace(/\$(\w+)|\$\{(\w+)\}/g, (_, one, other) => all[one ?? other] ?? "");
  }
  const said = await shell.say(`set -e\n${script.join("\n")}`, all);
  const report: Record<string, string> = {};
  const dotenv = artifacts?.reports?.dotenv;
  if (dotenv !== undefined && said.code === 0) {
    for (const line of readFileSync(`${shell.path}/${dotenv}`, "utf8").trimEnd().split("\n")) {
      const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(line) ?? assert.fail(`no variable: ${line}`);
      report[name!] = value!;
    }
  }
  return { ...said, report };
}
