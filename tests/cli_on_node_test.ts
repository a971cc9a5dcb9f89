/** The command line under Node, as npm installs it; `deno task test:programs` runs all of its tests so. */

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { makeProgram, writeProgram } from "../tasks/binary/program.ts";
import { say } from "../tasks/run.ts";
import { runtimeHere } from "../tasks/runtimes.ts";

const node = runtimeHere("node");
if (node === undefined) say("skipped: no Node here, which `deno task test:node` would install");

Deno.test({
  name: "the command line runs under Node: results, errors, pipes that end, and signals",
  ignore: node === undefined || Deno.build.os === "windows",
  async fn(t) {
    const dir = mkdtempSync(join(tmpdir(), "blobber-node-"));
    try {
      const entry = writeProgram(await makeProgram(), join(dir, "program"), { time: 0 });
      writeFileSync(join(dir, "program/package.json"), '{"type":"module"}');
      mkdirSync(join(dir, "tree"));
      writeFileSync(join(dir, "tree/a.txt"), "a\n");
      // More than a pipe holds, in which nothing repeats.
      const large = new Uint8Array(1 << 20).map((_, i) => Math.imul(i, i) >> 5);
      writeFileSync(join(dir, "tree/large"), large);
      const env = { HOME: dir, PATH: process.env["PATH"], BLOBBER_PROGRESS: "none" };
      const options = { cwd: dir, env };
      const blobber = (args: string[], input = "") =>
        spawnSync(node!, [entry, ...args], { ...options, input });

      const started = (args: string[]) =>
        new Deno.Command(node!, {
          args: [entry, ...args],
          cwd: dir,
          env: { HOME: dir },
          stdin: "null",
          stdout: "null",
          stderr: "null",
        }).spawn();

      await t.step("it pushes, reads a file and pulls", () => {
        const pushed = blobber(["push", "tree", "oci:layout:v1"]);
        assert.equal(pushed.status, 0, String(pushed.stderr));
        assert.match(String(pushed.stdout), /^sha256:[0-9a-f]{64}\n$/);
        const read = blobber(["cat", "oci:layout:v1", "large"]);
        assert.ok(read.stdout.equals(large));
        assert.equal(blobber(["pull", "oci:layout:v1", "out"]).status, 0);
        assert.equal(readFileSync(join(dir, "out/a.txt"), "utf8"), "a\n");
      });

      await t.step("an error has its status and its words", () => {
        const { status, stderr } = blobber(["cat", "oci:none:v1", "a.txt"]);
        assert.equal(status, 4);
        assert.match(String(stderr), /^Error: oci:none not found: no OCI layout in "none"\n/);
      });

      await t.step("it reads a tar from stdin, and tells which runtime it is", () => {
        const tar = blobber(["pull", "oci:layout:v1", "-"]);
        const { status, stdout } = spawnSync(node!, [entry, "push", "-", "oci:layout:v2"], {
          ...options,
          input: tar.stdout,
        });
        assert.equal(status, 0);
        assert.match(String(stdout), /^sha256:/);
        const version = JSON.parse(String(blobber(["version", "-o", "json"]).stdout));
        assert.equal(version.runtime, "node");
      });

      await t.step("a reader that goes away is no error", async () => {
        const child = spawn(node!, [entry, "cat", "oci:layout:v1", "large"], options);
        child.stdout.once("data", () => child.stdout.destroy());
        let said = "";
        child.stderr.on("data", (bytes) => said += bytes);
        const status = await new Promise((resolve) => child.on("close", resolve));
        assert.deepEqual([status, said], [0, ""]);
      });

      await t.step("SIGTERM ends it with its status", async () => {
        // A registry that never answers.
        const server = createServer(() => child.kill("SIGTERM"));
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const { port } = server.address() as { port: number };
        const ref = `127.0.0.1:${port}/acme/site:v1`;
        const child = started(["ls", ref, "--insecure"]);
        const { code } = await child.status;
        server.close();
        assert.equal(code, 143);
      });

      await t.step("a pipe that nothing comes from does not keep it from ending", async () => {
        spawnSync("mkfifo", [join(dir, "pipe")]);
        const child = started(["push", "tree", "oci:layout:v3", "--sign-key", "pipe"]);
        const opened = spawn("sh", ["-c", "exec 3>pipe; echo open; exec sleep 60"], options);
        await new Promise((resolve) => opened.stdout.once("data", resolve));
        child.kill("SIGTERM");
        const { code } = await child.status;
        opened.kill();
        assert.equal(code, 143);
      });
    } finally {
      rmSync(dir, { recursive: true });
    }
  },
});
