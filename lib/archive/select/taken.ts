/**
 * Entries that are taken by their paths, and where they go.
 *
 * @module
 */

import type { Digest } from "../../digest.ts";
import { BlobberError } from "../../errors.ts";
import type { Place } from "../../options.ts";
import type { CallOptions } from "../../store.ts";
import type { Pace } from "../../system/pace.ts";
import { quote } from "../../text/printable.ts";
import type { Entry } from "../entry.ts";
import type { Content } from "../read/content.ts";
import { checkPath } from "../safe_path.ts";
import type { Listing } from "../tree/listing.ts";
import { pathMissing } from "../tree/nearest_path.ts";

/** An entry as the image has it, and where it goes. */
export interface Taken {
  path: string;
  entry: Entry;
  content: Content;
  /** What it is taken with: of the names of one file, those that are taken together stay names of one file. */
  group: number;
}

/** What is taken, and the entry of the directory that becomes the destination, if one does. */
export interface TakenPlaces {
  taken: Taken[];
  root: Entry | undefined;
}

/**
 * Takes what stands at some paths, each with all that is below it.
 *
 * @param listing of the image
 * @param places which paths, and where each goes
 * @throws {BlobberError} `not-found`; `path-traversal`, `invalid-archive` for a place that is none
 */
export async function takePlaces(
  listing: Listing<Content>,
  places: readonly Place[],
  { digest, signal, pace }: CallOptions & { digest: Digest; pace: Pace },
): Promise<TakenPlaces> {
  const found: TakenPlaces = { taken: [], root: undefined };
  for (const [group, { from, to }] of places.entries()) {
    const [wanted, place] = [normal(from), checkPath(to === "" ? "." : to, true)];
    const take = (entry: Entry, content: Content) => {
      const rest = entry.path.slice(wanted.length);
      const path = place === "" ? rest.replace(/^\//, "") : place + slashed(rest);
      if (path !== "") {
        found.taken.push({ path: checkPath(path, true), entry, content, group });
      } else if (entry.type === "directory") found.root = entry;
      else throw noDirectory(entry.path);
    };
    if (listing.isDirectory(wanted)) {
      for await (const entries of listing.entries({ signal, below: wanted })) {
        for (const entry of entries) {
          if (pace.due()) await pace.breathe();
          take(entry, listing.get(entry.path)!.content);
        }
      }
      continue;
    }
    const one = listing.get(wanted);
    if (one !== undefined) take(one.entry, one.content);
    else throw pathMissing(from, wanted, { digest, paths: await listing.paths({ signal }) });
  }
  return found;
}

/** Tells of a path whether it is at or below one that is taken. */
export function inPlaces(places: readonly Place[]): (path: string) => boolean {
  const from = places.map((place) => normal(place.from));
  return (path) => from.some((one) => one === "" || path === one || path.startsWith(`${one}/`));
}

function normal(path: string): string {
  return path.split("/").filter((name) => name !== "" && name !== ".").join("/");
}

function slashed(rest: string): string {
  return rest === "" || rest.startsWith("/") ? rest : `/${rest}`;
}

function noDirectory(path: string): BlobberError {
  return new BlobberError("usage", `${quote(path)} is no directory, and would be the destination`);
}
