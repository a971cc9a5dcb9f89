/**
 * What need not be sent, because the registry has it.
 *
 * @module
 */

import { isDocumentType } from "../../artifact/manifest.ts";
import type { Digest } from "../../digest.ts";
import type { CallOptions } from "../../store.ts";
import type { Descriptor } from "../../types.ts";
import { discardBody } from "../http/body.ts";
import { wholeNumberIn } from "../http/header_number.ts";
import type { Repository } from "../repository.ts";

/**
 * Whether a repository has a blob or a manifest. Where that cannot be told it counts as absent: a registry
 * takes twice what it has already.
 *
 * @param repository where to look
 * @param target what to look for
 */
export async function hasContent(
  repository: Repository,
  target: Descriptor,
  { signal }: CallOptions,
): Promise<boolean> {
  const manifest = isDocumentType(target.mediaType);
  const found = await repository.head({
    access: "push",
    path: `${manifest ? "manifests" : "blobs"}/${target.digest}`,
    accept: manifest ? target.mediaType : undefined,
    attempt: { doing: `looking for ${target.digest}` },
    signal,
  });
  if (!(found instanceof Headers)) return false;
  // A size that cannot be read is as good as another one.
  return !found.has("content-length") || wholeNumberIn(found, "content-length") === target.size;
}

/**
 * Has a registry take a blob from another of its repositories (distribution spec, "Mounting a blob from another
 * repository").
 *
 * @param repository where the blob is wanted
 * @param blob its digest, and a repository of the same registry that has it
 * @returns whether the registry did; a refusal is not an error
 */
export async function mountBlob(
  repository: Repository,
  blob: { digest: Digest; from: Repository },
  { signal }: CallOptions,
): Promise<boolean> {
  const { digest, from } = blob;
  const query = new URLSearchParams({ mount: digest, from: from.path });
  const transport = await repository.transport();
  const response = await transport.request({
    method: "POST",
    to: repository.at(`blobs/uploads/?${query}`),
    scope: [...repository.scope("push"), ...from.scope("pull")],
    signal,
  });
  await discardBody(response);
  // 202 began an upload instead, which the registry forgets by itself.
  return response.status === 201;
}
