import assert from "node:assert/strict";
import { BlobberError } from "@blobber/core/errors";
import { parseCommandLine } from "./parse.ts";

function refused(argv: string[]): BlobberError {
  try {
    parseCommandLine(argv);
  } catch (error) {
    assert.ok(error instanceof BlobberError);
    assert.equal(error.exitStatus, 2);
    return error;
  }
  throw new assert.AssertionError({ message: `${argv.join(" ")} was accepted` });
}

Deno.test("flags stand before, between and after, in every way of writing them", () => {
  for (
    const argv of [
      ["--no-cache", "-o", "json", "push", "d", "--tag", "a", "r", "--tag=b", "-v"],
      ["push", "--no-cache", "-ojson", "--verbose", "d", "r", "--tag=a", "--tag", "b"],
      ["-vo=json", "push", "d", "r", "--tag", "a", "--tag", "b", "--no-cache=true"],
    ]
  ) {
    const { command, args, flags } = parseCommandLine(argv);
    assert.equal(command?.name, "push");
    assert.deepEqual(args, ["d", "r"]);
    assert.equal(flags.get("cache"), false);
    assert.equal(flags.get("output"), "json");
    assert.equal(flags.get("verbose"), true);
    assert.deepEqual(flags.get("tags"), ["a", "b"]);
  }
});

Deno.test("values of flags that may be repeated keep their order across flags", () => {
  const argv = ["push", "--exclude", "*", "d", "--include=*/", "r", "--exclude=a", "--tag", "b"];
  const { flags, lists } = parseCommandLine([...argv, "--include", "*.go"]);
  assert.deepEqual(lists.map(({ name, value }) => `${name} ${value}`), [
    "exclude *",
    "include */",
    "exclude a",
    "tags b",
    "include *.go",
  ]);
  assert.deepEqual(flags.get("exclude"), ["*", "a"]);
});

Deno.test("short flags stand together, and -- ends flags", () => {
  const { flags, args } = parseCommandLine(["ls", "-lH", "--", "-x"]);
  assert.equal(flags.get("long"), true);
  assert.equal(flags.get("humanReadable"), true);
  assert.deepEqual(args, ["-x"]);
});

Deno.test("the longer name of a command wins, and aliases are names", () => {
  assert.equal(parseCommandLine(["config", "set", "a", "b"]).command?.name, "config set");
  assert.equal(parseCommandLine(["config"]).command?.name, "config");
  assert.equal(parseCommandLine(["list", "r"]).command?.name, "ls");
});

Deno.test("arguments that are missing are named, and so are those that are too many", () => {
  assert.equal(refused(["push"]).message, "missing DIR or FILE and REF");
  assert.equal(refused(["pull"]).message, "missing REF");
  assert.equal(refused(["cp"]).message, "missing REF, PATH, and DEST");
  assert.equal(refused(["tag", "r"]).message, "missing TAG");
  assert.equal(refused(["trust", "add"]).message, "missing REF or PATTERN");
  assert.equal(refused(["version", "x"]).message, 'unexpected argument: "x"');
  assert.equal(refused(["pull", ..."abcd"]).message, 'unexpected arguments: "c" and 1 more');
  assert.equal(
    refused(["pull", ..."abcdefghij"]).message,
    'unexpected arguments: "c" and 7 more',
  );
  assert.equal(refused(["pull", "r", "d", "e"]).hint, "usage: blobber pull REF [DIR|-]");
  assert.equal(refused(["push", "r"]).hint, "usage: blobber push DIR|FILE… REF");
  assert.deepEqual(parseCommandLine(["push", ..."abcd"]).args, [..."abcd"]);
});

