/**
 * A program to be bundled: pushes and pulls enough for threads, and prints what it was told. Run with a
 * file of which each line says that it ran, or was a thread.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { Client } from "@blobber/core";

/**
 * Does it.
 *
 * @param threadEntry the client's option
 */
export async function main(threadEntry?: string): Promise<void> {
  appendFileSync(process.env["BUNDLED_RUNS"]!, "program\n");
  const root = mkdtempSync(join(tmpdir(), "bundled-"));
  try {
    mkdirSync(join(root, "tree"));
    const content = randomBytes(20 << 20);
    writeFileSync(join(root, "tree/large"), content);
    for (let i = 0; i < 100; i++) writeFileSync(join(root, `tree/${i}`), `${i}`);
    const notices: string[] = [];
    const client = new Client({
      jobs: 3,
      threadEntry,
      onNotice: ({ code }) => void notices.push(code),
    });
    const ref = `oci:${join(root, "layout")}:v1`;
    for (let i = 0; i < 2; i++) {
      const pushed = await client.push({ directory: join(root, "tree") }, ref);
      const pulled = await client.pull(ref, join(root, `out${i}`));
      if (pulled.digest !== pushed.digest || pulled.entries !== 101) {
        throw new Error("another tree");
      }
      if (!readFileSync(join(root, `out${i}/large`)).equals(content)) {
        throw new Error("other bytes");
      }
    }
    // Not closed: what is left open must not keep the process.
    process.stdout.write(`${JSON.stringify(notices)}\n`);
  } finally {
    rmSync(root, { recursive: true });
  }
}
