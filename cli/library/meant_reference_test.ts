import assert from "node:assert/strict";
import { BlobberError } from "@blobber/core/errors";
import { parseReference, parseRegistry } from "@blobber/core/internal/reference";
import { findCommand } from "../command_table/table.ts";
import { meantReference } from "./meant_reference.ts";

/** The hint of a command whose argument at a place is refused as no reference. */
function hintOf(name: string, args: string[], at: number): string | undefined {
  const { command } = findCommand([name])!;
  try {
    (name === "repos" ? parseRegistry : parseReference)(args[at]!);
  } catch (error) {
    return meantReference(error as BlobberError, command, args);
  }
  throw new Error(`${args[at]} is fine`);
}

Deno.test("a reference as it is written elsewhere is put as it is written here", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${dir}/oci-layout`, "{}");
    const cases: [string, string | undefined][] = [
      [dir, `did you mean "oci:${dir}"?`],
      [`${dir}:v1`, `did you mean "oci:${dir}:v1"?`],
      ["https://ghcr.io/acme/site:v1", 'did you mean "ghcr.io/acme/site:v1"?'],
      ["docker://ghcr.io/acme/site", 'did you mean "ghcr.io/acme/site"?'],
      ["site", undefined],
    ];
    for (const [text, hint] of cases) assert.equal(hintOf("ls", [text], 0), hint, text);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("arguments in another order get the order of the command", () => {
  const ref = "ghcr.io/acme/site:v1";
  assert.equal(hintOf("cat", ["index.html", ref], 0), "usage: blobber cat REF PATH…");
  assert.equal(hintOf("tag", ["stable", ref], 0), "usage: blobber tag REF TAG…");
  assert.equal(hintOf("cat", ["index.html", "other"], 0), undefined);
});

Deno.test("a tag that is a reference, and a registry that is more than one, are told apart", () => {
  const [tag, ref] = ["ghcr.io/acme/site:v2", "ghcr.io/acme/site:v1"];
  const error = new BlobberError("invalid-reference", `invalid tag: "${tag}"`);
  assert.match(meantReference(error, findCommand(["tag"])!.command, [ref, tag])!, /blobber copy/);
  for (const host of ["https://ghcr.io", "ghcr.io/acme", "ghcr.io/"]) {
    assert.equal(hintOf("repos", [host], 0), 'did you mean "ghcr.io"?', host);
  }
  assert.match(hintOf("repos", ["oci:layout"], 0)!, /blobber tags/);
  assert.equal(hintOf("repos", ["ghcr"], 0), undefined);
});
