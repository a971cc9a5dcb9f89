/**
 * Small files that a setting or a rule names: keys, certificates, trust roots, configuration of services.
 *
 * @module
 */

import { BlobberError, type Code } from "@blobber/core/errors";
import { type InputFile, readInput } from "@blobber/core/internal/input-file";
import { printable, quote } from "@blobber/core/internal/printable";
import { errnoOf } from "@blobber/core/internal/system-error";
import { readGuarded } from "./guarded.ts";
import { nearFile } from "./near_file.ts";
import { userId } from "../machine.ts";

/** A file, and who named it. */
export interface NamedFile {
  path: string;
  /** Whether the system's configuration did: then it must be one that only root can have put there. */
  system: boolean;
}

/** How to read one. */
export interface NamedFileOptions {
  /** What it is, for the error: `the private key`. */
  what: string;
  /** Code of the error. */
  code: Code;
  /** The most bytes. */
  limit: number;
  /** What the person can do about it. */
  hint?: string;
  /** Whether it serves this user alone, who may then own it as well as root. @default false */
  own?: boolean;
  /** Ends the wait for a pipe. */
  signal?: AbortSignal;
}

/**
 * Reads it.
 *
 * @param file which
 * @param options what it is
 * @throws {BlobberError} with the code that was given
 */
export async function readNamedFile(
  { path, system }: NamedFile,
  options: NamedFileOptions,
): Promise<InputFile> {
  const { what, code, limit, hint, own = false, signal } = options;
  const fail = (why: string, cause?: unknown) => {
    const whose = system ? ", which the system's configuration names" : "";
    const near = !system && errnoOf(cause) === "ENOENT" ? nearFile(path) : undefined;
    const advice = near === undefined ? hint : `did you mean ${quote(near)}?`;
    return new BlobberError(code, `cannot read ${what} in ${printable(path)}${whose}: ${why}`, {
      cause,
      ...advice !== undefined && { hint: advice },
    });
  };
  if (!system) return await readInput(path, { limit, fail, signal });
  const uid = own ? userId() : undefined;
  const owners = uid === undefined ? [0] : [0, uid];
  const found = readGuarded(path, { limit, fail, owners });
  if (found === undefined) throw fail("no such file or directory");
  return found;
}

/** As {@linkcode readNamedFile}, for text. */
export async function readNamedText(file: NamedFile, options: NamedFileOptions): Promise<string> {
  return new TextDecoder().decode((await readNamedFile(file, options)).bytes);
}
