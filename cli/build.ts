/**
 * What a binary knows of its own making. The task that compiles it sets a global before it loads the program;
 * run from source, from JSR or from npm there is none.
 *
 * Only code that runs in this process before the program can set it, and such code could do anything. No
 * variable, file or flag reaches it: {@linkcode Build.home} moves the place of releases and who signs them.
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
  /** Where its releases are, for a build that has others than `cli/home.ts` says: a fork's, a rehearsal's. */
  home?: BuildHome;
}

/** Where the releases of a build are. */
export interface BuildHome {
  /** The repository of the artifact that has the binaries. */
  artifact: string;
  issuer: string;
  /** How the identities that sign releases begin; the tag is the rest. */
  identityPrefix: string;
  /** The trust root, as its document: Sigstore's public one unless said otherwise. */
  trustedRoot?: string;
}

/** Where the generated entry of a binary puts what it knows. */
const KEY = Symbol.for("blobber.build");

type Told<T> = { [name in keyof T]?: unknown };

/** How this program was made, where it is a binary. */
export function build(): Build | undefined {
  const told = (globalThis as { [KEY]?: Told<Build> })[KEY] ?? {};
  const { commit, target } = told;
  if (typeof commit !== "string" || !/^[0-9a-f]{40}$/.test(commit)) return undefined;
  if (typeof target !== "string" || !/^[a-z]+-[a-z0-9]+$/.test(target)) return undefined;
  const home = told.home === undefined ? undefined : homeOf(told.home as Told<BuildHome>);
  return { commit, target, ...home !== undefined && { home } };
}

/** A place that is told in part must not be completed with the project's: then the build is wrong. */
function homeOf({ artifact, issuer, identityPrefix, trustedRoot }: Told<BuildHome>): BuildHome {
  if (isName(artifact) && isName(issuer) && isName(identityPrefix)) {
    if (trustedRoot === undefined) return { artifact, issuer, identityPrefix };
    if (isName(trustedRoot)) return { artifact, issuer, identityPrefix, trustedRoot };
  }
  throw new Error("the home of this build needs artifact, issuer and identityPrefix, all text");
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** The line of `--version`: a binary names the commit that it was made of too. */
export function versionLine(): string {
  const made = build();
  return `blobber version ${VERSION}${made === undefined ? "" : ` (commit ${made.commit})`}`;
}
