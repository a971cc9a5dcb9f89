/**
 * Files of annotations, as ORAS takes them: an object for the manifest (`$manifest`), one for the config
 * (`$config`), and one for each file by its name. A flat object is for the manifest.
 *
 * @module
 */

import type { Annotations } from "@blobber/core";
import { BlobberError } from "@blobber/core/errors";
import { MAX_MANIFEST_BYTES } from "@blobber/core/limits";
import { printable, quote } from "@blobber/core/internal/printable";
import { type NamedFile, readNamedText } from "../config/named_file.ts";

const MANIFEST = "$manifest";
const CONFIG = "$config";

/** What a file of annotations says. */
export class AnnotationFile {
  /** Annotations of the manifest. */
  readonly manifest: Annotations;
  /** Annotations of the config. */
  readonly config: Annotations;
  readonly #path: string;
  /** By the name of what is pushed, in its plain form. */
  readonly #files = new Map<string, { key: string; annotations: Annotations }>();
  readonly #used = new Set<string>();

  /**
   * @param path where it was read
   * @param said the annotations of each key in it
   * @throws {BlobberError} `usage` for two keys that name the same file
   */
  constructor(path: string, said: ReadonlyMap<string, Annotations>) {
    this.#path = path;
    this.manifest = said.get(MANIFEST) ?? {};
    this.config = said.get(CONFIG) ?? {};
    for (const [key, annotations] of said) {
      if (key === MANIFEST || key === CONFIG) continue;
      const name = plainName(key);
      const other = this.#files.get(name);
      if (other !== undefined) {
        throw invalid(path, `${quote(other.key)} and ${quote(key)} name the same file`);
      }
      this.#files.set(name, { key, annotations });
    }
  }

  /** Annotations of something that is pushed, by its name on the command line. */
  of(name: string): Annotations {
    const plain = plainName(name);
    this.#used.add(plain);
    return this.#files.get(plain)?.annotations ?? {};
  }

  /** What to warn of when all that is pushed was asked for: a name in it that nothing has. */
  unused(): string | undefined {
    const [first, ...others] = [...this.#files].filter(([name]) => !this.#used.has(name));
    if (first === undefined) return undefined;
    const more = others.length === 0 ? "" : ` and ${others.length} more`;
    return `${printable(this.#path)} has annotations of ${quote(first[1].key)}${more}, ` +
      "which is not pushed: left out";
  }
}

/** A name without what makes no difference: `./`, doubled slashes, a slash at its end. */
function plainName(name: string): string {
  const parts = name.split("/").filter((part, i) => part !== "." && (part !== "" || i === 0));
  return parts.join("/") || name;
}

/**
 * Reads a file of annotations.
 *
 * @param file which
 * @param signal ends the wait for a pipe
 * @throws {BlobberError} `file-system` for one that cannot be read, `usage` for one that says something else
 */
export async function readAnnotationFile(
  file: NamedFile,
  signal: AbortSignal,
): Promise<AnnotationFile> {
  const text = await readNamedText(file, {
    what: "the annotations",
    code: "file-system",
    limit: MAX_MANIFEST_BYTES,
    signal,
  });
  return parseAnnotations(file.path, text);
}

/**
 * Parses a file of annotations.
 *
 * @param path where it was read
 * @param text what is in it
 * @throws {BlobberError} `usage`, saying where in it
 */
export function parseAnnotations(path: string, text: string): AnnotationFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw invalid(path, `it is no JSON: ${(cause as Error).message}${placeOf(cause, text)}`, cause);
  }
  if (!isObject(json)) throw invalid(path, "it is no JSON object");
  const entries = Object.entries(json);
  if (entries.every(([, value]) => typeof value === "string")) {
    return new AnnotationFile(path, new Map([[MANIFEST, json as Annotations]]));
  }
  const said = new Map<string, Annotations>();
  for (const [key, value] of entries) {
    if (!isObject(value)) {
      throw invalid(path, `the value of ${quote(key)} is ${kindOf(value)}, expected an object`);
    }
    for (const [name, one] of Object.entries(value)) {
      if (typeof one === "string") continue;
      const what = `${quote(name)} of ${quote(key)}`;
      throw invalid(path, `the value of ${what} is ${kindOf(one)}, expected a string`);
    }
    said.set(key, value as Annotations);
  }
  return new AnnotationFile(path, said);
}

/** Where JSON breaks off, where the runtime tells it by a number of characters alone. */
function placeOf(cause: unknown, text: string): string {
  const { message } = cause as Error;
  const at = /at position (\d+)$/.exec(message)?.[1];
  if (at === undefined) return "";
  const before = text.slice(0, Number(at)).split("\n");
  return ` (line ${before.length} column ${before.at(-1)!.length + 1})`;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(path: string, why: string, cause?: unknown): BlobberError {
  return new BlobberError("usage", `invalid annotation file ${printable(path)}: ${why}`, {
    cause,
    hint: 'expected {"$manifest": {"KEY": "VALUE"}, "$config": {…}, "FILE": {…}}, or ' +
      '{"KEY": "VALUE"} for the manifest alone',
  });
}
