/**
 * `cp --recursive`: directories with all that is in them, put in place as `pull` does it. Where they go follows
 * from what is at the destination, as with GNU `cp -r`.
 *
 * @module
 */

import type { Place } from "@blobber/core";
import { BlobberError } from "@blobber/core/errors";
import { printable, quote } from "@blobber/core/internal/printable";
import { formatReference } from "@blobber/core/internal/reference";
import { nameIn } from "../../config/paths.ts";
import type { Context } from "../../context.ts";
import { isDestinationDirectory, missingDirectory } from "../../library/user_paths.ts";
import { signerField } from "../../trust/signer_field.ts";
import type { Copying, Wanted } from "./copying.ts";

/** Copies what was found, directories among it. */
export async function copyTrees(context: Context, copying: Copying): Promise<void> {
  const { client, reference, options, image, destination } = copying;
  const { settings, out, report } = context;
  const { directory, places } = placesOf(copying);
  const { tag: _, ...rest } = reference;
  // The digest was verified when the image was opened.
  const { entries, files, bytes } = await client.pull(
    { ...rest, digest: image.digest },
    directory,
    {
      ...options,
      verifier: undefined,
      expect: undefined,
      platform: undefined,
      overwrite: true,
      places,
      links: settings.get("links"),
      special: settings.get("special"),
    },
  );
  await out.result({
    reference: formatReference(reference),
    digest: image.digest,
    ...await signerField(image.verdict),
    destination,
    entries,
    files,
    bytes,
  });
  await report.done(async (took) => {
    const { filesText } = await import("../../terminal/summary.ts");
    return `Copied to ${printable(destination)}: ${filesText(files, bytes)} ${took}`;
  });
}

/** Where everything goes: below a directory that is there or is made, or to the destination itself. */
function placesOf({ wanted, destination }: Copying): { directory: string; places: Place[] } {
  if (isDestinationDirectory(destination)) {
    return { directory: destination, places: within(wanted) };
  }
  const [one, ...others] = wanted as [Wanted, ...Wanted[]];
  if (others.length > 0 || !one.exact) throw missingDirectory(destination);
  const { path: from, type } = one.entries[0]!.entry;
  if (type === "directory") return { directory: destination, places: [{ from, to: "" }] };
  // A link, which gets the destination's name.
  const to = nameIn(destination);
  const above = destination.slice(0, -to.length);
  return { directory: above === "" ? "." : above, places: [{ from, to }] };
}

/** Each under its own last name. */
function within(wanted: readonly Wanted[]): Place[] {
  const places = new Map<string, Place>();
  for (const { given, entries } of wanted) {
    for (const { path, entry: { path: from } } of entries) {
      const to = isContent(given) || from === "" ? "" : lastName(path) ?? lastName(from)!;
      const other = places.get(to);
      if (other !== undefined && other.from !== from && to !== "") {
        throw sameName(other, { from, to });
      }
      places.set(to === "" ? `/${from}` : to, { from, to });
    }
  }
  return [...places.values()];
}

/** Whether a path ends in a dot: what is in the directory is meant, and not the directory. */
function isContent(given: string): boolean {
  return /(?:^|\/)\.\/*$/.test(given);
}

function lastName(path: string): string | undefined {
  const name = path.split("/").findLast((one) => one !== "" && one !== ".");
  return name === ".." ? undefined : name;
}

function sameName(one: Place, other: Place): BlobberError {
  return new BlobberError(
    "conflict",
    `${quote(one.from)} and ${quote(other.from)} would both be ${quote(one.to)} in the directory`,
    { hint: "copy one of them to another directory" },
  );
}
