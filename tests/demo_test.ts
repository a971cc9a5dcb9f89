import assert from "node:assert/strict";
import { inRoot } from "../tasks/run.ts";
import { fileNeeds } from "./fakes/only_on.ts";

fileNeeds("shell");

Deno.test("the demonstration runs, and leaves nothing behind", async () => {
  const tmp = Deno.makeTempDirSync();
  try {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", "demo"],
      cwd: inRoot("./"),
      env: { TMPDIR: tmp, NO_COLOR: "1" },
      stdin: "null",
    }).output();
    const output = new TextDecoder().decode(stdout);
    assert.ok(success, output + new TextDecoder().decode(stderr));
    for (const verb of ["push", "ls", "cat", "pull", "verify"]) {
      assert.ok(output.includes(`\n$ blobber ${verb} `), verb);
    }
    assert.match(output, /\[exit 8\]/);
    assert.deepEqual([...Deno.readDirSync(tmp)], []);
  } finally {
    Deno.removeSync(tmp, { recursive: true });
  }
});
