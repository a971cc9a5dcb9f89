/**
 * The documentation is executed: every block of the kind `console` is a session in a shell, whose output
 * must be what stands there. `…` stands for anything within a line, and `localhost:5000` for a registry of the
 * tests. (Blocks of TypeScript run under `deno test --doc`, those of YAML in `howto_test.ts`.)
 *
 * @module
 */

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { Shell } from "./commands.ts";
import { startRegistry } from "./fakes/registry/fake_registry.ts";
import { inRoot } from "../tasks/run.ts";
import { fileNeeds } from "./fakes/only_on.ts";

fileNeeds("shell");

/** A command in a session, and what it is to print. */
interface Step {
  line: string;
  expected: string[];
}

const PAGES = [
  "README.md",
  "SECURITY.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "CODE_OF_CONDUCT.md",
  "sigstore/README.md",
  "cli/README.md",
  ...readdirSync(inRoot("docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`).sort(),
];

/** The registry of the pages. */
const REGISTRY = "localhost:5000";

function sessionsOf(page: string): Step[][] {
  const text = readFileSync(inRoot(page), "utf8");
  return [...text.matchAll(/^```console\n([\s\S]*?)^```$/gm)].map(([, block]) => {
    const steps: Step[] = [];
    for (const line of block!.trimEnd().split("\n")) {
      if (line.startsWith("$ ")) steps.push({ line: line.slice(2), expected: [] });
      else steps.at(-1)?.expected.push(line);
    }
    return steps;
  });
}

function matches(actual: string, expected: string): boolean {
  const pattern = expected.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${pattern.join(".*")}$`).test(actual);
}

for (const page of PAGES) {
  const sessions = sessionsOf(page);
  if (sessions.length === 0) continue;
  Deno.test(`the sessions in ${page} print what the page shows`, async () => {
    using shell = new Shell();
    const registry = await startRegistry();
    await using _closing = { [Symbol.asyncDispose]: () => registry.close() };
    const host = registry.host.replace("127.0.0.1", "localhost");
    for (const { line, expected } of sessions.flat()) {
      const said = await shell.say(line.replaceAll(REGISTRY, host));
      const text = said.text.replaceAll(host, REGISTRY);
      const actual = text === "" ? [] : text.trimEnd().split("\n");
      const same = actual.length === expected.length &&
        actual.every((it, i) => matches(it, expected[i]!));
      assert.ok(same, `$ ${line}\n${text}\nexpected:\n${expected.join("\n")}`);
    }
  });
}

Deno.test("the sessions are found, and a wrong one would be noticed", () => {
  assert.ok(sessionsOf("README.md").flat().length >= 5);
  assert.ok(matches("sha256:abc", "sha256:…"));
  assert.ok(!matches("sha512:abc", "sha256:…"));
  assert.ok(!matches("a.b", "a?b"));
});

Deno.test("README.md begins with the title, one sentence, the picture, and who it is for", () => {
  const text = readFileSync(inRoot("README.md"), "utf8");
  const [title, sentence, picture] = text.split("\n\n");
  assert.equal(title, "# blobber");
  assert.match(sentence!, /^blobber [^.]*(?:\.\w[^.]*)*\.$/, "one sentence");
  assert.match(picture!, /^!\[[^\]]+\]\(docs\/terminal\.svg\)$/);
  assert.deepEqual([...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading), [
    "Try it",
    "Install",
    "Use",
    "Verify by rule",
    "Library",
    "Beside other tools",
    "More",
  ]);
  // What it is, for whom, and what other tools have not: one screen.
  assert.ok(text.slice(0, text.indexOf("## Install")).split("\n").length <= 40);
});

Deno.test("README.md has the commands for a fresh machine", () => {
  const text = readFileSync(inRoot("README.md"), "utf8");
  assert.match(text, /`npx -y deno@2\.9\.6 task demo`/);
  assert.match(text, /`npx -y deno@2\.9\.6 task test`/);
});

/** A page without its blocks of code. */
const proseOf = (page: string) =>
  readFileSync(inRoot(page), "utf8").replace(/^```[\s\S]*?^```$/gm, "");

/** What headings are called in links. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!.toLowerCase().replace(/[^\w\- ]/g, "").replaceAll(" ", "-")
  );
}

Deno.test("links in the documentation lead to files and headings that exist", () => {
  for (const page of PAGES) {
    const folder = page.replace(/[^/]*$/, "");
    for (const [, target, anchor] of proseOf(page).matchAll(/\]\(([^)\s#]*)(?:#([^)]*))?\)/g)) {
      if (/^[a-z]+:/.test(target!)) continue;
      const file = target === "" ? page : folder + target;
      assert.ok(existsSync(inRoot(file)), `${page} links to ${target}`);
      if (anchor === undefined || !file.endsWith(".md")) continue;
      assert.ok(anchorsOf(proseOf(file)).includes(anchor), `${page} links to ${target}#${anchor}`);
    }
  }
});

Deno.test("docs/README.md lists every page", () => {
  const index = readFileSync(inRoot("docs/README.md"), "utf8");
  for (const page of PAGES.filter((it) => it.startsWith("docs/") && it !== "docs/README.md")) {
    assert.ok(index.includes(`](${page.slice("docs/".length)})`), `docs/README.md lacks ${page}`);
  }
});

Deno.test("docs/development.md has a row for every task, and for nothing else", () => {
  const { tasks } = JSON.parse(readFileSync(inRoot("deno.json"), "utf8"));
  const [, table] = /^\| task [^]*?\n((?:\|.*\n)+)/m
    .exec(readFileSync(inRoot("docs/development.md"), "utf8"))!;
  const rows = table!.split("\n").flatMap((row) =>
    [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, name]) => name!)
  );
  assert.deepEqual(rows.sort(), Object.keys(tasks).sort());
});

Deno.test("docs/dependencies.md has a row for each dependency, and for nothing else", () => {
  const declared = ["", "sigstore/", "cli/"].flatMap((folder) => {
    const config = JSON.parse(readFileSync(inRoot(`${folder}deno.json`), "utf8"));
    return Object.values((config.imports ?? {}) as Record<string, string>)
      .map((specifier) => /^npm:\/?(@[^/]+\/[^@]+|[^@]+)@/.exec(specifier)![1]!);
  });
  assert.ok(declared.length > 0);
  const section = /^## What is used\n\n((?:\|.*\n)+)/m
    .exec(readFileSync(inRoot("docs/dependencies.md"), "utf8"))![1]!;
  const rows = section.match(/^\| `.*\|$/gm)!.map((row) => row.split("|").slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()));
  for (const row of rows) assert.ok(row.every((cell) => cell !== ""), `${row}`);
  assert.deepEqual(rows.map(([name]) => name!.replaceAll("`", "")).sort(), declared.sort());
});
