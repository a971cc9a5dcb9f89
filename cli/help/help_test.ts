import assert from "node:assert/strict";
import { COMMANDS } from "../command_table/table.ts";
import { widthOf } from "../terminal/wrap.ts";
import { commandHelp, programHelp, topicHelp } from "./help.ts";
import { TOPICS } from "./topics.ts";

/** Every page, by what is typed for it. */
const PAGES: [string, (columns: number) => string][] = [
  ["--help", programHelp],
  ...COMMANDS.map((command): [string, (columns: number) => string] => [
    `${command.name} --help`,
    (columns) => commandHelp(command, columns),
  ]),
  ...TOPICS.map((topic): [string, (columns: number) => string] => [
    `help ${topic.name}`,
    (columns) => topicHelp(topic, columns),
  ]),
];

/** The words of a page; a backslash at the end of a line says that the command line goes on. */
function wordsOf(page: string): string[] {
  return page.replaceAll(" \\\n", "\n").split(/\s+/).filter((word) => word !== "");
}

for (const columns of [100, 80, 40]) {
  Deno.test(`no line of help is longer than ${columns} columns, and no word is broken`, () => {
    for (const [typed, page] of PAGES) {
      const text = page(columns);
      const tooLong = text.split("\n").filter((line) =>
        // A word that fits no line has one to itself.
        widthOf(line) > columns && line.trim().replace(/ \\$/, "").includes(" ")
      );
      assert.deepEqual([typed, tooLong], [typed, []]);
      assert.deepEqual([typed, wordsOf(text)], [typed, wordsOf(page(10_000))]);
    }
  });
}

Deno.test("an example that is broken is still one command line", () => {
  const verify = COMMANDS.find(({ name }) => name === "verify")!;
  const text = commandHelp(verify, 40).replaceAll(/ \\\n +/g, " ");
  for (const example of verify.examples!) {
    assert.ok(text.includes(`\n  blobber ${example}\n`), text);
  }
});
