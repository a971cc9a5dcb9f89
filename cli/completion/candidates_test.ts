import assert from "node:assert/strict";
import { completeWords, type Lookup } from "./candidates.ts";

/** What is offered, where an artifact holds some paths, and what was looked up for that. */
async function complete(...words: string[]): Promise<string> {
  const asked: string[] = [];
  const { candidates, directive } = await completeWords(words, ({ kind, word }: Lookup) => {
    asked.push(kind);
    if (word.startsWith("!")) return Promise.reject(new Error("no answer"));
    const paths = ["css/site.css", "index.html"].filter((path) => path.startsWith(word));
    return Promise.resolve({ candidates: paths.map((value) => ({ value })), directive: "" });
  });
  return [...asked, ...candidates.map(({ value }) => value), `:${directive}`].join(" ");
}

Deno.test("each PATH is completed from the artifact", async () => {
  for (const command of ["ls", "cat", "cp"]) {
    for (const before of [[], ["index.html"], ["a", "b"]]) {
      const offered = await complete(command, "oci:l:v1", ...before, "c");
      assert.deepEqual([command, before, offered], [command, before, "path-inside css/site.css :"]);
    }
  }
});

Deno.test("what is a directory or a reference is completed as what it begins like", async () => {
  for (const word of ["", "si", "./a.b/", "site.d"]) {
    assert.equal(await complete("diff", "site", word), ":dirs", word);
  }
  for (const word of ["oci:l", "ghcr.io/acme/", "127.0.0.1:5000/a"]) {
    assert.equal(await complete("diff", "site", word), "reference :", word);
    assert.equal(await complete("digest", word), "reference :", word);
  }
});

Deno.test("values are those that the command takes", async () => {
  for (const [command, values] of [["ls", "text json paths0"], ["push", "text json"]] as const) {
    assert.equal(await complete(command, "-o", ""), `${values} :`);
    const attached = values.split(" ").map((value) => `--output=${value}`).join(" ");
    assert.equal(await complete(command, "--output="), `${attached} :`);
  }
  assert.equal(await complete("--output", "p"), "paths0 :");
});

Deno.test("another FILE may follow in a push, where no reference begins like the word", async () => {
  assert.equal(await complete("push", "note"), ":files");
  for (const word of ["note", "!"]) {
    assert.equal(await complete("push", "a.txt", word), "reference :files", word);
  }
  assert.equal(await complete("push", "a.txt", "css"), "reference css/site.css :");
});

Deno.test("DEST of cp is a file of this machine, where a word can be no PATH or fits to none", async () => {
  const dest = (word: string) => complete("cp", "oci:l:v1", "index.html", word);
  for (const word of ["", "./", "../o", "/srv/", "~/"]) assert.equal(await dest(word), ":files");
  for (const word of ["out", "!"]) assert.equal(await dest(word), "path-inside :files");
  assert.equal(await dest("ind"), "path-inside index.html :");
  // The first PATH is none of this machine.
  assert.equal(await complete("cp", "oci:l:v1", ""), "path-inside css/site.css index.html :");
});
