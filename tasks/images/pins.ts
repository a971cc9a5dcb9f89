/**
 * What images are made of beside the project: packages of Debian and Deno's own program, each by version and
 * digest. `base.json` holds them; `deno task images --renew` writes it.
 *
 * @module
 */

import { readFileSync, writeFileSync } from "node:fs";
import { inRoot } from "../run.ts";
import { type Architecture, ARCHITECTURE_NAMES, ARCHITECTURES } from "./architectures.ts";
import { type Pinned, presentPackages } from "./debian.ts";

/** A package on npm. */
export interface PinnedNpm {
  name: string;
  version: string;
  /** As npm's own lock files have it. */
  integrity: string;
}

/** The pins. */
export interface Pins {
  /** The release of Debian whose packages these are, such as "12". */
  debian: string;
  /** For each processor. */
  packages: Record<Architecture, Pinned[]>;
  /** For each processor. */
  deno: Record<Architecture, PinnedNpm>;
  /** The package that has Deno's licence. */
  denoLicence: PinnedNpm;
}

/** The packages of both images, and those of the one with Deno alone. */
export const BASE_PACKAGES = ["libc6", "libgcc-s1", "gcc-12-base", "ca-certificates"];
export const SHELL_PACKAGES = ["busybox-static"];

const FILE = inRoot("tasks/images/base.json");

/** The pins as they are committed. */
export function readPins(): Pins {
  return JSON.parse(readFileSync(FILE, "utf8")) as Pins;
}

/** Writes the present versions of Debian's packages, and the Deno that runs this. */
export function renewPins(): Pins {
  const release = readFileSync("/etc/os-release", "utf8");
  const debian = /^ID=debian$/m.test(release) && /^VERSION_ID="(\d+)"$/m.exec(release)?.[1];
  if (!debian) throw new Error("the pins are renewed on Debian, whose apt knows its packages");
  const pins = { debian, packages: {}, deno: {} } as Pins;
  for (const architecture of ARCHITECTURE_NAMES) {
    const names = [...BASE_PACKAGES, ...SHELL_PACKAGES];
    pins.packages[architecture] = presentPackages(architecture, names);
    pins.deno[architecture] = presentNpm(ARCHITECTURES[architecture].deno);
  }
  pins.denoLicence = presentNpm("deno");
  writeFileSync(FILE, JSON.stringify(pins, null, 2) + "\n");
  return pins;
}

/** The package of that name that belongs to the Deno which runs this. */
function presentNpm(name: string): PinnedNpm {
  const version = Deno.version.deno;
  const { success, stdout, stderr } = new Deno.Command("npm", {
    args: ["view", `${name}@${version}`, "dist.integrity"],
    stdin: "null",
  }).outputSync();
  const integrity = new TextDecoder().decode(stdout).trim();
  if (success && integrity.startsWith("sha512-")) return { name, version, integrity };
  throw new Error(`npm does not know ${name}@${version}: ${new TextDecoder().decode(stderr)}`);
}
