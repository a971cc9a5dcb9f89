/**
 * `rm REF…`.
 *
 * @module
 */

import type { Client, Reference, Removal, RemovalPart, RemoveResult } from "@blobber/core";
import { BlobberError, type Code, isBlobberError } from "@blobber/core/errors";
import { counted, printable } from "@blobber/core/internal/printable";
import { parseReference, storeName } from "@blobber/core/internal/reference";
import type { Context } from "../../context.ts";
import { makeClient } from "../../library/client_from_settings.ts";
import { type FirstFailure, notAll } from "../../library/not_all.ts";
import { formatSize } from "../../line/values.ts";
import { canAsk, confirm } from "../../terminal/ask.ts";
import { describeError } from "../../terminal/error_text.ts";

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
  const places = byStore(args.map(parseReference));
  const removals: RemoveResult[] = [];
  const failed: { reference: string; code: Code; message: string }[] = [];
  let first: FirstFailure | undefined;
  let stopped: { error: unknown } | undefined;
  for (const [name, references] of places) {
    let result: RemoveResult;
    try {
      result = await removeIn(client, references, context);
    } catch (error) {
      if (places.size === 1) throw error;
      // What has gone before is gone, so it is reported all the same.
      if (signal.aborted || isBlobberError(error, "interrupted")) {
        stopped = { error };
        break;
      }
      first ??= { name, error };
      const { code, message } = describeError(error, "rm");
      failed.push({ reference: name, code, message });
      report.warn("not-removed", `the removal from ${printable(name)} failed: ${message}`);
      continue;
    }
    removals.push(result);
    await show(result, context);
  }
  if (out.json) {
    await out.result({
      dryRun,
      removals: removals.map(({ name: reference, ...result }) => ({ reference, ...result })),
      ...places.size > 1 && { failed },
    });
  }
  if (stopped !== undefined) throw stopped.error;
  if (first !== undefined) {
    throw notAll(first, failed.length, `${failed.length} of ${places.size} removals failed`);
  }
}

/** Removes what is named in one place, when it is confirmed. */
async function removeIn(
  client: Client,
  references: readonly Reference[],
  { settings, report, signal }: Context,
): Promise<RemoveResult> {
  const dryRun = settings.get("dryRun");
  const asks = !dryRun && !settings.get("yes");
  const result = await client.remove(references, {
    ...report.observer(signal),
    dryRun,
    ...asks && { confirm: (removal: Removal) => confirm(questionOf(removal), signal) },
  });
  if (!dryRun && !result.removed) {
    throw new BlobberError("interrupted", `nothing was removed from ${printable(result.name)}`);
  }
  return result;
}

async function show(result: RemoveResult, { out, settings, report }: Context): Promise<void> {
  const dryRun = settings.get("dryRun");
  const { freed } = result;
  if (freed.kept !== undefined) {
    report.onNotice({
      level: "info",
      code: "blobs-kept",
      message: `blobs that nothing names stay in ${printable(result.name)}: ${freed.kept}`,
    });
  }
  // A person has just read what goes.
  const read = !dryRun && !settings.get("yes") && out.columns !== Infinity;
  if (!out.json && !read) {
    await out.text(linesOf(result, dryRun ? "would remove" : "removed").join("\n"));
  }
  if (!dryRun) await report.done(summaryOf(result));
}

/** What is named in each place, by the place's name. */
function byStore(references: readonly Reference[]): Map<string, Reference[]> {
  const groups = new Map<string, Reference[]>();
  for (const one of references) {
    const name = storeName(one);
    groups.set(name, [...groups.get(name) ?? [], one]);
  }
  return groups;
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
