/**
 * The last step: everything is fetched again as a user would, verified by rule, and compared with what was made.
 *
 * @module
 */

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHECKSUMS, parseChecksums, sha256OfFile } from "../binary/checksums.ts";
import { TARGET_NAMES, TARGETS } from "../binary/targets.ts";
import { artifactsOf, digestOf, rules } from "./artifacts.ts";
import { blobber } from "./blobber.ts";
import { verifyJsr } from "./jsr.ts";
import { verifyNpm } from "./npm.ts";
import { writeRules } from "./rules.ts";
import { SBOM } from "./sbom.ts";
import { PATHS, read, type Release } from "./state.ts";

/** Verifies all that is published. */
export async function verifyPublished(release: Release): Promise<void> {
  const { places: { artifact }, tag } = release;
  writeRules(release);
  for (const one of artifactsOf(release)) {
    const reference = `${one.repository}:${one.tag}`;
    const verified = await blobber(["verify", "-q", reference, "--no-cache", ...rules(release)]);
    const expected = await digestOf(one);
    if (verified !== expected) throw new Error(`${reference} is ${verified}, expected ${expected}`);
  }
  const digests = parseChecksums(read(release, `${PATHS.page}/${CHECKSUMS}`, "checksums"));
  const dir = mkdtempSync(join(tmpdir(), "blobber-published-"));
  try {
    const pull = async (reference: string, name: string) => {
      await blobber(["pull", reference, join(dir, name), "--no-cache", ...rules(release)]);
      return readdirSync(join(dir, name)).sort();
    };
    const files = await pull(`${artifact}:${tag}`, "binaries");
    const expected = [...TARGET_NAMES.map((name): string => TARGETS[name].file), CHECKSUMS].sort();
    if (files.join() !== expected.join()) throw new Error(`${artifact}:${tag} has ${files.join()}`);
    await pull(`${artifact}:${tag}.sbom`, "sbom");
    for (const path of [...files.map((name) => join("binaries", name)), join("sbom", SBOM)]) {
      const name = path.split("/").at(-1)!;
      if (name === CHECKSUMS) continue;
      const digest = sha256OfFile(join(dir, path));
      if (digest !== digests.get(name)) throw new Error(`${name} in the registry is ${digest}`);
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
  await verifyNpm(release);
  await verifyJsr(release);
}
