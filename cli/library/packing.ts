/**
 * How a directory is packed, from the settings: the same for `push` and for `sign --from`, which must come
 * to the same digest.
 *
 * @module
 */

import type { PushOptions } from "@blobber/core";
import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/printable";
import type { Environment } from "../config/paths.ts";
import type { Context } from "../context.ts";
import { platformOf } from "./wanted.ts";

/** The options that decide the digest, and how much may be packed. */
export type PackOptions = Pick<
  PushOptions,
  | "compression"
  | "reproducible"
  | "annotations"
  | "layerMediaType"
  | "keepMtime"
  | "mtime"
  | "platform"
  | "maxEntries"
  | "maxBytes"
  | "ignore"
  | "ignoreFile"
>;

/**
 * Reads the options that decide the digest, and how much may be packed.
 *
 * @param context settings and flags, and the environment for `SOURCE_DATE_EPOCH`
 */
export function packOptions(context: Pick<Context, "settings" | "env" | "lists">): PackOptions {
  const { settings, env } = context;
  return {
    ...ignoreOptions(context),
    compression: settings.get("compression"),
    reproducible: settings.get("reproducible"),
    annotations: annotationsOf(settings.get("annotations")),
    layerMediaType: settings.get("layerMediaType"),
    keepMtime: settings.get("keepMtime"),
    mtime: sourceDateEpoch(env),
    platform: platformOf(settings),
    maxEntries: settings.get("maxEntries"),
    maxBytes: settings.get("maxBytes"),
  };
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
