/**
 * Where the project lives: whose releases these are, where they are, and who signs them. Whatever else needs
 * one of these names, such as an installer, has it from here.
 *
 * @module
 */

/** The repository of the sources. */
export const SOURCE = "https://github.com/blobber-dev/blobber";

/** Where the files of a release are: `DOWNLOADS/vX.Y.Z/NAME`. */
export const DOWNLOADS = `${SOURCE}/releases/download`;

/** The artifact that has the binaries of a release, tagged `vX.Y.Z`; the newest stable one is `latest` too. */
export const ARTIFACT = "ghcr.io/blobber-dev/blobber";

/** Who signs a release: the workflow that makes it, run for a tag. */
export const SIGNER = {
  issuer: "https://token.actions.githubusercontent.com",
  /** How identities begin; the tag, such as `v1.2.3`, is the rest. */
  identityPrefix: `${SOURCE}/.github/workflows/release.yml@refs/tags/`,
} as const;
