/**
 * A program that appends to a list in a file under a lock, many times: for tests that run several of them
 * at once and kill some.
 *
 *     lock_writer.ts FILE NAME COUNT
 *
 * @module
 */

import { readFileSync, writeSync } from "node:fs";
import process from "node:process";
import { withLock } from "../../../lib/system/file_lock.ts";
import { writeAtomic } from "../../../lib/system/files.ts";

const [file = "", name = "", count = "0"] = process.argv.slice(2);
for (let i = 0; i < Number(count); i++) {
  await withLock(`${file}.lock`, (held) => {
    const list: string[] = JSON.parse(readFileSync(file, "utf8"));
    list.push(`${name}${i}`);
    const bytes = new TextEncoder().encode(JSON.stringify(list));
    writeAtomic(file, bytes, { durable: false, before: () => held.check() });
  });
  writeSync(1, ".");
}
