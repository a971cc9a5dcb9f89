/**
 * A user who has neighbours writes into a layout and reads it again: run as a program.
 *
 * @module
 */

import { readSync } from "node:fs";
import process from "node:process";
import { isBlobberError } from "../../../lib/errors.ts";
import { LayoutStore } from "../../../lib/stores/layout/layout_store.ts";
import type { NeighbourResult } from "./neighbour_pull.ts";
import { blobOf, read, sample } from "../store_suite.ts";

/** What to write, and where. */
export interface NeighbourLayout {
  path: string;
  content: string;
  /** Only reads. */
  reads?: boolean;
  holding?: "descriptors" | "paths";
  allowShared?: boolean;
}

const { path, content, reads, ...options }: NeighbourLayout = JSON.parse(process.argv[2]!);
const store = new LayoutStore(path, options);
const result: NeighbourResult = { code: "ok", message: "" };
try {
  if (!reads) await sample(store, content, { tag: "v1" });
  await store.resolve("v1");
  result.message = await read(store, blobOf(content));
} catch (error) {
  if (!isBlobberError(error)) throw error;
  const { code, message, hint } = error;
  Object.assign(result, { code, message, hint });
}
Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(result)}\n`));
readSync(0, new Uint8Array(1));
