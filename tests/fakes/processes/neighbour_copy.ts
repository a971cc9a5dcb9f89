/**
 * A user who has neighbours copies a file out of an artifact, as `cp` writes it: run as a program, which
 * waits in the middle of the file.
 *
 * @module
 */

import { readSync } from "node:fs";
import process from "node:process";
import { copyTarget, writeStream } from "../../../cli/library/user_paths.ts";
import { isBlobberError } from "../../../lib/errors.ts";
import type { NeighbourResult } from "./neighbour_pull.ts";

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
  readSync(0, new Uint8Array(1));
}

async function* content(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode("con");
  await Promise.resolve();
  say("writing");
  yield new TextEncoder().encode("tent");
}

const { destination }: { destination: string } = JSON.parse(process.argv[2]!);
const result: NeighbourResult = { code: "ok", message: "" };
try {
  const { path } = copyTarget(destination, "dir/file");
  await writeStream(path, content(), { mode: 0o644, allowShared: false });
} catch (error) {
  if (!isBlobberError(error)) throw error;
  Object.assign(result, { code: error.code, message: error.message });
}
say(JSON.stringify(result));
