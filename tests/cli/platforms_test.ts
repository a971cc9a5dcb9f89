/** The command line as its users on Windows and macOS meet it, driven on this system. */

import assert from "node:assert/strict";
import { inRoot } from "../../tasks/run.ts";
import { keys } from "./keys.ts";
import { IS_SOURCE, onlyWhere, Workplace } from "./program.ts";
import { hasTerminal, TerminalRun } from "./terminal.ts";

const as = (
  system: string,
) => ["-A", `--preload=${inRoot(`tests/fakes/platforms/as_${system}.ts`)}`];
const WINDOWS = { permissions: as("windows") };
const MACOS = { permissions: as("macos") };

const isSource = !onlyWhere(IS_SOURCE, "only the sources take another's word for the system")
  .ignore;
const isWindows = Deno.build.os === "windows";

Deno.test({
  name: "as Windows: a push, a pull that is refused, and one that leaves out what is in the way",
  ignore: !isSource || isWindows,
  async fn() {
    await using at = await Workplace.open();
    await at.write("tree/src/aux.c", "x\n");
    await at.write("tree/src/main.c", "y\n");
    await at.write("tree/run", "#!/bin/sh\n", 0o755);
    await Deno.chmod(`${at.dir}/tree/src`, 0o755);
    const here = await at.ok(["digest", "--tree", "tree"]);
    await Deno.chmod(`${at.dir}/tree/run`, 0o600);
    // Its own places, and not those of a home.
    await at.write("roaming/blobber/config.yaml", "pull:\n  special: skip\n");
    await at.write("home/.config/blobber/config.yaml", "no such key: 1\n");
    const env = { APPDATA: `${at.dir}/roaming`, LOCALAPPDATA: `${at.dir}/local` };
    const shown = await at.ok(["config", "path"], { ...WINDOWS, env });
    assert.equal(shown.trim(), `${at.dir}/roaming/blobber/config.yaml`);
    const pushed = await at.run(["push", "tree", "oci:lay/out:v1", "-o", "json"], {
      ...WINDOWS,
      env,
    });
    assert.equal(pushed.status, 0, pushed.stderr);
    assert.equal(JSON.parse(pushed.stdout).tree, here.trim());
    const refused = await at.run(["pull", "oci:lay/out:v1", "out"], { ...WINDOWS, env });
    assert.equal(refused.status, 9);
    assert.match(
      refused.stderr,
      /"src\/aux\.c" cannot be written on Windows: "aux\.c" is the name of a device/,
    );
    assert.match(refused.stderr, /leave it out with --exclude \/src\/aux\.c/);
    const rest = ["pull", "oci:lay/out:v1", "out", "--exclude", "/src/aux.c"];
    const pulled = await at.run(rest, { ...WINDOWS, env });
    assert.equal(pulled.status, 0, pulled.stderr);
    assert.equal(await at.read("out/src/main.c"), "y\n");
  },
});

Deno.test({
  name: "as macOS: two names that its disks take for one are a conflict, and nothing is there",
  ignore: !isSource || Deno.build.os !== "linux",
  async fn() {
    await using at = await Workplace.open();
    await at.write("tree/README", "1\n");
    await at.write("tree/Readme", "2\n");
    await at.run(["push", "tree", "oci:layout:v1"]);
    const refused = await at.run(["pull", "oci:layout:v1", "out"], MACOS);
    assert.equal(refused.status, 10, refused.stderr);
    assert.match(refused.stderr, /"README" and "Readme", which are one name in this directory/);
    assert.equal(
      [...Deno.readDirSync(at.dir)].some(({ name }) => /^out$|blobber-/.test(name)),
      false,
    );
  },
});

for (const [where, options] of [["here", {}], ["as Windows", WINDOWS]] as const) {
  Deno.test({
    name: `${where}: Ctrl-C ends a hidden question, whether it comes as a signal or as a character`,
    ignore: where !== "here" && !isSource || !hasTerminal(),
    async fn() {
      await using at = await Workplace.open();
      await at.write("tree/a", "1\n");
      await at.ok(["push", "tree", "oci:layout:v1", "--quiet"]);
      await keys(at, "sign", "secret");
      const args = ["sign", "oci:layout:v1", "--sign-key", "sign.pem"];
      const run = new TerminalRun(at, args, { columns: 80, ...options });
      await run.shows(/y\/N/);
      await run.type("y\n");
      await run.shows(/Passphrase of/);
      await run.type("sec\x03");
      const { status, screen } = await run.end();
      assert.equal(status, 130, screen.rows.join("\n"));
      assert.doesNotMatch(run.written, /sec[^r]/);
    },
  });
}
