/**
 * The command line in one file of JavaScript, and what makes it the program of a released binary.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Build } from "../../cli/build.ts";
import { deno, inRoot } from "../run.ts";

/**
 * Bundles `cli.ts` with everything that it imports, packages from npm included.
 *
 * @returns the text of the file
 */
export async function bundleCli(): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), "blobber-bundle-"));
  try {
    const file = join(dir, "blobber.js");
    const { ok, output } = await deno(["bundle", "--quiet", "--output", file, "cli.ts"]);
    if (!ok) throw new Error(`the command line cannot be bundled\n${output}`);
    return readFileSync(file, "utf8");
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** The statement that tells a program how it was made: it comes before all others (`cli/build.ts`). */
export function buildFacts({ commit, target, home }: Build): string {
  return `globalThis[Symbol.for("blobber.build")] = ${JSON.stringify({ commit, target, home })};\n`;
}

/** What a bundle is made of: the digest of every source in it, of the lock file, and of the bundler's version. */
export function sourcesDigest(): string {
  const hash = createHash("sha256").update(Deno.version.deno);
  const files = ["cli.ts", "mod.ts", "deno.json", "deno.lock"];
  for (const folder of ["lib", "sigstore", "cli"]) {
    for (const name of readdirSync(inRoot(folder), { recursive: true, encoding: "utf8" })) {
      if (/(?<!_test)\.ts$|deno\.json$/.test(name)) files.push(`${folder}/${name}`);
    }
  }
  for (const path of files.sort()) hash.update(`\n${path}\n`).update(readFileSync(inRoot(path)));
  return hash.digest("hex");
}
