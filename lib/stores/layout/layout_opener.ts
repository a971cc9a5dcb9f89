/**
 * Opens the directory of a layout: one that must be a layout, or one that is made into one.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import { isObject, parseJson } from "../../json.ts";
import { MAX_MANIFEST_BYTES } from "../../limits.ts";
import { quote } from "../../text/printable.ts";
import { readBounded, sweepBeside, writeAtomic } from "../../system/files.ts";
import { fileError, shownPath } from "../../system/system_error.ts";
import { type FileIdentity, type HeldDirectory, isSame } from "../../system/held_directory.ts";
import { sweepIngest } from "./blob_writer.ts";
import { LayoutDirectory, type LayoutOptions } from "./layout_directory.ts";

export type { LayoutDirectory, LayoutOptions } from "./layout_directory.ts";

const MARKER = '{"imageLayoutVersion":"1.0.0"}';
/** What a layout's directory may hold before it is one: another process may be making it. */
const OWN_NAMES = /^(oci-layout|index\.json|blobs|ingest)(\..*)?$/;

/** Opens one layout, as often as it is used. */
export class LayoutOpener {
  /** What the layout is, for messages. */
  readonly name: string;
  readonly #path: string;
  readonly #options: LayoutOptions;
  /** The directory that was found to be a layout. */
  #checked: FileIdentity | undefined;
  /** The directory from which what killed writers left was removed. */
  #swept: FileIdentity | undefined;

  /**
   * @param path its directory
   * @param options how it is opened
   */
  constructor(path: string, options: LayoutOptions) {
    if (typeof path !== "string") {
      throw new BlobberError("invalid-option", `invalid path: ${quote(path)}, expected text`);
    }
    this.name = `oci:${path}`;
    this.#path = path;
    this.#options = options;
  }

  /** The directory, which may be no layout; `undefined` when there is none. */
  find(): LayoutDirectory | undefined {
    return LayoutDirectory.find(this.#path, this.#options);
  }

  /**
   * Opens the layout, which must be one. The caller closes it.
   *
   * @throws {BlobberError} `not-found`, `invalid-manifest`, `file-system`
   */
  open(): LayoutDirectory {
    const layout = this.find();
    if (layout === undefined) throw this.#noLayout();
    try {
      this.check(layout);
      return layout;
    } catch (error) {
      layout.close();
      throw error;
    }
  }

  /** Opens the layout for as long as something is read. */
  reading<T>(read: (layout: LayoutDirectory) => T): T {
    const layout = this.open();
    try {
      return read(layout);
    } finally {
      layout.close();
    }
  }

  /**
   * Makes the layout, or sees that it is there. Any number of processes may do so at once.
   *
   * @throws {BlobberError} `conflict` for a directory with something else in it, `file-system`
   */
  make(): LayoutDirectory {
    const layout = LayoutDirectory.make(this.#path, this.#options);
    const { root, marker } = layout;
    try {
      if (this.#swept !== undefined && isSame(this.#swept, root.stat)) return layout;
      const names = root.names();
      if (!names.includes("oci-layout")) {
        const strange = names.find((name) => !OWN_NAMES.test(name));
        if (strange !== undefined) throw notEmpty(root, strange);
        writeAtomic(marker, new TextEncoder().encode(MARKER));
      }
      this.check(layout);
      layout.makeBlobs();
      sweepIngest(layout);
      sweepBeside(root.at);
      this.#swept = identityOf(root);
      return layout;
    } catch (error) {
      layout.close();
      throw fileError("cannot write", root.path, error);
    }
  }

  /** Demands that a directory is a layout that can be read. */
  check({ root, marker }: LayoutDirectory): void {
    if (this.#checked !== undefined && isSame(this.#checked, root.stat)) return;
    const bytes = readBounded(marker, MAX_MANIFEST_BYTES);
    if (bytes === undefined) throw this.#noLayout();
    const json = parseJson(bytes, shownPath(marker));
    const version = isObject(json) ? json.imageLayoutVersion : undefined;
    if (typeof version !== "string" || !/^1\.\d+\.\d+$/.test(version)) {
      throw new BlobberError(
        "invalid-manifest",
        `${quote(shownPath(marker))} says version ${quote(version)}, expected "1.0.0"`,
      );
    }
    this.#checked = identityOf(root);
  }

  #noLayout(): BlobberError {
    return new BlobberError(
      "not-found",
      `${this.name} not found: no OCI layout in ${quote(this.#path)}`,
    );
  }
}

function notEmpty(root: HeldDirectory, strange: string): BlobberError {
  return new BlobberError(
    "conflict",
    `${quote(root.path)} is not an OCI layout and is not empty: it has ${quote(strange)}`,
    { hint: "name an empty or a new directory" },
  );
}

function identityOf({ stat: { dev, ino } }: HeldDirectory): FileIdentity {
  return { dev, ino };
}
