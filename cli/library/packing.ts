/**
 * How something is packed, from the settings: the same for `push` and for `sign --from`, which must come to
 * the same digest.
 *
 * @module
 */

import type { InputFile, PushOptions } from "@blobber/core";
import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/internal/printable";
import type { Environment } from "../config/paths.ts";
import type { Context } from "../context.ts";
import type { AnnotationFile } from "./annotation_file.ts";
import { platformOf } from "./wanted.ts";

/** The annotation of a layer that is the file's path (OCI image spec, annotations.md). */
const TITLE = "org.opencontainers.image.title";

/** The options that decide the digest, and how much may be packed. */
export type PackOptions = Pick<
  PushOptions,
  | "compression"
  | "reproducible"
  | "artifactType"
  | "annotations"
  | "configAnnotations"
  | "layerAnnotations"
  | "layerMediaType"
  | "keepMtime"
  | "mtime"
  | "platform"
  | "maxEntries"
  | "maxBytes"
  | "ignore"
  | "ignoreFile"
>;

/** What is packed, as far as annotations name it: a directory, files, or what has no name. */
export type Packed = { directory: string } | { files: InputFile[] } | "stdin";

/** Options of a push, and what is pushed where files have annotations of their own. */
export interface Packing<P extends Packed> {
  options: PackOptions;
  packed: P;
}

/**
 * Reads the options that decide the digest, and how much may be packed.
 *
 * @param context of the command
 * @param packed what is packed
 */
export async function packing<P extends Packed>(
  context: Context,
  packed: P,
): Promise<Packing<P>> {
  const { settings, env } = context;
  const file = await annotationFile(context);
  const options: PackOptions = {
    ...ignoreOptions(context),
    compression: settings.get("compression"),
    reproducible: settings.get("reproducible"),
    artifactType: settings.get("artifactType"),
    annotations: { ...file?.manifest, ...annotationsOf(settings.get("annotations")) },
    configAnnotations: file?.config,
    layerMediaType: settings.get("layerMediaType"),
    keepMtime: settings.get("keepMtime"),
    mtime: sourceDateEpoch(env),
    platform: platformOf(settings),
    maxEntries: settings.get("maxEntries"),
    maxBytes: settings.get("maxBytes"),
  };
  if (file === undefined) return { options, packed };
  if (typeof packed === "object" && "directory" in packed) {
    options.layerAnnotations = file.of(packed.directory);
  } else if (typeof packed === "object") {
    packed = { ...packed, files: packed.files.map((one) => annotated(one, file)) };
  }
  const unused = file.unused();
  if (unused !== undefined) context.report.warn("unused-annotations", unused);
  return { options, packed };
}

/** As {@linkcode packing}, of a directory. */
export async function packOptions(context: Context, directory: string): Promise<PackOptions> {
  return (await packing(context, { directory })).options;
}

async function annotationFile(
  { settings, signal }: Context,
): Promise<AnnotationFile | undefined> {
  const file = settings.file("annotationFile");
  if (file === undefined) return undefined;
  const { readAnnotationFile } = await import("./annotation_file.ts");
  return await readAnnotationFile(file, signal);
}

/** A file with what is said of it. A title in its annotations is its path in the artifact, as with oras. */
function annotated(file: InputFile, said: AnnotationFile): InputFile {
  const { [TITLE]: title, ...annotations } = said.of(file.path!);
  return { ...file, annotations, ...title !== undefined && { title } };
}

/**
 * Reads which files of a directory are left out.
 *
 * @param context settings, and flags in their order
 * @throws {BlobberError} `usage` for a pattern that is none
 */
export function ignoreOptions(
  { settings, lists }: Pick<Context, "settings" | "lists">,
): Required<Pick<PushOptions, "ignore" | "ignoreFile">> {
  const ignore: string[] = [];
  for (const { name, value } of lists) {
    if (name !== "exclude" && name !== "include") continue;
    const line = name === "include" ? `!${value}` : value;
    // Such a line would be read, and mean nothing.
    if (/^ *$|\n/.test(value) || line.startsWith("#")) {
      throw new BlobberError(
        "usage",
        `invalid ${name}: ${quote(value)}, expected a pattern as in a .gitignore`,
        {
          hint: value.startsWith("#") ? '"#" begins a comment; "\\#" stands for itself' : undefined,
        },
      );
    }
    ignore.push(line);
  }
  return { ignore, ignoreFile: settings.get("ignoreFile") };
}

function annotationsOf(texts: readonly string[]): Record<string, string> {
  const annotations: Record<string, string> = Object.create(null);
  for (const text of texts) {
    const equals = text.indexOf("=");
    if (equals < 1) {
      throw new BlobberError("usage", `invalid annotation: ${quote(text)}, expected KEY=VALUE`);
    }
    const key = text.slice(0, equals);
    if (key in annotations) {
      throw new BlobberError("usage", `the annotation ${quote(key)} was given twice`);
    }
    annotations[key] = text.slice(equals + 1);
  }
  return { ...annotations };
}

// reproducible-builds.org, "SOURCE_DATE_EPOCH specification": a decimal integer, else an error.
function sourceDateEpoch(env: Environment): number | undefined {
  const text = env("SOURCE_DATE_EPOCH");
  if (text === undefined || text === "") return undefined;
  if (/^[0-9]{1,11}$/.test(text)) return Number(text);
  throw new BlobberError(
    "usage",
    `invalid SOURCE_DATE_EPOCH: ${quote(text)}, expected whole seconds since 1970`,
  );
}
