/**
 * The parts of an image that come from elsewhere, as the pins name them.
 *
 * @module
 */

import type { InputEntry } from "@blobber/core/estargz";
import type { Architecture } from "./architectures.ts";
import { baseEntries, shellEntries } from "./base.ts";
import { packageFiles } from "./debian.ts";
import { denoEntries, libraryEntries } from "./deno_files.ts";
import { BASE_PACKAGES, type Pins, readPins, SHELL_PACKAGES } from "./pins.ts";

/** Where the entries of layers come from. */
export interface ImageParts {
  base(architecture: Architecture): Promise<InputEntry[]>;
  shell(architecture: Architecture): Promise<InputEntry[]>;
  deno(architecture: Architecture): Promise<InputEntry[]>;
  library(): Promise<InputEntry[]>;
}

/**
 * The parts by the pins.
 *
 * @param mirrors of Debian, in place of those that this machine's apt knows
 */
export function pinnedParts(mirrors: readonly string[] = [], pins: Pins = readPins()): ImageParts {
  const files = async (architecture: Architecture, names: readonly string[]) =>
    await packageFiles(
      architecture,
      pins.packages[architecture].filter(({ name }) => names.includes(name)),
      mirrors,
    );
  return {
    base: async (name) => baseEntries(name, await files(name, BASE_PACKAGES), pins.debian),
    shell: async (name) => shellEntries(await files(name, SHELL_PACKAGES)),
    deno: (name) => denoEntries(pins.deno[name], pins.denoLicence),
    library: libraryEntries,
  };
}
