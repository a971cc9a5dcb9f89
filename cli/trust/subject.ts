/**
 * The name of a reference as trust rules match it: one for every spelling.
 *
 * @module
 */

import type { Reference } from "@blobber/core";
import { canonicalHost } from "@blobber/core/reference";

/**
 * The canonical name: `host[:port]/repository`, or `oci:` and the real, absolute path of a layout, so that
 * neither another spelling of a host nor a link on the disk dodges a rule.
 *
 * @param reference a parsed reference
 */
export function trustName(reference: Reference): string {
  if (reference.kind === "registry") {
    return `${canonicalHost(reference.host)}/${reference.repository}`;
  }
  return `oci:${realPath(reference.path)}`;
}

/**
 * A path behind links, as far as it exists, with a slash in front and slashes between.
 *
 * @param path a path, relative ones to the working directory
 */
export function realPath(path: string): string {
  let [there, missing] = [path, ""];
  for (;;) {
    try {
      const real = Deno.realPathSync(there);
      return Deno.build.os === "windows"
        ? `/${real.replaceAll("\\", "/")}${missing}`
        : (real === "/" ? "" : real) + missing;
    } catch { // not there: reading it will say so
      const slash = there.lastIndexOf("/");
      if (slash <= 0) return absolute(path);
      [there, missing] = [there.slice(0, slash), there.slice(slash) + missing];
    }
  }
}

function absolute(path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith("/") ? path : `${Deno.cwd()}/${path}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return "/" + parts.join("/");
}
