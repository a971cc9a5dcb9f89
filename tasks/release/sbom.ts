/**
 * The list of components (SBOM) of the binaries, as SPDX 2.3: what the lock file says of packages from npm, the
 * runtime, our own packages, and the binaries themselves. The same commit gives the same bytes.
 *
 * @module
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SOURCE } from "../../cli/home.ts";
import { sha256OfFile } from "../binary/checksums.ts";
import { TARGET_NAMES, TARGETS } from "../binary/targets.ts";
import { deno, inRoot } from "../run.ts";
import { type LockedPackage, readLock } from "./lock.ts";
import { at, PATHS, type Release, write } from "./state.ts";

/** The name of the file. */
export const SBOM = "blobber.spdx.json";

/** Its media type. */
export const SBOM_TYPE = "application/spdx+json";

/** Who makes the document and the packages. */
const SUPPLIER = `Organization: blobber (${SOURCE})`;

/** The licence of this project. */
const OWN_LICENSE = "Apache-2.0";

/** Writes it beside the binaries' page. */
export async function sbom(release: Release): Promise<void> {
  const licenses = await licensesHere();
  const lock = readLock(readFileSync(inRoot("deno.lock"), "utf8"));
  const digests = TARGET_NAMES.map((name): [string, string] => {
    const { file } = TARGETS[name];
    const path = at(release, PATHS.artifact, file);
    if (!existsSync(path)) throw new Error(`there is no ${file}: the step "compile" makes it`);
    return [file, sha256OfFile(path)];
  });
  const document = sbomOf({ ...release, lock, licenses, digests, deno: Deno.version.deno });
  write(release, `${PATHS.page}/${SBOM}`, JSON.stringify(document, null, 2) + "\n");
}

/** What a list is made of. */
export interface SbomFacts extends Pick<Release, "version" | "tag" | "commit" | "time"> {
  lock: LockedPackage[];
  /** The licence of a package by `NAME@VERSION`. */
  licenses: (key: string) => string | undefined;
  /** Files and their SHA-256. */
  digests: [file: string, sha256: string][];
  /** The version of the runtime. */
  deno: string;
}

/** The document, as JSON has it. */
export function sbomOf(facts: SbomFacts): Record<string, unknown> {
  const { version, tag, commit, time, lock, licenses, digests, deno } = facts;
  const own = ["core", "sigstore", "cli"].map((name) =>
    packageOf({
      name: `@blobber/${name}`,
      version,
      license: OWN_LICENSE,
      from: `git+${SOURCE}.git@${commit}`,
      purl: `pkg:npm/%40blobber/${name}@${version}`,
      supplier: SUPPLIER,
    })
  );
  const runtime = packageOf({
    name: "deno",
    version: deno,
    license: "MIT",
    from: `https://github.com/denoland/deno/releases/tag/v${deno}`,
    purl: `pkg:github/denoland/deno@v${deno}`,
  });
  const packages = lock.map(({ name, version, integrity }) => ({
    ...packageOf({
      name,
      version,
      license: licenses(`${name}@${version}`),
      from: `https://registry.npmjs.org/${name}/-/${name.split("/").at(-1)}-${version}.tgz`,
      purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
    }),
    checksums: [checksumOf(integrity)],
  }));
  const binaries = digests.map(([file, sha256]) => ({
    ...packageOf({
      name: file,
      version,
      license: OWN_LICENSE,
      from: `${SOURCE}/releases/download/${tag}/${file}`,
      supplier: SUPPLIER,
    }),
    packageFileName: file,
    primaryPackagePurpose: "APPLICATION",
    checksums: [{ algorithm: "SHA256", checksumValue: sha256 }],
  }));
  const related = (from: string, kind: string, to: string) => ({
    spdxElementId: from,
    relationshipType: kind,
    relatedSpdxElement: to,
  });
  const contained = [...own, runtime, ...packages];
  return {
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: "SPDXRef-DOCUMENT",
    name: `blobber-${version}`,
    documentNamespace: `${SOURCE}/releases/tag/${tag}/${commit}/${SBOM}`,
    creationInfo: {
      created: new Date(time * 1000).toISOString().replace(".000Z", "Z"),
      creators: [`Tool: blobber-release-${version}`, SUPPLIER],
    },
    packages: [...binaries, ...contained],
    relationships: [
      ...binaries.map(({ SPDXID }) => related("SPDXRef-DOCUMENT", "DESCRIBES", SPDXID)),
      ...binaries.flatMap(({ SPDXID }) =>
        contained.map((part) => related(SPDXID, "CONTAINS", part.SPDXID))
      ),
      ...dependencies(lock).map(([from, to]) => related(idOf(from), "DEPENDS_ON", idOf(to))),
    ],
  };
}

interface Described {
  name: string;
  version: string;
  license: string | undefined;
  from: string;
  purl?: string;
  supplier?: string;
}

function packageOf({ name, version, license, from, purl, supplier }: Described) {
  const declared = license !== undefined && EXPRESSION.test(license) ? license : "NOASSERTION";
  return {
    SPDXID: idOf(`${name}@${version}`),
    name,
    versionInfo: version,
    supplier: supplier ?? "NOASSERTION",
    downloadLocation: from,
    filesAnalyzed: false,
    licenseConcluded: "NOASSERTION",
    licenseDeclared: declared,
    copyrightText: "NOASSERTION",
    ...purl !== undefined && {
      externalRefs: [{
        referenceCategory: "PACKAGE-MANAGER",
        referenceType: "purl",
        referenceLocator: purl,
      }],
    },
  };
}

/** Licence expressions as packages have them: names of SPDX's list, joined. */
const EXPRESSION = /^\(?[A-Za-z0-9.-]+\+?(?: (?:OR|AND|WITH) [A-Za-z0-9.-]+\+?)*\)?$/;

/** Letters, digits, `.` and `-` alone may stand in it (SPDX 2.3, 7.2). */
function idOf(key: string): string {
  return `SPDXRef-${key.replace(/^@/, "").replace(/[^A-Za-z0-9.-]/g, "-")}`;
}

/** `sha512-BASE64`, as lock files have it. */
function checksumOf(integrity: string): { algorithm: string; checksumValue: string } {
  const [, value] = /^sha512-([A-Za-z0-9+/]{86}==)$/.exec(integrity) ?? [];
  if (value === undefined) throw new Error(`deno.lock has the integrity "${integrity}"`);
  return { algorithm: "SHA512", checksumValue: Uint8Array.fromBase64(value).toHex() };
}

function dependencies(lock: LockedPackage[]): [from: string, to: string][] {
  return lock.flatMap(({ name, version, dependencies }) =>
    dependencies.map((to): [string, string] => [`${name}@${version}`, to])
  );
}

/** The licences that the packages in Deno's cache state. */
async function licensesHere(): Promise<(key: string) => string | undefined> {
  const { ok, output } = await deno(["info", "--json"]);
  if (!ok) throw new Error(output);
  const { npmCache } = JSON.parse(output) as { npmCache: string };
  const registries = existsSync(npmCache) ? readdirSync(npmCache) : [];
  return (key) => {
    const at = key.lastIndexOf("@");
    for (const registry of registries) {
      const path = join(npmCache, registry, key.slice(0, at), key.slice(at + 1), "package.json");
      if (!existsSync(path)) continue;
      const { license } = JSON.parse(readFileSync(path, "utf8")) as { license?: unknown };
      if (typeof license === "string") return license;
    }
    return undefined;
  };
}
