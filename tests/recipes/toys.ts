/**
 * What the recipes of CONTRIBUTING.md are followed with: a command that greets, a setting of it, an error that it
 * throws, a name in a tar that is to be refused, and programs that every system has and none has.
 *
 * @module
 */

/** One edit: what a step of a recipe tells to do. */
export interface Edit {
  recipe: string;
  step: number;
  path: string;
  /** The new text of the file, which is empty where there is none. */
  put: (text: string) => string;
  /** What the check that notices its absence says; where it is left out at first. */
  missed?: RegExp;
}

/** Puts lines before one that stands in the text once. */
function before(anchor: string, lines: string): (text: string) => string {
  return (text) => replaced(text, anchor, lines + anchor);
}

/** Puts lines behind one that stands in the text once. */
function behind(anchor: string, lines: string): (text: string) => string {
  return (text) => replaced(text, anchor, anchor + lines);
}

function replaced(text: string, anchor: string, by: string): string {
  if (text.split(anchor).length !== 2) throw new Error(`not once in the file: ${anchor}`);
  return text.replace(anchor, () => by);
}

const HELLO = `/**
 * \`hello\`.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/internal/printable";
import type { Context } from "../../context.ts";

/** Greets. */
export async function runHello(context: Context): Promise<void> {
  const [name] = context.args;
  if (name === "rude" && !READS_SETTING) {
    THROWS
  }
  await context.out.sentences({ greeting: \`hello \${name}\` }, \`hello \${name}\`);
}
`;

const THROWS = `throw new BlobberError(
      "impolite-name",
      \`cannot greet \${quote(name)}, expected a polite name\`,
      { hint: ["greeted all the same with ", { option: "anyName" }] },
    );`;

const TEST_OF_HELLO = `import assert from "node:assert/strict";
import { Workplace } from "./program.ts";

Deno.test("hello greets", async () => {
  await using at = await Workplace.open();
  assert.equal(await at.ok(["hello", "jo"]), "hello jo\\n");
});
`;

const TESTS_OF_SETTING = `
Deno.test("hello greets any name where it is told to", async () => {
  await using at = await Workplace.open();
  assert.equal(await at.ok(["hello", "rude", "--any-name"]), "hello rude\\n");
});
`;

const TESTS_OF_ERROR = `
Deno.test("hello refuses what is not polite", async () => {
  await using at = await Workplace.open();
  const { status, stderr } = await at.run(["hello", "rude", "-o", "json"]);
  assert.equal(status, 2);
  assert.equal(JSON.parse(stderr).error.code, "impolite-name");
});
`;

const TEST_OF_PEERS = `import assert from "node:assert/strict";
import { interop } from "./harness.ts";
import { requirePeer } from "./peers.ts";

interop("greets beside sh", ["sh"], async () => {
  const { code } = await new Deno.Command(requirePeer("sh"), { args: ["-c", "exit 7"] }).output();
  assert.equal(code, 7);
});

interop("greets beside a program that is nowhere", ["no-such-program"], () => Promise.resolve());
`;

/** The recipe's own file is written by one step and filled in by others. */
const HELLO_FILE = "cli/commands/program/hello.ts";
const HELLO_TEST = "tests/cli/hello_test.ts";

const COMMAND: Omit<Edit, "recipe">[] = [
  {
    step: 1,
    path: "cli/command_table/program.ts",
    put: before(
      "} as const satisfies Record<string, CommandRow>;",
      '  hello: {\n    args: [{ kind: "word", name: "NAME" }],\n    summary: "greet by name",\n' +
        '    examples: ["hello jo"],\n    withoutConfig: true,\n  },\n',
    ),
  },
  { step: 2, path: HELLO_FILE, put: () => HELLO },
  {
    step: 3,
    path: "cli/commands/program/loaders.ts",
    put: before(
      "} satisfies Partial<",
      '  hello: async () => (await import("./hello.ts")).runHello,\n',
    ),
    missed: /every row of the table of commands can be loaded/,
  },
  {
    step: 4,
    path: "cli/reference/shapes.ts",
    put: behind(
      "export const SHAPES: Record<string, Record<string, string>> = {\n",
      '  hello: { greeting: "what was said" },\n',
    ),
    missed: /every command has a shape of its JSON/,
  },
  {
    step: 5,
    path: "tests/cli/reference_test.ts",
    put: before('    help: ["push"],\n', '    hello: ["jo"],\n'),
    missed: /say below how hello is run/,
  },
  {
    step: 6,
    path: "cli/settings/flags_test.ts",
    put: before('    help: [["push"]],\n', '    hello: [["jo"], ["rude"]],\n'),
    missed: /say here how hello is run/,
  },
  { step: 8, path: HELLO_TEST, put: () => TEST_OF_HELLO },
];

