/**
 * `ls REF`.
 *
 * @module
 */

import type { Entry } from "@blobber/core";
import { Listing } from "@blobber/core/list";
import { printable, printableLines } from "@blobber/core/printable";
import { formatReference, parseReference } from "@blobber/core/reference";
import { makeClient } from "../../library/client_from_settings.ts";
import type { Context } from "../../context.ts";
import { readOptions } from "../../trust/reading.ts";
import { formatSize } from "../../line/values.ts";

/** Lists the files of an artifact. */
export async function runLs(context: Context): Promise<void> {
  const { settings, out } = context;
  const ref = context.args[0]!;
  const reference = parseReference(ref);
  const client = await makeClient(context);
  const options = await readOptions(context, ref);
  if (!out.json && !settings.get("long")) {
    const list = await client.list(reference, options);
    if (out.form === "paths0") return await out.names({}, list.names);
    const { names, plain } = Listing.textOf(list);
    return await out.text(plain ? names : printableLines(names));
  }
  const image = await client.openImage(reference, options);
  try {
    if (out.json) {
      const { signerOf } = await import("../../trust/verdict.ts");
      return await out.result({
        reference: formatReference(reference),
        digest: image.digest,
        ...image.verdict !== undefined && { signer: signerOf(image.verdict) },
        entries: (await image.entries()).map(entryDocument),
      });
    }
    const human = settings.get("humanReadable");
    const sizeOf = human ? ({ size }: Entry) => formatSize(size) : ({ size }: Entry) => `${size}`;
    await out.text(longLines(await image.entries(), sizeOf).join("\n"));
  } finally {
    await image.close();
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
