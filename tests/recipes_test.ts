/**
 * The recipes of CONTRIBUTING.md, followed on one copy of the sources: at first without the steps of which the page
 * says what notices their absence, which must do so and see nothing else; then with them, and all is there that the
 * page promises.
 *
 * @module
 */

import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { inRoot } from "../tasks/run.ts";
import { names, stepsOf } from "./recipes/recipe.ts";
import { type Edit, EDITS, OTHERS } from "./recipes/toys.ts";

/** What the copy needs: all that is edited, run or read by a check. */
const COPIED = ["mod.ts", "cli.ts", "deno.json", "deno.lock", "lib", "cli", "sigstore", "tasks"];
const RECIPES = [...new Set(EDITS.map(({ recipe }) => recipe))];

/** Checks that are tests, with what they need to be quick. */
const TESTS = [
  "cli/commands/load_test.ts",
  "cli/config/effective_test.ts",
  "cli/settings/flags_test.ts",
  "lib/archive/tar/tar_reader_test.ts",
  "tests/cli/reference_test.ts",
];
/** A copy of the sources, removed at the end. */
class Copy implements Disposable {
  readonly dir = Deno.makeTempDirSync({ prefix: "blobber-recipes-" });

  constructor() {
    for (const name of [...COPIED, "tests", "docs/reference.md"]) {
      cpSync(inRoot(name), `${this.dir}/${name}`, { recursive: true });
    }
    Deno.mkdirSync(`${this.dir}/home`);
    // It runs every command, which takes long and says nothing about a new one that is not said before.
    this.put({
      path: "tests/cli/reference_test.ts",
      put: (text) => text.replace(/Deno\.test(?=\("every command's JSON has)/, "Deno.test.ignore"),
    });
  }

  put({ path, put }: Pick<Edit, "path" | "put">): void {
    const file = `${this.dir}/${path}`;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, put(existsSync(file) ? readFileSync(file, "utf8") : ""));
  }

  /** Runs Deno in it, with nothing of the tester's own settings. */
  async deno(args: string[], env: Record<string, string> = {}) {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args,
      cwd: this.dir,
      env: {
        NO_COLOR: "1",
        CI: "",
        XDG_CONFIG_HOME: `${this.dir}/home`,
        DENO_DIR: denoDir(),
        ...env,
      },
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    const [out, err] = [decoder.decode(stdout), decoder.decode(stderr)];
    return { code, out, err, all: out + err };
  }

  /** Runs the copy's own program. */
  blobber(args: string[], env: Record<string, string> = {}) {
    return this.deno(["run", "-A", "--no-check", "--quiet", "cli.ts", ...args], env);
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.dir, { recursive: true });
  }
}

let known: string | undefined;

/** Where Deno keeps packages, which another configuration directory does not change. */
function denoDir(): string {
  known ??= JSON.parse(
    new TextDecoder().decode(
      new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).outputSync().stdout,
    ),
  ).denoDir as string;
  return known;
}

