/**
 * What the page of a release says: the section of `CHANGELOG.md`, the digests, and how to verify them.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { CHECKSUMS, parseChecksums } from "../binary/checksums.ts";
import { SOURCE } from "../../cli/home.ts";
import { readmeElsewhere } from "../packages/readme.ts";
import { inRoot } from "../run.ts";
import { sectionFor } from "./changelog.ts";
import { BUNDLE } from "./sign.ts";
import { identityOf, imagesOf } from "./places.ts";
import { PATHS, read, type Release, write } from "./state.ts";

/** Writes them. */
export function notes(release: Release): void {
  const digests = read(release, `${PATHS.page}/${CHECKSUMS}`, "checksums");
  write(release, PATHS.notes, notesText(release, changes(release), digests));
}

function changes({ version, dry }: Release): string {
  try {
    return sectionFor(readFileSync(inRoot("CHANGELOG.md"), "utf8"), version).text;
  } catch (error) {
    if (!dry) throw error;
    return (error as Error).message;
  }
}

/**
 * Their text.
 *
 * @param changes what changed, in Markdown
 * @param digests the text of `checksums.txt`
 */
export function notesText(
  { tag, places }: Pick<Release, "tag" | "places">,
  changes: string,
  digests: string,
): string {
  const { artifact, signer: { issuer } } = places;
  const identity = identityOf(places, tag);
  const rows = [...parseChecksums(digests)].map(([name, digest]) =>
    `| \`${name}\` | \`${digest}\` |`
  );
  // The page is not beside the files that the changelog links to.
  return `${readmeElsewhere(changes, { url: SOURCE, tag, folder: "" })}

## Digests

| file | SHA-256 |
| --- | --- |
${rows.join("\n")}

## Verify

With a blobber of yours, straight from the registry:

\`\`\`sh
blobber pull ${artifact}:${tag} blobber-${tag} \\
  --verify-issuer ${issuer} \\
  --verify-subject ${identity}
\`\`\`

With cosign, the files of this page:

\`\`\`sh
cosign verify-blob-attestation --type https://sigstore.dev/cosign/sign/v1 \\
  --bundle ${BUNDLE} \\
  --certificate-oidc-issuer ${issuer} \\
  --certificate-identity ${identity} \\
  ${CHECKSUMS}
sha256sum --check --ignore-missing ${CHECKSUMS}
\`\`\`

The list of components is \`blobber.spdx.json\`, and signed as \`${artifact}:${tag}.sbom\`. Images are
\`${imagesOf(places)}:${tag}\` and \`${imagesOf(places)}:${tag}-deno\`, signed by the same identity.
`;
}
