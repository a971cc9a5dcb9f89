/**
 * The files by which people install a release, made from its data.
 *
 * @module
 */

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inRoot } from "../run.ts";
import { homebrewFormula } from "./homebrew.ts";
import { nixArchive, nixFlake } from "./nix.ts";
import { readRelease, type ReleaseData } from "./release_data.ts";
import { scoopManifest } from "./scoop.ts";

/** The scripts, as they stand in the root. */
export const SCRIPTS = ["install.sh", "install.ps1"] as const;

/** The files by name. */
export function installers(release: ReleaseData): Record<string, string | Uint8Array> {
  const flake = nixFlake(release);
  const scripts = SCRIPTS.map((name) => [name, readFileSync(inRoot(name), "utf8")]);
  return {
    "blobber.rb": homebrewFormula(release),
    "blobber.json": scoopManifest(release),
    "flake.nix": flake,
    "blobber-nix.tar.gz": nixArchive(flake),
    // What the scripts ask for the newest version: it needs no API, and is the same on a mirror.
    "version.txt": `v${release.version}\n`,
    ...Object.fromEntries(scripts),
  };
}

/**
 * Writes them.
 *
 * @param version of the release
 * @param dir where the binaries of the release are, or its `checksums.txt`
 * @param into where the files go
 * @returns their names
 */
export function writeInstallers(version: string, dir: string, into: string = dir): string[] {
  const files = installers(readRelease(version, dir));
  mkdirSync(into, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(into, name), content);
    chmodSync(join(into, name), name === "install.sh" ? 0o755 : 0o644);
  }
  return Object.keys(files);
}
