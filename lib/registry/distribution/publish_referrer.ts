/**
 * What happens after a manifest with a `subject` was put: the subject's list of referrers must contain it,
 * because the registry lists it or because the fallback tag does (distribution spec, "Pushing Manifests with Subject").
 *
 * @module
 */

import { BlobberError } from "../../errors.ts";
import type { ClientOptions } from "../../options.ts";
import { parseDocument, referrerDescriptor } from "../../artifact/manifest.ts";
import type { CallOptions } from "../../store.ts";
import type { Descriptor, Document, Index, Manifest } from "../../types.ts";
import { addToFallbackTag } from "./fallback_writer.ts";
import type { Manifests } from "./manifests.ts";
import { isListedByApi } from "./referrers.ts";
import type { Repository } from "../repository.ts";

/** Where the referrer was put, and how its list is kept. */
export interface PublishContext {
  repository: Repository;
  manifests: Manifests;
  via: ClientOptions["referrers"];
}

/**
 * Makes sure that a referrer is listed with its subject. Nothing is done for a manifest without a subject.
 *
 * @param context where it was put
 * @param put what was put, its content, and the headers of the registry's answer to the PUT
 */
export async function publishReferrer(
  context: PublishContext,
  put: { descriptor: Descriptor; bytes: Uint8Array; answer: Headers },
  options: CallOptions,
): Promise<void> {
  const { descriptor, bytes, answer } = put;
  const { repository, via = "auto" } = context;
  const document: Document<Manifest | Index> = parseDocument(descriptor, bytes);
  const { subject } = document.value;
  if (subject === undefined) return;
  if (via !== "tag") {
    const acknowledged = answer.get("oci-subject") === subject.digest;
    // ECR acknowledges the subject and may not list the referrer: only its list counts.
    const listed = acknowledged &&
      await isListedByApi(
        repository,
        { subject: subject.digest, referrer: descriptor.digest },
        options,
      );
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
  const list = { repository, manifests: context.manifests, subject: subject.digest };
  await addToFallbackTag(list, referrerDescriptor(document), options);
}
