/**
 * A strict tar reader. It sees what GNU tar sees, or refuses: an archive that two readers could take
 * differently is no archive to unpack (CVE-2025-62518).
 *
 * Bytes are pushed in as they come and content is handed on as views of them: nothing is copied but
 * headers that two pushes share.
 *
 * @module
 */

import { MAX_TAR_END_BYTES } from "../../limits.ts";
import { counted, quote } from "../../text/printable.ts";
import { type Entry, nearestTime, specialName } from "../entry.ts";
import { HeaderBudget } from "./header_budget.ts";
import { parsePax, type PaxHeader } from "./pax.ts";
import { checkPath } from "../safe_path.ts";
import { isZero, RawHeader, text } from "./tar_header.ts";
import { BLOCK, FLAG, paddingOf } from "./tar_layout.ts";
import { TOC_NAME } from "../toc.ts";
import { invalidArchive } from "../invalid_archive.ts";

/** Callbacks of the reader. */
export interface TarHandler {
  /**
   * An entry begins. Its path is safe and in normal form, empty for the root; a hard link's target too. A
   * symlink's target is as it was written.
   *
   * @param entry the entry
   * @param dataStart where its content begins in the tar
   */
  entry(entry: Entry, dataStart: number): void;
  /** Some content of the entry; valid during the call only. */
  data(bytes: Uint8Array): void;
  /** The content of a file is complete; called for empty ones too, and for nothing but files. */
  fileEnd(): void;
}

/** Reads one tar. */
export class TarReader {
  readonly #handler: TarHandler;
  readonly #block = new Uint8Array(BLOCK);
  #have = 0;
  /** Content of the current entry, or of the header that describes the next, still to come. */
  #content = 0;
  #padding = 0;
  #inFile = false;
  /** Whether the handler was told of an entry. */
  #met = false;
  #meta: { type: string; bytes: Uint8Array; have: number } | undefined;
  readonly #budget = new HeaderBudget();
  #pax: PaxHeader | undefined;
  /** Whether the archive has extended headers. */
  #hasPax = false;
  #longName: string | undefined;
  #longLink: string | undefined;
  #zeroBlocks = 0;
  /** Whether a table of contents stands behind the end of the tar that it describes. */
  #trailer = false;
  #endPadding = 0;
  /** Bytes taken so far. */
  position = 0;

  /** @param handler is told what is found */
  constructor(handler: TarHandler) {
    this.#handler = handler;
  }

