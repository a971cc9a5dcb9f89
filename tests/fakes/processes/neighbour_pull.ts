/**
 * A pull of a user who has neighbours: run as a program, which says each step and waits for a word before it
 * goes on, so that what others do in between is done exactly there.
 *
 * @module
 */

import { readSync } from "node:fs";
import process from "node:process";
import { isBlobberError } from "../../../lib/errors.ts";
import { pull } from "../../../lib/verbs/pull.ts";
import { crashImage } from "./crash_image.ts";

/** What to pull, and how. */
export interface NeighbourPull {
  kind: "eStargz" | "gzip";
  dir: string;
  overwrite?: boolean;
  allowShared?: boolean;
  holding?: "descriptors" | "paths";
  /** Says `downloading` and waits, when the staging directory is there. */
  pieces?: boolean;
}

/** How it ended. */
export interface NeighbourResult {
  code: string;
  message: string;
  hint?: string;
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
  readSync(0, new Uint8Array(1));
}

const input: NeighbourPull = JSON.parse(process.argv[2]!);
const { source, manifest } = crashImage(input.kind);
let pieces = 0;
if (input.pieces) source.onPiece = () => void (pieces++ === 2 && say("downloading"));
const result: NeighbourResult = { code: "ok", message: "" };
try {
  await pull(source, manifest, input.dir, {
    ...{ overwrite: input.overwrite, holding: input.holding },
    allowSharedDirectories: input.allowShared,
    onStep: (path) => say(`step ${path}`),
  });
} catch (error) {
  if (!isBlobberError(error)) throw error;
  const { code, message, hint } = error;
  Object.assign(result, { code, message, hint });
}
say(JSON.stringify(result));
