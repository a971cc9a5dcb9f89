/**
 * `cat REF PATH…`.
 *
 * @module
 */

import type { Image } from "@blobber/core";
import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/internal/printable";
import { formatReference, parseReference } from "@blobber/core/internal/reference";
import { makeClient } from "../../library/client_from_settings.ts";
import type { Context } from "../../context.ts";
import { encoded } from "../../terminal/encoded.ts";
import { readOptions } from "../../trust/reading.ts";
import { signerField } from "../../trust/signer_field.ts";

/** Bytes of the largest files that are put into a JSON document: parsers hold a document in memory. */
const MAX_JSON_BYTES = 32 * 1024 * 1024;

/** Prints files, one after the other, and nothing else. */
export async function runCat(context: Context): Promise<void> {
  const { out, signal } = context;
  const [ref, ...paths] = context.args as [string, ...string[]];
  const reference = parseReference(ref);
  const image = await (await makeClient(context)).openImage(
    reference,
    await readOptions(context, ref),
  );
  try {
    if (!out.json) {
      for await (const { stream } of image.files(paths, { signal })) {
        for await (const bytes of stream) await out.bytes(bytes);
      }
      return;
    }
    const files = await documentsOf(image, paths, signal);
    const isOne = paths.length === 1 && (await image.find(paths[0]!, { signal })).exact;
    await out.result({
      reference: formatReference(reference),
      digest: image.digest,
      ...await signerField(image.verdict),
      ...isOne ? files[0] : { files },
    });
  } finally {
    await image.close();
  }
}

/** A file in a JSON document. */
interface FileDocument {
  path: string;
  size: number;
  encoding: string;
  content: string;
}

async function documentsOf(
  image: Image,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<FileDocument[]> {
  const files: FileDocument[] = [];
  let room = MAX_JSON_BYTES;
  for await (const { path, stream } of image.files(paths, { signal })) {
    const content = await collect(stream, path, room);
    room -= content.length;
    files.push({ path, size: content.length, ...encoded(content) });
  }
  return files;
}

async function collect(
  stream: AsyncIterable<Uint8Array>,
  path: string,
  room: number,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const bytes of stream) {
    size += bytes.length;
    if (size > room) {
      throw new BlobberError(
        "limit",
        `${
          quote(path)
        } is too large for JSON, expected at most ${MAX_JSON_BYTES} bytes of all files`,
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
