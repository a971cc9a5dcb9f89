import assert from "node:assert/strict";
import type { ActedSystem } from "@blobber/core/internal/platform";
import { asPlatform } from "../../tests/fakes/platforms/as_platform.ts";
import { drawsLines } from "./draws_lines.ts";

Deno.test("lines are drawn where the locale says so, and the terminal is not dumb", async () => {
  for (
    const [env, os, expected] of [
      [{ LANG: "en_US.UTF-8" }, "linux", true],
      [{ LANG: "de_DE.utf8", TERM: "xterm" }, "linux", true],
      [{ LANG: "en_US.UTF-8", LC_ALL: "C" }, "linux", false],
      [{ LANG: "C", LC_CTYPE: "C.UTF-8" }, "linux", true],
      [{ LC_ALL: "", LANG: "C.UTF-8" }, "linux", true],
      [{ LANG: "en_US.UTF-8", TERM: "dumb" }, "linux", false],
      [{}, "linux", false],
      [{}, "windows", true],
    ] as [Record<string, string>, ActedSystem, boolean][]
  ) {
    await asPlatform(os, () => {
      assert.equal(drawsLines((name) => env[name]), expected, JSON.stringify(env));
    });
  }
  const refused = () => {
    throw new Deno.errors.NotCapable("env");
  };
  assert.equal(drawsLines(refused), false);
});
