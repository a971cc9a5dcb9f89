/**
 * Topics of `blobber help`: what several commands have in common, for those who have the program and no
 * copy of its documentation. What the code knows already is taken from its tables.
 *
 * @module
 */

import { STATUS } from "@blobber/core/errors";
import { SETTING_NAMES, settingOf, variablesOf } from "../settings/table.ts";

/** A paragraph, or two columns. */
export type TopicPart = string | { title: string; rows: [string, string][] };

/** One topic. */
export interface Topic {
  /** What is asked for: `blobber help NAME`. No command has this name. */
  name: string;
  /** One line, without a full stop. */
  summary: string;
  /** The text. */
  parts(): TopicPart[];
}

/** Every topic. */
export const TOPICS: readonly Topic[] = [
  {
    name: "references",
    summary: "how artifacts are named",
    parts: () => [
      {
        title: "Forms",
        rows: [
          ["HOST/REPOSITORY:TAG", "an artifact in a registry: ghcr.io/acme/site:v1"],
          ["HOST/REPOSITORY@DIGEST", "exactly this content: ghcr.io/acme/site@sha256:…"],
          ["HOST/REPOSITORY:TAG@DIGEST", "this content, and the tag that it is known by"],
          ["oci:PATH:TAG", "an artifact in an OCI image layout on disk: oci:./layout:v1"],
        ],
      },
      "The host is always written, with its port where it has one; a repository is lower case. " +
      "Without tag and digest the tag is latest. Where both are there, the digest decides.",
      "Registries on this machine may be plain HTTP. Any other needs --insecure for that.",
    ],
  },
  {
    name: "credentials",
    summary: "where credentials for registries are looked for",
    parts: () => [
      "Credentials are looked up when a registry first asks for them, in the files of Docker and " +
      "Podman; the first file with an entry for exactly this host decides.",
      {
        title: "Files, in this order",
        rows: [
          ["$REGISTRY_AUTH_FILE", "where the variable is set"],
          ["$DOCKER_CONFIG/config.json", "~/.docker/config.json without the variable"],
          ["$XDG_RUNTIME_DIR/containers/auth.json", "Podman's"],
          ["~/.config/containers/auth.json", "Podman's, kept after a logout of the machine"],
        ],
      },
      "Helpers that such a file names (credHelpers, credsStore) are asked before what stands in it. " +
      "blobber login and blobber logout change Docker's file, or tell the helper that it names.",
    ],
  },
  {
    name: "signing",
    summary: "how artifacts are signed",
    parts: () => [
      "blobber push --sign signs before the tag moves: a tag never points at something unsigned. " +
      "blobber sign signs what is there already. A signature names the digest, the repository and " +
      "the tag, and is stored beside the artifact.",
      {
        title: "Who signs",
        rows: [
          [
            "an identity",
            "the default: a token of an OpenID Connect issuer, from a login or a CI system, becomes a " +
            "certificate that is valid for minutes; issuer and subject go into public logs",
          ],
          [
            "a key",
            "--sign-key FILE: signs on this machine alone; who verifies needs the public key",
          ],
        ],
      },
      "A key pair: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out sign.key, " +
      "then openssl pkey -in sign.key -pubout -out sign.pub.",
      "Who verifies names the signer with --verify-issuer and --verify-subject, or with " +
      "--verify-key: blobber help verification.",
    ],
  },
  {
    name: "verification",
    summary: "how it is decided whose signature counts",
    parts: () => [
      "A signature proves who signed. Whether that is who should have signed has to be said, by " +
      "flags for one run, or by rules for all runs.",
      {
        title: "Flags",
        rows: [
          ["--verify-key FILE", "the holder of this key"],
          ["--verify-issuer URL", "with --verify-subject: this identity at this issuer"],
          ["--verify-signer …", "any one of several, each given by its own flag"],
          ["--verify-name reference", "and the signed name has to be the one that is asked for"],
        ],
      },
      "A rule stands in the configuration file and is about repositories: blobber trust add " +
      "'ghcr.io/acme/**' --verify-key acme.pub. Commands that read then demand the signature " +
      "without any flag. blobber trust lists the rules; blobber trust check REF says which of them " +
      "are about an artifact, and whether it satisfies them.",
      "What a signature says about its signer is worth nothing before it is verified. Compare the " +
      "fingerprint of a key, which is shown as SHA256: and the digest in hexadecimal, with what its " +
      "holder says elsewhere: openssl pkey -pubin -in acme.pub -outform DER | sha256sum.",
    ],
  },
  {
    name: "configuration",
    summary: "the keys of the configuration file",
    parts: () => [
      "blobber config path shows where the file is, blobber config what is in force. Flags win over " +
      "variables, variables over the file, and the file over defaults.",
      {
        title: "Keys",
        rows: rows(({ key, help, keyHelp }) => key !== undefined ? [[key, keyHelp ?? help]] : []),
      },
    ],
  },
  {
    name: "environment",
    summary: "the variables that are looked at",
    parts: () => [
      "A variable counts for one run like the flag that says the same, and less than that flag.",
      {
        title: "Variables of blobber",
        rows: rows((setting) =>
          variablesOf(setting).map((name): [string, string] => [
            name,
            setting.flag === undefined
              ? setting.keyHelp ?? setting.help
              : setting.inverted
              ? `the opposite of --${setting.flag}`
              : `as --${setting.flag}`,
          ])
        ),
      },
      {
        title: "Others",
        rows: [
          ["HTTPS_PROXY, HTTP_PROXY", "the proxy for registries and signing services"],
          ["ALL_PROXY, NO_PROXY", "the proxy for both; hosts that are reached without one"],
          ["DOCKER_CONFIG", "the directory of Docker's configuration"],
          ["REGISTRY_AUTH_FILE", "a file of credentials: blobber help credentials"],
          ["SIGSTORE_ID_TOKEN", "the identity token to sign with"],
          ["SOURCE_DATE_EPOCH", "the time of what is pushed, in seconds since 1970"],
          ["XDG_CONFIG_HOME", "where the configuration file is, under blobber"],
          ["XDG_CACHE_HOME", "where the cache is, under blobber"],
          ["NO_COLOR, TERM", "no colours; a terminal that is dumb gets no bar"],
          ["CI", "nobody is asked to log in"],
        ],
      },
    ],
  },
  {
    name: "exit-statuses",
    summary: "what an exit status means",
    parts: () => [{
      title: "Exit statuses",
      rows: Object.values(STATUS).map(({ status, meaning }): [string, string] => [
        `${status}`,
        meaning,
      ]),
    }],
  },
];

function rows(
  of: (setting: ReturnType<typeof settingOf>) => [string, string][],
): [string, string][] {
  return SETTING_NAMES.map(settingOf).filter(({ hidden }) => !hidden).flatMap(of);
}
