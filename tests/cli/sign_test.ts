import assert from "node:assert/strict";
import { keys } from "./keys.ts";
import { Workplace } from "./program.ts";
import { hasTerminal, TerminalRun } from "./terminal.ts";

Deno.test("sign prints a digest only when it signed it", async () => {
  await using at = await Workplace.open();
  await at.site();
  await keys(at, "acme");
  await at.ok(["push", "site", "oci:layout:v1"]);
  const missing = `oci:layout@sha256:${"0".repeat(64)}`;
  const { status, stdout, stderr } = await at.run(["sign", missing, "--sign-key", "acme.pem"]);
  assert.deepEqual([status, stdout], [4, ""], stderr);
});

Deno.test({
  name: "at a terminal sign asks with the digest, and stdout has it only after a yes",
  ignore: !hasTerminal(),
  fn: async () => {
    await using at = await Workplace.open();
    await at.site();
    await keys(at, "acme");
    const digest = (await at.ok(["push", "site", "oci:layout:v1"])).trim();
    const sign = ["sign", "oci:layout:v1", "--sign-key=acme.pem"];
    for (const [answer, status, printed] of [["n", 130, ""], ["y", 0, `${digest}\n`]] as const) {
      const run = new TerminalRun(at, sign, { columns: 200, redirect: "> digest" });
      await run.shows(/Sign sha256:[0-9a-f]{64} as "oci:layout:v1"\? \[y\/N\]/);
      assert.ok(run.screen.rows.join("\n").includes(digest));
      await run.type(`${answer}\n`);
      const end = await run.end();
      assert.equal(end.status, status, end.screen.rows.join("\n"));
      assert.equal(await at.read("digest"), printed);
    }
  },
});
