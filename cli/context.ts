/**
 * What a command runs with.
 *
 * @module
 */

import type { StatusName } from "@blobber/core/errors";
import type { Environment } from "./config/paths.ts";
import type { Settings } from "./config/effective.ts";
import type { Output } from "./terminal/output.ts";
import type { Reporter } from "./terminal/reporter.ts";
import type { RunPlan } from "./plan/run_plan.ts";
import type { SettingName } from "./settings/table.ts";
import type { ListValue } from "./line/parse.ts";
import type { SettingValue } from "./line/values.ts";

/** What a command runs with. */
export interface Context {
  /** The arguments; their number has been checked. */
  args: readonly string[];
  /** Every setting in force. */
  settings: Settings;
  /** What is done with signatures: nothing where the command is hidden, and has to plan what it does itself. */
  plan?: RunPlan;
  /** The flags of this command line alone. */
  flags: ReadonlyMap<SettingName, SettingValue>;
  /** The values of its flags that may be repeated, in their order across flags. */
  lists: readonly ListValue[];
  /** Takes the result. */
  out: Output;
  /** Takes progress and notices. */
  report: Reporter;
  /** Stops the work. */
  signal: AbortSignal;
  /** Variables. */
  env: Environment;
}

/** Runs a command; what it throws becomes the exit status, else what it returns, else that it is done. */
export type RunCommand = (context: Context) => Promise<StatusName | void>;

/** Loads a command's code. */
export type LoadCommand = () => Promise<RunCommand>;
