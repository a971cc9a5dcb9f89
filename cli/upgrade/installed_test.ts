import assert from "node:assert/strict";
import { installedAs, replaceable } from "./installed.ts";

const COMMANDS: [program: string | undefined, main: string, command: string][] = [
  ["/opt/homebrew/Cellar/blobber/1.2.3/bin/blobber", "file:///x", "brew upgrade blobber"],
  ["/u/linuxbrew/.linuxbrew/Cellar/blobber/1/bin/blobber", "file:///x", "brew upgrade blobber"],
  ["/nix/store/abc-blobber-1.2.3/bin/blobber", "file:///x", "nix profile upgrade blobber"],
  ["D:\\jo\\scoop\\apps\\blobber\\1.2.3\\blobber.exe", "file:///x", "scoop update blobber"],
  [
    "/usr/lib/node_modules/@blobber/x/blobber",
    "file:///x",
    "npm install -g @blobber/cli@latest",
  ],
  [
    undefined,
    "https://jsr.io/@blobber/cli/1.0.0/main.ts",
    "deno install -g -A -f -n blobber jsr:@blobber/cli",
  ],
  [undefined, "jsr:@blobber/cli", "deno install -g -A -f -n blobber jsr:@blobber/cli"],
  [
    undefined,
    "file:///usr/lib/node_modules/@blobber/cli/main.js",
    "npm install -g @blobber/cli@latest",
  ],
  [undefined, "file:///u/jo/blobber/cli.ts", "git pull"],
];

Deno.test("what something else installed names what upgrades it, and is not replaced", () => {
  for (const [program, main, command] of COMMANDS) {
    const installed = installedAs({ program, main });
    assert.deepEqual([installed.program, installed.command], [undefined, command]);
    assert.throws(() => replaceable(installed), { code: "usage" });
  }
});

Deno.test("a binary of one's own is replaced, whatever its directory is called", () => {
  for (
    const program of [
      "/u/jo/.local/bin/blobber",
      "/usr/local/bin/blobber",
      "/opt/homebrew/bin/blobber",
      "/u/homebrew/.local/bin/blobber",
      "D:\\jo\\AppData\\Local\\blobber\\bin\\blobber.exe",
      "/srv/nix/store/blobber",
    ]
  ) {
    assert.equal(replaceable(installedAs({ program, main: "file:///x" })), program);
  }
});
