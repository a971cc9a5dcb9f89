/**
 * Ten pulls at once with the default options, against one: threads and connections are the client's, so that ten
 * take a little more memory and no more threads. Each is measured in a process of its own, which prints a line.
 *
 * @module
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Client } from "@blobber/core";
import { startRegistry } from "../fakes/registry/fake_registry.ts";

/** Files of the tree and the bytes of each: more than what makes threads worth it. */
const FILES = 24;
const FILE_BYTES = 2 << 20;
/** How often threads are counted, in milliseconds. */
const LOOK_MS = 5;

interface Measured {
  pulls: number;
  /** The most memory that the process had, in MiB. */
  peak: number;
  /** Threads of the process before, and the most while it pulled. */
  threads: [number, number];
  ms: number;
}

/**
 * Threads that run modules, by the names that Deno, Bun and Node from 24 on give them; of an older Node, whose
 * threads all have one name, all of them. A runtime opens others of its own when it is busy.
 */
function threads(): number {
  const names: string[] = [];
  for (const thread of readdirSync("/proc/self/task")) {
    try {
      names.push(readFileSync(`/proc/self/task/${thread}/comm`, "utf8"));
    } catch {
      // It has ended.
    }
  }
  if (new Set(names).size === 1) return names.length;
  return names.filter((name) => /^worker/i.test(name)).length;
}

/** The most memory that this process ever had, in MiB. */
function peak(): number {
  const status = readFileSync("/proc/self/status", "utf8");
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)![1]) / 1024);
}

async function pullAtOnce(pulls: number, ref: string, into: string): Promise<Measured> {
  const before = threads();
  let most = before;
  const looking = setInterval(() => most = Math.max(most, threads()), LOOK_MS);
  const started = performance.now();
  const client = new Client({ credentials: () => Promise.resolve(undefined) });
  await Promise.all(
    Array.from({ length: pulls }, (_, index) => client.pull(ref, join(into, `${index}`))),
  );
  const ms = Math.round(performance.now() - started);
  clearInterval(looking);
  await client.close();
  return { pulls, peak: peak(), threads: [before, most], ms };
}

/** Measures in a process of its own. */
async function measured(pulls: number, ref: string, into: string): Promise<Measured> {
  const script = fileURLToPath(import.meta.url);
  const flags = "Deno" in globalThis ? ["run", "-A", "--quiet"] : process.execArgv;
  const child = spawn(process.execPath, [...flags, script, `${pulls}`, ref, into], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  for await (const part of child.stdout) output += part;
  rmSync(into, { recursive: true });
  return JSON.parse(output) as Measured;
}

/** Text that compresses as sources do, the same in each run. */
function text(seed: number): string {
  const words = [
    "layer ",
    "return ",
    "digest",
    "(",
    ");\n",
    "const ",
    "manifest",
    " = ",
    "await ",
    "0x",
  ];
  let state = seed + 1;
  let made = "";
  while (made.length < FILE_BYTES) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    made += words[(state >>> 16) % words.length]! + ((state >>> 20) % 97);
  }
  return made;
}

async function main(): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "library-"));
  const registry = await startRegistry();
  try {
    mkdirSync(join(root, "tree"));
    for (let index = 0; index < FILES; index++) {
      writeFileSync(join(root, "tree", `${index}.txt`), text(index));
    }
    const ref = `${registry.host}/acme/tree:v1`;
    const client = new Client({ credentials: () => Promise.resolve(undefined) });
    await client.push({ directory: join(root, "tree") }, ref);
    await client.close();
    const [one, ten] = [
      await measured(1, ref, join(root, "one")),
      await measured(10, ref, join(root, "ten")),
    ];
    for (const line of [one, ten]) process.stdout.write(`${JSON.stringify(line)}\n`);
    const most = Math.max(one.threads[1], one.threads[0] + availableParallelism());
    assert.ok(
      ten.threads[1] <= most,
      `${ten.threads[1]} threads for ten, at most ${most} expected`,
    );
    assert.ok(ten.peak <= 3 * one.peak, `${ten.peak} MiB for ten, ${one.peak} for one`);
  } finally {
    await registry.close();
    rmSync(root, { recursive: true });
  }
}

const [pulls, ref, into] = process.argv.slice(2);
if (process.platform !== "linux") process.stdout.write("only Linux tells what a process had\n");
else if (pulls === undefined) await main();
else process.stdout.write(JSON.stringify(await pullAtOnce(Number(pulls), ref!, into!)));
