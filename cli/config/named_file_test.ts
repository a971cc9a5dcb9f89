import { isBlobberError } from "@blobber/core/errors";
import assert from "node:assert/strict";
import { readNamedText } from "./named_file.ts";

/** What is said of a file that cannot be read. */
async function hintOf(path: string, hint?: string): Promise<unknown> {
  const options = { what: "the public key", code: "invalid-key", limit: 100 } as const;
  try {
    await readNamedText({ path, system: false }, { ...options, ...hint && { hint } });
  } catch (error) {
    assert.ok(isBlobberError(error));
    return error.advice.hint;
  }
  assert.fail("it was read");
}

Deno.test("a file that is not there gets the nearest name beside it", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const token = [..."abc"].map((c) => c.repeat(20)).join(".");
    for (const name of ["acme.pub", token]) await Deno.writeTextFile(`${dir}/${name}`, "");
    await Deno.mkdir(`${dir}/other.pub`);
    assert.equal(await hintOf(`${dir}/acmee.pub`), `did you mean "${dir}/acme.pub"?`);
    assert.equal(
      await hintOf(`${dir}/acmee.pub`, "generate one"),
      `did you mean "${dir}/acme.pub"?`,
    );
    for (const name of ["far.away", "othr.pub", `${token.slice(0, -1)}b`, "none/acme.pub"]) {
      assert.equal(await hintOf(`${dir}/${name}`, "generate one"), "generate one", name);
    }
    // One that is there but cannot be read is the one that was meant.
    assert.equal(await hintOf(`${dir}/other.pub`), undefined);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
