/**
 * What the installers are made of: the version of a release and the digests of its binaries.
 *
 * @module
 */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isVersion } from "../../cli/upgrade/versions.ts";
import { CHECKSUMS, parseChecksums, sha256OfFile } from "../binary/checksums.ts";
import { TARGET_NAMES, type TargetName, TARGETS } from "../binary/targets.ts";

/** A release. */
export interface ReleaseData {
  /** Without the `v`. */
  version: string;
  /** Hexadecimal SHA-256 of each binary. */
  digests: Record<TargetName, string>;
}

/** What is said of the program where there is room for one line. */
export const SUMMARY = "Push directories to OCI registries, and verify who signed what you read";

/** Its licence, by SPDX. */
export const LICENCE = "Apache-2.0";

/**
 * Reads the digests of a release's binaries: of the files themselves where they are there, else out of
 * `checksums.txt`; where there are both, they must agree.
 *
 * @param version with or without `v`
 * @param dir where the files of the release are
 * @throws {Error} where a binary is missing, or has another digest than the list says
 */
export function readRelease(version: string, dir: string): ReleaseData {
  const number = version.replace(/^v/, "");
  if (!isVersion(number)) throw new Error(`invalid version "${version}", expected 1.2.3`);
  const list = join(dir, CHECKSUMS);
  const listed = existsSync(list) ? parseChecksums(readFileSync(list, "utf8")) : undefined;
  const digests = Object.fromEntries(TARGET_NAMES.map((target) => {
    const { file } = TARGETS[target];
    const path = join(dir, file);
    const told = listed?.get(file);
    const found = existsSync(path) ? sha256OfFile(path) : told;
    if (found === undefined) throw new Error(`${dir} has no ${file}, and no digest of it`);
    if (told !== undefined && told !== found) {
      throw new Error(`${file} has the digest ${found}, and ${CHECKSUMS} says ${told}`);
    }
    return [target, found];
  }));
  return { version: number, digests: digests as ReleaseData["digests"] };
}
