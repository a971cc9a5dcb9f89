/**
 * `help`.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/internal/printable";
import { nearestWord } from "@blobber/core/internal/spelling";
import { COMMANDS, findCommand } from "../../command_table/table.ts";
import type { Context } from "../../context.ts";
import { commandHelp, type HelpOptions, programHelp, topicHelp } from "../../help/help.ts";
import { columnsOf } from "../../terminal/output.ts";
import { TOPICS } from "../../help/topics.ts";
import { stdout } from "../../machine.ts";

/** Shows help for a command or a topic. */
export async function runHelp({ args, out, settings }: Context): Promise<void> {
  const text = helpFor(args, columnsOf(stdout), { all: settings.get("all") });
  await out.result({ help: text }, text);
}

function helpFor(args: readonly string[], columns: number, options: HelpOptions): string {
  if (args.length === 0) return programHelp(columns, options);
  const found = findCommand(args);
  if (found !== undefined && found.args.length === 0) {
    return commandHelp(found.command, columns, options);
  }
  const asked = args.join(" ");
  const topic = TOPICS.find(({ name }) => name === asked);
  if (topic !== undefined) return topicHelp(topic, columns);
  const names = [
    ...COMMANDS.filter(({ hidden }) => !hidden).map(({ name }) => name),
    ...TOPICS.map(({ name }) => name),
  ];
  const meant = nearestWord(asked, names);
  throw new BlobberError("usage", `unknown command or topic: ${quote(asked)}`, {
    hint: meant === undefined
      ? "blobber --help lists the commands and topics"
      : `did you mean "${meant}"?`,
  });
}
