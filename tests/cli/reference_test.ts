import assert from "node:assert/strict";
import { COMMANDS } from "../../cli/command_table/table.ts";
import { formattedPage } from "../../cli/reference/page.ts";
import { SHAPES } from "../../cli/reference/shapes.ts";
import { startRegistry } from "../fakes/registry/fake_registry.ts";
import { inRoot } from "../../tasks/run.ts";
import { keys } from "./keys.ts";
import { Workplace } from "./program.ts";

Deno.test("docs/reference.md matches the code", async () => {
  const page = await Deno.readTextFile(inRoot("docs/reference.md"));
  assert.equal(page, formattedPage(), "run: deno run -A cli/reference/page.ts");
});

Deno.test("every command has a shape of its JSON, or its row says why not", () => {
  for (const { name, noShape } of COMMANDS) {
    assert.equal(SHAPES[name] === undefined, noShape !== undefined, name);
  }
  const names = COMMANDS.map(({ name }) => name as string);
  assert.deepEqual(Object.keys(SHAPES).filter((name) => !names.includes(name)), []);
});

Deno.test("every command with a shape is run below, to compare", () => {
  const runs = Object.keys(runsAt("host", "sha256:00"));
  // It asks for the releases of this program; upgrade_test.ts has some, and compares.
  const others = ["upgrade"];
  for (const { name } of COMMANDS.filter(({ noShape }) => noShape === undefined)) {
    assert.ok(runs.includes(name) || others.includes(name), `say below how ${name} is run`);
  }
});

/** The command lines whose documents are compared, in this order. */
function runsAt(host: string, digest: string): Record<string, string[] | undefined> {
  return {
    push: ["site", "oci:layout:v1"],
    pull: ["oci:layout:v1", "dest"],
    check: ["dest", "oci:layout:v1", "--repair"],
    ls: ["oci:layout:v1"],
    cat: ["oci:layout:v1", "index.html"],
    cp: ["oci:layout:v1", "index.html", "out"],
    diff: ["oci:layout:v1", "site"],
    copy: ["oci:layout:v1", "oci:mirror:v1"],
    inspect: ["oci:layout:v1", "--tags"],
    tree: ["oci:layout:v1"],
    digest: ["oci:layout:v1", "--tree"],
    tags: ["oci:layout"],
    repos: [host],
    resolve: ["oci:layout:v1"],
    tag: ["oci:layout:v1", "v2"],
    rm: ["oci:mirror:v1", "--yes"],
    sign: [`oci:layout@${digest}`, "--sign-key=acme.pem"],
    verify: ["oci:layout:v1", "--verify-key=acme.pub"],
    trust: [],
    "trust list": [],
    "trust check": ["oci:layout:v1"],
    "trust add": ["oci:/srv/**", "--verify-key=acme.pub", "--name=srv"],
    "trust remove": ["srv"],
    version: [],
    completion: ["bash"],
    login: [host, "--username=jo", "--password-stdin"],
    logout: [host],
    cache: [],
    "cache info": [],
    "cache clear": ["--yes"],
    "cache prune": ["--max-age=1d"],
    config: [],
    "config path": [],
    "config init": ["--config=new.yaml"],
    "config get": ["verbose"],
    "config set": ["verbose", "false"],
    "config unset": ["verbose"],
    help: ["push"],
  };
}

Deno.test("every command's JSON has the fields that the reference names", async () => {
  await using at = await Workplace.open();
  const registry = await startRegistry();
  try {
    await at.site();
    await keys(at, "acme");
    const { digest } = JSON.parse(await at.ok(["push", "site", "oci:layout:v1", "-ojson"]));
    const { host } = registry;
    const runs = runsAt(host, digest);
    for (const { name } of COMMANDS.filter(({ noShape }) => noShape === undefined)) {
      const args = runs[name];
      if (args === undefined) continue;
      const run = [...name.split(" "), ...args, "-o", "json"];
      const { status, stdout, stderr } = await at.run(run, { stdin: "s3cret-word\n" });
      assert.equal(status, 0, `${name}: ${stderr}`);
      const { version, ...fields } = JSON.parse(stdout);
      assert.deepEqual([name, version], [name, 1]);
      const documented = Object.keys(SHAPES[name]!);
      const optional = documented.filter((field) => field.endsWith("?")).map((f) => f.slice(0, -1));
      const demanded = documented.filter((field) => !field.endsWith("?"));
      const present = Object.keys(fields);
      assert.deepEqual([name, demanded.filter((f) => !present.includes(f))], [name, []]);
      const known = [...demanded, ...optional];
      assert.deepEqual([name, present.filter((f) => !known.includes(f))], [name, []]);
    }
  } finally {
    await registry.close();
  }
});
