/**
 * The steps about npm: packages are packed once, and what is published is that or nothing.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { pack } from "../packages/pack.ts";
import { at, demandReal, PATHS, type Release } from "./state.ts";
import { compareVersions, isStable, isVersion } from "./versions.ts";

/** The packages, in the order in which they need each other. */
export const PACKAGES = ["core", "sigstore", "cli"];

/** Packs them. */
export async function packAll(release: Release): Promise<void> {
  rmSync(at(release, PATHS.npm), { recursive: true, force: true });
  await pack(at(release, PATHS.npm));
}

/** The archive of a package, as `pack` names it. */
export function tarballOf(release: Release, name: string): string {
  const path = at(release, PATHS.npm, `blobber-${name}-${release.version}.tgz`);
  if (existsSync(path)) return path;
  const there = existsSync(at(release, PATHS.npm)) ? readdirSync(at(release, PATHS.npm)) : [];
  throw new Error(`there is no ${path} (${there.join(", ")}): the step "pack" makes it`);
}

/**
 * Publishes what is not there yet, the core first. Where npm can prove who published, it does: in a workflow that
 * may ask for an identity.
 */
export async function publishNpm(release: Release): Promise<void> {
  demandReal(release);
  const { places: { npm } } = release;
  for (const name of PACKAGES) {
    const tarball = tarballOf(release, name);
    const published = await versionsThere(release, name);
    if (await isPublished(release, name, published)) continue;
    const args = ["publish", tarball, "--registry", npm, "--access", "public", "--ignore-scripts"];
    args.push("--tag", distTag(release, Object.keys(published)));
    // npm asks the public Sigstore for it: no other registry has a use for that.
    args.push(`--provenance=${isPublic(npm)}`);
    const { success, stdout, stderr } = await new Deno.Command("npm", {
      args,
      cwd: at(release, PATHS.npm),
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    if (!success) {
      throw new Error(`npm ${args.join(" ")}\n${decoder.decode(stdout)}${decoder.decode(stderr)}`);
    }
  }
}

/** What npm calls a version: what people install without naming one never goes back. */
function distTag({ version, stable }: Release, published: string[]): string {
  if (!stable) return "next";
  const newer = published.some((other) =>
    isVersion(other) && isStable(other) && compareVersions(other, version) > 0
  );
  return newer ? "older" : "latest";
}

/** npm shows a new version some time after it took it: how often it is asked, and how long after each time. */
const TRIES = 18;
const PAUSE_MS = 10_000;

/** Demands that the registry has all of them with the content that was packed. */
export async function verifyNpm(release: Release): Promise<void> {
  for (const name of PACKAGES) {
    for (let tries = 1; !await isThere(release, name); tries++) {
      if (tries === TRIES) throw new Error(`npm has no @blobber/${name} ${release.version}`);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

const isThere = async (release: Release, name: string): Promise<boolean> =>
  await isPublished(release, name, await versionsThere(release, name));

/** Where the archives of a package's versions are, and what they hold. */
type Versions = Record<string, { dist: { integrity: string; tarball: string } }>;

/** The versions of a package that the registry has. */
async function versionsThere({ places: { npm } }: Release, name: string): Promise<Versions> {
  const response = await fetch(new URL(`@blobber%2f${name}`, npm), { redirect: "error" });
  if (response.status === 404) {
    await response.body?.cancel();
    return {};
  }
  if (!response.ok) throw new Error(`${response.url}: status ${response.status}`);
  return (await response.json() as { versions?: Versions }).versions ?? {};
}

/**
 * Whether a version is there.
 *
 * @throws {Error} where it is, with other content: a version is published once
 */
async function isPublished(
  release: Release,
  name: string,
  versions: Versions,
): Promise<boolean> {
  const { version } = release;
  const dist = versions[version]?.dist;
  if (dist === undefined) return false;
  const own = readFileSync(tarballOf(release, name));
  if (dist.integrity === integrityOf(own)) return true;
  // Another machine may have compressed the same files otherwise.
  const other = await (await fetch(dist.tarball)).bytes();
  if (integrityOf(other) === dist.integrity && gunzipSync(other).equals(gunzipSync(own))) {
    return true;
  }
  throw new Error(`@blobber/${name} ${version} is there already, with other content`);
}

/** The integrity of an archive, as npm states it. */
export function integrityOf(bytes: Uint8Array): string {
  return `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
}

const isPublic = (npm: string): boolean => new URL(npm).hostname === "registry.npmjs.org";
