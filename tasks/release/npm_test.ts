/** How versions are called on npm. */

import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onlyWith } from "../../tests/fakes/only_on.ts";
import { PACKAGES, publishNpm } from "./npm.ts";
import { REAL } from "./places.ts";
import { PATHS, type Release, write } from "./state.ts";
import { isStable } from "./versions.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";

Deno.test({
  name: "latest on npm never goes back to an older release",
  ...onlyWith("shell"),
  async fn() {
    const dir = mkdtempSync(join(tmpdir(), "blobber-npm-"));
    const path = Deno.env.get("PATH")!;
    const versions = ["1.9.0", "1.10.0", "2.0.0-rc.1"].map((version) => [version, {}]);
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => Response.json({ versions: Object.fromEntries(versions) }),
    );
    try {
      mkdirSync(join(dir, "bin"));
      writeFileSync(join(dir, "bin/npm"), `#!/bin/sh\nprintf '%s\\n' "$*" >>"${dir}/calls"\n`);
      chmodSync(join(dir, "bin/npm"), 0o755);
      Deno.env.set("PATH", `${join(dir, "bin")}:${path}`);
      const tagsOf = async (version: string): Promise<(string | undefined)[]> => {
        const release: Release = {
          version,
          tag: `v${version}`,
          commit: COMMIT,
          time: 1_700_000_000,
          stable: isStable(version),
          dir,
          places: { ...REAL, npm: `http://127.0.0.1:${server.addr.port}/` },
          dry: false,
          sources: { commit: COMMIT, time: 1_700_000_000, changed: [] },
          problems: [],
        };
        write(release, PATHS.facts, "{}");
        for (const name of PACKAGES) write(release, `npm/blobber-${name}-${version}.tgz`, "");
        rmSync(join(dir, "calls"), { force: true });
        await publishNpm(release);
        return readFileSync(join(dir, "calls"), "utf8").trim().split("\n")
          .map((call) => / --tag (\S+)/.exec(call)?.[1]);
      };
      assert.deepEqual(await tagsOf("1.9.1"), ["older", "older", "older"]);
      assert.deepEqual(await tagsOf("1.10.1"), ["latest", "latest", "latest"]);
      assert.deepEqual(await tagsOf("2.0.0-rc.2"), ["next", "next", "next"]);
    } finally {
      Deno.env.set("PATH", path);
      await server.shutdown();
      rmSync(dir, { recursive: true });
    }
  },
});
