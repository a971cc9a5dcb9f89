/**
 * A strict tar reader. It sees what GNU tar sees, or refuses: an archive that two readers could take
 * differently is no archive to unpack (CVE-2025-62518).
 *
 * Bytes are pushed in as they come and content is handed on as views of them: nothing is copied but
 * headers that two pushes share.
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import { MAX_TAR_META_BYTES } from "../../limits.ts";
import { quote } from "../../printable.ts";
import type { Entry } from "../entry.ts";
import { parsePax, type PaxHeader } from "./pax.ts";
import { checkPath } from "../safe_path.ts";
import { isZero, parseHeader, type RawHeader, text } from "./tar_header.ts";
import { BLOCK, paddingOf } from "../tar_layout.ts";
import { TOC_NAME } from "../toc.ts";

/** What is told to whoever reads. */
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

/** Zeros after the end of the archive that writers pad records with: GNU's largest common record, and more. */
const MAX_END_PADDING = 1024 * 1024;

function fail(why: string): never {
  throw new BlobberError("invalid-archive", `invalid or corrupt archive: ${why}`);
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
  #meta: { type: string; bytes: Uint8Array; have: number } | undefined;
  #pax: PaxHeader | undefined;
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
    let at = 0;
    while (at < bytes.length) {
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
  }

  /**
   * Ends the archive.
   *
   * @throws {BlobberError} `invalid-archive` when it is not complete
   */
  end(): void {
    if (this.#content > 0) fail(`it ends in the middle of a file, ${this.#content} bytes early`);
    if (this.#padding > 0 || this.#have > 0) fail("it ends in the middle of a block");
    if (this.#pax !== undefined || this.#longName !== undefined || this.#longLink !== undefined) {
      fail("it ends behind a header that describes the next entry");
    }
    // POSIX ustar: two blocks of zeros end an archive; one that lacks them may have been cut off.
    if (this.#zeroBlocks < 2) fail("it has no end-of-archive blocks");
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
      if (this.#zeroBlocks >= 2 && (this.#endPadding += BLOCK) > MAX_END_PADDING) {
        fail(`more than ${MAX_END_PADDING} bytes follow its end`);
      }
      this.#zeroBlocks++;
      return;
    }
    const raw = parseHeader(block);
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
      fail("something follows a block that ends it");
    }
    this.#trailer = true;
    this.#zeroBlocks = 0;
    this.#content = raw.size;
    this.#padding = paddingOf(raw.size);
  }

  #metaBegin(raw: RawHeader): void {
    if (raw.size > MAX_TAR_META_BYTES) {
      throw new BlobberError(
        "limit",
        `a tar header has ${raw.size} bytes, expected at most ${MAX_TAR_META_BYTES}`,
      );
    }
    const gnu = raw.type === "L" || raw.type === "K";
    // CVE-2026-53655: readers disagree about which of two descriptions of one entry wins.
    if (
      (raw.type === "x" && this.#pax !== undefined) ||
      (raw.type === "L" && this.#longName !== undefined) ||
      (raw.type === "K" && this.#longLink !== undefined) ||
      (gnu && this.#pax !== undefined) ||
      (!gnu && (this.#longName !== undefined || this.#longLink !== undefined)) ||
      (raw.type === "g" && this.#pax !== undefined)
    ) fail("two headers describe the same entry");
    this.#meta = { type: raw.type, bytes: new Uint8Array(raw.size), have: 0 };
    this.#content = raw.size;
    this.#padding = paddingOf(raw.size);
    if (raw.size === 0) this.#metaEnd(this.#meta);
  }

  #metaEnd({ type, bytes }: { type: string; bytes: Uint8Array }): void {
    this.#meta = undefined;
    if (type === "g") parsePax(bytes, true);
    else if (type === "x") this.#pax = parsePax(bytes, false);
    else {
      const name = text(bytes, 0, bytes.length);
      if (name === "") fail("a long name is empty");
      if (type === "L") this.#longName = name;
      else this.#longLink = name;
    }
  }

  #entry(raw: RawHeader): void {
    const pax = this.#pax;
    const name = pax?.path ?? this.#longName ?? raw.name;
    const linkName = pax?.linkpath ?? this.#longLink ?? raw.linkName;
    const size = sizeOf(raw, pax, name);
    this.#pax = this.#longName = this.#longLink = undefined;
    const type = typeOf(raw.type, name);
    const isLink = type === "symlink" || type === "hardlink";
    if (type !== "file" && size !== 0) {
      fail(`${quote(name)} is a ${type} with ${size} bytes of content, expected none`);
    }
    const entry: Entry = {
      path: checkPath(name, type === "directory"),
      type,
      size,
      mode: raw.mode & 0o777,
      mtime: pax?.mtime ?? raw.mtime,
    };
    if (isLink && linkName === "") fail(`the link ${quote(name)} has no target`);
    if (type === "symlink") entry.linkTarget = linkName;
    if (type === "hardlink") entry.linkTarget = checkPath(linkName);
    this.#content = size;
    this.#padding = paddingOf(size);
    this.#inFile = type === "file";
    this.#handler.entry(entry, this.position);
    if (this.#inFile && size === 0) this.#fileEnd();
  }
}

/** CVE-2025-62518: a size in the PAX header and another in the header behind it are two views of the rest. */
function sizeOf(raw: RawHeader, pax: PaxHeader | undefined, name: string): number {
  if (pax?.size === undefined || pax.size === raw.size) return raw.size;
  const tooLargeForOctal = pax.size > 0o77777777777;
  if (raw.size !== 0 && !tooLargeForOctal) {
    fail(`${quote(name)} has ${raw.size} bytes by one header and ${pax.size} by the other`);
  }
  return pax.size;
}

const KINDS: Record<string, string> = {
  "3": "a character device",
  "4": "a block device",
  "6": "a pipe",
  "S": "a sparse file",
  "D": "a GNU directory listing",
  "M": "a continued file",
  "N": "an old GNU name table",
  "V": "a volume label",
};

function typeOf(flag: string, name: string): Entry["type"] {
  switch (flag) {
    case "\0": // before POSIX a directory was a file whose name ends in a slash
      return name.endsWith("/") ? "directory" : "file";
    case "0":
    case "7": // contiguous: POSIX lets it be read as a file
      return "file";
    case "1":
      return "hardlink";
    case "2":
      return "symlink";
    case "5":
      return "directory";
  }
  const kind = KINDS[flag] ?? `an entry of the unknown type ${quote(flag)}`;
  return fail(`${quote(name)} is ${kind}, expected a file, directory or link`);
}
