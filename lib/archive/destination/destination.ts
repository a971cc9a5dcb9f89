/**
 * Where an artifact goes: found once, and held from then on.
 *
 * @module
 */

import { mkdirSync, rmdirSync } from "node:fs";
import { basename, join } from "node:path";
import { BlobberError } from "../../errors.ts";
import { isClaimName } from "./claims.ts";
import type { HeldDirectory, HoldOptions } from "../../system/held_directory.ts";
import { holdPath } from "../../system/hold_path.ts";
import { quote } from "../../text/printable.ts";
import { errnoOf, fileError } from "../../system/system_error.ts";

/** The destination of a pull. */
export class Destination {
  /** Absolute; without links where it exists. For messages. */
  readonly path: string;
  /** The directory itself, when it exists. */
  readonly dir: HeldDirectory | undefined;
  /** The directory above it; of one that is missing, the last above it that exists. */
  #parent: HeldDirectory | undefined;
  /** Names to make below `#parent`; the last is the destination's own. */
  readonly #missing: string[];
  /** Directories above it that were made for it, outermost first, and the one that the first lies in. */
  readonly #made: { parent: HeldDirectory; name: string }[] = [];

  private constructor(
    path: string,
    dir: HeldDirectory | undefined,
    { parent, missing }: { parent: HeldDirectory | undefined; missing: string[] },
  ) {
    this.path = path;
    this.dir = dir;
    this.#parent = parent;
    this.#missing = missing;
  }

  /**
   * Looks at a destination.
   *
   * @param path as the user wrote it; it may be a link to a directory
   * @throws {BlobberError} `conflict` when it is something else; `file-system`, as `holdPath`
   */
  static find(path: string, options: HoldOptions = {}): Destination {
    const { dir, parent, missing, dangling } = holdPath(path, options);
    if (dangling) {
      dir.close();
      parent?.close();
      throw new BlobberError(
        "conflict",
        `${quote(path)} is a link to nothing, expected a directory`,
      );
    }
    if (missing.length === 0) return new Destination(dir.path, dir, { parent, missing });
    parent?.close();
    return new Destination(join(dir.path, ...missing), undefined, { parent: dir, missing });
  }

  /** Whether it exists. */
  get exists(): boolean {
    return this.dir !== undefined;
  }

  /**
   * Whether it holds anything but what pulls keep there for themselves.
   *
   * @throws {BlobberError} `file-system`
   */
  get holdsSomething(): boolean {
    try {
      return this.dir?.names().some((name) => !isClaimName(name)) ?? false;
    } catch (cause) {
      throw fileError("cannot look into", this.path, cause);
    }
  }

  /** Its name in the directory above it. */
  get name(): string {
    return this.#missing.at(-1) ?? basename(this.path);
  }

  /** The directory above it; nothing above the root. */
  get parent(): HeldDirectory | undefined {
    return this.#parent;
  }

  /**
   * Makes the directories above it where they are missing.
   *
   * @throws {BlobberError} `file-system`
   */
  makeParents(): void {
    while (this.#missing.length > 1) {
      const parent = this.#parent!;
      const [name] = this.#missing as [string];
      try {
        mkdirSync(parent.entry(name));
        this.#made.push({ parent, name });
      } catch (cause) {
        if (errnoOf(cause) !== "EEXIST") {
          throw fileError("cannot make the directory", parent.shown(name), cause);
        }
      }
      try {
        this.#parent = parent.open(name);
      } catch (cause) {
        throw fileError("cannot use", parent.shown(name), cause);
      }
      if (!this.#made.some((one) => one.parent === parent)) parent.close();
      this.#missing.shift();
    }
  }

  /** Removes the directories that were made for it, as far as they are empty. */
  removeParents(): void {
    try {
      for (const { parent, name } of this.#made.toReversed()) rmdirSync(parent.entry(name));
    } catch { // another process uses it now
    }
  }

  /** Lets everything go. */
  close(): void {
    this.dir?.close();
    this.#parent?.close();
    for (const { parent } of this.#made) parent.close();
  }
}
