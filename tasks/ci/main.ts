/**
 * `deno task ci STEP`: what the workflows do besides testing and releasing, and the files of the GitLab component.
 *
 * @module
 */

import { runTask } from "../run.ts";
import { putOnPath, tryBinary } from "./binary.ts";
import { login } from "./login.ts";
import { makePage } from "./page.ts";
import { writeTemplates } from "./templates.ts";

/** The steps, and how many words each takes. */
const STEPS: Record<string, [words: number, run: (...words: string[]) => void | Promise<void>]> = {
  login: [0, () => login()],
  page: [1, (tag) => makePage(tag!)],
  path: [0, () => putOnPath()],
  templates: [0, writeTemplates],
  try: [1, (directory) => tryBinary(directory!)],
};

await runTask(async () => {
  const [name = "", ...words] = Deno.args;
  const step = Object.hasOwn(STEPS, name) ? STEPS[name] : undefined;
  if (step === undefined) {
    throw new Error(`no step "${name}", expected one of ${Object.keys(STEPS).join(", ")}`);
  }
  const [expected, run] = step;
  if (words.length !== expected) throw new Error(`"${name}" takes ${expected} words`);
  await run(...words);
});
