/**
 * The Scoop manifest of a release: `blobber.json`, for a bucket. Scoop's own tools renew it from the releases.
 *
 * @module
 */

import { DOWNLOADS, SOURCE } from "../../cli/home.ts";
import { CHECKSUMS } from "../binary/checksums.ts";
import { TARGETS } from "../binary/targets.ts";
import { LICENCE, type ReleaseData, SUMMARY } from "./release_data.ts";

/** The text of the manifest. */
export function scoopManifest({ version, digests }: ReleaseData): string {
  const { file } = TARGETS["windows-x64"];
  // What is behind the sharp is the name that the file gets.
  const url = (version: string) => `${DOWNLOADS}/v${version}/${file}#/blobber.exe`;
  const manifest = {
    version,
    description: SUMMARY,
    homepage: SOURCE,
    license: LICENCE,
    architecture: { "64bit": { url: url(version), hash: digests["windows-x64"] } },
    bin: "blobber.exe",
    checkver: { github: SOURCE },
    autoupdate: {
      architecture: { "64bit": { url: url("$version") } },
      hash: { url: `$baseurl/${CHECKSUMS}` },
    },
  };
  return `${JSON.stringify(manifest, null, 4)}\n`;
}
