/**
 * Ten pulls at once, with the client's default threads and with eight, against one: no more threads, and not
 * twice the memory. Each is measured in a process of its own, where the system tells.
 *
 * @module
 */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Client } from "@blobber/core";

/** What pulling took. */
interface Cost {
  /** The most threads of the process at a time, those of the runtime among them. */
  threads: number;
  /** The most memory, in MB. */
  memory: number;
}

/** Pulls into directories of its own. */
async function pullAll(root: string, count: number, jobs: number): Promise<Cost> {
  let threads = 0;
  const look = () => threads = Math.max(threads, readdirSync("/proc/self/task").length);
  const client = new Client(jobs > 0 ? { jobs } : {});
  const ref = `oci:${join(root, "layout")}:v1`;
  await Promise.all(Array.from({ length: count }, (_, i) => {
    const into = join(root, `${jobs}-${count}-${i}`);
    return client.pull(ref, into, { onProgress: look });
  }));
  await client.close();
  const [, peak] = /VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))!;
  return { threads, memory: Math.round(Number(peak) / 1024) };
}

const [root, count, jobs] = process.argv.slice(2);
if (root !== undefined) {
  process.stdout.write(JSON.stringify(await pullAll(root, Number(count), Number(jobs))));
} else if (existsSync("/proc/self/status")) {
  const root = mkdtempSync(join(tmpdir(), "library-"));
  try {
    mkdirSync(join(root, "tree"));
    for (let i = 0; i < 400; i++) writeFileSync(join(root, `tree/${i}`), randomBytes(60_000));
    await new Client().push({ directory: join(root, "tree") }, `oci:${join(root, "layout")}:v1`);
    const flags = "Deno" in globalThis ? ["run", "-A", "--quiet"] : process.execArgv;
    const measure = (count: number, jobs: number): Cost => {
      const args = [...flags, fileURLToPath(import.meta.url), root, `${count}`, `${jobs}`];
      return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }));
    };
    for (const jobs of [0, 8]) {
      const [one, ten] = [measure(1, jobs), measure(10, jobs)];
      const found = `${jobs || "default"} jobs: ${JSON.stringify({ one, ten })}`;
      process.stdout.write(`${found}\n`);
      // The runtime has threads of its own for files and sockets, which ten pulls keep busy.
      assert.ok(ten.threads <= one.threads + 8, found);
      assert.ok(ten.memory < 2 * one.memory, found);
    }
  } finally {
    rmSync(root, { recursive: true });
  }
}
