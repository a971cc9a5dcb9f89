/**
 * The processors that images are made for, and what each of their suppliers calls them.
 *
 * @module
 */

import type { TargetName } from "../binary/targets.ts";

/** A processor, as OCI and Debian name it. */
export type Architecture = "amd64" | "arm64";

/** What else names it. */
export interface Names {
  /** The binary of the program for it. */
  target: TargetName;
  /** The directory of Debian's libraries for it. */
  libraries: string;
  /** The package on npm that has Deno for it. */
  deno: string;
}

/** All of them, in the order in which an index lists them. */
export const ARCHITECTURES: Record<Architecture, Names> = {
  amd64: {
    target: "linux-x64",
    libraries: "x86_64-linux-gnu",
    deno: "@deno/linux-x64-glibc",
  },
  arm64: {
    target: "linux-arm64",
    libraries: "aarch64-linux-gnu",
    deno: "@deno/linux-arm64-glibc",
  },
};

/** Their names. */
export const ARCHITECTURE_NAMES = Object.keys(ARCHITECTURES) as Architecture[];
