/**
 * The name of a reference as trust rules match it: one for every spelling.
 *
 * @module
 */

import type { Reference } from "@blobber/core";
import { BlobberError } from "@blobber/core/errors";
import { platform } from "@blobber/core/internal/platform";
import { printable, quote } from "@blobber/core/internal/printable";
import { nameOf } from "@blobber/core/internal/reference";
import { isMissing, lookAtLink, realPath as realPathOfFile } from "../machine.ts";

/**
 * The canonical name: `host[:port]/repository`, or `oci:` and the real, absolute path of a layout, so that
 * neither another spelling of a host nor a link on the disk dodges a rule.
 *
 * @param reference a parsed reference
 * @throws {BlobberError} `trust-rule` if the real path of a layout is unknown
 */
export function trustName(reference: Reference): string {
  return reference.kind === "registry" ? nameOf(reference) : `oci:${realPath(reference.path)}`;
}

/**
 * The path of the layout with a name, so that the layout that rules matched is the one that is read. On Windows,
 * where a path cannot be held, it would not help.
 *
 * @param name as {@linkcode trustName} gives it
 */
export function layoutPathOf(name: string): { layoutPath?: string } {
  if (!name.startsWith("oci:") || !platform().hasOwners) return {};
  return { layoutPath: name.slice("oci:".length) || "/" };
}

/**
 * A path behind links, as far as it exists, with a slash in front and slashes between.
 *
 * @param path a path, relative ones to the working directory
 * @throws {BlobberError} `trust-rule` if it is unknown: a rule may match it
 */
export function realPath(path: string): string {
  try {
    const missing: string[] = [];
    for (let there = withSlashes(path);;) {
      const real = realPathOf(there);
      if (real !== undefined) return [real, ...missing].join("/");
      const slash = there.lastIndexOf("/");
      const name = there.slice(slash + 1);
      if (name === "..") throw new Error("it goes up from a directory that does not exist");
      if (name !== "" && name !== ".") missing.unshift(name);
      if (slash <= 0) return [slash < 0 ? realPathOf(".") : "", ...missing].join("/");
      there = there.slice(0, slash);
    }
  } catch (cause) {
    throw new BlobberError(
      "trust-rule",
      `cannot find the real path of ${
        quote(path)
      }, so the trust rules that match it are unknown: ` +
        printable((cause as Error).message),
      { cause, hint: "use a path on which every directory can be read" },
    );
  }
}

/** A path as it is taken apart: where `\\` separates and there are drives, with slashes, and the drive at the beginning. */
function withSlashes(path: string): string {
  const { hasDrives, separators } = platform();
  if (!hasDrives) return path;
  const slashed = separators.reduce((path, one) => path.replaceAll(one, "/"), path)
    .replace(/^\/(?=[A-Za-z]:)/, "");
  if (!/^[A-Za-z]:(?!\/)/.test(slashed)) return slashed;
  throw new Error("it depends on the current directory of a drive");
}

/** The path behind links; nothing where there is no such name. A link to what is not there is one. */
function realPathOf(path: string): string | undefined {
  try {
    const { hasDrives } = platform();
    // A drive alone is the directory that is the current one on it.
    const real = realPathOfFile(hasDrives && /^[A-Za-z]:$/.test(path) ? `${path}/` : path);
    if (hasDrives && !real.startsWith("/")) {
      return `/${real.replaceAll("\\", "/").replace(/\/$/, "")}`;
    }
    return real === "/" ? "" : real;
  } catch (error) {
    if (!isMissing(error)) throw error;
    try {
      lookAtLink(path);
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      throw cause;
    }
    throw error;
  }
}
