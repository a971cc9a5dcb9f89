/**
 * The name of a reference as trust rules match it: one for every spelling.
 *
 * @module
 */

import { canonicalHost, type Reference } from "@blobber/core";

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
  let path: string;
  try {
    path = Deno.realPathSync(reference.path);
  } catch { // not there: reading it will say so
    path = absolute(reference.path);
  }
  return `oci:${Deno.build.os === "windows" ? "/" + path.replaceAll("\\", "/") : path}`;
}

function absolute(path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith("/") ? path : `${Deno.cwd()}/${path}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return "/" + parts.join("/");
}
