import assert from "node:assert/strict";
import { test } from "node:test";
import { inRoot } from "../tasks/run.ts";

test("an answer that stalls is given up, also when memory was collected since it began", async () => {
  const script = inRoot("tests/fakes/processes/stalled_after_collection.ts");
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--v8-flags=--expose-gc", script],
    signal: AbortSignal.timeout(60_000),
  }).output();
  const decoder = new TextDecoder();
  assert.equal(decoder.decode(stdout), "timeout stopped\n", decoder.decode(stderr));
  assert.equal(code, 0);
});
