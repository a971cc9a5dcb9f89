/**
 * `sign REF`.
 *
 * @module
 */

import type { Client, Digest, Reference } from "@blobber/core";
import { isDigest } from "@blobber/core/internal/digest";
import { BlobberError } from "@blobber/core/errors";
import { quote } from "@blobber/core/internal/printable";
import { formatReference, parseReference, tagOf } from "@blobber/core/internal/reference";
import { canAsk, confirm } from "../../terminal/ask.ts";
import { makeClient } from "../../library/client_from_settings.ts";
import type { Context } from "../../context.ts";
import { checkDirectory } from "../../library/user_paths.ts";
import { packOptions } from "../../library/packing.ts";
import { expectedDigest } from "../../library/wanted.ts";
import { readOptions } from "../../trust/reading.ts";
import { notedSigner } from "../../signing/noted.ts";
import { makeSigner } from "../../signing/signer.ts";

/** Signs an existing artifact, and prints its digest once it is signed. */
export async function runSign(context: Context): Promise<void> {
  const { out, report, signal } = context;
  const ref = context.args[0]!;
  const reference = parseReference(ref);
  const client = await makeClient(context);
  const pinned = await pinnedDigest(context, client, reference);
  const digest = pinned ?? (await client.resolve(reference, { signal })).digest;
  const tag = tagOf(reference);
  const exact: Reference = { ...reference, ...tag !== undefined && { tag }, digest };
  const options = await readOptions(context, ref);
  // A signature on an index covers all its manifests, so one on a single manifest is not enough for it.
  if (options.verifier !== undefined) await client.verify(exact, { ...options, whole: true });
  // On stdout the digest says that it was signed, so before that it stands in the question alone.
  if (pinned === undefined && !await confirm(`Sign ${digest} as ${quote(ref)}?`, signal)) {
    throw new BlobberError("interrupted", "not signed");
  }
  if (reference.kind === "registry" && tag === undefined) {
    report.onNotice({
      level: "info",
      code: "signed-without-tag",
      message: "no tag is signed, so --verify-name reference will fail; " +
        "REF:TAG@sha256:… names both tag and digest",
    });
  }
  const { signer, signedBy } = notedSigner(await makeSigner(context));
  const result = await client.sign(exact, { ...context.report.observer(context.signal), signer });
  if (!result.added) {
    report.onNotice({
      level: "info",
      code: "signed-already",
      message: "the artifact already has this signature",
    });
  }
  const { mediaType, size, signature, added } = result;
  await out.result({
    reference: formatReference(reference),
    digest,
    mediaType,
    size,
    signature,
    added,
  }, digest);
  if (!added) return;
  await report.done(async (took) =>
    `Signed ${formatReference(reference)} ${took}, by ${await signedBy()}`
  );
}

/** The digest that the user gave in one way or another; without a terminal there must be one. */
async function pinnedDigest(
  context: Context,
  client: Client,
  reference: Reference,
): Promise<Digest | undefined> {
  const { settings } = context;
  const said = [reference.digest, expectedDigest(settings)].filter(isDigest);
  const directory = settings.get("from");
  if (directory !== undefined) {
    checkDirectory(directory);
    const packed = await client.digest({ directory }, {
      ...context.report.observer(context.signal),
      ...await packOptions(context, directory),
    });
    said.push(packed.digest);
    const there = (await client.resolve(reference, { signal: context.signal })).digest;
    if (there !== packed.digest) {
      throw new BlobberError(
        "integrity",
        `${formatReference(reference)} is ${there}, but ${
          quote(directory)
        } packs to ${packed.digest}`,
        { hint: "nothing was signed; give sign --from the flags that push was given" },
      );
    }
  }
  const other = said.find((digest) => digest !== said[0]);
  if (other !== undefined) {
    throw new BlobberError(
      "integrity",
      `two different digests were given: ${said[0]} and ${other}`,
    );
  }
  if (said[0] === undefined && !canAsk()) {
    throw new BlobberError(
      "usage",
      `${quote(formatReference(reference))} names no digest to sign`,
      {
        hint: "without a terminal, name what to sign: REF:TAG@sha256:…, or --from DIR",
      },
    );
  }
  return said[0];
}
