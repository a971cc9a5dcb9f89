/**
 * The one file for what differs between Deno, Node and Bun, and between platforms. Everything else in the
 * core uses web standards and `node:` modules.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import process from "node:process";
import type { Platform } from "./types.ts";

/** Version of blobber, sent as the user agent and shown by `version`. */
export const VERSION = "0.1.0";

/** Which runtime this is. */
export const RUNTIME: "deno" | "bun" | "node" = "Deno" in globalThis
  ? "deno"
  : "Bun" in globalThis
  ? "bun"
  : "node";

/** Processors that this process may use. */
export function processors(): number {
  return availableParallelism();
}

/** This machine's platform in the terms of the OCI image spec, which are Go's. */
export function thisPlatform(): Platform {
  const os = process.platform === "win32" ? "windows" : process.platform;
  const names: Record<string, string> = { x64: "amd64", ia32: "386", mipsel: "mipsle" };
  return { os, architecture: names[process.arch] ?? process.arch };
}
