/**
 * `rm REF…`.
 *
 * @module
 */

import type { Reference, Removal, RemovalPart, RemoveResult } from "@blobber/core";
import { BlobberError } from "@blobber/core/errors";
import { counted, printable } from "@blobber/core/printable";
import { parseReference, storeName } from "@blobber/core/reference";
import type { Context } from "../../context.ts";
import { makeClient } from "../../library/client_from_settings.ts";
import { formatSize } from "../../line/values.ts";
import { canAsk, confirm } from "../../terminal/ask.ts";

/** Shows what goes, asks, and removes it: of one repository or layout after the other. */
export async function runRm(context: Context): Promise<void> {
  const { out, settings, report, signal, args } = context;
  const [dryRun, yes] = [settings.get("dryRun"), settings.get("yes")];
  if (!dryRun && !yes && !canAsk()) {
    throw new BlobberError("usage", "rm asks before it removes anything, which needs a terminal", {
      hint: "confirm with --yes, or look with --dry-run; nothing was removed",
    });
  }
  const client = await makeClient(context);
  const removals: RemoveResult[] = [];
  const asks = !dryRun && !yes;
  for (const references of byStore(args.map(parseReference))) {
    const result = await client.remove(references, {
      ...report.observer(signal),
      dryRun,
      ...asks && { confirm: (removal: Removal) => confirm(questionOf(removal), signal) },
    });
    if (!dryRun && !result.removed) {
      throw new BlobberError("interrupted", `nothing was removed from ${printable(result.name)}`);
    }
    removals.push(result);
    const { freed } = result;
    if (freed.kept !== undefined) {
      report.onNotice({
        level: "info",
        code: "blobs-kept",
        message: `blobs that nothing names stay in ${printable(result.name)}: ${freed.kept}`,
      });
    }
    // A person has just read what goes.
    const read = asks && out.columns !== Infinity;
    if (!out.json && !read) {
      await out.text(linesOf(result, dryRun ? "would remove" : "removed").join("\n"));
    }
    if (!dryRun) await report.done(summaryOf(result));
  }
  if (out.json) {
    await out.result({
      dryRun,
      removals: removals.map(({ name: reference, ...result }) => ({ reference, ...result })),
    });
  }
}

function byStore(references: readonly Reference[]): Reference[][] {
  const groups = new Map<string, Reference[]>();
  for (const one of references) {
    const name = storeName(one);
    groups.set(name, [...groups.get(name) ?? [], one]);
  }
  return [...groups.values()];
}

function questionOf(removal: Removal): string {
  return [
    ...linesOf(removal, "remove"),
    `Remove ${removal.goes.length === 1 ? "this" : `these ${removal.goes.length}`}?`,
  ].join("\n");
}

/** One line for each part: what becomes of it, its name, and what it is or why it stays. */
function linesOf({ name, goes, stays }: Removal, verb: string): string[] {
  const at = (part: RemovalPart) =>
    printable(part.kind === "tag" ? `${name}:${part.tag}` : `${name}@${part.digest}`);
  return [
    ...goes.map((part) => `${verb} ${at(part)}${kindOf(part)}`),
    ...stays.map((part) => `keep ${at(part)}: ${part.why}`),
  ];
}

const ROLES = {
  artifact: "",
  platform: " (platform)",
  referrer: " (referrer)",
  list: " (list of referrers)",
} as const;

function kindOf(part: RemovalPart): string {
  if (part.kind === "tag") return "";
  return part.artifactType === undefined ? ROLES[part.role] : ` (${printable(part.artifactType)})`;
}

function summaryOf({ name, goes, freed }: RemoveResult): string {
  const tags = goes.filter(({ kind }) => kind === "tag").length;
  const manifests = goes.length - tags;
  const parts = [
    ...tags > 0 ? [counted(tags, "tag", "tags")] : [],
    ...manifests > 0 ? [counted(manifests, "manifest", "manifests")] : [],
  ].join(" and ");
  const space = freed.bytes > 0 ? `, freed ${formatSize(freed.bytes)}` : "";
  return `Removed ${parts} from ${printable(name)}${space}`;
}
