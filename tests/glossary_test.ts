/**
 * Messages, help and documentation use the words of docs/glossary.md.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { inRoot } from "../tasks/run.ts";
import { stringLiterals } from "./string_literals.ts";

/** Where a word that is not to be used stands for another thing. */
const ALLOWED: [word: string, text: RegExp, reason: string][] = [
  ["checksum", /\b(header|gzip member) has the wrong checksum/, "tar's sum and gzip's CRC"],
  ["hash", /\broot hash\b/, "the Merkle tree's"],
  [
    "hash",
    /names another hash than its signer|hash that is not SHA-2|its hash is not/,
    "algorithms",
  ],
  ["repo", /^repo is …/, "a field of the verifier's options"],
];

const PAGES = [
  "CONTRIBUTING.md",
  "README.md",
  "sigstore/README.md",
  "cli/README.md",
  "SECURITY.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "CODE_OF_CONDUCT.md",
  ...readdirSync(inRoot("docs")).filter((name) => name.endsWith(".md") && name !== "glossary.md")
    .map((name) => `docs/${name}`),
];

/** The words in the last column of the glossary's tables. */
function unwantedWords(): string[] {
  const rows = readFileSync(inRoot("docs/glossary.md"), "utf8").match(/^\|.*\|$/gm) ?? [];
  return rows.map((row) => row.split("|").at(-2)!.trim())
    .filter((cell) => cell !== "not" && !/^-*$/.test(cell))
    .flatMap((cell) => cell.split(", "));
}

/** What a text says that it should not. */
function unwantedIn(text: string): string[] {
  return unwantedWords().filter((word) => {
    const rest = ALLOWED.filter(([allowed]) => allowed === word)
      .reduce((left, [, pattern]) => left.replaceAll(new RegExp(pattern, "g"), ""), text);
    return asWord(word).test(rest);
  });
}

/** The word alone, not as a part of a name such as `config-file`; also at the start of a sentence. */
function asWord(word: string): RegExp {
  const [first, rest] = [word[0]!, word.slice(1)];
  const either = `[${first}${first.toUpperCase()}]${rest}`.replaceAll(" ", "\\s+");
  return new RegExp(`(?<![\\w./:"'$\\-])${either}(?![\\w/:=\\-]|\\.\\w)`);
}

/** A page without what is code. */
function prose(page: string): string {
  return page.replace(/^(```|~~~)[\s\S]*?^\1$/gm, "").replace(/^ {4}.*$/gm, "")
    .replace(/`[^`]*`/g, "``").replace(/\]\([^)]*\)/g, "]");
}

function messages(): { path: string; text: string }[] {
  return ["lib", "sigstore", "cli"].flatMap((folder) =>
    readdirSync(inRoot(folder), { recursive: true, encoding: "utf8" })
      .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
      .filter((path) => path.endsWith(".ts") && !path.endsWith("_test.ts"))
      .flatMap((path) =>
        stringLiterals(readFileSync(inRoot(path), "utf8"))
          .filter((text) => /\w[,;:]? \w/.test(text) && !/^#|\\n {2}/.test(text))
          .map((text) => ({ path, text: text.replace(/`[^`]*`/g, "``") }))
      )
  );
}

Deno.test("the documentation uses the glossary's words", () => {
  const found = PAGES.flatMap((page) =>
    unwantedIn(prose(readFileSync(inRoot(page), "utf8"))).map((word) => `${page}: ${word}`)
  );
  assert.deepEqual(found, []);
});

Deno.test("messages and help use the glossary's words", () => {
  const all = messages();
  assert.ok(all.length > 1000, `only ${all.length} messages were found`);
  const found = all.flatMap(({ path, text }) =>
    unwantedIn(text).map((word) => `${path}: ${word}, in ${JSON.stringify(text)}`)
  );
  assert.deepEqual(found, []);
});

Deno.test("the glossary is in the order of the alphabet, and no word is wanted and unwanted", () => {
  const page = readFileSync(inRoot("docs/glossary.md"), "utf8");
  const wanted = new Set<string>();
  for (const section of page.split(/^## /m)) {
    const words = [...section.matchAll(/^\| ([^|]*?) *\|/gm)].map(([, word]) => word!)
      .filter((word) => word !== "word" && !/^-/.test(word));
    const sorted = words.toSorted((a, b) => a.toLowerCase() < b.toLowerCase() ? -1 : 1);
    assert.deepEqual(words, sorted);
    for (const word of words) wanted.add(word);
  }
  assert.deepEqual(unwantedWords().filter((word) => wanted.has(word)), []);
});

for (
  const [text, expected] of [
    ["Nobody is asked", ["nobody"]],
    ["the symlink leads out", ["symlink"]],
    ["a config\nfile", ["config file"]],
    ["the tar's TOC", ["TOC"]],
    ["the proven digest", ["proven"]],
    ["the referrer's root hash", []],
    ["--config-file, repo/name, REF and toc", []],
    ["a header has the wrong checksum", []],
    ["the wrong checksum", ["checksum"]],
  ] as const
) {
  Deno.test(`finds ${JSON.stringify(expected)} in ${JSON.stringify(text)}`, () => {
    assert.deepEqual(unwantedIn(text), expected);
  });
}

for (
  const [source, expected] of [
    [`fail("a" +\n  'b')`, ["ab"]],
    ['`a ${x ? `b ${y}` : "c"} d`', ["b …", "c", "a … d"]],
    [`x.replace(/["']/g, "\\"")`, [`\\"`]],
    [`// "no"\n/* 'no' */ f("yes")`, ["yes"]],
    [`a / b / c; "d"`, ["d"]],
    [`({ a: { b: 1 } }); "c"`, ["c"]],
  ] as const
) {
  Deno.test(`the strings in ${JSON.stringify(source)}`, () => {
    assert.deepEqual(stringLiterals(source), expected);
  });
}
