import assert from "node:assert/strict";
import { BlobberError, type Hint, type OptionName } from "@blobber/core/errors";
import { COMMANDS } from "../command_table/table.ts";
import { SETTING_NAMES, settingOf } from "../settings/table.ts";
import { TOPICS } from "../help/topics.ts";
import { describeError } from "./error_text.ts";
import { flagsIn, hintAppliesTo, hintFor, OF_RUNTIME, OPTIONS } from "./hints.ts";

const root = new URL("../../", import.meta.url);

/** Every string of a program's text, pieces that are put together by "+" as one. */
function strings(text: string): string[] {
  const code = text.replace(
    /"(?:[^"\\\n]|\\.)*"|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (found) => found.startsWith("/") ? "" : found,
  );
  const joined = code.replace(/(["`])\s*\+\s*["`]/g, "");
  return [...joined.matchAll(/"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g)]
    .map(([, plain, template]) => plain ?? template!);
}

function* sources(folder: string): Generator<{ path: string; text: string }> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, root))) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* sources(path);
    else if (path.endsWith(".ts") && !path.endsWith("_test.ts")) {
      yield { path, text: Deno.readTextFileSync(new URL(path, root)) };
    }
  }
}

/** Strings in which other programs have flags of their own. */
const OF_OTHERS =
  /circleci run|diff --git|openssl |docker-credential-|^#|complete -|--no-sort|\bcompadd\b/;
/** Files that write pages of the documentation, or are read by shells. */
const NO_MESSAGES = /^cli\/(reference\/|completion\/scripts)/;

Deno.test("no message names a file of the documentation, and every flag in one exists", () => {
  const flags = new Set(SETTING_NAMES.map((name) => `--${settingOf(name).flag}`));
  let seen = 0;
  for (const { path, text } of ["cli", "lib", "sigstore"].flatMap((f) => [...sources(f)])) {
    if (NO_MESSAGES.test(path)) continue;
    for (const string of strings(text)) {
      assert.doesNotMatch(string, /\bdocs\/|\.md\b/, path);
      for (const [, topic] of string.matchAll(/blobber help ([a-z-]+)/g)) {
        const known = [...COMMANDS, ...TOPICS].some(({ name }) => name === topic);
        assert.ok(known, `${path}: ${string}`);
      }
      if (OF_OTHERS.test(string)) continue;
      for (const { flag } of flagsIn(string)) {
        if (/^--(allow|verify)-$/.test(flag) || OF_RUNTIME.test(flag)) continue;
        assert.ok(flags.has(flag), `${path}: ${flag} in ${JSON.stringify(string)}`);
        seen++;
      }
    }
  }
  assert.ok(seen > 40, `only ${seen} flags were found`);
});

Deno.test("a command's own messages name its own flags", () => {
  let seen = 0;
  for (const { path, text } of sources("cli/commands")) {
    const [, folder, file] = /([a-z]+)\/([a-z_]+)\.ts$/.exec(path)!;
    const name = COMMANDS.map((one) => one.name as string)
      .find((one) => one === file || one === `${folder} ${file}`);
    if (name === undefined) continue;
    for (const string of strings(text)) {
      if (OF_OTHERS.test(string) || flagsIn(string).length === 0) continue;
      assert.ok(hintAppliesTo(string.replaceAll("--verify-…", ""), name), `${path}: ${string}`);
      seen++;
    }
  }
  assert.ok(seen > 5, `only ${seen} messages were found`);
});

Deno.test("a command's help, examples and details name flags that the command has", () => {
  for (const { name, details = [], examples = [] } of COMMANDS) {
    for (const text of [...details, ...examples.map((example) => `blobber ${example}`)]) {
      assert.ok(hintAppliesTo(text.replaceAll("--verify-…", ""), name), `${name}: ${text}`);
    }
  }
});

Deno.test("nothing in the library names a flag or a command line: its users have neither", () => {
  const found: string[] = [];
  const ofFormats = ["blobber tree 1"]; // what the digest of a tree begins with
  for (const { path, text } of ["lib", "sigstore"].flatMap((folder) => [...sources(folder)])) {
    for (const [flag] of text.matchAll(/`--[a-z][^`]*`/g)) found.push(`${path}: ${flag}`);
    for (const string of strings(text)) {
      if (OF_OTHERS.test(string) || ofFormats.includes(string)) continue;
      const flags = flagsIn(string).filter(({ flag }) => !OF_RUNTIME.test(flag));
      const commands = COMMANDS.filter(({ name }) => string.includes(`blobber ${name}`));
      if (flags.length > 0 || commands.length > 0) found.push(`${path}: ${string}`);
    }
  }
  assert.deepEqual(found, []);
});

