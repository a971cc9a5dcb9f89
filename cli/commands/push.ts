/**
 * `push DIR REF`.
 *
 * @module
 */

import { formatReference, parseReference } from "@blobber/core";
import { checkDirectory } from "../files.ts";
import { makeClient } from "../client.ts";
import { type Context, observerOf } from "../context.ts";
import { packOptions } from "../packing.ts";
import { makeSigner } from "../signer.ts";

/** Pushes a directory and prints the manifest's digest. */
export async function run(context: Context): Promise<void> {
  const { settings, env, out } = context;
  const [directory, ref] = context.args as [string, string];
  const reference = parseReference(ref);
  const pack = packOptions(settings, env);
  checkDirectory(directory);
  const signer = await makeSigner(context, "push");
  const result = await makeClient(context).push({ directory }, reference, {
    ...observerOf(context),
    ...pack,
    tags: settings.get("tags"),
    ifAbsent: settings.get("ifAbsent"),
    signer,
  });
  const { digest, mediaType, size, layer, tags, signature } = result;
  await out.result({
    reference: formatReference(reference),
    digest,
    mediaType,
    size,
    layer,
    tags,
    ...signature !== undefined && { signature },
  }, digest);
}
