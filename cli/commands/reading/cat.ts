/**
 * `cat REF PATH`.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/printable";
import { formatReference, parseReference } from "@blobber/core/reference";
import { makeClient } from "../../library/client_from_settings.ts";
import type { Context } from "../../context.ts";
import { readOptions } from "../../trust/reading.ts";

/** Bytes of the largest file that is put into a JSON document: parsers hold a document in memory. */
const MAX_JSON_BYTES = 32 * 1024 * 1024;

/** Prints one file, and nothing else. */
export async function runCat(context: Context): Promise<void> {
  const { out } = context;
  const [ref, path] = context.args as [string, string];
  const reference = parseReference(ref);
  const image = await (await makeClient(context)).openImage(
    reference,
    await readOptions(context, ref),
  );
  try {
    const stream = await image.open(path);
    if (!out.json) {
      for await (const bytes of stream) await out.bytes(bytes);
      return;
    }
    const content = await collect(stream, path);
    await out.result({
      reference: formatReference(reference),
      digest: image.digest,
      path,
      size: content.length,
      ...encoded(content),
    });
  } finally {
    await image.close();
  }
}

async function collect(stream: AsyncIterable<Uint8Array>, path: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const bytes of stream) {
    size += bytes.length;
    if (size > MAX_JSON_BYTES) {
      throw new BlobberError(
        "limit",
        `${quote(path)} is too large for JSON, expected at most ${MAX_JSON_BYTES} bytes`,
        { hint: "print it without -o json" },
      );
    }
    parts.push(bytes.slice());
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Text as text, anything else in base64. */
function encoded(bytes: Uint8Array): { encoding: string; content: string } {
  try {
    const content = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return { encoding: "utf-8", content };
  } catch {
    const parts: string[] = [];
    for (let at = 0; at < bytes.length; at += 0x8000) {
      parts.push(String.fromCharCode(...bytes.subarray(at, at + 0x8000)));
    }
    return { encoding: "base64", content: btoa(parts.join("")) };
  }
}
