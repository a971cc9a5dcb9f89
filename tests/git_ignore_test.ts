import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ignoringOf } from "../lib/archive/input/ignoring.ts";
import { walk } from "../lib/archive/input/walk.ts";
import { IgnoreRules } from "../lib/text/ignore_rules.ts";
import { gitFiles, type GitQuestion, gitVerdicts, hasGit } from "./fakes/git_verdicts.ts";

function skip(why: string): void {
  // deno-lint-ignore no-console -- reports a skipped test
  console.log(`skipped: ${why}`);
}

/** Numbers below one that is given, in an order that is always the same. */
function randomNumbers(seed: number): (below: number) => number {
  return (below) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % below;
  };
}

const PIECES = [
  ..."ab".repeat(4),
  ..."c/*".repeat(3),
  ..."?!#\\ .-",
  "**",
  "/**/",
  "**/",
  "/**",
  "[ab]",
  "[!a]",
  "[^b-c]",
  "[a-",
  "[]a]",
  "[[:alpha:]]",
  "[[:nothing:]]",
  "\\*",
  "\\ ",
  "é",
  "[é]",
  "!",
  "/",
];

/**
 * Versions of Git before 2.52 took `**` for the beginning of a segment where plain text before it had matched, so
 * that `foo**` + `/bar` was about `foobar`.
 */
function isOldMistake(line: string): boolean {
  const text = /^!?\/?([^*?[\\]*)\*\*+(?:\\?\/|$)/.exec(line)?.[1];
  return text !== undefined && text !== "" && !text.endsWith("/");
}

function pick<T>(random: (below: number) => number, from: readonly T[]): T {
  return from[random(from.length)]!;
}

function line(random: (below: number) => number): string {
  let text = random(4) === 0 ? "!" : "";
  for (let n = 1 + random(5); n > 0; n--) text += pick(random, PIECES);
  return isOldMistake(text) ? line(random) : text;
}

/** Paths of up to four names, a directory for each that has something below it. */
function paths(random: (below: number) => number): string[] {
  const names = ["a", "b", "c", "ab", "ba", "abc", "a.b", "a b", "é", "#a", "!a", "a ", "*", "-"];
  const found = new Set<string>();
  for (let n = 0; n < 12; n++) {
    let path = "";
    for (let depth = 1 + random(4); depth > 0; depth--) {
      if (path !== "") found.add(path);
      path += pick(random, names) + (depth > 1 ? "/" : "");
    }
    // No name is a file here and a directory there.
    if (!found.has(`${path}/`) && ![...found].some((one) => one.startsWith(`${path}/`))) {
      found.add(path);
    }
  }
  return [...found].filter((path) => path.endsWith("/") || !found.has(`${path}/`));
}

Deno.test("ignore rules: random lists leave out what git check-ignore says", async () => {
  if (!hasGit) return skip("git is not here");
  const random = randomNumbers(19);
  const questions: GitQuestion[] = Array.from({ length: 250 }, () => ({
    lines: Array.from({ length: 1 + random(5) }, () => line(random)),
    paths: paths(random),
  }));
  const directory = mkdtempSync(join(tmpdir(), "git-ignore-"));
  try {
    const verdicts = await gitVerdicts(directory, questions);
    const counts = { out: 0, in: 0 };
    for (const [i, { lines, paths }] of questions.entries()) {
      const rules = new IgnoreRules(lines);
      for (const [j, path] of paths.entries()) {
        const theirs = verdicts[i]![j]!;
        const ours = rules.excludes(path.replace(/\/$/, ""), path.endsWith("/"));
        assert.equal(ours, theirs, `${JSON.stringify(lines)} about ${JSON.stringify(path)}`);
        counts[theirs ? "out" : "in"]++;
      }
    }
    assert.ok(counts.out > 500 && counts.in > 500, JSON.stringify(counts));
  } finally {
    rmSync(directory, { recursive: true });
  }
});

Deno.test("ignore rules: a walk takes the files that git ls-files lists of the same tree", async () => {
  if (!hasGit) return skip("git is not here");
  const random = randomNumbers(20);
  const dirs = [
    "src",
    "src/app",
    "src/app/gen",
    "docs",
    "build",
    "node_modules",
    "d/build",
    "d/b c",
  ];
  const names = [
    "x.o",
    "x.c",
    "keep.o",
    ".env",
    "README.md",
    "app.log",
    "é.txt",
    "#note",
    "tmp",
    "q",
  ];
  const rules = [
    ...[
      "*.o",
      "!keep.o",
      "/build/",
      "node_modules",
      "*.log",
      "!/docs/*.log",
      ".env",
      "/src/**/gen/",
    ],
    ...[
      "**/tmp",
      "docs/*",
      "!docs/README.md",
      "é*",
      "\\#*",
      "d/*/x.?",
      "/*",
      "!/src",
      "!*/",
      "src/**",
    ],
    ...["!src/app/", "[a-dq]", "x.[!c]", "", "# none", "tmp/ ", "build"],
  ];
  const root = mkdtempSync(join(tmpdir(), "git-tree-"));
  try {
    for (const dir of ["", ...dirs]) {
      for (const name of names) {
        if (random(3) === 0 || [...dirs].some((one) => one === join(dir, name))) continue;
        mkdirSync(dirname(join(root, dir, name)), { recursive: true });
        if (random(8) > 0) writeFileSync(join(root, dir, name), name);
        else symlinkSync(name, join(root, dir, `${name}.link`));
      }
    }
    let [most, least] = [0, Infinity];
    for (let round = 0; round < 20; round++) {
      const lines = Array.from({ length: 1 + random(6) }, () => pick(random, rules));
      writeFileSync(join(root, ".blobberignore"), lines.map((line) => `${line}\n`).join(""));
      const walked = walk(root, { ignoring: ignoringOf(root, { ignore: ["/.git/"] }) });
      const ours = [...walked].filter(({ type }) => type !== "directory").map(({ path }) => path);
      const theirs = await gitFiles(root, [".blobberignore", ".git/"]);
      assert.deepEqual(ours.toSorted(), theirs, JSON.stringify(lines));
      [most, least] = [Math.max(most, ours.length), Math.min(least, ours.length)];
    }
    assert.ok(most > 30 && least < 10, `${least} to ${most} files`);
  } finally {
    rmSync(root, { recursive: true });
  }
});