Deno.test("a command that does not exist comes before a flag that it could not have", () => {
  for (const argv of [["nosuch", "--flag"], ["nosuch", "x", "-z"], ["nosuch", "--overwrite"]]) {
    assert.equal(refused(argv).message, 'unknown command: "nosuch"');
  }
  assert.equal(refused(["pul", "--flag"]).hint, 'did you mean "pull"?');
  // As oras and crane call it, and not what is spelled most like it.
  assert.equal(refused(["remove", "r"]).hint, 'did you mean "rm"?');
  for (const flag of ["--flag", "--overwrite", "--yes"]) {
    const error = refused(["cache", "claer", flag]);
    assert.equal(error.message, 'unknown command: "cache claer"');
    assert.equal(error.hint, 'did you mean "cache clear"?');
  }
  // Whether the word is a command or the flag's value, no one can tell.
  assert.equal(refused(["--flag", "nosuch"]).message, 'unknown flag: "--flag"');
  assert.equal(refused(["pull", "--overwritee"]).hint, "did you mean --overwrite?");
});

Deno.test("a mistyped flag, command or value gets a suggestion", () => {
  assert.equal(refused(["pull", "--overwritee", "r", "d"]).hint, "did you mean --overwrite?");
  assert.equal(refused(["pul", "r", "d"]).hint, 'did you mean "pull"?');
  assert.equal(refused(["config", "inti"]).hint, 'did you mean "config init"?');
  const error = refused(["push", "d", "r", "--compression", "lzma"]);
  assert.equal(error.message, 'invalid compression: "lzma", expected gzip, zstd');
});

Deno.test("no flag is ever ignored", () => {
  assert.match(refused(["ls", "--overwrite", "r"]).message, /--overwrite is not a flag of "ls"/);
  assert.match(refused(["pull", "--sign", "r", "d"]).message, /--sign is not a flag of "pull"/);
  assert.equal(refused(["--overwrite"]).message, "--overwrite needs a command");
  assert.equal(refused(["ls", "--if-absent", "r"]).hint, "it is a flag of push, copy, and tag");
  assert.match(refused(["ls", "r", "--output"]).message, /needs an argument/);
  assert.match(refused(["ls", "r", "-z"]).message, /unknown flag: "-z"/);
  const twice = refused(["ls", "r", "--verify-issuer", "a", "--verify-issuer", "b"]);
  assert.match(twice.message, /given twice/);
});

Deno.test("a value that was typed wrong does not show a secret", () => {
  assert.doesNotMatch(refused(["push", "d", "r", "--sign-key-pass="]).message, /"/);
});

Deno.test("control characters of a command line are shown escaped", () => {
  assert.match(refused(["\x1b[2Jx"]).message, /\\x1b\[2Jx/);
});

Deno.test("help needs no arguments", () => {
  assert.equal(parseCommandLine(["push", "--help"]).flags.get("help"), true);
});

Deno.test("a flag without effect is refused, unless scripts for the Go tool write it before every command", () => {
  assert.equal(
    refused(["version", "--ca-file", "x"]).message,
    '--ca-file is not a flag of "version"',
  );
  assert.equal(
    refused(["trust", "remove", "x", "--verify-key", "k"]).message,
    '--verify-key is not a flag of "trust remove"',
  );
  const anywhere = ["--insecure", "--no-cache", "--cache-verify", "-v", "--progress=plain"];
  for (
    const words of [["version"], ["config", "path"], ["cache", "info"], ["trust", "remove", "x"]]
  ) {
    for (const flag of [...anywhere, "--cache-ttl=5m", "--config=x", "-q", "-ojson"]) {
      assert.equal(
        parseCommandLine([flag, ...words]).command?.name,
        parseCommandLine(words).command?.name,
      );
      assert.equal(parseCommandLine([...words, flag]).flags.size, 1);
    }
  }
});

Deno.test("--all is a flag of help, however it is asked for", () => {
  for (const argv of [["help", "push", "--all"], ["push", "--help", "--all"], ["--all", "-h"]]) {
    assert.equal(parseCommandLine(argv).flags.get("all"), true);
  }
  assert.equal(refused(["pull", "--all", "r", "d"]).message, '--all is not a flag of "pull"');
});