/** The names of tests that failed. */
function failuresOf(output: string): string[] {
  const [, list = ""] = output.split("FAILURES");
  return [...list.matchAll(/^(.+?) => \.\//gm)].map(([, name]) => name!);
}

for (const recipe of RECIPES) {
  Deno.test(`the steps of "${recipe}" name the files that they are about`, () => {
    const steps = stepsOf(recipe);
    const edits = EDITS.filter((edit) => edit.recipe === recipe);
    const others = OTHERS[recipe]!;
    for (const [index, step] of steps.entries()) {
      const own = edits.filter((edit) => edit.step === index + 1);
      assert.ok(own.length > 0 !== index + 1 in others, `followed: ${step.text}`);
      for (const { path } of own) {
        const free = recipe === "An error" && index === 2; // A message stands wherever it is thrown.
        assert.ok(free || names(step, path), `${path} is not named: ${step.text}`);
      }
      const leftOut = own.some(({ missed }) => missed !== undefined) ||
        others[index + 1] === "the page is written" && recipe === "A command";
      assert.equal(step.noticedBy.length > 0, leftOut, `noticed: ${step.text}`);
    }
    assert.ok(edits.every(({ step }) => step <= steps.length));
  });
}

Deno.test({
  name:
    "the recipes of CONTRIBUTING.md lead to what they promise, and steps that are left out are noticed",
  ignore: Deno.build.os === "windows",
  async fn(t) {
    using copy = new Copy();
    const checked = ["cli/terminal/hints.ts", "tests/interop/greeting_test.ts"].concat(
      EDITS.map(({ path }) => path).filter((path) => path.startsWith("cli/commands/program/hello")),
    );
    const noticing = (by: string) =>
      EDITS.filter(({ recipe, step, missed }) =>
        missed !== undefined && stepsOf(recipe)[step - 1]!.noticedBy.includes(by)
      );

    for (const edit of EDITS.filter(({ missed }) => missed === undefined)) copy.put(edit);

    await t.step(
      "the types miss a code, an option's flag and a peer, and nothing else",
      async () => {
        const { code, all } = await copy.deno(["check", "--quiet", ...new Set(checked)]);
        assert.equal(code, 1);
        const missed = noticing("deno check");
        assert.equal(missed.length, 3);
        for (const { missed: message } of missed) assert.match(all, message!);
        // Both peers are unknown, one of them at two places.
        assert.match(all, /Found 5 errors/, all);
      },
    );

    await t.step("the tests miss what is theirs, and nothing else", async () => {
      const { code, out } = await copy.deno([
        "test",
        "-A",
        "--no-check",
        "--quiet",
        ...TESTS,
      ]);
      assert.equal(code, 1);
      const missed = TESTS.flatMap(noticing);
      for (const { path, missed: message } of missed) assert.match(out, message!, path);
      // The page was not written, and a row without a loader is no loader of its row either.
      const more = [
        "docs/reference.md matches the code",
        "every loader is of a command in the table",
      ];
      const failed = failuresOf(out);
      assert.deepEqual(more.filter((name) => !failed.includes(name)), []);
      assert.equal(failed.length, missed.length + more.length, out);
    });

    for (const edit of EDITS.filter(({ missed }) => missed !== undefined)) copy.put(edit);

    await t.step("with all steps, and the page written, every check is content", async () => {
      const page = await copy.deno(["run", "-A", "--no-check", "cli/reference/page.ts"]);
      assert.equal(page.code, 0, page.all);
      const { code, all } = await copy.deno([
        "test",
        "-A",
        "--no-check",
        "--quiet",
        ...TESTS,
        ...new Set(EDITS.map(({ path }) => path).filter((path) => /^tests\/cli\/hello/.test(path))),
      ]);
      assert.equal(code, 0, all);
    });

    await t.step("help, completion, reference and JSON have the command and its flag", async () => {
      const [help, flags, commands, json] = await Promise.all([
        copy.blobber(["help", "hello"]),
        copy.blobber(["__complete", "zsh", "hello", "--an"]),
        copy.blobber(["__complete", "zsh", "hel"]),
        copy.blobber(["hello", "jo", "-o", "json"]),
      ]);
      assert.match(help.out, /blobber hello jo/);
      assert.match(help.out, /--any-name +greet whatever the name/);
      assert.match(flags.out, /^--any-name\b/m);
      assert.match(commands.out, /^hello\b/m);
      assert.deepEqual(JSON.parse(json.out), { version: 1, greeting: "hello jo" });
      const page = readFileSync(`${copy.dir}/docs/reference.md`, "utf8");
      assert.match(page, /^#### `hello NAME`/m);
      assert.match(page, /\| `--any-name` +\| `BLOBBER_ANY_NAME` +\| `any-name` +\|/);
      assert.match(page, /\| `greeting` +\| what was said +\|/);
      assert.match(page, /^\| 2 .*`impolite-name`/m);
    });

    await t.step("the error has its status and names the flag; the variable warns", async () => {
      const [refused, allowed] = await Promise.all([
        copy.blobber(["hello", "rude"]),
        copy.blobber(["hello", "rude"], { BLOBBER_ANY_NAME: "true" }),
      ]);
      assert.deepEqual([refused.code, refused.out], [2, ""]);
      assert.match(refused.err, /cannot greet "rude", expected a polite name/);
      assert.match(refused.err, /greeted all the same with --any-name/);
      assert.deepEqual([allowed.code, allowed.out], [0, "hello rude\n"]);
      assert.match(allowed.err, /BLOBBER_ANY_NAME is set/);
    });

    await t.step(
      "a peer is installed by its name; one that is absent is skipped, or fails in CI",
      async () => {
        const installed = await copy.deno([
          "run",
          "-A",
          "--no-check",
          "tests/interop/peers.ts",
          "sh",
        ]);
        assert.deepEqual([installed.code, installed.all], [0, ""]);
        const test = ["test", "-A", "--no-check", "--quiet", "tests/interop/greeting_test.ts"];
        const [here, inCi] = await Promise.all([copy.deno(test), copy.deno(test, { CI: "true" })]);
        assert.equal(here.code, 0, here.all);
        assert.match(here.out, /skipped: greets beside a program that is nowhere: .* ignored/);
        assert.match(here.out, /1 passed \| 0 failed \| 1 ignored/);
        assert.equal(inCi.code, 1);
        assert.match(inCi.out, /no-such-program is missing, and this is CI/);
      },
    );
  },
});
