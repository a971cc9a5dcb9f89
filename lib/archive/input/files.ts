/**
 * Files that are pushed as they are: what is looked at before anything of them is sent.
 *
 * @module
 */

import { realpathSync } from "node:fs";
import { isAbsolute, sep } from "node:path";
import { BlobberError } from "../../errors.ts";
import type { Observer } from "../../events.ts";
import { type FileStat, statLink } from "../../system/runtime.ts";
import { errnoOf } from "../../system/system_error.ts";
import { counted, printable, quote } from "../../text/printable.ts";
import { ANNOTATION, type Annotations, MEDIA_TYPE } from "../../types.ts";
import type { Entry } from "../entry.ts";
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
  ANNOTATION.modelPath,
  ANNOTATION.oldModelPath,
  ANNOTATION.tocDigest,
  ANNOTATION.tocOffset,
  ANNOTATION.encoder,
];

/** A file that was looked at. */
export interface WholeFile {
  /** As a reader will see it: its path is the title. */
  entry: Entry;
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
  const names = new NameSet();
  const refused = options.refuse?.length ? new Refused(options.refuse) : undefined;
  const found = files.map((given): WholeFile => {
    const { path = "", title, mediaType = MEDIA_TYPE.layerTar, annotations = {} } = given;
    const name = path === "" ? title! : path;
    const own = MEANINGFUL.find((key) => Object.hasOwn(annotations, key));
    if (own !== undefined) {
      throw new BlobberError(
        "invalid-option",
        `cannot push ${quote(name)}: its annotation ${quote(own)} says what a layer is, ` +
          "expected one that says nothing to readers of layers",
        { hint: own === ANNOTATION.title ? "give the file a title" : undefined },
      );
    }
    const content = given.content ?? lookAt(path);
    const size = content instanceof Uint8Array ? content.length : content.stat.size;
    const entry: Entry = {
      ...{ path: title === undefined ? titleOf(path) : titleIn(title) },
      ...{ type: "file", size, mode: MODE, mtime: 0 },
    };
    checkNames(entry);
    if (!(content instanceof Uint8Array)) refused?.check(entry.path, content.stat);
    return { entry: names.add(entry), name, mediaType, annotations: { ...annotations }, content };
  });
  warnOfTwins(found.map(({ entry }) => ({ name: entry.path })), "", options);
  return found;
}

/** The title that follows from a path. */
function titleOf(path: string): string {
  if (isAbsolute(path)) throw absolute(path, "name the file by a relative path, or give a title");
  return titleIn(sep === "\\" ? path.replaceAll(sep, "/") : path);
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
