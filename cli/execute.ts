/**
 * Runs a command with the settings in force, and turns what it throws into an exit status.
 *
 * @module
 */

import { BlobberError, isBlobberError, STATUS } from "@blobber/core/errors";
import { quote } from "@blobber/core/internal/printable";
import { argumentOf } from "./command_table/arguments.ts";
import type { Command } from "./command_table/table.ts";
import { loadCommand } from "./commands/load.ts";
import { resolveSettings, type Settings, warningsOf } from "./config/effective.ts";
import { settingOf, valuesIn } from "./settings/table.ts";
import { Output, ReaderGone, screen } from "./terminal/output.ts";
import type { Context } from "./context.ts";
import type { CommandLine } from "./line/parse.ts";
import type { RunPlan } from "./plan/run_plan.ts";
import type { Reporter } from "./terminal/reporter.ts";
import { listenForStop } from "./terminal/signals.ts";

/** What a reporter is to know of the settings. */
export interface ReporterSettings {
  quiet: boolean;
  verbose: boolean;
  /** Nothing at all, not even an error. */
  silent?: boolean | undefined;
  progress?: "auto" | "tty" | "plain" | "json" | "none";
}

/** Makes the reporter for this process's stderr. */
export type MakeReporter = (json: boolean, settings: ReporterSettings) => Promise<Reporter>;

/** What the process gives to a command. */
export interface Io {
  makeReporter: MakeReporter;
  /** A variable that only says how something is shown. Must not throw. */
  variable: (name: string) => string | undefined;
  /** A variable; throws where the runtime does not allow to read it. */
  env: (name: string) => string | undefined;
  /** The names of all variables. */
  variableNames: () => string[];
  /** Width of the terminal that the result goes to; `Infinity` for a pipe or a file. */
  columns: () => number;
}

/**
 * Runs a command.
 *
 * @param command which
 * @param line the command line
 * @param io what the process gives
 * @returns the exit status
 */
export async function executeCommand(
  command: Command,
  line: CommandLine,
  io: Io,
): Promise<number> {
  const { env } = io;
  let settings: Settings;
  try {
    settings = await resolveSettings(line.flags, env, { files: command.withoutConfig !== true });
  } catch (error) {
    const json = line.flags.get("output") === "json" || io.variable("BLOBBER_OUTPUT") === "json";
    const verbose = line.flags.get("verbose") === true;
    const report = await io.makeReporter(json, { quiet: false, verbose, silent: command.hidden });
    return await report.error(error);
  }
  const form = settings.get("output");
  const json = form === "json";
  const report = await io.makeReporter(json, {
    silent: command.hidden,
    quiet: settings.get("quiet"),
    verbose: settings.get("verbose"),
    progress: settings.get("progress"),
  });
  const signal = listenForStop(() => report.close());
  try {
    if (!valuesIn(settingOf("output"), command.name)!.includes(form)) throw noList(command.name);
    const loading = loadCommand(command); // while the settings are checked
    loading.catch(() => {}); // errors of the settings are reported first
    let plan: RunPlan | undefined;
    if (!command.hidden) {
      const { planRun } = await import("./plan/run_plan.ts");
      plan = await planRun(command.name, settings);
      for (const warning of warningsOf(settings, io.variableNames())) {
        report.warn("settings", warning);
      }
    }
    if (command.args.some((argument) => argumentOf(argument).refusesSelector)) {
      const { checkArguments } = await import("./line/check_arguments.ts");
      await checkArguments(command, line.args);
    }
    const runCommand = await loading;
    const ended = await runCommand({
      args: line.args,
      settings,
      ...plan !== undefined && { plan },
      flags: line.flags,
      lists: line.lists,
      out: new Output(screen, form, io.columns()),
      report,
      signal,
      env,
    });
    report.close();
    return STATUS[ended ?? "done"].status;
  } catch (error) {
    if (error instanceof ReaderGone) {
      report.close();
      return 0;
    }
    // A command that fails because it was stopped fails with that reason.
    if (signal.aborted) return await report.error(signal.reason, { command: command.name });
    return await report.error(error, {
      command: command.name,
      hint: await hintBesides(error, command, { args: line.args, settings, env, signal, report }),
    });
  }
}

function noList(command: string): BlobberError {
  return new BlobberError("usage", `invalid output: "paths0": ${quote(command)} lists no names`, {
    hint: "use text or json",
  });
}

/** What to look up about an error that says nothing of what to do. */
async function hintBesides(
  error: unknown,
  command: Command,
  context: Pick<Context, "args" | "settings" | "env" | "signal" | "report">,
): Promise<string | undefined> {
  if (isBlobberError(error, "invalid-reference")) {
    const { meantReference } = await import("./library/meant_reference.ts");
    return meantReference(error, command, context.args);
  }
  if (!isBlobberError(error, "not-found") || context.settings.get("quiet")) return undefined;
  const { nearTags } = await import("./library/near_tags.ts");
  return await nearTags(error, context);
}
