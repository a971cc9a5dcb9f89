/**
 * The packages of this workspace and their doors, as their `deno.json` states them.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { inRoot } from "../run.ts";

/** Folders of the packages, in the order in which they need one another. */
export const FOLDERS: readonly string[] = ["./", "./sigstore/", "./cli/"];

/** What is read of a package's `deno.json`. */
export interface PackageConfig {
  /** Its name. */
  name: string;
  /** Its version. */
  version: string;
  /** Files by the doors that they are. */
  exports: Record<string, string>;
  /** What it imports by other names than their own. */
  imports?: Record<string, string>;
  /** What is published of it. */
  publish?: { include?: string[] };
}

/** A package, and the files of some of its doors, as paths in its folder. */
export interface Doors {
  /** Where it is, below the root. */
  folder: string;
  /** Its name. */
  name: string;
  /** The files. */
  files: string[];
}

/** Reads a package's `deno.json`. */
export function configOf(folder: string): PackageConfig {
  return JSON.parse(readFileSync(inRoot(`${folder}deno.json`), "utf8")) as PackageConfig;
}

/** Whether a door is for the packages of this workspace alone, by its name. */
export function isInternal(door: string): boolean {
  return door.startsWith("./internal/");
}

/** The doors that are for users. */
export function publicDoors(): Doors[] {
  return FOLDERS.map((folder) => {
    const { name, exports } = configOf(folder);
    const doors = Object.entries(exports).filter(([door]) => !isInternal(door));
    return { folder, name, files: doors.map(([, file]) => file) };
  });
}
