/**
 * Keeps the newest versions in a repository and removes the older ones, with their signatures:
 *
 *     deno run -A examples/clean_up.ts REPOSITORY KEEP [--yes]
 *
 * @module
 */

import { Client, type ClientOptions, type RemovalPart } from "@blobber/core";

/** Tags that are versions. Others, such as `latest`, are never touched, nor what they name. */
const VERSION = /^v?\d+(\.\d+)*$/;

/** What goes, or would go, and what stays, as tags and digests. */
export interface CleanedUp {
  goes: string[];
  stays: string[];
}

/**
 * Removes old versions.
 *
 * @param repository a repository or layout
 * @param keep how many of the newest versions stay, at least 1
 * @param dryRun only say what would go
 */
export async function cleanUp(
  repository: string,
  keep: number,
  { dryRun, ...options }: ClientOptions & { dryRun: boolean },
): Promise<CleanedUp> {
  if (!Number.isSafeInteger(keep) || keep < 1) throw new Error("keep at least 1 version");
  const client = new Client(options);
  try {
    const versions = (await client.tags(repository)).filter((tag) => VERSION.test(tag));
    const old = versions.slice(0, -keep); // the newest stand last
    if (old.length === 0) return { goes: [], stays: [] };
    const refs = old.map((tag) => `${repository}:${tag}`);
    const { goes, stays } = await client.remove(refs, { dryRun });
    return { goes: goes.map(nameOf), stays: stays.map((part) => `${nameOf(part)}: ${part.why}`) };
  } finally {
    await client.close();
  }
}

function nameOf(part: RemovalPart): string {
  return part.kind === "tag" ? part.tag : part.digest;
}

if (import.meta.main) {
  const [repository, keep, yes] = process.argv.slice(2);
  if (repository === undefined || keep === undefined) {
    throw new Error("usage: clean_up.ts REPOSITORY KEEP [--yes]");
  }
  const dryRun = yes !== "--yes";
  const { goes, stays } = await cleanUp(repository, Number(keep), { dryRun });
  for (const one of goes) {
    // deno-lint-ignore no-console -- a program
    console.log(`${dryRun ? "would remove" : "removed"} ${one}`);
  }
  // deno-lint-ignore no-console -- a program
  for (const one of stays) console.log(`stays: ${one}`);
}
