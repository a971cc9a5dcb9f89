/**
 * What stands around the sources: who reviews which files, how people report, and where the project lives by
 * name. A file that was moved, or a name that was changed in one place, would otherwise go unnoticed.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { SOURCE } from "../cli/home.ts";
import { readYaml } from "../cli/config/yaml.ts";
import { MADE_IN } from "./architecture.ts";
import { OLDEST_NODE } from "../lib/system/runtime.ts";
import { VERSIONS } from "../tasks/runtimes.ts";
import { inRoot } from "../tasks/run.ts";

const read = (path: string) => readFileSync(inRoot(path), "utf8");

/** The owner of the home, by which teams are called too. */
const OWNER = new URL(SOURCE).pathname.split("/")[1]!;

const OWNERS = read(".github/CODEOWNERS").split("\n").filter((line) => /^[^#\s]/.test(line))
  .map((line) => line.split(/ +/)).map(([pattern, ...owners]) => ({ pattern: pattern!, owners }));

/** The files that a pattern from the root matches: all below a directory, or one file. */
function filesOf(pattern: string): string[] {
  const path = pattern.slice(1);
  if (!pattern.endsWith("/")) return statSync(inRoot(path)).isFile() ? [path] : [];
  return readdirSync(inRoot(path), { recursive: true, encoding: "utf8" })
    .map((name) => path + name.replaceAll("\\", "/"))
    .filter((name) => statSync(inRoot(name)).isFile());
}

Deno.test("each pattern of CODEOWNERS is from the root, matches files and has owners here", () => {
  assert.ok(OWNERS.length > 20);
  for (const { pattern, owners } of OWNERS) {
    assert.match(pattern, /^\/[\w./-]+$/, "a form that this test understands");
    assert.ok(filesOf(pattern).length > 0, `${pattern} matches nothing`);
    assert.ok(owners.length > 0 && owners.every((it) => it.startsWith(`@${OWNER}/`)), pattern);
  }
});

Deno.test("files on which verification and installation rest have owners", () => {
  const owned = new Set(OWNERS.flatMap(({ pattern }) => filesOf(pattern)));
  const needed = [
    ...new Set(Object.values(MADE_IN)),
    ...["lib", "sigstore"].flatMap((folder) =>
      filesOf(`/${folder}/`).filter((path) => /verif|signature|credential/i.test(path))
    ).filter((path) => !path.endsWith("_test.ts")),
    ...readdirSync(inRoot(".")).filter((name) => /^install\.|^action\.yml$/.test(name)),
    ...["binary", "ci", "images", "installers", "packages", "release"]
      .flatMap((folder) => filesOf(`/tasks/${folder}/`)),
    "cli/config/guarded.ts",
    ".github/CODEOWNERS",
  ];
  assert.ok(needed.length > 20);
  assert.deepEqual(needed.filter((path) => !owned.has(path)), []);
});

Deno.test("vulnerabilities are reported privately, at the project's home", () => {
  const place = `${SOURCE}/security/advisories/new`;
  assert.ok(read("SECURITY.md").includes(`](${place})`));
  const config = readYaml(read(".github/ISSUE_TEMPLATE/config.yml"), "config.yml") as {
    blank_issues_enabled: boolean;
    contact_links: { name: string; url: string; about: string }[];
  };
  assert.equal(config.blank_issues_enabled, false);
  assert.deepEqual(config.contact_links.map(({ url }) => url), [place]);
});

interface Field {
  type: string;
  id?: string;
  attributes: { label?: string; value?: string; render?: string };
  validations?: { required: boolean };
}

for (const name of ["bug.yml", "feature.yml"]) {
  Deno.test(`the form ${name} is one that GitHub shows`, () => {
    const form = readYaml(read(`.github/ISSUE_TEMPLATE/${name}`), name) as {
      name: string;
      description: string;
      body: Field[];
    };
    const known = ["body", "description", "labels", "name"];
    assert.deepEqual(Object.keys(form).sort(), known);
    assert.ok(form.name.length > 3 && form.description.length > 10);
    const inputs = form.body.filter(({ type }) => type !== "markdown");
    assert.ok(inputs.some(({ validations }) => validations?.required));
    for (const { type, id, attributes } of inputs) {
      assert.ok(["input", "textarea"].includes(type), type);
      assert.match(id!, /^[\w-]+$/);
      assert.ok(attributes.label, `${id} has a label`);
    }
    assert.equal(new Set(inputs.map(({ id }) => id)).size, inputs.length);
    for (const { attributes } of form.body.filter(({ type }) => type === "markdown")) {
      assert.ok(attributes.value);
    }
  });
}

Deno.test("the form of a bug asks for what blobber says of itself", () => {
  const form = read(".github/ISSUE_TEMPLATE/bug.yml");
  assert.match(form, /label: Output of blobber version -v\n/);
  assert.match(form, /label: Output of the same command with --verbose\n/);
});

Deno.test("what contributors run has the version of Deno that is tested", () => {
  const [, version] = /npx -y deno@([\d.]+) task test`/.exec(read("README.md"))!;
  for (
    const path of [".ci/run", ".devcontainer/Dockerfile", "CONTRIBUTING.md", "docs/development.md"]
  ) {
    const found = [...read(path).matchAll(/\bdeno@([\d.]+\d)/g)].map(([, it]) => it);
    assert.ok(found.length > 0, path);
    assert.deepEqual(found.filter((it) => it !== version), [], path);
  }
  const { build } = JSON.parse(read(".devcontainer/devcontainer.json"));
  assert.ok(statSync(inRoot(`.devcontainer/${build.dockerfile}`)).isFile());
});

Deno.test("CONTRIBUTING.md says where things are, and they are there", () => {
  const text = read("CONTRIBUTING.md");
  const rows = [...text.matchAll(/^\| ([^|]*\?) *\|(.*)\|$/gm)];
  assert.ok(rows.length > 10);
  for (const [row, , files] of rows) {
    const paths = [...files!.matchAll(/`([^`]+)`/g)].map(([, path]) => path!);
    assert.ok(paths.length > 0, row);
    for (const path of paths) {
      assert.equal(statSync(inRoot(path)).isDirectory(), path.endsWith("/"), path);
    }
  }
  assert.ok(text.includes(`git clone ${SOURCE} && cd ${SOURCE.split("/").at(-1)}\n`));
});

Deno.test("every file that says where the project lives names the home in cli/home.ts", () => {
  const [, path] = /^https:\/\/[^/]+\/(.+)$/.exec(SOURCE)!;
  const home = new RegExp(
    "(?:github\\.com|raw\\.githubusercontent\\.com|gitlab\\.com|ghcr\\.io|uses:)[/ ]" +
      `([\\w.-]+/${path!.split("/")[1]})\\b`,
    "g",
  );
  const folders = [".github/", "ci/", "cli/", "docs/", "lib/", "sigstore/", "tasks/", "templates/"];
  const files = readdirSync(inRoot(".")).filter((name) => statSync(inRoot(name)).isFile())
    .concat(folders.flatMap((folder) => filesOf(`/${folder}`)))
    .filter((name) => !/_test\.ts$|\.svg$/.test(name));
  const named = files.flatMap((file) =>
    [...read(file).matchAll(home)].map(([, found]) => ({ file, found }))
  );
  assert.ok(new Set(named.map(({ file }) => file)).size > 10);
  assert.deepEqual(named.filter(({ found }) => found !== path), []);
});

Deno.test("the oldest Node that the library names is the oldest that is tested", () => {
  assert.equal(OLDEST_NODE, VERSIONS.node);
});