const SETTING: Omit<Edit, "recipe">[] = [
  {
    step: 1,
    path: "cli/settings/program.ts",
    put: before(
      "} as const satisfies Record<string, Setting>;",
      '  anyName: {\n    flag: "any-name",\n    key: "any-name",\n    type: "boolean",\n' +
        '    default: false,\n    help: "greet whatever the name",\n    group: "command",\n' +
        '    commands: ["hello"],\n  },\n',
    ),
  },
  {
    step: 2,
    path: "cli/settings/program.ts",
    put: behind(
      'help: "greet whatever the name",\n',
      '    below: "stricter",\n    strictness: [true, false],\n',
    ),
    missed: /anyName has not decided/,
  },
  {
    step: 3,
    path: "cli/settings/program.ts",
    put: behind('help: "greet whatever the name",\n', "    loosens: true,\n"),
  },
  {
    step: 4,
    path: HELLO_FILE,
    put: (text) => replaced(text, "READS_SETTING", 'context.settings.get("anyName")'),
  },
  { step: 6, path: HELLO_TEST, put: (text) => text + TESTS_OF_SETTING },
];

const ERROR: Omit<Edit, "recipe">[] = [
  {
    step: 2,
    path: "lib/errors.ts",
    put: before(
      "} as const satisfies Record<string, StatusName>;",
      '  "impolite-name": "usage",\n',
    ),
    missed: /"impolite-name"' is not assignable to parameter of type/,
  },
  { step: 3, path: HELLO_FILE, put: (text) => replaced(text, "THROWS", THROWS) },
  {
    step: 4,
    path: "lib/errors.ts",
    put: behind("export type OptionName =\n", '  | "anyName"\n'),
  },
  {
    step: 5,
    path: "cli/terminal/hints.ts",
    put: behind(
      "insteadOfFlag: string }> = {\n",
      '  anyName: "anyName",\n',
    ),
    missed: /Property 'anyName' is missing in type/,
  },
  { step: 7, path: HELLO_TEST, put: (text) => text + TESTS_OF_ERROR },
];

const HOSTILE: Omit<Edit, "recipe">[] = [
  {
    step: 2,
    path: "lib/archive/tar/tar_reader_test.ts",
    put: (text) =>
      text + '\nrefused("a name with a space that is not seen", tarOf({ name: "a\\u2060b" }));\n',
  },
  {
    step: 3,
    path: "lib/archive/safe_path.ts",
    put: before(
      "  if (!text.isWellFormed()) ",
      "  // Two names that look the same are taken for each other.\n" +
        '  if (text.includes("\\u2060")) throw unsafeName(what, text, "has a space that is not seen");\n',
    ),
    missed: /a name with a space that is not seen/,
  },
];

const PEER: Omit<Edit, "recipe">[] = [
  {
    step: 1,
    path: "tests/interop/peers.ts",
    put: behind(
      "const DEBIAN = {\n",
      '  sh: "dash",\n  "no-such-program": "no-such-package",\n',
    ),
    missed: /"sh"' is not assignable to type 'Peer'/,
  },
  { step: 3, path: "tests/interop/greeting_test.ts", put: () => TEST_OF_PEERS },
];

/** The edits in their order. */
export const EDITS: Edit[] = Object.entries({
  "A command": COMMAND,
  "A setting": SETTING,
  "An error": ERROR,
  "A hostile input": HOSTILE,
  "A peer": PEER,
}).flatMap(([recipe, edits]) => edits.map((edit) => ({ recipe, ...edit })));

/** Steps that are no edit: what is run instead, or why there is nothing to do here. */
export const OTHERS: Record<string, Record<number, string>> = {
  "A command": { 7: "the page is written" },
  "A setting": { 5: "the page is written" },
  "An error": { 1: "no code fits", 6: "the page is written" },
  "A hostile input": {
    1: "built by tarOf()",
    4: "readers agree about the name",
    5: "nothing is written before names are looked at",
  },
  "A peer": { 2: "run", 4: "run" },
};
