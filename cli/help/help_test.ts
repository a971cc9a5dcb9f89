import assert from "node:assert/strict";
import { COMMANDS } from "../command_table/table.ts";
import { appliesTo, type Setting, SETTING_NAMES, settingOf } from "../settings/table.ts";
import { widthOf } from "../terminal/wrap.ts";
import { commandHelp, programHelp, topicHelp } from "./help.ts";
import { TOPICS } from "./topics.ts";

/** Every page, by what is typed for it. */
const PAGES: [string, (columns: number) => string][] = [
  ["--help --all", (columns) => programHelp(columns, { all: true })],
  ...COMMANDS.flatMap((command): [string, (columns: number) => string][] =>
    [false, true].map((all) => [
      `${command.name} --help${all ? " --all" : ""}`,
      (columns) => commandHelp(command, columns, { all }),
    ])
  ),
  ...TOPICS.map((topic): [string, (columns: number) => string] => [
    `help ${topic.name}`,
    (columns) => topicHelp(topic, columns),
  ]),
];

/** The words of a page; a backslash at the end of a line says that the command line goes on. */
function wordsOf(page: string): string[] {
  return page.replaceAll(" \\\n", "\n").split(/\s+/).filter((word) => word !== "");
}

/** Lines that a terminal would break. */
function tooLong(text: string, columns: number): string[] {
  return text.split("\n").filter((line) =>
    // A word that fits no line has one to itself.
    widthOf(line) > columns && line.trim().replace(/ \\$/, "").includes(" ")
  );
}

for (const columns of [100, 80, 40]) {
  Deno.test(`no line of help is longer than ${columns} columns, and no word is broken`, () => {
    assert.deepEqual(tooLong(programHelp(columns), columns), []);
    for (const [typed, page] of PAGES) {
      const text = page(columns);
      assert.deepEqual([typed, tooLong(text, columns)], [typed, []]);
      assert.deepEqual([typed, wordsOf(text)], [typed, wordsOf(page(10_000))]);
    }
  });
}

Deno.test("a flag that several commands have is explained in the words of each", () => {
  const helpOf = (name: string) => commandHelp(COMMANDS.find((c) => c.name === name)!, 200);
  assert.match(helpOf("pull"), /--include PATTERN +take only what matches; repeatable$/m);
  assert.match(helpOf("push"), /--include PATTERN +bring back what was left out/);
  assert.doesNotMatch(helpOf("rm"), /pushed/);
  for (const name of SETTING_NAMES) {
    const setting: Setting = settingOf(name);
    for (const command of Object.keys(setting.helpOf ?? {})) {
      assert.ok(appliesTo(setting, command), `${name} is no flag of ${command}`);
    }
  }
});

Deno.test("a value that some commands take is in their help alone, and the page of flags says whose it is", () => {
  for (const command of COMMANDS.filter(({ hidden }) => !hidden)) {
    const text = wordsOf(commandHelp(command, 200, { all: true })).join(" ");
    const takes = ["ls", "diff", "check", "tags", "repos"].includes(command.name);
    assert.equal(
      /--output text\|json\|paths0 [^;]*; paths0 ends each name/.test(text),
      takes,
      text,
    );
    assert.equal(/--output text\|json /.test(text), !takes, text);
  }
  const flags = TOPICS.find(({ name }) => name === "flags")!;
  const words = wordsOf(topicHelp(flags, 200)).join(" ");
  assert.match(
    words,
    /text\|json\|paths0 [^;]*; with ls, diff, check, tags, repos: paths0 ends each name/,
  );
});

Deno.test("an example that is broken is still one command line", () => {
  const verify = COMMANDS.find(({ name }) => name === "verify")!;
  const text = commandHelp(verify, 40).replaceAll(/ \\\n +/g, " ");
  for (const example of verify.examples!) {
    assert.ok(text.includes(`\n  blobber ${example}\n`), text);
  }
});

Deno.test("the help of the program is one screen, and names every command and topic", () => {
  for (const [columns, rows] of [[80, 24], [120, 24], [40, 28]] as const) {
    const text = programHelp(columns);
    // The line of the prompt is below it.
    assert.ok(text.split("\n").length <= rows, `${columns}: ${text}`);
    const words = wordsOf(text).map((word) => word.replace(/,$/, ""));
    const topLevel = COMMANDS.filter(({ name, hidden }) => !hidden && !name.includes(" "));
    for (const { name } of [...topLevel, ...TOPICS]) assert.ok(words.includes(name), name);
  }
});

Deno.test("help of a command begins with examples, then its usage, then the flags that are its own", () => {
  for (const command of COMMANDS.filter(({ hidden }) => !hidden)) {
    const text = commandHelp(command, 80);
    assert.ok(command.examples?.length, `say how ${command.name} is used, in its examples`);
    const titles = [...text.matchAll(/^([A-Z][A-Za-z]+):$/gm)].map(([, title]) => title);
    assert.deepEqual(titles.slice(0, 2), ["Examples", "Usage"], command.name);
    assert.match(text, /^Also: .*general\s\(\d\)\sflags\.\sblobber\shelp\s/ms);
  }
});

Deno.test("flags that commands share are counted, and shown where all is asked for", () => {
  const flagsIn = (text: string) =>
    [...text.matchAll(/^ {2}(?:-., | {4})--([a-z-]+)/gm)].map(([, f]) => f!);
  const command = (name: string) => COMMANDS.find((one) => one.name === name)!;
  const short = commandHelp(command("pull"), 80);
  const whole = commandHelp(command("pull"), 80, { all: true });
  assert.ok(flagsIn(short).includes("overwrite") && !flagsIn(short).includes("insecure"));
  assert.ok(flagsIn(whole).includes("insecure") && flagsIn(whole).includes("verify-key"));
  const folded = [...short.matchAll(/[a-z]+ \((\d+)\)/g)].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  );
  assert.equal(flagsIn(whole).length - flagsIn(short).length, folded);
  assert.ok(!whole.includes("Also:"));
  // What a command is about is its own.
  assert.ok(flagsIn(commandHelp(command("verify"), 80)).includes("verify-key"));
  assert.ok(flagsIn(commandHelp(command("sign"), 80)).includes("sign-key"));
  // The page of all of them says each once.
  const page = flagsIn(topicHelp(TOPICS.find(({ name }) => name === "flags")!, 80));
  assert.equal(new Set(page).size, page.length);
  for (const flag of flagsIn(whole)) {
    assert.ok(page.includes(flag) || flagsIn(short).includes(flag), flag);
  }
});
