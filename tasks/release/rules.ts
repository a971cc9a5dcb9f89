/**
 * What users may demand of a release, as a configuration file: the identity of the workflow that made it, for the
 * tag that they asked for.
 *
 * @module
 */

import { identityOf, imagesOf } from "./places.ts";
import { type Release, write } from "./state.ts";

/** The file in the directory of the release. */
export const RULES = "rules.yaml";

/** Writes it. */
export function writeRules(release: Release): void {
  const { places, tag } = release;
  const { artifact, signer, sigstore } = places;
  // JSON is YAML.
  const configuration = {
    verify: {
      rules: [{
        name: "the release",
        match: [artifact, imagesOf(places)],
        "name-binding": "reference",
        any: [{
          issuer: signer.issuer,
          subject: identityOf(places, tag),
          "trusted-root": sigstore?.trustedRoot ?? "public",
        }],
      }],
    },
  };
  write(release, RULES, JSON.stringify(configuration, null, 2) + "\n");
}
