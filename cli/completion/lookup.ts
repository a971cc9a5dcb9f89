/**
 * Candidates from outside: repositories of a registry, tags of a repository, layouts on disk, paths inside an artifact.
 *
 * TAB must not do what the user has not asked for: it sends only credentials that a file has for exactly this
 * host, starts no helper, and waits for no slow server.
 *
 * @module
 */

import type { Reference } from "@blobber/core";
import { parseReference, registryNamed } from "@blobber/core/internal/reference";
import { makeClient } from "../library/client_from_settings.ts";
import type { Context } from "../context.ts";
import { planVerification } from "../plan/verification.ts";
import { readOptions } from "../trust/reading.ts";
import type { Candidate, Completion, Lookup } from "./candidates.ts";
import { look, readDirectory } from "../machine.ts";

/** Candidates in a list; a longer one helps no reader. */
const MAX_CANDIDATES = 1000;

const NOTHING: Completion = { candidates: [], directive: "" };

/**
 * Looks candidates up.
 *
 * @param lookup what is asked
 * @param context of the unfinished command line
 */
export async function lookUpCandidates(lookup: Lookup, context: Context): Promise<Completion> {
  const { kind, word, args } = lookup;
  if (kind === "reference" || kind === "pattern") return await references(word, context);
  if (kind === "repository") {
    return word.startsWith("oci:") ? layouts(word.slice(4)) : await repositories(word, context);
  }
  if (kind === "tag") {
    const tags = await tagsOf(parseReference(args[0]!), context);
    return { candidates: starting(tags, word), directive: "" };
  }
  if (kind === "path-inside") return await pathsInside(lookup, context);
  return NOTHING;
}

async function references(word: string, context: Context): Promise<Completion> {
  if ("oci:".startsWith(word) && word !== "oci:") {
    return { candidates: [{ value: "oci:", help: "an OCI layout on disk" }], directive: "nospace" };
  }
  const colon = word.lastIndexOf(":");
  const inLayout = word.startsWith("oci:");
  const name = word.slice(0, colon);
  const wantsTag = colon > word.lastIndexOf("/") && (inLayout ? colon > 4 : name.includes("/"));
  if (wantsTag) {
    const reference = parseReference(name);
    if (reference.digest !== undefined || reference.tag !== undefined) return NOTHING;
    const tags = await tagsOf(reference, context);
    return { candidates: starting(tags.map((tag) => `${name}:${tag}`), word), directive: "" };
  }
  if (inLayout) return layouts(word.slice("oci:".length));
  return await repositories(word, context, "nospace");
}

/** Repositories of a registry whose name is typed already, where it lists them. */
async function repositories(
  word: string,
  context: Context,
  directive: Completion["directive"] = "",
): Promise<Completion> {
  const host = word.slice(0, Math.max(0, word.indexOf("/")));
  if (registryNamed(host) === undefined) return NOTHING;
  const { signal } = context;
  const found = await (await client(context)).repositories(host, { signal, limit: MAX_CANDIDATES });
  return { candidates: starting(found, word), directive };
}

async function tagsOf(reference: Reference, context: Context): Promise<string[]> {
  const tags: string[] = [];
  for await (const tag of (await client(context)).listTags(reference, { signal: context.signal })) {
    tags.push(tag);
    if (tags.length >= MAX_CANDIDATES) break;
  }
  return tags;
}

/** Directories on disk, and whether they are layouts. */
function layouts(path: string): Completion {
  const slash = path.lastIndexOf("/");
  const parent = path.slice(0, slash + 1);
  const names: Candidate[] = [];
  for (const entry of readDirectory(parent === "" ? "." : parent)) {
    const hidden = entry.name.startsWith(".") && !path.slice(slash + 1).startsWith(".");
    if (entry.isFile || hidden || !entry.name.startsWith(path.slice(slash + 1))) continue;
    const full = parent + entry.name;
    names.push(
      isLayout(full)
        ? { value: `oci:${full}`, help: "OCI layout" }
        : { value: `oci:${full}/`, help: "directory" },
    );
  }
  return { candidates: names.filter(isPlain), directive: "nospace" };
}

function isLayout(path: string): boolean {
  try {
    return look(`${path}/oci-layout`).isFile;
  } catch {
    return false;
  }
}

/** Files and directories one level below what was typed. */
async function pathsInside(lookup: Lookup, context: Context): Promise<Completion> {
  const ref = lookup.args[0]!;
  const verification = await planVerification(lookup.command.name, context.settings);
  const plan = { verification, signing: undefined };
  const options = await readOptions({ ...context, plan }, ref);
  const image = await (await client(context)).openImage(ref, options);
  try {
    const { word } = lookup;
    const parent = word.slice(0, word.lastIndexOf("/") + 1);
    const found = new Map<string, Candidate>();
    for (const { path, type } of await image.entries()) {
      if (!path.startsWith(word)) continue;
      const slash = path.indexOf("/", parent.length);
      const value = slash < 0 ? path : path.slice(0, slash + 1);
      if (type === "directory" && slash < 0) found.set(`${value}/`, { value: `${value}/` });
      else found.set(value, { value });
      if (found.size >= MAX_CANDIDATES) break;
    }
    const candidates = [...found.values()].filter(isPlain);
    const deeper = candidates.every(({ value }) => value.endsWith("/"));
    return { candidates, directive: deeper ? "nospace" : "" };
  } finally {
    await image.close();
  }
}

function client(context: Context): ReturnType<typeof makeClient> {
  return makeClient(context, {
    credentials: async (host, repository) => {
      const { credentialsFor } = await import("@blobber/core/registry");
      return await credentialsFor(host, repository, undefined, { helpers: false });
    },
  });
}

function starting(values: readonly string[], word: string): Candidate[] {
  return values.filter((value) => value.startsWith(word)).map((value) => ({ value }))
    .filter(isPlain);
}

/** A name that would be read as a flag is not offered. */
function isPlain({ value }: Candidate): boolean {
  return !value.startsWith("-");
}
