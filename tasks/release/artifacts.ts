/**
 * The steps about the registry. Everything is made in a layout first, so that its digests are known before any of
 * it is sent; what then has a tag in the registry is whole and signed. A tag that is there already must name the
 * same content, and is left as it is.
 *
 * @module
 */

import { mkdirSync, rmSync } from "node:fs";
import { blobber, tryBlobber } from "./blobber.ts";
import { imagesOf } from "./places.ts";
import { RULES, writeRules } from "./rules.ts";
import { SBOM, SBOM_TYPE } from "./sbom.ts";
import { at, demandReal, PATHS, type Release } from "./state.ts";
import { compareVersions, isStable, isVersion } from "./versions.ts";

/** An artifact of the release, and where it goes. */
export interface Artifact {
  /** The layout that it was made in. */
  layout: string;
  repository: string;
  tag: string;
}

/** All of them; the binaries come last: when they are there, the release is. */
export function artifactsOf(release: Release): Artifact[] {
  const { places, tag } = release;
  const images = { layout: at(release, PATHS.images), repository: imagesOf(places) };
  const files = { layout: at(release, PATHS.layout), repository: places.artifact };
  return [
    { ...images, tag },
    { ...images, tag: `${tag}-deno` },
    { ...files, tag: `${tag}.sbom` },
    { ...files, tag },
  ];
}

/** Makes the artifacts with the binaries and with the list of components, in a layout. */
export async function makeArtifacts(release: Release): Promise<void> {
  const { tag, version, commit } = release;
  const layout = at(release, PATHS.layout);
  rmSync(layout, { recursive: true, force: true });
  mkdirSync(layout, { recursive: true });
  const about = Object.entries({ version, revision: commit }).flatMap((
    [name, value],
  ) => ["--annotation", `org.opencontainers.image.${name}=${value}`]);
  const directory = at(release, PATHS.artifact);
  await blobber(["push", directory, `oci:${layout}:${tag}`, "--reproducible", ...about]);
  // In its directory: the name that it has in the artifact is its path.
  const sbom = ["push", `${SBOM}:${SBOM_TYPE}`, `oci:${layout}:${tag}.sbom`];
  await blobber([...sbom, "--artifact-type", SBOM_TYPE, ...about], at(release, PATHS.page));
}

/** The digest of an artifact in its layout. */
export function digestOf({ layout, tag }: Artifact): Promise<string> {
  return blobber(["resolve", `oci:${layout}:${tag}`]);
}

/** Sends each, signs it, and gives it its tag, in this order. */
export async function pushArtifacts(release: Release): Promise<void> {
  demandReal(release);
  writeRules(release);
  for (const artifact of artifactsOf(release)) {
    const { layout, repository, tag } = artifact;
    const digest = await digestOf(artifact);
    const there = await resolved(`${repository}:${tag}`);
    if (there !== undefined && there !== digest) {
      throw new Error(`${repository}:${tag} is ${there} already, and this release has ${digest}`);
    }
    await blobber(["copy", `oci:${layout}@${digest}`, `${repository}@${digest}`]);
    await signAs(release, `${repository}:${tag}@${digest}`);
    if (there === undefined) await giveTag(release, `${repository}@${digest}`, tag);
  }
}

/** Moves `latest` to a stable release, where none that is newer has it. */
export async function moveLatest(release: Release): Promise<void> {
  demandReal(release);
  const { places: { artifact }, tag, version } = release;
  if (!release.stable) return;
  writeRules(release);
  const tags = (await blobber(["tags", artifact])).split("\n");
  const newer = tags.map((name) => name.replace(/^v/, "")).some((name) =>
    isVersion(name) && isStable(name) && compareVersions(name, version) > 0
  );
  if (newer) return;
  // What is signed is what was made, never what the registry says that the tag names.
  const digest = await digestOf(artifactsOf(release).at(-1)!);
  const there = await resolved(`${artifact}:${tag}`);
  if (there !== digest) {
    throw new Error(
      `${artifact}:${tag} is ${there ?? "not there"}, and this release has ${digest}`,
    );
  }
  await signAs(release, `${artifact}:latest@${digest}`);
  if (await resolved(`${artifact}:latest`) !== digest) {
    await blobber([
      "tag",
      `${artifact}:${tag}@${digest}`,
      "latest",
      "--no-cache",
      ...rules(release),
    ]);
  }
}

/** The digest that a tag names, or nothing where there is no such tag. */
async function resolved(reference: string): Promise<string | undefined> {
  const { status, stdout, stderr } = await tryBlobber(["resolve", reference]);
  if (status === 0) return stdout.trim();
  if (status === NOT_FOUND) return undefined;
  throw new Error(`${reference} cannot be looked up\n${stderr}`);
}

/** The exit status of what is not there. */
const NOT_FOUND = 4;

/** Signs digest and tag, unless the release's identity has. */
async function signAs(release: Release, reference: string): Promise<void> {
  const verified = await tryBlobber(["verify", "-q", reference, ...rules(release)]);
  if (verified.status === 0) return;
  const { sigstore } = release.places;
  const services = sigstore === undefined ? [] : [
    "--signing-config",
    sigstore.signingConfig,
    "--trusted-root",
    sigstore.trustedRoot,
  ];
  await blobber(["sign", reference, "--yes", ...services]);
}

/** Gives a tag that is not there yet to what the release's rule accepts. */
async function giveTag(release: Release, reference: string, tag: string): Promise<void> {
  const [repository, digest] = reference.split("@");
  await blobber(["tag", `${repository}:${tag}@${digest}`, tag, "--if-absent", ...rules(release)]);
}

/** Flags by which a command demands what a user of the release may demand. */
export function rules(release: Release): string[] {
  return ["--config", at(release, RULES)];
}
