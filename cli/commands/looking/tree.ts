/**
 * `tree REF`.
 *
 * @module
 */

import type { TreeNode } from "@blobber/core";
import { formatReference, parseReference } from "@blobber/core/internal/reference";
import type { Context } from "../../context.ts";
import { makeClient } from "../../library/client_from_settings.ts";
import { readOptions } from "../../trust/reading.ts";
import { signerOf } from "../../trust/verdict.ts";

/** Shows an artifact and all that refers to it. */
export async function runTree(context: Context): Promise<void> {
  const { out, settings, env } = context;
  const ref = context.args[0]!;
  const reference = parseReference(ref);
  const options = await readOptions(context, ref);
  const { claimReader } = await import("@blobber/sigstore/verify");
  const client = await makeClient(context);
  const { root, verdicts, isCut } = await client.tree(reference, {
    ...options,
    claims: claimReader,
  });
  const name = formatReference(reference);
  if (out.json) {
    return await out.result({
      reference: name,
      digest: root.digest,
      ...verdicts.length > 0 && { signers: verdicts.map(signerOf) },
      isCut,
      tree: nodeDocument(root),
    });
  }
  const { treeLines } = await import("./tree_text.ts");
  const { drawsLines } = await import("../../terminal/draws_lines.ts");
  const lines = treeLines(name, root, {
    columns: out.columns,
    long: settings.get("long"),
    unicode: drawsLines(env),
  });
  await out.text(lines.join("\n"));
}

function nodeDocument(node: TreeNode): Record<string, unknown> {
  const { manifests, referrers, signatures, ...rest } = node;
  return {
    ...rest,
    ...signatures && {
      signatures: signatures.map(({ verdict, claims, ...state }) => ({
        ...state,
        ...verdict && { signer: signerOf(verdict) },
        ...claims && { claims },
      })),
    },
    ...manifests.length > 0 && { manifests: manifests.map(nodeDocument) },
    referrers: referrers.map(nodeDocument),
  };
}
