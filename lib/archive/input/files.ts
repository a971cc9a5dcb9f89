/**
 * Files that are pushed as they are: what is looked at before anything of them is sent.
 *
 * @module
 */

import { realpathSync } from "node:fs";
import { BlobberError } from "../../errors.ts";
import type { Observer } from "../../events.ts";
import { platform } from "../../system/platform.ts";
import { type FileStat, statLink } from "../../system/runtime.ts";
import { errnoOf } from "../../system/system_error.ts";
import { counted, printable, quote } from "../../text/printable.ts";
import { ANNOTATION, type Annotations, MEDIA_TYPE } from "../../types.ts";
import type { Entry } from "../entry.ts";
import { fileName } from "../layer_name.ts";
import { checkPath } from "../safe_path.ts";
import type { InputFile } from "./given.ts";
import { checkNames, NameSet } from "./names.ts";
import { Refused } from "./refuse.ts";
import { readError } from "./source_file.ts";
import { unsupported, warnOfTwins } from "./walk.ts";

/** Permission bits of a file whose layer states none: as every reader takes it. */
const MODE = 0o644;

/** Annotations that say what a layer is: with one of these it would be read as something else. */
const MEANINGFUL: readonly string[] = [
  ANNOTATION.title,
  ANNOTATION.unpack,
  ANNOTATION.tocDigest,
  ANNOTATION.tocOffset,
  ANNOTATION.encoder,
];

/** A file that was looked at. */
export interface WholeFile {
  /** Its path in the artifact. */
  title: string;
  /** As a reader will see it: in a model another annotation may state its path. */
  entry: Entry;
  /** Whether a reader takes it for an archive, and unpacks it. */
  isArchive: boolean;
  /** What the file is, for messages: as it was named. */
  name: string;
  mediaType: string;
  annotations: Annotations;
  /** Its bytes, or where they are on disk and what was seen there. */
  content: Uint8Array | { file: string; stat: FileStat };
}

/** How to look at them. */
export interface FilesOptions extends Observer {
  /** Files that may not be among them. @default [] */
  refuse?: readonly string[] | undefined;
}

/**
 * Looks at files.
 *
 * @param files of the caller's, whose types were checked
 * @throws {BlobberError} `file-system`, `path-traversal`, `invalid-archive`, `invalid-option`, `private-key`
 */
export function lookAtFiles(files: readonly InputFile[], options: FilesOptions): WholeFile[] {
  const [titles, names] = [new NameSet(), new NameSet()];
  const refused = options.refuse?.length ? new Refused(options.refuse) : undefined;
  const found = files.map((given): WholeFile => {
    const { path = "", title, mediaType = MEDIA_TYPE.layerTar, annotations = {} } = given;
    const name = path === "" ? title! : path;
    const meaning = MEANINGFUL.find((key) => Object.hasOwn(annotations, key));
    if (meaning !== undefined) {
      throw new BlobberError(
        "invalid-option",
        `cannot push ${quote(name)}: its annotation ${quote(meaning)} says what a layer is, ` +
          "expected one that says nothing to readers of layers",
        { hint: meaning === ANNOTATION.title ? "give the file a title" : undefined },
      );
    }
    const content = given.content ?? lookAt(path);
    const size = content instanceof Uint8Array ? content.length : content.stat.size;
    const own = title === undefined ? titleOf(path) : titleIn(title);
    const read = fileName({ mediaType, annotations: { ...annotations, [ANNOTATION.title]: own } });
    const entryAt = (path: string): Entry => ({ path, type: "file", size, mode: MODE, mtime: 0 });
    const entry = entryAt(read === undefined ? own : titleIn(read));
    for (const one of [entryAt(own), entry]) checkNames(one);
    titles.add(entryAt(own));
    if (read !== undefined) names.add(entry);
    if (!(content instanceof Uint8Array)) refused?.check(own, content.stat);
    const isArchive = read === undefined;
    return {
      title: own,
      entry,
      isArchive,
      name,
      mediaType,
      annotations: { ...annotations },
      content,
    };
  });
  warnOfTwins(found.map(({ title }) => ({ name: title })), "", options);
  return found;
}

/** The title that follows from a path. */
function titleOf(path: string): string {
  const { separators, hasDrives } = platform();
  const title = separators.reduce((path, separator) => path.replaceAll(separator, "/"), path);
  if (title.startsWith("/") || hasDrives && /^[A-Za-z]:/.test(title)) {
    throw absolute(path, "name the file by a relative path, or give a title");
  }
  return titleIn(title);
}

function titleIn(title: string): string {
  if (title.startsWith("/")) throw absolute(title, "leave out the slash that it begins with");
  return checkPath(title);
}

function absolute(path: string, hint: string): BlobberError {
  return new BlobberError(
    "path-traversal",
    `cannot push ${quote(path)}: its path is absolute, expected one that is relative`,
    { hint },
  );
}

/** What is behind a path: a link that a caller names stands for the file that it leads to. */
function lookAt(path: string): { file: string; stat: FileStat } {
  let file: string;
  let stat: FileStat;
  try {
    file = realpathSync(path);
    stat = statLink(file);
  } catch (cause) {
    if (errnoOf(cause) === "ENOENT") {
      throw new BlobberError("file-system", `file not found: ${printable(path)}`, { cause });
    }
    throw readError(path, cause);
  }
  if (stat.type === "file") return { file, stat };
  if (stat.type !== "directory") throw unsupported(path);
  throw new BlobberError("file-system", `not a file: ${printable(path)} is a directory`, {
    hint: "a directory is pushed alone, as one archive of all that is in it",
  });
}

/**
 * Refuses more files than a manifest may have layers.
 *
 * @throws {BlobberError} `limit`
 */
export function checkCount(count: number, most: number): void {
  if (count <= most) return;
  throw new BlobberError(
    "limit",
    `cannot push ${counted(count, "file")} as layers of one artifact, expected at most ${most}`,
    { hint: "push the directory that they are in" },
  );
}

/**
 * Refuses what readers unpack, where the tree of files is wanted: it is known when they are unpacked.
 *
 * @throws {BlobberError} `invalid-archive`
 */
export function refuseArchives(files: readonly WholeFile[]): void {
  const archive = files.find(({ isArchive }) => isArchive);
  if (archive === undefined) return;
  throw new BlobberError(
    "invalid-archive",
    `${
      quote(archive.name)
    } is an archive of a model, whose tree is not known before it is unpacked`,
  );
}
