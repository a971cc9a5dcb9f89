/**
 * The directory of a release. Each step reads what others left there and adds its own, so the steps can run on
 * machines of their own that pass the directory on.
 *
 * @module
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Sources } from "../binary/sources.ts";
import type { Places } from "./places.ts";

/** What a release is of; the step `check` writes it down. */
export interface Facts {
  version: string;
  /** The tag in git and in registries: `vX.Y.Z`. */
  tag: string;
  commit: string;
  /** When the commit was made, in seconds since 1970: the time of everything that is made of it. */
  time: number;
  /** Whether it is for all users, and `latest` moves to it. */
  stable: boolean;
}

/** What every step is given. */
export interface Release extends Facts {
  /** The directory. */
  dir: string;
  places: Places;
  /** Nothing is sent: what could not be published stands as a problem in the plan. */
  dry: boolean;
  /** The state of the tree that the step runs in. */
  sources: Sources;
  /** What would keep a release from being published. */
  problems: string[];
}

/** Paths in the directory. */
export const PATHS = {
  /** What the release is of. */
  facts: "release.json",
  /** The commit that the gate held for. */
  gate: "gate.json",
  /** Where a binary stands that cannot be compiled here, in a dry run. */
  placeholders: "placeholders.txt",
  /** The directory that is pushed: the binaries and their digests. */
  artifact: "artifact",
  /** The layout that it is made in, with the list of components. */
  layout: "layout",
  /** What stands on the page of the release. */
  page: "page",
  /** The packages as npm takes them. */
  npm: "npm",
  /** The container images, an OCI layout. */
  images: "images",
  /** What the page of the release says. */
  notes: "notes.md",
} as const;

/** A path below the directory. */
export function at({ dir }: Pick<Release, "dir">, ...path: string[]): string {
  return join(dir, ...path);
}

/** Writes a file of the directory, with the directories that it is in. */
export function write(release: Pick<Release, "dir">, path: string, content: string): void {
  const full = at(release, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, content);
}

/**
 * Reads a file that another step left.
 *
 * @param step the one that does
 */
export function read(release: Pick<Release, "dir">, path: string, step: string): string {
  const full = at(release, path);
  if (!existsSync(full)) throw new Error(`there is no ${path}: the step "${step}" makes it`);
  return readFileSync(full, "utf8");
}

/** Demands that a directory is empty or of this release: steps on several machines are about one. */
export function demandSame(dir: string, facts: Facts): void {
  const path = join(dir, PATHS.facts);
  if (!existsSync(path)) return;
  const written = JSON.parse(readFileSync(path, "utf8")) as Partial<Facts>;
  if (JSON.stringify(written) === JSON.stringify(facts)) return;
  throw new Error(
    `${dir} is of another release (${written.tag}, commit ${written.commit}), expected ` +
      `${facts.tag}, commit ${facts.commit}: remove it, or name another with --dir`,
  );
}

/** Whether a dry run stood something else in the place of binaries: then nothing may be published. */
export function isPlaceholder(release: Pick<Release, "dir">): boolean {
  return existsSync(at(release, PATHS.placeholders));
}

/** Demands that the release is of real binaries. */
export function demandReal(release: Pick<Release, "dir">): void {
  if (isPlaceholder(release)) {
    throw new Error(`no binaries were compiled: ${at(release, PATHS.placeholders)} says why`);
  }
  if (!existsSync(at(release, PATHS.facts))) {
    throw new Error(`there is no ${PATHS.facts}: the step "check" makes it`);
  }
}
