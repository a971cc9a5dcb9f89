/**
 * The steps that make binaries and images of them, and put together what is pushed and what stands on the page of
 * the release.
 *
 * @module
 */

import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CHECKSUMS, formatChecksums, sha256OfFile } from "../binary/checksums.ts";
import { compile } from "../binary/compile.ts";
import { makeProgram } from "../binary/program.ts";
import { TARGET_NAMES, TARGETS, thisTarget } from "../binary/targets.ts";
import { buildImages } from "../images/build.ts";
import { writeInstallers } from "../installers/write.ts";
import { SBOM } from "./sbom.ts";
import { BUNDLE } from "./sign.ts";
import { at, isPlaceholder, PATHS, type Release, write } from "./state.ts";

/** Compiles all of them. In a dry run a binary that cannot be made here gives its place to a line that says why. */
export async function compileAll(release: Release): Promise<void> {
  const { time, commit, dry } = release;
  // Deno reads it by itself.
  if (!dry && Deno.env.has("DENORT_BIN")) {
    throw new Error("DENORT_BIN is set: a release embeds the runtime that Deno downloads");
  }
  const into = at(release, PATHS.artifact);
  rmSync(into, { recursive: true, force: true });
  rmSync(at(release, PATHS.placeholders), { force: true });
  const program = await makeProgram();
  for (const target of TARGET_NAMES) {
    try {
      await compile({ program, target, time, commit }, into);
    } catch (error) {
      if (!dry) throw error;
      const { message } = error as Error;
      mkdirSync(into, { recursive: true });
      writeFileSync(at(release, PATHS.artifact, TARGETS[target].file), `${message}\n`);
      write(release, PATHS.placeholders, `${message}\n`);
    }
  }
}

/**
 * Puts the page together: binaries, what installs them, and the digests of all files, which stand beside the
 * binaries too.
 *
 * @throws {Error} where a binary is missing, or the one for this machine says another version or commit
 */
export function checksums(release: Release): void {
  const page = at(release, PATHS.page);
  mkdirSync(page, { recursive: true });
  rmSync(at(release, PATHS.page, CHECKSUMS), { force: true });
  const binaries = TARGET_NAMES.map((name): string => TARGETS[name].file);
  for (const file of binaries) {
    const path = at(release, PATHS.artifact, file);
    if (!existsSync(path)) throw new Error(`there is no ${file}: the step "compile" makes it`);
    copyFileSync(path, at(release, PATHS.page, file));
  }
  tryBinary(release);
  const files = [...binaries, ...writeInstallers(release.version, page), SBOM].sort();
  const there = readdirSync(page).filter((name) => name !== BUNDLE).sort();
  if (there.join() !== files.join()) {
    throw new Error(`${page} has ${there.join(", ")}, expected ${files.join(", ")}`);
  }
  const digests = files.map((name): [string, string] => [name, sha256OfFile(join(page, name))]);
  const text = formatChecksums(new Map(digests));
  write(release, `${PATHS.artifact}/${CHECKSUMS}`, text);
  write(release, `${PATHS.page}/${CHECKSUMS}`, text);
}

function tryBinary(release: Release): void {
  if (isPlaceholder(release)) return;
  const { version, commit } = release;
  const path = at(release, PATHS.artifact, TARGETS[thisTarget()].file);
  const { success, stdout } = new Deno.Command(path, {
    args: ["--version"],
    stdin: "null",
    stderr: "null",
  }).outputSync();
  const said = new TextDecoder().decode(stdout).trim();
  const expected = `blobber version ${version} (commit ${commit})`;
  if (!success || said !== expected) {
    throw new Error(`${path} says ${JSON.stringify(said)}, expected ${JSON.stringify(expected)}`);
  }
}

/** Makes container images of the binaries, in a layout. */
export async function images(release: Release): Promise<void> {
  rmSync(at(release, PATHS.images), { recursive: true, force: true });
  // An image of a line of text would say nothing of images.
  if (isPlaceholder(release)) return;
  const { version, commit, time } = release;
  await buildImages({
    binaries: at(release, PATHS.artifact),
    version,
    commit,
    created: new Date(time * 1000).toISOString(),
    out: at(release, PATHS.images),
    mirrors: Deno.env.get("BLOBBER_DEBIAN")?.split(/\s+/).filter(Boolean),
  });
}
