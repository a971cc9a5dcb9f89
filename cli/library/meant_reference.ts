/**
 * What was meant by an argument that is no reference: a layout without `oci:`, a web address, the arguments in the
 * order of another command.
 *
 * @module
 */

import type { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/internal/printable";
import { isTag, parseReference, registryNamed } from "@blobber/core/internal/reference";
import { argumentAt, argumentOf } from "../command_table/arguments.ts";
import type { Command } from "../command_table/table.ts";
import { usageOf } from "../line/parse.ts";
import { look } from "../machine.ts";

/**
 * Tells what to write in place of what is no reference, no tag or no registry.
 *
 * @param error `invalid-reference`
 * @param command the command that was run
 * @param args its arguments
 * @returns the hint; nothing where the error is about none of the arguments, or no name is near
 */
export function meantReference(
  error: BlobberError,
  command: Command,
  args: readonly string[],
): string | undefined {
  for (const [i, text] of args.entries()) {
    if (!error.message.includes(quote(text))) continue;
    const { kind } = argumentOf(argumentAt(command, i, args.length));
    if (kind === "host") return meantHost(text);
    if (isReference(text)) {
      const copies = kind === "tag" && !isTag(text);
      return copies ? "TAG is a tag alone; blobber copy puts an artifact elsewhere" : undefined;
    }
    const meant = withoutScheme(text) ?? asLayout(text);
    if (meant !== undefined) return `did you mean ${quote(meant)}?`;
    const hasOther = args.some((other) => other !== text && isReference(other));
    return hasOther ? `usage: blobber ${usageOf(command)}` : undefined;
  }
  return undefined;
}

function isReference(text: string): boolean {
  try {
    parseReference(text);
    return true;
  } catch {
    return false;
  }
}

function meantHost(text: string): string | undefined {
  if (text.startsWith("oci:")) return "a layout is one repository: blobber tags lists its tags";
  const host = text.replace(/^[a-z+]+:\/\//i, "").split("/")[0]!;
  return host !== text && registryNamed(host) !== undefined
    ? `did you mean ${quote(host)}?`
    : undefined;
}

/** A reference as web pages and other tools write it: `https://…`, `docker://…`. */
function withoutScheme(text: string): string | undefined {
  const rest = text.replace(/^(?:https?|docker|oci):\/\//i, "").replace(/\/$/, "");
  return rest !== text && isReference(rest) ? rest : undefined;
}

/** The layout that a path leads to, perhaps with a tag behind it. */
function asLayout(text: string): string | undefined {
  const named = [text, text.replace(/:[^:/\\]*$/, "")];
  const isLayout = named.some((path) => isFile(`${path}/oci-layout`));
  return isLayout && isReference(`oci:${text}`) ? `oci:${text}` : undefined;
}

function isFile(path: string): boolean {
  try {
    return look(path).isFile;
  } catch {
    return false;
  }
}
