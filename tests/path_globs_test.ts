/** Path globs beside those of a shell, on the same tree. */

import assert from "node:assert/strict";
import { Client, isBlobberError, MemoryStore } from "@blobber/core";
import { Workplace } from "./cli/program.ts";
import { fileNeeds } from "./fakes/only_on.ts";

fileNeeds("shell");

const FILES = [
  ".env",
  ".git/config",
  "-x",
  "a",
  "a.css",
  "a.CSS",
  "b[1].txt",
  "b1.txt",
  "back\\slash",
  "css/a.css",
  "css/deep/er/x.css",
  "css/deep/y.css",
  "ü/é.txt",
  "x/y/z/deep/w",
];

const PATTERNS = [
  ...["*", "?", ".*", "*.css", "*.?ss", "a*", "*a", "*s*s", "**", "a**", "**s"],
  ...["*/", "*/*", "*/**", "**/", "**/*", "**/*.css", "css/*", "css/**", "css/*/", "css/**/*.css"],
  ...[
    "[ab]",
    "[!a]",
    "[^a]*",
    "[a-c]*",
    "[]a]",
    "[!]a]",
    "[a\\]]",
    "[-a]*",
    "[a-]*",
    "[[:upper:]]*",
  ],
  ...[
    "*.[[:upper:]]*",
    "b[[:digit:][:punct:]]*",
    "b[[]1].txt",
    "b\\[1\\].txt",

    "b?1?.txt",
  ],
  ...[
    "back\\\\*",
    "\\a*",
    "*\\**",
    "x/**/w",
    "x/**/deep/*",
    "**/deep/**",
    "x/*/z",
    "./*.css",
    "css//*",
  ],
  ...["link/*", "link/*.css", "link", "*/deep/*", "**/er/*", "ü/?.txt", "?/?.txt", "none*", "n?"],
];

/** What bash makes of each pattern; `dotglob`, as nothing in an artifact is hidden. */
async function ofBash(dir: string): Promise<string[][]> {
  const lines = PATTERNS.map((pattern) => {
    // With `**` at the end bash gives the directory too; here only what is below it.
    const words = pattern.replace(/\/\*\*$/, "/**/*").replace(/[^\w*?[\]!^\\/:.-]/gu, "'$&'");
    return `printf '%s\\0' ${words}; printf '\\0'`;
  });
  const { stdout, success } = await new Deno.Command("bash", {
    args: ["-c", `shopt -s globstar dotglob nullglob; shopt -u nocaseglob\n${lines.join("\n")}`],
    cwd: dir,
    env: { LC_ALL: "C.UTF-8" },
  }).output();
  assert.ok(success);
  const found: string[][] = [];
  let rest = new TextDecoder().decode(stdout);
  for (const _ of PATTERNS) {
    const words: string[] = [];
    for (;;) {
      const end = rest.indexOf("\0");
      const word = rest.slice(0, end);
      rest = rest.slice(end + 1);
      if (word === "") break;
      words.push(word);
    }
    // Of no word printf makes an empty one.
    if (words.length === 0) rest = rest.slice(1);
    found.push(words);
  }
  return found;
}

/** What bash says in the form of an image's paths. */
function normal(words: readonly string[]): string[] {
  const paths = words.map((word) =>
    word.replace(/\/+/g, "/").replace(/^\.\/|\/$/g, "").replace(/^link\//, "css/")
  );
  return [...new Set(paths)].sort();
}

Deno.test("path globs stand for what they stand for in bash", async () => {
  await using at = await Workplace.open();
  const dir = `${at.dir}/tree`;
  for (const file of FILES) {
    await Deno.mkdir(`${dir}/${file}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${dir}/${file}`, file);
  }
  await Deno.symlink("css", `${dir}/link`);
  const store = new MemoryStore();
  await using client = new Client();
  await client.push({ directory: dir }, { store });
  const image = await client.openImage({ store });
  const expected = await ofBash(dir);
  for (const [i, pattern] of PATTERNS.entries()) {
    let found: string[] = [];
    try {
      found = (await Array.fromAsync(image.glob(pattern))).map(({ path }) => path);
    } catch (error) {
      if (!isBlobberError(error, "not-found")) throw error;
    }
    assert.deepEqual([pattern, found], [pattern, normal(expected[i]!)]);
  }
});
