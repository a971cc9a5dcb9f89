/**
 * `diff DIR|REF DIR|REF [PATH…]`.
 *
 * @module
 */

import type { Diff, DiffSide, OpenOptions } from "@blobber/core";
import type { StatusName } from "@blobber/core/errors";
import { formatReference } from "@blobber/core/internal/reference";
import type { Context } from "../../context.ts";
import { makeClient } from "../../library/client_from_settings.ts";
import { referenceIn } from "../../library/directory_or_reference.ts";
import { ignoreOptions } from "../../library/packing.ts";
import { formatSize } from "../../line/values.ts";
import { ReaderGone } from "../../terminal/output.ts";
import { readOptions } from "../../trust/reading.ts";
import { signerField } from "../../trust/signer_field.ts";
import { checkFlags, type Named } from "./diff_flags.ts";
import { changeLine, entryFields, statLines } from "./diff_text.ts";

/** Shows what differs between two; its status says whether anything does. */
export async function runDiff(context: Context): Promise<StatusName> {
  const { args: [one, other, ...paths], settings } = context;
  const [before, after] = [one!, other!].map((text) => ({
    text,
    reference: referenceIn(text),
  })) as [Named, Named];
  checkFlags(context, [before, after]);
  const diff = await compare(context, { before, after, paths });
  try {
    // Who asks only whether anything differs is told by the status.
    if (!settings.get("quiet")) await show(context, diff, { before, after, paths });
  } catch (error) {
    if (!(error instanceof ReaderGone)) throw error;
  } finally {
    await diff.close();
  }
  return diff.same ? "done" : "differs";
}

async function compare(
  context: Context,
  { before, after, paths }: { before: Named; after: Named; paths: string[] },
): Promise<Diff> {
  const { settings } = context;
  const client = await makeClient(context);
  const first = await optionsOf(context, before);
  const second = await optionsOf(context, after);
  const inputOf = ({ text, reference }: Named) => reference ?? { directory: text };
  return await client.diff(inputOf(before), inputOf(after), {
    ...context.report.observer(context.signal),
    maxEntries: settings.get("maxEntries"),
    maxBytes: settings.get("maxBytes"),
    maxFileBytes: settings.get("maxFileBytes"),
    special: settings.get("special"),
    ...[before, after].some(({ reference }) => reference === undefined) && ignoreOptions(context),
    paths,
    before: first,
    after: second,
  });
}

/** What is demanded of one side. */
async function optionsOf(
  context: Context,
  { text, reference }: Named,
): Promise<Pick<OpenOptions, "verifier" | "platform" | "layoutPath">> {
  if (reference === undefined) return {};
  const { verifier, platform, layoutPath } = await readOptions(context, text);
  return { verifier, platform, layoutPath };
}

async function show(
  context: Context,
  diff: Diff,
  { before, after, paths }: { before: Named; after: Named; paths: readonly string[] },
): Promise<void> {
  const { settings, out } = context;
  const { changes, totals } = diff;
  if (out.json) {
    return await out.result({
      before: await sideDocument(before, diff.before),
      after: await sideDocument(after, diff.after),
      same: diff.same,
      changes: changes.map(({ path, kind, differs, before, after }) => ({
        ...{ path, kind, differs },
        ...before !== undefined && { before: entryFields(before) },
        ...after !== undefined && { after: entryFields(after) },
      })),
      totals,
    });
  }
  if (settings.get("nameOnly") || out.form === "paths0") {
    return await out.names({}, changes.map(({ path }) => path));
  }
  if (settings.get("stat")) {
    const human = settings.get("humanReadable");
    const sizeOf = human ? formatSize : (bytes: number) => `${bytes} byte${bytes === 1 ? "" : "s"}`;
    return await out.text(diff.same ? "" : statLines(totals, sizeOf).join("\n"));
  }
  if (settings.get("patch") || isOneFile(diff, paths)) return await showPatch(context, diff);
  await out.text(changes.map(changeLine).join("\n"));
}

/** Whether exactly one path was named and it is a file: then its text is compared. */
function isOneFile({ changes }: Diff, paths: readonly string[]): boolean {
  const [change] = changes;
  if (paths.length !== 1 || changes.length !== 1 || change === undefined) return false;
  const named = paths[0]!.split("/").filter((name) => name !== "" && name !== ".").join("/");
  return named === change.path && (change.after ?? change.before)!.type !== "directory";
}

async function showPatch({ out, report, env, signal }: Context, diff: Diff): Promise<void> {
  const { patchOf } = await import("./patch.ts");
  const plain = (env("NO_COLOR") ?? "") !== "" || env("TERM") === "dumb";
  const terminal = out.columns === Infinity ? undefined : { color: !plain };
  const warn = (message: string) => report.warn("not-compared", message);
  for await (const bytes of patchOf(diff, diff.changes, { terminal, warn, signal })) {
    await out.bytes(bytes);
  }
}

async function sideDocument(
  { text, reference }: Named,
  { digest, verdict }: DiffSide,
): Promise<unknown> {
  if (reference === undefined) return { directory: text };
  return {
    reference: formatReference(reference),
    digest,
    ...await signerField(verdict),
  };
}