Deno.test("an option that an error names has a flag, and a call a command", () => {
  for (const [option, row] of Object.entries(OPTIONS)) {
    if (typeof row === "object") continue;
    assert.ok(settingOf(row).flag !== undefined, option);
    const hint = hintFor([{ option: option as OptionName }])!;
    assert.deepEqual(flagsIn(hint).length, 1, hint);
  }
  assert.equal(hintFor([{ option: "links", value: "keep" }]), "--links keep");
  assert.equal(hintFor([{ option: "overwrite", value: true }]), "--overwrite");
  for (const call of ["sign", "storeLogin"] as const) {
    const [, name] = hintFor([{ call }])!.split(" ");
    assert.ok(COMMANDS.some((command) => command.name === name), name);
  }
});

Deno.test("the library says what an option is called there, the command line its flag", () => {
  const hint: Hint = ["raise the limit with ", { option: "maxEntries", value: 5 }, " or less"];
  const error = new BlobberError("limit", "too many entries", { hint });
  assert.equal(error.hint, "raise the limit with the option maxEntries: 5 or less");
  assert.deepEqual(error.remedies, [{ option: "maxEntries", value: 5 }]);
  assert.equal(describeError(error, "pull").hint, "raise the limit with --max-entries 5 or less");
  const again = new BlobberError("limit", "again", error.advice);
  assert.equal(again.hint, error.hint);
  assert.deepEqual(again.remedies, error.remedies);
});

Deno.test("a hint is shown where the command that was run takes its flags, and else left out", () => {
  const hint: Hint = ["raise the limit with ", { option: "maxEntries" }];
  const shown = "raise the limit with --max-entries";
  const error = new BlobberError("limit", "too many entries", { hint });
  assert.equal(describeError(error, "pull").hint, shown);
  assert.equal(describeError(error, "ls").hint, shown);
  assert.equal(describeError(error, "tag").hint, undefined);
  assert.equal(describeError(error).hint, shown);
  const both: Hint = ["run without ", { option: "offline" }, ", or with ", { option: "trust" }];
  assert.equal(hintFor(both, "pull"), "run without --offline, or with --trusted-root");
  assert.equal(hintFor(both, "tags"), undefined);
  assert.equal(hintAppliesTo("start it with --allow-net, or with -A", "version"), true);
  assert.equal(hintAppliesTo("blobber trust add REF --verify-key FILE", "version"), true);
  assert.equal(hintAppliesTo("blobber trust add REF --max-entries 3", "pull"), false);
  assert.equal(hintAppliesTo("blobber trust list shows it; say --max-entries", "pull"), true);
  assert.equal(hintAppliesTo("say --no-such-flag", "pull"), false);
});

Deno.test("no topic has the name of a command, and none is empty", () => {
  for (const { name, parts } of TOPICS) {
    assert.ok(!COMMANDS.some((command) => command.name === name), name);
    assert.ok(parts().length > 0);
    for (const part of parts()) {
      for (const text of typeof part === "string" ? [part] : part.rows.flat()) {
        if (!OF_OTHERS.test(text)) assert.ok(hintAppliesTo(text), text);
      }
    }
  }
});
