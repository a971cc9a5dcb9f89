/**
 * What a binary knows of its own making. The task that compiles it sets a global before it loads the program;
 * run from source, from JSR or from npm there is none.
 *
 * @module
 */

import { VERSION } from "@blobber/core/internal/version";

/** How a binary was made. */
export interface Build {
  /** The commit of the sources, 40 hexadecimal digits. */
  commit: string;
  /** What it runs on, as its file is named: `linux-x64`, `macos-arm64`, `windows-x64`. */
  target: string;
}

/** Where the generated entry of a binary puts what it knows. */
const KEY = Symbol.for("blobber.build");

/** How this program was made, where it is a binary. */
export function build(): Build | undefined {
  const { commit, target } =
    (globalThis as { [KEY]?: Partial<Record<keyof Build, unknown>> })[KEY] ?? {};
  if (typeof commit !== "string" || !/^[0-9a-f]{40}$/.test(commit)) return undefined;
  if (typeof target !== "string" || !/^[a-z]+-[a-z0-9]+$/.test(target)) return undefined;
  return { commit, target };
}

/** The line of `--version`: a binary names the commit that it was made of too. */
export function versionLine(): string {
  const made = build();
  return `blobber version ${VERSION}${made === undefined ? "" : ` (commit ${made.commit})`}`;
}
