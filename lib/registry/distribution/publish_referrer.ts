/**
 * What happens after a manifest with a `subject` was put: the subject's list of referrers must contain it,
 * by the registry's own doing or by ours (distribution spec, "Pushing Manifests with Subject").
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import type { ClientOptions } from "../../options.ts";
import { parseDocument, referrerDescriptor } from "../../artifact/manifest.ts";
import type { CallOptions } from "../../store.ts";
import type { Descriptor, Document, Index, Manifest } from "../../types.ts";
import { addToFallback } from "./fallback_writer.ts";
import type { Manifests } from "./manifests.ts";
import { apiLists } from "./referrers.ts";
import type { Repository } from "../repository.ts";

/** Where the referrer was put, and how its list is kept. */
export interface PublishContext {
  repository: Repository;
  manifests: Manifests;
  via: ClientOptions["referrers"];
}

/**
 * Sees to it that a referrer is found.
 *
 * @param context where it was put
 * @param descriptor what was put
 * @param bytes its content
 * @param answer headers of the registry's answer to the PUT
 */
export async function publishReferrer(
  context: PublishContext,
  descriptor: Descriptor,
  bytes: Uint8Array,
  answer: Headers,
  options: CallOptions = {},
): Promise<void> {
  const { repository, via = "auto" } = context;
  const document: Document<Manifest | Index> = parseDocument(descriptor, bytes);
  const { subject } = document.value;
  if (subject === undefined) return;
  if (via !== "tag") {
    const acknowledged = answer.get("oci-subject") === subject.digest;
    // ECR acknowledges the subject and may not list the referrer: only its list counts.
    const listed = acknowledged &&
      await apiLists(repository, subject.digest, descriptor.digest, options.signal);
    if (listed) return;
    if (via === "api") {
      throw new BlobberError(
        "registry",
        `${repository.name} does not list ${descriptor.digest} as a referrer of ${subject.digest}`,
        {
          hint: [
            "this registry has no referrers API: do not demand it with ",
            { option: "referrers", value: "api" },
          ],
        },
      );
    }
  }
  await addToFallback(
    repository,
    context.manifests,
    subject.digest,
    referrerDescriptor(document),
    options,
  );
}
