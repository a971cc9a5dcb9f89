/**
 * One run of the program: parse, resolve, do, report.
 *
 * @module
 */

import type { MakeReporter } from "./execute.ts";
import type { CommandLine } from "./line/parse.ts";
import { stderr, stdout, variable, variables } from "./machine.ts";

/**
 * Runs a command line.
 *
 * @param argv the arguments of the program
 * @returns the exit status
 */
export async function runProgram(argv: readonly string[]): Promise<number> {
  // Scripts ask for it, so it is answered before anything is loaded.
  if (argv.length === 1 && argv[0] === "--version") {
    return await print(await versionText());
  }
  const { parseCommandLine } = await import("./line/parse.ts");
  let line: CommandLine;
  try {
    line = parseCommandLine(argv);
  } catch (error) {
    const reporter = await makeReporter(wantsJson(argv), { quiet: false, verbose: false });
    return await reporter.error(error);
  }
  const { command, flags } = line;
  if (flags.get("version") === true) return await print(await versionText());
  if (command === undefined || flags.get("help") === true) {
    const [{ commandHelp, programHelp }, { columnsOf }] = await Promise.all([
      import("./help/help.ts"),
      import("./terminal/output.ts"),
    ]);
    const columns = columnsOf(stdout);
    const options = { all: flags.get("all") === true };
    return await print(
      command === undefined
        ? programHelp(columns, options)
        : commandHelp(command, columns, options),
    );
  }
  const [{ executeCommand }, { columnsOf }] = await Promise.all([
    import("./execute.ts"),
    import("./terminal/output.ts"),
  ]);
  return await executeCommand(command, line, {
    makeReporter,
    variable: readVariable,
    env: variable,
    variableNames: () => Object.keys(variables()),
    columns: () => columnsOf(stdout, Infinity),
  });
}

const makeReporter: MakeReporter = async (
  json,
  { quiet, verbose, silent = false, progress = "auto" },
) => {
  const [{ Reporter, progressForm }, { columnsOf, screen }] = await Promise.all([
    import("./terminal/reporter.ts"),
    import("./terminal/output.ts"),
  ]);
  const terminal = stderr.isTerminal();
  const wrap = terminal && !json ? await import("./terminal/wrap.ts") : undefined;
  const dumb = readVariable("TERM") === "dumb";
  return new Reporter({
    form: progressForm(progress, { json, quiet, terminal, dumb }),
    json,
    quiet,
    verbose,
    silent,
    person: terminal,
    color: terminal && !dumb && !json && (readVariable("NO_COLOR") ?? "") === "",
    screen,
    columns: () => columnsOf(stderr),
    fold: wrap && ((text) => wrap.fold(text, { columns: columnsOf(stderr), hang: 2 })),
    now: () => performance.now(),
  });
};

async function versionText(): Promise<string> {
  return (await import("./build.ts")).versionLine();
}

async function print(text: string): Promise<number> {
  const { Output, ReaderGone, screen } = await import("./terminal/output.ts");
  try {
    await new Output(screen, "text").text(text);
    return 0;
  } catch (error) {
    if (error instanceof ReaderGone) return 0;
    return await (await makeReporter(false, { quiet: false, verbose: false })).error(error);
  }
}

/** Whether JSON was asked for, for the error of a command line that cannot be parsed. */
function wantsJson(argv: readonly string[]): boolean {
  return argv.some((arg, i) =>
    /^(?:-o=?|--output=|--format=)json$/.test(arg) ||
    /^(?:-o|--output|--format)$/.test(arg) && argv[i + 1] === "json"
  ) || readVariable("BLOBBER_OUTPUT") === "json";
}

/** A variable that only changes how something is shown: if it may not be read, the default applies. */
function readVariable(name: string): string | undefined {
  try {
    return variable(name);
  } catch {
    return undefined;
  }
}
