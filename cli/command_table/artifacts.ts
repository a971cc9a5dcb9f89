/**
 * Commands that move artifacts and their tags.
 *
 * @module
 */

import type { CommandRow } from "./row.ts";

/** Rows of the table of commands. */
export const ARTIFACTS = {
  push: {
    elsewhere: ["append", "upload"],
    args: ["pushed", "reference"],
    variadic: 0,
    summary: "push a directory, files, or a tar on stdin",
    details: [
      "Prints the digest. It depends on what is in the directory and on the flags, but not on times or " +
      "owners; and on the compressor of this version and runtime, unless you pass --reproducible.",
      "A directory that the cache knows from an earlier push, and the registry still has, is not " +
      "packed again. Private keys in PEM are refused. A signature covers the digest and every tag " +
      "that is pushed.",
      "A .blobberignore in the directory leaves files out, in the syntax of .gitignore; it is not pushed " +
      "itself. --exclude and --include add lines behind it, in their order: the last that matches counts, " +
      "and nothing below a directory that is left out comes back.",
      "Files become layers of their own with their paths as titles, as oras pushes them, and oras pull " +
      "gets them back. FILE:TYPE states a media type; FILE: is a name with a colon in it. A link stands " +
      "for the file that it leads to. Permission bits are not kept.",
      "With --base, the layers of an artifact stay, and one on top holds what changed since. They are kept when " +
      "this machine packed them, or when a signature that --verify-… or rules accept covers them; else they " +
      "are read whole first.",
      "- stands for a tar on stdin: plain, or compressed with gzip or zstd. It is packed in its own order and " +
      "goes through all the checks of a directory.",
    ],
    examples: [
      "push ./site ghcr.io/acme/site:v1",
      "push ./site oci:./layout:v1 --tag latest",
      "push ./site ghcr.io/acme/site:v1 --sign",
      "push ./site ghcr.io/acme/site:v1 --reproducible",
      "push ./site ghcr.io/acme/site:v1 --dry-run",
      "push ./site ghcr.io/acme/site:v2 --base ghcr.io/acme/site:v1",
      "push ./site ghcr.io/acme/site:latest --base auto",
      "push ./site ghcr.io/acme/site:v1 --exclude '*.map' --exclude /drafts/",
      "push ./src ghcr.io/acme/src:v1 --exclude '*' --include '*/' --include '*.go'",
      "push notes.txt sbom.json:application/spdx+json ghcr.io/acme/docs:v1 --artifact-type " +
      "application/vnd.acme.docs",
      "push - ghcr.io/acme/site:v1 < site.tar.gz",
    ],
  },
  pull: {
    elsewhere: ["download", "export", "extract", "fetch"],
    args: ["reference", { kind: "directory", name: "DIR|-" }],
    required: 1,
    summary: "pull an artifact into a directory or a tar",
    details: [
      "Files are moved into the directory after all of them have been checked. Existing files are " +
      "replaced only with --overwrite: then the directory is compared with the artifact, by content, and " +
      "only what differs is fetched, where it is not on the disk under another name. --delete removes what " +
      "the artifact does not have, and --dry-run shows all that.",
      "With - a tar is written to standard output, and with --to-tar to a file: sorted, with owner 0, and " +
      "no byte before it was checked.",
      "--include and --exclude take patterns as .gitignore has them, and only what they take is " +
      "fetched. A pattern that matches nothing is an error. A hard link to a file that is not taken " +
      "becomes a file.",
    ],
    examples: [
      "pull ghcr.io/acme/site:v1 ./site",
      "pull ghcr.io/acme/site:v1 ./site --verify-key acme.pub",
      "pull ghcr.io/acme/site:v2 ./site --overwrite --delete",
      "pull ghcr.io/acme/site:v2 ./site --overwrite --delete --dry-run",
      "pull ghcr.io/acme/site:v1 ./css --include /css/ --strip-components 1",
      "pull ghcr.io/acme/site:v1 - | tar -t",
      "pull ghcr.io/acme/site:v1 --to-tar site.tar --exclude '*.map'",
    ],
  },
  copy: {
    args: [{ kind: "reference", name: "FROM" }, { kind: "reference", name: "TO" }],
    variadic: 0,
    summary: "copy artifacts and their signatures to another place",
    details: [
      "The signatures still name the original repository: verify the copy with --signed-as, or " +
      "sign it too.",
      "Of several, TO is a repository: each keeps its tag, and one that its digest alone names gets none. " +
      "With --all-tags both are repositories. All are verified before the first is copied. One that fails " +
      "keeps no other back: the exit status is that of the first that failed.",
    ],
    examples: [
      "copy ghcr.io/acme/site:v1 registry.example.com/mirror/site:v1",
      "copy ghcr.io/acme/site:v1 ghcr.io/acme/site:v2 registry.example.com/mirror/site",
      "copy --all-tags ghcr.io/acme/site registry.example.com/mirror/site",
    ],
  },
  tag: {
    args: ["reference", "tag"],
    variadic: true,
    summary: "add tags to an artifact",
    examples: ["tag ghcr.io/acme/site:v1 stable latest"],
  },
  rm: {
    elsewhere: ["delete", "remove"],
    args: ["reference"],
    variadic: true,
    summary: "remove tags, or artifacts with their signatures",
    details: [
      "REPO:TAG removes that tag. The artifact goes too, with all that refers to it, if no other tag and " +
      "no index names it; if the registry cannot tell, it stays. REPO@DIGEST removes the artifact with its " +
      "tags and referrers. REPO:TAG@DIGEST removes the tag only if it names that digest.",
      "Shows what goes and asks first; without a terminal, say --yes or --dry-run. No signature is " +
      "needed to remove something. Blobs of a layout that nothing names any more go at once; a registry " +
      "frees its own later. Some registries remove nothing this way: the message says what does.",
      "Of several repositories or layouts, one where it fails keeps no other back, and the exit status is " +
      "that of the first failure.",
    ],
    examples: [
      "rm ghcr.io/acme/site:v1",
      "rm ghcr.io/acme/site@sha256:… --dry-run",
      "rm oci:./layout:v1 oci:./layout:v2 --yes",
    ],
  },
} as const satisfies Record<string, CommandRow>;
