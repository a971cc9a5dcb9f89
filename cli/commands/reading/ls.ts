/**
 * `ls REF [PATTERN…]`.
 *
 * @module
 */

import type { Entry, Image } from "@blobber/core";
import { Listing } from "@blobber/core/internal/list";
import { printable, printableLines } from "@blobber/core/internal/printable";
import { formatReference, parseReference } from "@blobber/core/internal/reference";
import { makeClient } from "../../library/client_from_settings.ts";
import type { Context } from "../../context.ts";
import { readOptions } from "../../trust/reading.ts";
import { signerField } from "../../trust/signer_field.ts";
import { formatSize } from "../../line/values.ts";

/** Lists the files of an artifact. */
export async function runLs(context: Context): Promise<void> {
  const { settings, out } = context;
  const [ref, ...patterns] = context.args as [string, ...string[]];
  const reference = parseReference(ref);
  const client = await makeClient(context);
  const options = await readOptions(context, ref);
  const long = settings.get("long") && out.form === "text";
  if (patterns.length === 0 && !out.json && !long) {
    const list = await client.list(reference, options);
    if (out.form === "paths0") return await out.names({}, list.names);
    const { names, plain } = Listing.textOf(list);
    return await out.text(plain ? names : printableLines(names));
  }
  const image = await client.openImage(reference, options);
  try {
    const { signal } = context;
    const entries = patterns.length === 0
      ? await image.entries()
      : await entriesOf(image, patterns, { long, signal });
    if (out.json) {
      return await out.result({
        reference: formatReference(reference),
        digest: image.digest,
        ...await signerField(image.verdict),
        entries: entries.map(entryDocument),
      });
    }
    if (!long) return await out.names({}, entries.map(({ path }) => path));
    const human = settings.get("humanReadable");
    const sizeOf = human ? ({ size }: Entry) => formatSize(size) : ({ size }: Entry) => `${size}`;
    await out.text(longLines(entries, sizeOf).join("\n"));
  } finally {
    await image.close();
  }
}

/** What the patterns stand for, each entry once: of a directory that one of them names, all that is in it. */
async function entriesOf(
  image: Image,
  patterns: readonly string[],
  { long, signal }: { long: boolean; signal: AbortSignal },
): Promise<Entry[]> {
  const all = new Map<string, Entry>();
  for (const pattern of patterns) {
    const { exact, entries } = await image.find(pattern, { signal });
    for (const { entry } of entries) {
      const directory = exact ? await directoryOf(image, entry, long) : undefined;
      if (directory === undefined) all.set(entry.path, entry);
      else {
        for await (const below of image.walk(directory)) {
          if (below.path !== directory) all.set(below.path, below);
        }
      }
    }
  }
  return [...all.values()].sort((a, b) => a.path < b.path ? -1 : 1);
}

/** The path of a directory, or of that to which a link leads: `ls -l` shows the link, as it does on a disk. */
async function directoryOf(
  image: Image,
  { path, type }: Entry,
  long: boolean,
): Promise<string | undefined> {
  if (type === "directory") return path;
  if (type !== "symlink" || long) return undefined;
  try {
    const target = await image.stat(path, { follow: true });
    return target.type === "directory" ? target.path : undefined;
  } catch { // it leads nowhere, and is listed as what it is
    return undefined;
  }
}

function entryDocument({ path, type, size, mode, mtime, linkTarget }: Entry): unknown {
  return {
    path,
    type,
    size,
    mode: mode.toString(8).padStart(4, "0"),
    mtime,
    ...linkTarget !== undefined && { linkTarget },
  };
}

function longLines(entries: Entry[], sizeOf: (entry: Entry) => string): string[] {
  const sizes = entries.map(sizeOf);
  const width = sizes.reduce((most, { length }) => Math.max(most, length), 0);
  return entries.map((entry, i) =>
    `${modeText(entry)}  ${sizes[i]!.padStart(width)}  ${printable(entry.path)}${arrow(entry)}`
  );
}

function arrow({ type, linkTarget }: Entry): string {
  if (linkTarget === undefined) return "";
  return `${type === "symlink" ? " -> " : " link to "}${printable(linkTarget)}`;
}

const KINDS: Record<Entry["type"], string> = {
  file: "-",
  directory: "d",
  symlink: "l",
  hardlink: "-",
  char: "c",
  block: "b",
  fifo: "p",
};

/** `-rw-r--r--`. */
function modeText({ type, mode }: Pick<Entry, "type" | "mode">): string {
  let text = KINDS[type];
  for (let bit = 8; bit >= 0; bit--) {
    text += (mode >> bit) & 1 ? "rwx"[2 - bit % 3] : "-";
  }
  return text;
}