  /**
   * Takes the next bytes.
   *
   * @throws {BlobberError} `invalid-archive`, `path-traversal`, `limit`, and whatever the handler throws
   */
  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) at = this.writeSome(bytes, at);
  }

  /**
   * As {@linkcode TarReader.write}, up to the first header of an entry: what that costs its handler, who has
   * to breathe finds out between two of them.
   *
   * @param bytes the bytes, from `at` on
   * @returns where the next call goes on
   */
  writeSome(bytes: Uint8Array, at: number): number {
    this.#met = false;
    while (at < bytes.length && !this.#met) {
      if (this.#content > 0) {
        const part = bytes.subarray(at, at + this.#content);
        at += part.length;
        this.position += part.length;
        this.#content -= part.length;
        this.#take(part);
      } else if (this.#padding > 0) {
        const skip = Math.min(this.#padding, bytes.length - at);
        at += skip;
        this.position += skip;
        this.#padding -= skip;
      } else if (this.#have === 0 && bytes.length - at >= BLOCK) {
        this.position += BLOCK;
        this.#header(bytes.subarray(at, at + BLOCK));
        at += BLOCK;
      } else {
        const part = bytes.subarray(at, at + BLOCK - this.#have);
        this.#block.set(part, this.#have);
        this.#have += part.length;
        at += part.length;
        this.position += part.length;
        if (this.#have === BLOCK) {
          this.#have = 0;
          this.#header(this.#block);
        }
      }
    }
    return at;
  }

  /**
   * Ends the archive.
   *
   * @returns whether it has the two blocks of zeros that end an archive (POSIX ustar). Without them, nothing in
   * the archive tells whether it was cut off between two entries; a digest of all of it does
   * @throws {BlobberError} `invalid-archive` when it is not complete
   */
  end(): boolean {
    if (this.#content > 0) {
      throw invalidArchive(
        `it ends in the middle of a file, ${counted(this.#content, "byte")} early`,
      );
    }
    if (this.#padding > 0 || this.#have > 0) {
      throw invalidArchive("it ends in the middle of a block");
    }
    if (this.#pax !== undefined || this.#longName !== undefined || this.#longLink !== undefined) {
      throw invalidArchive("it ends behind a header that describes the next entry");
    }
    return this.#zeroBlocks >= 2;
  }

  #take(part: Uint8Array): void {
    if (this.#trailer) return;
    if (this.#meta !== undefined) {
      this.#meta.bytes.set(part, this.#meta.have);
      this.#meta.have += part.length;
      if (this.#content === 0) this.#metaEnd(this.#meta);
      return;
    }
    this.#handler.data(part);
    if (this.#content === 0) this.#fileEnd();
  }

  #fileEnd(): void {
    this.#inFile = false;
    this.#handler.fileEnd();
  }

  #header(block: Uint8Array): void {
    if (isZero(block)) {
      if (this.#zeroBlocks >= 2 && (this.#endPadding += BLOCK) > MAX_TAR_END_BYTES) {
        throw invalidArchive(`more than ${MAX_TAR_END_BYTES} bytes follow its end`);
      }
      this.#zeroBlocks++;
      return;
    }
    const raw = new RawHeader(block);
    if (this.#zeroBlocks > 0) return this.#afterEnd(raw);
    if ("xgLK".includes(raw.type)) this.#metaBegin(raw);
    else this.#entry(raw);
  }

  /**
   * Some writers of eStargz end the tar and put the table behind it, in a tar of its own, which GNU tar does
   * not look at either.
   */
  #afterEnd(raw: RawHeader): void {
    if (this.#trailer || this.#zeroBlocks < 2 || raw.name !== TOC_NAME || raw.type !== "0") {
      throw invalidArchive("something follows a block that ends it");
    }
    this.#trailer = true;
    this.#zeroBlocks = 0;
    this.#content = raw.size;
    this.#padding = paddingOf(raw.size);
  }

  #metaBegin(raw: RawHeader): void {
    this.#budget.header(raw);
    const gnu = raw.type === "L" || raw.type === "K";
    // CVE-2026-53655: readers disagree about which of two descriptions of one entry wins.
    if (
      (raw.type === "x" && this.#pax !== undefined) ||
      (raw.type === "L" && this.#longName !== undefined) ||
      (raw.type === "K" && this.#longLink !== undefined) ||
      (gnu && this.#pax !== undefined) ||
      (!gnu && (this.#longName !== undefined || this.#longLink !== undefined)) ||
      (raw.type === "g" && this.#pax !== undefined)
    ) throw invalidArchive("two headers describe the same entry");
    this.#meta = { type: raw.type, bytes: new Uint8Array(raw.size), have: 0 };
    this.#content = raw.size;
    this.#padding = paddingOf(raw.size);
    if (raw.size === 0) this.#metaEnd(this.#meta);
  }

  /**
   * Whether an entry without content may state a size. GNU tar, Go, Python and libarchive all find nothing
   * behind a hard link that repeats the size of its file, nor behind a directory. They disagree, and so see
   * different entries in what follows, about a hard link in an archive with PAX headers, about a size that
   * such a header states, and about everything else that has no content.
   */
  #repeatsSize(flag: string, pax: PaxHeader | undefined): boolean {
    if (flag === FLAG.directory) return pax?.size === undefined;
    return flag === FLAG.hardlink && !this.#hasPax;
  }

  #metaEnd({ type, bytes }: { type: string; bytes: Uint8Array }): void {
    this.#meta = undefined;
    if (type === FLAG.pax || type === FLAG.paxGlobal) this.#hasPax = true;
    const onRecord = () => this.#budget.record();
    if (type === "g") parsePax(bytes, true, onRecord);
    else if (type === "x") this.#pax = parsePax(bytes, false, onRecord);
    else {
      const name = text(bytes, 0, bytes.length);
      if (name === "") throw invalidArchive("a long name is empty");
      if (type === "L") this.#longName = name;
      else this.#longLink = name;
    }
  }

  #entry(raw: RawHeader): void {
    this.#budget.entry();
    const pax = this.#pax;
    const name = pax?.path ?? this.#longName ?? raw.name;
    const size = sizeOf(raw, pax, name);
    const type = typeOf(raw.type, name);
    const isLink = type === "symlink" || type === "hardlink";
    const isFile = type === "file";
    if (size !== 0 && !isFile && !this.#repeatsSize(raw.type, pax)) {
      const what = specialName(type) ?? `a ${type}`;
      throw invalidArchive(
        `${quote(name)} is ${what} with ${counted(size, "byte")} of content, expected none`,
      );
    }
    const content = isFile ? size : 0;
    const entry: Entry = {
      path: checkPath(name, type === "directory"),
      type,
      size: content,
      mode: raw.mode & 0o777,
      mtime: nearestTime(pax?.mtime ?? raw.mtime),
    };
    if (isLink) {
      const target = pax?.linkpath ?? this.#longLink ?? raw.linkName;
      if (target === "") throw invalidArchive(`the link ${quote(name)} has no target`);
      entry.linkTarget = type === "symlink" ? target : checkPath(target);
    }
    this.#pax = this.#longName = this.#longLink = undefined;
    this.#content = content;
    this.#padding = paddingOf(content);
    this.#inFile = isFile;
    this.#met = true;
    this.#handler.entry(entry, this.position);
    if (isFile && size === 0) this.#fileEnd();
  }
}

/** CVE-2025-62518: a size in the PAX header and another in the header behind it are two views of the rest. */
function sizeOf(raw: RawHeader, pax: PaxHeader | undefined, name: string): number {
  if (pax?.size === undefined || pax.size === raw.size) return raw.size;
  const tooLargeForOctal = pax.size > 0o77777777777;
  if (raw.size !== 0 && !tooLargeForOctal) {
    throw invalidArchive(
      `${quote(name)} has ${counted(raw.size, "byte")} by one header and ${pax.size} by the other`,
    );
  }
  return pax.size;
}

const KINDS: Record<string, string> = {
  "S": "a sparse file",
  "D": "a GNU directory listing",
  "M": "a continued file",
  "N": "an old GNU name table",
  "V": "a volume label",
};

function typeOf(flag: string, name: string): Entry["type"] {
  switch (flag) {
    case FLAG.oldFile: // before POSIX a directory was a file whose name ends in a slash
      return name.endsWith("/") ? "directory" : "file";
    case FLAG.file:
    case FLAG.contiguous: // POSIX lets it be read as a file
      return "file";
    case FLAG.hardlink:
      return "hardlink";
    case FLAG.symlink:
      return "symlink";
    case FLAG.directory:
      return "directory";
    case FLAG.charDevice:
      return "char";
    case FLAG.blockDevice:
      return "block";
    case FLAG.fifo:
      return "fifo";
  }
  const kind = KINDS[flag] ?? `an entry of the unknown type ${quote(flag)}`;
  throw invalidArchive(`${quote(name)} is ${kind}, expected a file, directory or link`);
}
