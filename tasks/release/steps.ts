/**
 * The steps of a release in their order: everything is made and verified before anything is sent, and what cannot
 * be taken back is sent before the tags by which people find it.
 *
 * @module
 */

import { makeArtifacts, moveLatest, pushArtifacts } from "./artifacts.ts";
import { checksums, compileAll, images } from "./binaries.ts";
import { check, gate } from "./check.ts";
import { publishJsr } from "./jsr.ts";
import { notes } from "./notes.ts";
import { packAll, publishNpm } from "./npm.ts";
import { verifyPublished } from "./published.ts";
import { sbom } from "./sbom.ts";
import { signChecksums } from "./sign.ts";
import type { Release } from "./state.ts";

/** A step. It may be run again: what holds already is left as it is. */
export interface Step {
  name: string;
  /** What it does, for a person. */
  about: string;
  /** Whether it sends anything to another machine: a dry run leaves it out. */
  sends: boolean;
  run: (release: Release) => void | Promise<void>;
}

const makes = (name: string, about: string, run: Step["run"]): Step => ({
  name,
  about,
  sends: false,
  run,
});
const sends = (name: string, about: string, run: Step["run"]): Step => ({
  name,
  about,
  sends: true,
  run,
});

/** Steps that tell what is wrong with the tree themselves. */
const TELLS = ["gate", "check"];

/**
 * Demands that what a step makes or sends is of the commit that was checked.
 *
 * @throws {Error} where the tree is another by now
 */
export function demandTagged(release: Release, { name }: Step): void {
  const { dry, commit, sources: { commit: now, changed } } = release;
  if (dry || TELLS.includes(name)) return;
  if (now !== commit) throw new Error(`the tree is of ${now}, and the release of ${commit}`);
  if (changed.length > 0) throw new Error(`the tree is not as ${commit} has it: ${changed[0]}`);
}

/** All of them. */
export const STEPS: Step[] = [
  makes("gate", "runs the gate, and writes down the commit that it held for", gate),
  makes("check", "tree, tag, version, changelog and gate fit together", check),
  makes("compile", "the binaries for all targets", compileAll),
  makes("pack", "the packages as npm takes them", packAll),
  makes("sbom", "the list of components, from the lock file", sbom),
  makes("checksums", "what installs the binaries, and the digests of all files", checksums),
  makes("images", "container images, in a layout", images),
  makes("artifacts", "binaries and list of components, in a layout", makeArtifacts),
  makes("notes", "what the page of the release says", notes),
  sends("sign", "a signature over the digests, for the page", signChecksums),
  sends("push", "artifacts and images to the registry, signed", pushArtifacts),
  sends("jsr", "the packages to JSR", publishJsr),
  sends("npm", "the packages to npm", publishNpm),
  sends("latest", "the tag latest, where the release is stable and the newest", moveLatest),
  sends("verify", "all of it fetched again, and verified by rule", verifyPublished),
];
