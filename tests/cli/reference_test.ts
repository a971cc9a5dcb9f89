import assert from "node:assert/strict";
import { COMMANDS } from "../../cli/command_table/table.ts";
import { formattedPage } from "../../cli/reference/page.ts";
import { SHAPES } from "../../cli/reference/shapes.ts";
import { inRoot } from "../tasks/run.ts";
import { Workplace } from "./program.ts";

Deno.test("docs/reference.md matches the code", async () => {
  const page = await Deno.readTextFile(inRoot("docs/reference.md"));
  assert.equal(page, await formattedPage(), "run: deno run -A cli/reference/page.ts");
});

Deno.test("every command's JSON has the fields that the reference names", async () => {
  await using at = await Workplace.open();
  await at.site();
  const { digest } = JSON.parse(await at.ok(["push", "site", "oci:layout:v1", "-ojson"]));
  const runs: Record<string, string[]> = {
    push: ["site", "oci:layout:v1"],
    pull: ["oci:layout:v1", "dest"],
    ls: ["oci:layout:v1"],
    cat: ["oci:layout:v1", "index.html"],
    cp: ["oci:layout:v1", "index.html", "out"],
    copy: ["oci:layout:v1", "oci:mirror:v1"],
    tag: ["oci:layout:v1", "v2"],
    sign: [`oci:layout@${digest}`, "--sign-key=acme.pem"],
    verify: ["oci:layout:v1", "--verify-key=acme.pub"],
    version: [],
    completion: ["bash"],
    config: [],
    "config path": [],
    "config init": [],
    "config get": ["verbose"],
    "config set": ["verbose", "false"],
    "config unset": ["verbose"],
    help: ["push"],
  };
  const { generateKeyPairSync } = await import("node:crypto");
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  await at.write("acme.pem", privateKey.export({ type: "pkcs8", format: "pem" }) as string, 0o600);
  await at.write("acme.pub", publicKey.export({ type: "spki", format: "pem" }) as string);
  for (const { name } of COMMANDS.filter(({ hidden }) => !hidden)) {
    const args = runs[name];
    if (args === undefined) continue; // commands that need a person or a registry have tests of their own
    const text = await at.ok([...name.split(" "), ...args, "-o", "json"]);
    const { version, ...fields } = JSON.parse(text);
    assert.deepEqual([name, version], [name, 1]);
    const documented = SHAPES[name];
    assert.ok(documented, `the reference has no shape for ${name}`);
    const demanded = Object.keys(documented).filter((field) => !field.endsWith("?"));
    const optional = Object.keys(documented).filter((f) => f.endsWith("?")).map((f) =>
      f.slice(0, -1)
    );
    const present = Object.keys(fields);
    assert.deepEqual([name, demanded.filter((f) => !present.includes(f))], [name, []]);
    const known = [...demanded, ...optional];
    assert.deepEqual([name, present.filter((f) => !known.includes(f))], [name, []]);
  }
});
