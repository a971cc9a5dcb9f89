/**
 * What binaries are made for, and how they are named.
 *
 * @module
 */

/** A system and processor that a binary runs on. */
export interface Target {
  /** Deno's name for it. */
  triple: string;
  /** The name of the binary as people download it. */
  file: string;
}

/** The targets by the names that a binary has for its own. */
export const TARGETS = {
  "linux-x64": { triple: "x86_64-unknown-linux-gnu", file: "blobber-linux-x64" },
  "linux-arm64": { triple: "aarch64-unknown-linux-gnu", file: "blobber-linux-arm64" },
  "macos-x64": { triple: "x86_64-apple-darwin", file: "blobber-macos-x64" },
  "macos-arm64": { triple: "aarch64-apple-darwin", file: "blobber-macos-arm64" },
  "windows-x64": { triple: "x86_64-pc-windows-msvc", file: "blobber-windows-x64.exe" },
} as const satisfies Record<string, Target>;

/** The name of a target. */
export type TargetName = keyof typeof TARGETS;

/** All of them, in the order of the table. */
export const TARGET_NAMES = Object.keys(TARGETS) as TargetName[];

/**
 * The target of that name.
 *
 * @throws {Error} where there is none
 */
export function targetName(name: string): TargetName {
  if (Object.hasOwn(TARGETS, name)) return name as TargetName;
  throw new Error(`no target "${name}", expected one of ${TARGET_NAMES.join(", ")}`);
}

/** The target of this machine. */
export function thisTarget(): TargetName {
  const found = TARGET_NAMES.find((name) => TARGETS[name].triple === Deno.build.target);
  if (found === undefined) throw new Error(`no binary is made for ${Deno.build.target}`);
  return found;
}
