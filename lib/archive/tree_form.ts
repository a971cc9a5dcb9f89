/**
 * The form of a tree whose SHA-256 is the tree's digest: what is in it, and neither how it was packed nor by
 * whom. It can be made with `find`, `stat`, `sha256sum` and `sort` (docs/digests.md), so it is what two people
 * compare who built the same.
 *
 * The form is a list of records, each with a NUL behind it: {@linkcode TREE_FORM}, then one for each entry,
 *
 *     KIND MODE CONTENT NAME
 *
 * in the order of the bytes of NAME, which is a path, with a slash at its end where it is a directory's.
 * KIND is `f`, `d` or `l`, as `find -printf %y` has it. MODE has the permission bits in octal digits, `777`
 * for a link. CONTENT is the SHA-256 of a file's content, or of the text of a link's target, in hexadecimal
 * digits, and `-` for a directory.
 *
 * The root is no entry. A hard link is the file that it names. A directory that only other names imply is an
 * entry with the mode 755. Owners, times and sizes are not in the form.
 *
 * @module
 */

import { type Digest, digestOf, hexOf, TextDigester } from "../digest.ts";
import { BlobberError } from "../errors.ts";
import { quote } from "../text/printable.ts";
import { type Entry, storedName } from "./entry.ts";
import { compareBytes } from "./order.ts";

/** The first record. Another form has another, and an annotation of its own. */
export const TREE_FORM = "blobber tree 1";

const EMPTY = digestOf("");

/** What a record says of an entry but its name. */
export type TreeRecord = string & { readonly __form: 1 };

/** The record of a directory that no entry names. */
export const IMPLIED_RECORD = "d 755 -" as TreeRecord;

/**
 * The record of an entry.
 *
 * @param entry a file, a directory or a symbolic link
 * @param content digest of a file's content; needed where it has any
 */
export function treeRecord(entry: Entry, content: Digest | undefined): TreeRecord {
  const { path, type, size, mode, linkTarget } = entry;
  const bits = (mode & 0o777).toString(8);
  if (type === "directory") return `d ${bits} -` as TreeRecord;
  if (type === "symlink") return `l 777 ${hexOf(digestOf(linkTarget!))}` as TreeRecord;
  const digest = size === 0 ? EMPTY : content;
  if (type === "file" && digest !== undefined) return `f ${bits} ${hexOf(digest)}` as TreeRecord;
  throw new BlobberError("unexpected", `no record of ${quote(path)}, which is a ${type}`);
}

/** Takes the entries of a tree. */
export interface TreeTaker {
  /**
   * Takes the next entry.
   *
   * @param content digest of a file's content; needed where it has any
   */
  add(entry: Entry, content?: Digest): void;
  /** The digest of the tree. Call it once. */
  digest(): Digest | Promise<Digest>;
}

/** A tree whose entries come in the order of the form, as a walk has them: none is kept. */
export class TreeForm implements TreeTaker {
  readonly #digester = new TextDigester();
  #last = "";

  /** Begins the form. */
  constructor() {
    this.#digester.update(`${TREE_FORM}\0`);
  }

  /** As {@linkcode TreeTaker.add}. */
  add(entry: Entry, content?: Digest): void {
    this.addRecord(storedName(entry), treeRecord(entry, content));
  }

  /** Adds a record. */
  addRecord(name: string, record: TreeRecord): void {
    if (!(name > this.#last) && compareBytes(this.#last, name) >= 0) {
      throw new BlobberError("unexpected", `${quote(name)} comes behind ${quote(this.#last)}`);
    }
    this.#last = name;
    this.#digester.update(`${record} ${name}\0`);
  }

  /** As {@linkcode TreeTaker.digest}. */
  digest(): Digest {
    return this.#digester.digest();
  }
}
