/**
 * Names that an archive may hold, whatever it is made from.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import { quote } from "../../text/printable.ts";
import { type Entry, type EntryType, specialName } from "../entry.ts";
import { checkLink, checkPath } from "../safe_path.ts";
import { LANDMARKS, TOC_NAME } from "../toc.ts";

/** What a name that layers give a meaning begins with (OCI image spec, layer.md, "Whiteouts"). */
const WHITEOUT = /(?:^|\/)\.wh\./;
/** What a runtime makes of bytes in a name that are not UTF-8. */
const REPLACEMENT = "\ufffd";

/**
 * Checks the name and the target of an entry, for whatever writes an archive.
 *
 * @param entry its path is taken as it is, not normalised
 * @throws {BlobberError} `path-traversal`, `invalid-archive`
 */
export function checkNames(entry: Pick<Entry, "path" | "type" | "linkTarget">): void {
  const { path, type, linkTarget } = entry;
  const special = specialName(type);
  if (special !== undefined) {
    throw notPushable(`${quote(path)} is ${special}, expected a file, directory or link`);
  }
  checkEncoding("name", path);
  if (checkPath(path, type === "directory") !== path) {
    throw new BlobberError(
      "invalid-archive",
      `unsafe name: ${quote(path)} is not in its normal form, expected ${
        quote(checkPath(path, true))
      }`,
    );
  }
  if (path === TOC_NAME || LANDMARKS.has(path) || WHITEOUT.test(path)) {
    throw new BlobberError(
      "invalid-archive",
      `cannot push ${quote(path)}: the format of layers gives this name a meaning of its own`,
      { hint: "rename it" },
    );
  }
  if (type === "symlink" || type === "hardlink") {
    const target = linkTarget ?? "";
    checkEncoding(`target of the link ${quote(path)}`, target);
    if (type === "symlink") checkLink(path, target);
    else if (checkPath(target) !== target) {
      throw notPushable(
        `the hard link ${quote(path)} names ${quote(target)}, expected ${quote(checkPath(target))}`,
      );
    }
  }
}

function checkEncoding(what: string, value: string): void {
  if (!value.includes(REPLACEMENT)) return;
  throw new BlobberError(
    "invalid-archive",
    `unsafe ${what}: ${quote(value)} is not valid UTF-8, or contains U+FFFD`,
    { hint: "rename it" },
  );
}

/** The names of an archive in the order of another program: each once, and below directories only. */
export class NameSet {
  /** Directories that no entry names have the type `implied`. */
  readonly #types = new Map<string, EntryType | "implied">();
  /** How many directories names imply that no entry names. */
  implied = 0;
  /** Target of each symbolic link by its path. */
  readonly links: Map<string, string> = new Map();

  /**
   * Adds an entry.
   *
   * @returns the entry as it is packed: a hard link to a symbolic link is another such link
   * @throws {BlobberError} `invalid-archive`, `path-traversal`
   */
  add(entry: Entry): Entry {
    const linked = entry.type === "hardlink" ? this.links.get(entry.linkTarget ?? "") : undefined;
    if (linked !== undefined) {
      entry = { ...entry, type: "symlink", linkTarget: linked };
      checkNames(entry);
    }
    this.#add(entry);
    if (entry.type !== "symlink") return entry;
    this.links.set(entry.path, entry.linkTarget!);
    return { ...entry, mode: 0o777 };
  }

  #add({ path, type, linkTarget }: Entry): void {
    const before = this.#types.get(path);
    if (before === "implied" && type !== "directory") {
      throw notPushable(`${quote(path)} is both a directory and something else`);
    }
    if (before !== undefined && before !== "implied") {
      throw notPushable(`${quote(path)} comes twice`);
    }
    for (let i = path.indexOf("/"); i >= 0; i = path.indexOf("/", i + 1)) {
      const parent = path.slice(0, i);
      const above = this.#types.get(parent);
      if (above === undefined) {
        this.#types.set(parent, "implied");
        this.implied++;
      } else if (above !== "directory" && above !== "implied") {
        throw notPushable(`${quote(path)} lies below ${quote(parent)}, which is not a directory`);
      }
    }
    // A hard link names a file that came before, by any of its names.
    const target = this.#types.get(linkTarget ?? "");
    if (type === "hardlink" && target !== "file" && target !== "hardlink") {
      throw notPushable(
        `the hard link ${quote(path)} names ${quote(linkTarget ?? "")}, expected a file before it`,
      );
    }
    if (before === "implied") this.implied--;
    this.#types.set(path, type);
  }
}

function notPushable(why: string): BlobberError {
  return new BlobberError("invalid-archive", `cannot push: ${why}`);
}
