/**
 * How this program was installed, and so what upgrades it.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { printable } from "@blobber/core/internal/printable";

/** What tells how a program was installed. */
export interface Traces {
  /** The file of the binary, with all links followed; none where the program is no binary. */
  program: string | undefined;
  /** The module that the runtime was started with. */
  main: string;
}

/** How a program was installed. */
export interface Installed {
  /** The file that an upgrade replaces; none where something else upgrades it. */
  program?: string;
  /** What installed it, for a sentence. */
  by: string;
  /** The command that upgrades it. */
  command: string;
}

/** Package managers keep binaries in directories of their own, which they alone may change. */
const MANAGERS: readonly [RegExp, by: string, command: string][] = [
  [/\/Cellar\//, "Homebrew", "brew upgrade blobber"],
  [/^\/nix\/store\//, "Nix", "nix profile upgrade blobber"],
  [/[\\/]scoop[\\/](?:apps|shims)[\\/]/i, "Scoop", "scoop update blobber"],
  [/[\\/]node_modules[\\/]/, "npm", "npm install -g @blobber/cli@latest"],
  [/^\/snap\//, "snap", "snap refresh blobber"],
];

/** What runs from modules. */
const MODULES: readonly [RegExp, by: string, command: string][] = [
  [
    /^(?:https?|jsr):/,
    "deno install",
    "deno install -g -A -f -n blobber jsr:@blobber/cli",
  ],
  [/[\\/]node_modules[\\/]/, "npm", "npm install -g @blobber/cli@latest"],
];

/**
 * Says how a program was installed.
 *
 * @param traces what there is to see of it
 */
export function installedAs({ program, main }: Traces): Installed {
  const found = program === undefined
    ? MODULES.find(([form]) => form.test(main))
    : MANAGERS.find(([form]) => form.test(program));
  if (found !== undefined) return { by: found[1], command: found[2] };
  if (program !== undefined) return { program, by: "itself", command: "blobber upgrade" };
  return { by: "its sources", command: "git pull" };
}

/**
 * The file that an upgrade replaces.
 *
 * @param installed how the program was installed
 * @throws {BlobberError} `usage` where something else upgrades it
 */
export function replaceable({ program, by, command }: Installed): string {
  if (program !== undefined) return program;
  throw new BlobberError(
    "usage",
    `upgrade replaces released binaries, and this is run from ${by}`,
    {
      hint: `upgrade it with: ${printable(command)}`,
    },
  );
}
