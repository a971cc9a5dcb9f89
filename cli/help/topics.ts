/**
 * Topics of `blobber help`: what several commands have in common, for users who have the program and not its
 * documentation. What the tables of the code hold is taken from them.
 *
 * @module
 */

import { STATUS } from "@blobber/core/errors";
import { COMMAND_GROUPS, COMMANDS } from "../command_table/table.ts";
import { isShown, usageOf } from "../line/parse.ts";
import { GROUPS, type Setting, SETTING_NAMES, settingOf, variablesOf } from "../settings/table.ts";
import { flagRow } from "./flag_usage.ts";

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
    name: "commands",
    summary: "every command, and what it does",
    parts: () =>
      Object.entries(COMMAND_GROUPS).map(([group, title]) => ({
        title,
        rows: COMMANDS.filter((c) => c.group === group && !c.hidden && !c.name.includes(" "))
          .map((c): [string, string] => [usageOf(c), c.summary]),
      })),
  },
  {
    name: "flags",
    summary: "flags that commands share",
    parts: () => [
      "Flags may stand before or after the command. COMMAND --help says how many of these a command " +
      "takes, and COMMAND --help --all which.",
      ...Object.entries(GROUPS).filter(([group]) => group !== "command").map(([group, title]) => ({
        title,
        rows: shared(group).map((setting) => flagRow(setting)),
      })),
      `${
        new Intl.ListFormat("en").format(everywhere())
      } are taken by every command, so that an alias ` +
      "or a script can have them in front of any. They act where the help of a command has them.",
    ],
  },
  {
    name: "references",
    summary: "how artifacts are named",
    parts: () => [
      {
        title: "Forms",
        rows: [
          ["HOST/REPOSITORY:TAG", "an artifact in a registry: ghcr.io/acme/site:v1"],
          ["HOST/REPOSITORY@DIGEST", "exactly this content: ghcr.io/acme/site@sha256:…"],
          ["HOST/REPOSITORY:TAG@DIGEST", "exactly this content, and the tag to verify"],
          ["oci:PATH:TAG", "an artifact in an OCI image layout on disk: oci:./layout:v1"],
        ],
      },
      "The host is always written, with its port if it has one; repositories are lower case. " +
      "Without tag and digest, the tag is latest. With both, the digest decides.",
      "Registries on this machine may use plain HTTP. Others need --insecure for it.",
    ],
  },
  {
    name: "credentials",
    summary: "where credentials for registries come from",
    parts: () => [
      "When a registry asks for credentials, they are looked up in the files of Docker and Podman. " +
      "The first file with an entry for exactly this host decides.",
      {
        title: "Files, in this order",
        rows: [
          ["$REGISTRY_AUTH_FILE", "if the variable is set"],
          ["$DOCKER_CONFIG/config.json", "~/.docker/config.json without the variable"],
          ["$XDG_RUNTIME_DIR/containers/auth.json", "Podman's"],
          ["~/.config/containers/auth.json", "Podman's, kept when you log out of the machine"],
        ],
      },
      "A helper that such a file names (credHelpers, credsStore) is asked before its own entries. " +
      "blobber login and blobber logout change Docker's file, or use the helper that it names.",
    ],
  },
  {
    name: "signing",
    summary: "how artifacts are signed",
    parts: () => [
      "blobber push --sign signs before it moves the tag, so the tag never points at an unsigned " +
      "artifact. blobber sign signs an existing one. A signature names the digest, the repository " +
      "and the tag, and is stored beside the artifact.",
      {
        title: "Who signs",
        rows: [
          [
            "an identity",
            "the default: an identity token, from a login or a CI system, is exchanged for a " +
            "certificate that is valid for minutes; issuer and subject go into public logs",
          ],
          [
            "a key",
            "--sign-key FILE: signs on this machine alone; verifiers need the public key",
          ],
        ],
      },
      "A key pair: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out sign.key, " +
      "then openssl pkey -in sign.key -pubout -out sign.pub.",
      "To verify, name the signer with --verify-issuer and --verify-subject, or with " +
      "--verify-key: blobber help verification.",
    ],
  },
  {
    name: "verification",
    summary: "how artifacts are verified",
    parts: () => [
      "A signature proves who signed. You say who should have signed: with flags for one run, or " +
      "with rules for all runs.",
      {
        title: "Flags",
        rows: [
          ["--verify-key FILE", "signed by the holder of this key"],
          ["--verify-issuer URL", "with --verify-subject: signed by this identity"],
          ["--verify-signer …", "signed by one of several; repeat the flag for each"],
          ["--verify-name reference", "the signature must name the repository and tag asked for"],
        ],
      },
      "Rules are kept in the configuration file and match repositories: blobber trust add " +
      "'ghcr.io/acme/**' --verify-key acme.pub. Commands that read then demand the signature " +
      "without any flag. blobber trust lists the rules; blobber trust check REF shows which of " +
      "them match an artifact, and whether it satisfies them.",
      "What a signature claims about its signer is worth nothing before it is verified. Compare the " +
      "fingerprint of a key, shown as SHA256: and 64 hexadecimal digits, with what its holder " +
      "publishes elsewhere: openssl pkey -pubin -in acme.pub -outform DER | sha256sum.",
    ],
  },
  {
    name: "configuration",
    summary: "the keys of the configuration file",
    parts: () => [
      "blobber config path shows where the file is, blobber config the settings in force. Flags win " +
      "over variables, variables over the file, and the file over defaults.",
      {
        title: "Keys",
        rows: rows(({ key, help, keyHelp }) => key !== undefined ? [[key, keyHelp ?? help]] : []),
      },
    ],
  },
  {
    name: "environment",
    summary: "the environment variables",
    parts: () => [
      "A variable sets for one run what its flag sets; the flag wins.",
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
          ["ALL_PROXY, NO_PROXY", "the proxy for both; hosts to reach without a proxy"],
          ["DOCKER_CONFIG", "the directory of Docker's configuration"],
          ["REGISTRY_AUTH_FILE", "a file of credentials: blobber help credentials"],
          ["SIGSTORE_ID_TOKEN", "the identity token to sign with"],
          ["SOURCE_DATE_EPOCH", "modification time of what is pushed, in seconds since 1970"],
          ["XDG_CONFIG_HOME", "directory that holds blobber/config.yaml"],
          ["XDG_CACHE_HOME", "directory that holds the cache, as blobber"],
          ["XDG_STATE_HOME", "directory that holds what runs leave to know, as blobber"],
          ["NO_COLOR, TERM", "no colors; no progress bar on a dumb terminal"],
          ["CI", "no login is offered"],
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

function shared(group: string): Setting[] {
  return SETTING_NAMES.map(settingOf).filter((s) =>
    s.group === group && isShown(s) && s.flag !== "version"
  );
}

/** Flags that every command takes, wherever they act. */
function everywhere(): string[] {
  return SETTING_NAMES.map(settingOf).filter((s) => s.everywhere && isShown(s))
    .map((s) => `--${s.flag}`);
}
