/**
 * What a push is given on the command line: a directory, files, or a tar on stdin.
 *
 * @module
 */

import type { InputFile, Reference } from "@blobber/core";
import { BlobberError, isBlobberError } from "@blobber/core/errors";
import { isMediaType } from "@blobber/core/internal/media-type";
import { platform } from "@blobber/core/internal/platform";
import { printable, quote } from "@blobber/core/internal/printable";
import { parseReference } from "@blobber/core/internal/reference";
import { errnoOf, missingPermission, reasonInWords } from "@blobber/core/internal/system-error";
import { look, stdin } from "../machine.ts";

/** What is pushed: `stdin` stands for the tar that comes from there. */
export type Pushed = { directory: string } | { files: InputFile[] } | "stdin";

/**
 * Tells what is to be pushed. A single directory is pushed as one archive, everything else as files.
 *
 * @param args what stands before the reference
 * @throws {BlobberError} `usage`, `file-system`
 */
export function pushedInput(args: readonly string[]): Pushed {
  if (args.includes("-")) return stdinAlone(args);
  const [first] = args;
  if (args.length === 1 && kindOf(first!) === "directory") return { directory: first! };
  return { files: args.map(fileOf) };
}

function stdinAlone(args: readonly string[]): "stdin" {
  if (args.length > 1) {
    throw new BlobberError("usage", '"-" stands for a tar on stdin, and is pushed alone', {
      hint: "./- is a file or a directory named -",
    });
  }
  if (!stdin.isTerminal()) return "stdin";
  throw new BlobberError("usage", "there is no tar on stdin, which is a terminal", {
    hint: "pipe one into it: tar -c -C DIR . | blobber push - REF; ./- is a directory named -",
  });
}

/**
 * A file as ORAS takes it: `FILE:TYPE` with its media type, `FILE:` for a name with a colon in it.
 *
 * @param text as it was written
 */
function fileOf(text: string): InputFile {
  const colon = text.lastIndexOf(":");
  const type = text.slice(colon + 1);
  // The colon behind a drive says nothing about a type.
  const drive = platform().hasDrives && /^[A-Za-z]:/.test(text) ? 1 : 0;
  const isTyped = colon > drive && (type === "" || isMediaType(type));
  const path = isTyped ? text.slice(0, colon) : text;
  switch (kindOf(path)) {
    case "nothing":
      throw new BlobberError("file-system", `file or directory not found: ${printable(path)}`);
    case "directory":
      throw new BlobberError(
        "usage",
        `${quote(path)} is a directory, and a directory is pushed alone`,
        {
          hint: isTyped
            ? "leave out the media type; --layer-media-type sets that of a directory's layer"
            : "push the directory that holds all of it, or name the files that are in it",
        },
      );
    default:
      return { path, ...isTyped && type !== "" && { mediaType: type } };
  }
}

function kindOf(path: string): "directory" | "nothing" | "other" {
  try {
    return look(path).isDirectory ? "directory" : "other";
  } catch (cause) {
    if (["ENOENT", "ENOTDIR"].includes(errnoOf(cause) ?? "")) return "nothing";
    throw missingPermission(cause) ?? new BlobberError(
      "file-system",
      `cannot read ${printable(path)}: ${reasonInWords(cause)}`,
      { cause },
    );
  }
}

/**
 * The reference of a push, its last argument.
 *
 * @param args all of them
 * @throws {BlobberError} `invalid-reference`; `usage` where it comes first, as other tools have it
 */
export function pushedTo(args: readonly string[]): Reference {
  const last = args.at(-1)!;
  try {
    return parseReference(last);
  } catch (error) {
    if (!isBlobberError(error, "invalid-reference") || !isReference(args[0]!)) throw error;
    throw new BlobberError(
      "usage",
      `${quote(last)} is no reference, and ${quote(args[0])} is one`,
      {
        cause: error,
        hint: "the reference comes last: blobber push FILE… REF",
      },
    );
  }
}

function isReference(text: string): boolean {
  try {
    parseReference(text);
    return kindOf(text) === "nothing";
  } catch {
    return false;
  }
}
