/**
 * `check DIR [REF]`.
 *
 * @module
 */

import type { CheckDifference, CheckResult } from "@blobber/core";
import { BlobberError, type StatusName } from "@blobber/core/errors";
import { printable } from "@blobber/core/internal/printable";
import { formatReference, parseReference, type Reference } from "@blobber/core/internal/reference";
import type { Settings } from "../../config/effective.ts";
import type { Context } from "../../context.ts";
import { makeClient } from "../../library/client_from_settings.ts";
import { refuseFlags } from "../../library/refuse_flags.ts";
import { checkDirectory } from "../../library/user_paths.ts";
import { ReaderGone } from "../../terminal/output.ts";
import { readOptions } from "../../trust/reading.ts";
import { signerField } from "../../trust/signer_field.ts";

/** Says where a directory is not what an artifact says; its status says whether it is. */
export async function runCheck(context: Context): Promise<StatusName> {
  const { args: [directory, ref], settings } = context as Context & { args: [string, string?] };
  checkDirectory(directory);
  const receipt = settings.get("receipt");
  if (!settings.get("repair")) {
    refuseFlags(settings, ["links"], "nothing is written without --repair");
  }
  const text = ref ?? await referenceOf(receipt, context);
  const reference = parseReference(text);
  checkRepair(settings, reference);
  const options = await readOptions(context, text);
  const client = await makeClient(context);
  // The rules were asked about this name, so it is this one that the receipt has to be of now.
  const result = await client.check(directory, reference, {
    ...options,
    receipt,
    ignore: settings.get("ignore"),
    repair: settings.get("repair"),
    links: settings.get("links"),
    special: settings.get("special"),
  });
  const names = { directory, name: formatReference(reference), isClaimed: ref === undefined };
  try {
    if (!settings.get("quiet")) await show(context, result, names);
  } catch (error) {
    if (!(error instanceof ReaderGone)) throw error;
  }
  await sumUp(context, result, names);
  return result.same ? "done" : "integrity";
}

/** The reference by which the artifact of a receipt was pulled. */
async function referenceOf(receipt: string | undefined, { signal }: Context): Promise<string> {
  if (receipt === undefined) {
    throw new BlobberError("usage", "missing REF", {
      hint:
        "usage: blobber check DIR REF, or check DIR --receipt FILE with a receipt that a pull left",
    });
  }
  const { readReceipt } = await import("@blobber/core/internal/receipt");
  return (await readReceipt(receipt, { signal })).reference;
}

/** A repair of what a registry has opens sockets. */
function checkRepair(settings: Settings, { kind }: Reference): void {
  if (!settings.get("repair") || !settings.get("offline") || kind !== "registry") return;
  throw new BlobberError(
    "usage",
    "--repair fetches from a registry, and --offline opens no socket",
    {
      hint: "leave out one of them",
    },
  );
}

/** What the user called things. */
interface Names {
  directory: string;
  name: string;
  /** Whether the receipt says the name, and the user did not. */
  isClaimed: boolean;
}

async function show(
  { out }: Context,
  result: CheckResult,
  { directory, name, isClaimed }: Names,
): Promise<void> {
  const { differences, verdict, reference: _, ...found } = result;
  if (out.json) {
    const { digest, same, ...counts } = found;
    return await out.result({
      ...{ directory, reference: name, ...isClaimed && { claimed: true } },
      ...{ digest, same, differences },
      ...counts,
      ...await signerField(verdict),
    });
  }
  if (out.form === "paths0") return await out.names({}, differences.map(({ path }) => path));
  await out.text(differences.map(differenceLine).join("\n"));
}

/** A difference, with letters as `diff` has them: what became of the artifact's files in the directory. */
function differenceLine({ path, kind, differs }: CheckDifference): string {
  const name = printable(path);
  if (kind === "extra") return `A ${name}`;
  if (kind === "missing") return `D ${name}`;
  return differs.includes("type") ? `T ${name}` : `M ${name} (${differs.join(", ")})`;
}

async function sumUp(
  { report }: Context,
  { same, differences, files, bytes, repaired, whole, fetched, verdict }: CheckResult,
  { directory, name, isClaimed }: Names,
): Promise<void> {
  await report.done(async (took) => {
    const [{ amountText, filesText, signedBySuffix }, { formatSize }] = await Promise.all([
      import("../../terminal/summary.ts"),
      import("../../line/values.ts"),
    ]);
    const paths = (count: number) => amountText(count, "path");
    const verb = same ? "is" : `differs at ${paths(differences.length)} from`;
    const whose = isClaimed ? `${printable(name)}, as the receipt says` : printable(name);
    const parts = [
      `${filesText(files, bytes)} ${repaired === undefined ? "" : "already "}right ${took}`,
      ...repaired === undefined ? [] : [`${paths(repaired.length)} repaired`],
      ...whole.length === 0
        ? []
        : [`${amountText(whole.length, "layer")} without a table read whole`],
      `${formatSize(fetched)} fetched`,
    ];
    return `${printable(directory)} ${verb} ${whose}: ${parts.join(", ")}${
      signedBySuffix(verdict)
    }`;
  });
}
