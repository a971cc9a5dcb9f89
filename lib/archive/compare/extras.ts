/**
 * What is in a directory and is not to be there.
 *
 * @module
 */

import { readlinkSync } from "node:fs";
import { BlobberError } from "../../errors.ts";
import { MAX_LISTED_ENTRIES } from "../../limits.ts";
import type { HeldDirectory } from "../../system/held_directory.ts";
import type { Pace } from "../../system/pace.ts";
import { statLink } from "../../system/runtime.ts";
import { errnoOf, fileError } from "../../system/system_error.ts";
import { quote } from "../../text/printable.ts";
import type { DirectoryCursor } from "../destination/directory_cursor.ts";
import type { Extra, Found } from "./finding.ts";
import { mountPoints } from "./mount_points.ts";

/** What is looked for. */
export interface ExtraOptions {
  /** Tells of what is there whether it is passed over; of a directory, what is in it too. @default nothing is */
  passes?: ((path: string, isDirectory: boolean) => boolean) | undefined;
  /** Where it is looked for: everywhere, or not in directories on which another file system is mounted. @default "everywhere" */
  where?: "everywhere" | "one-file-system" | undefined;
  /** When: always, or where files are missing, of whose content it may be a source. @default "always" */
  when?: "always" | "files-are-missing" | undefined;
}

/** Finds what is on the disk alone. */
export class ExtraFinder {
  readonly found: Extra[] = [];
  readonly #cursor: DirectoryCursor;
  readonly #keyOf: (name: string) => string;
  readonly #pace: Pace;
  readonly #passes: NonNullable<ExtraOptions["passes"]>;
  readonly #where: ExtraOptions["where"];
  /** The file system that the root is on. */
  #device: number | undefined;
  #mounts: ReadonlySet<string> | undefined;
  readonly #outside = new Set<string>();

  /**
   * @param cursor goes through the directory
   * @param keyOf what names have in common that are one there
   */
  constructor(
    cursor: DirectoryCursor,
    { passes = () => false, where, keyOf, pace }: ExtraOptions & {
      keyOf: ((name: string) => string) | undefined;
      pace: Pace;
    },
  ) {
    this.#cursor = cursor;
    this.#keyOf = keyOf ?? ((name) => name);
    this.#pace = pace;
    this.#passes = passes;
    this.#where = where;
  }

  /**
   * Looks into a directory; into the one above it before.
   *
   * @param path of the directory, which is there
   * @param names that are to be in it
   */
  async look(path: string, names: readonly string[]): Promise<void> {
    const dir = this.#cursor.at(path);
    if (this.#where === "one-file-system" && this.#isOutside(path, dir)) return;
    const expected = new Set(names.map(this.#keyOf));
    for (const name of namesIn(dir)) {
      if (this.#pace.due()) await this.#pace.breathe();
      if (!expected.has(this.#keyOf(name))) await this.#add(path, name);
    }
  }

  /** Whether a directory is on another file system, or on the same one once more, mounted somewhere on the way. */
  #isOutside(path: string, dir: HeldDirectory): boolean {
    if (path === "") {
      this.#device = dir.stat.dev;
      this.#mounts = mountPoints();
      return false;
    }
    const isOutside = this.#outside.has(path.slice(0, Math.max(0, path.lastIndexOf("/")))) ||
      dir.stat.dev !== this.#device || this.#mounts!.has(dir.path);
    if (isOutside) this.#outside.add(path);
    return isOutside;
  }

  async #add(directory: string, name: string): Promise<void> {
    const dir = this.#cursor.at(directory);
    const found = lookAt(dir, name);
    const path = directory === "" ? name : `${directory}/${name}`;
    const isDirectory = found?.type === "directory";
    if (found === undefined || this.#passes(path, isDirectory)) return;
    if (this.found.length === MAX_LISTED_ENTRIES) throw tooMany(this.#cursor.at("").path);
    this.found.push({ kind: "extra", path, found });
    if (isDirectory) await this.look(path, []);
  }
}

/**
 * What has a name in a directory.
 *
 * @returns `undefined` where nothing has
 * @throws {BlobberError} `file-system`
 */
export function lookAt(dir: HeldDirectory, name: string): Found | undefined {
  try {
    const { type, size, mode } = statLink(dir.entry(name));
    if (type !== "symlink") return { type, size, mode };
    return { type, size, mode, linkTarget: readlinkSync(dir.entry(name)) };
  } catch (cause) {
    if (["ENOENT", "ENOTDIR"].includes(errnoOf(cause) ?? "")) return undefined;
    throw fileError("cannot look at", dir.shown(name), cause);
  }
}

function namesIn(dir: HeldDirectory): string[] {
  try {
    return dir.names();
  } catch (cause) {
    throw fileError("cannot look into", dir.path, cause);
  }
}

function tooMany(path: string): BlobberError {
  return new BlobberError(
    "limit",
    `${quote(path)} holds more than ${MAX_LISTED_ENTRIES} entries that the artifact does not have`,
  );
}
