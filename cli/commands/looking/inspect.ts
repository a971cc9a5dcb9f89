/**
 * `inspect REF`.
 *
 * @module
 */

import type { InspectResult, RawPart, Reference } from "@blobber/core";
import { BlobberError } from "@blobber/core/errors";
import { formatReference, parseReference } from "@blobber/core/internal/reference";
import type { Context } from "../../context.ts";
import { makeClient } from "../../library/client_from_settings.ts";
import { readOptions } from "../../trust/reading.ts";
import { signerOf } from "../../trust/verdict.ts";

/** Shows what an artifact is. */
export async function runInspect(context: Context): Promise<void> {
  const { settings, out } = context;
  const ref = context.args[0]!;
  const reference = parseReference(ref);
  const part = settings.get("raw") as RawPart | undefined;
  const layer = settings.get("layer");
  if (layer !== undefined && part !== "table") {
    throw new BlobberError(
      "usage",
      "--layer says of which layer the table is: use it with --raw table",
    );
  }
  if (part !== undefined) return await printRaw(context, reference, { part, layer });
  const options = await readOptions(context, ref);
  const client = await makeClient(context);
  const found = await client.inspect(reference, { ...options, tags: settings.get("sameTags") });
  if (out.json) return await out.result(documentOf(reference, found));
  const { inspectLines } = await import("./inspect_text.ts");
  await out.text(inspectLines(formatReference(reference), found, out.columns).join("\n"));
}

/** Prints the bytes of a part and nothing else. */
async function printRaw(
  context: Context,
  reference: Reference,
  { part, layer }: { part: RawPart; layer: number | undefined },
): Promise<void> {
  const { out, settings } = context;
  if (settings.get("sameTags")) {
    throw new BlobberError(
      "usage",
      "--raw prints the bytes of a part alone: it does not go with --tags",
    );
  }
  const options = await readOptions(context, context.args[0]!);
  const client = await makeClient(context);
  const { digest, mediaType, bytes } = await client.raw(reference, part, { ...options, layer });
  if (!out.json) return await out.bytes(bytes);
  const { encoded } = await import("../../terminal/encoded.ts");
  await out.result({
    reference: formatReference(reference),
    digest,
    mediaType,
    size: bytes.length,
    raw: { part, ...encoded(bytes) },
  });
}

function documentOf(reference: Reference, found: InspectResult): Record<string, unknown> {
  const { verdicts, named, digest, ...rest } = found;
  return {
    reference: formatReference(reference),
    digest,
    ...rest,
    ...named.digest !== digest && { index: named.digest },
    ...verdicts.length > 0 && { signers: verdicts.map(signerOf) },
  };
}
