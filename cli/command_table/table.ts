/**
 * The table of commands: what help and completion need to know of each, and how to load it. A command's
 * code is loaded when it runs and not before.
 *
 * @module
 */

import type { Context } from "../context.ts";

/** What completion offers for an argument. */
export type ArgumentKind =
  | "directory"
  | "file"
  | "reference"
  | "path-inside"
  | "tag"
  | "key"
  | "shell"
  | "command"
  | "host"
  | "text";

/** What a command's file exports. */
export interface CommandModule {
  /** Does the work; what it throws becomes the exit status. */
  run(context: Context): Promise<void>;
}

/** One command. */
export interface Command {
  /** `push`, or two words: `config set`. */
  name: string;
  aliases?: readonly string[];
  /** Arguments in the order they are given. */
  args: readonly { name: string; kind: ArgumentKind; values?: readonly string[] }[];
  /** Arguments that must be there; all of them unless said otherwise. */
  required?: number;
  /** Whether the last argument may be repeated. */
  variadic?: true;
  /** One line, without a full stop. */
  summary: string;
  /** What else there is to know, in paragraphs. */
  details?: readonly string[];
  /** Command lines, without the program's name. */
  examples?: readonly string[];
  group: keyof typeof COMMAND_GROUPS;
  hidden?: true;
  /** Works although the configuration cannot be read, so that it can be put right. */
  withoutConfig?: true;
  load(): Promise<CommandModule>;
}

/** Sections of the program's help, in their order. */
export const COMMAND_GROUPS = {
  artifacts: "Artifacts",
  signatures: "Signatures and trust",
  program: "The program",
} as const;

const REF = { name: "REF", kind: "reference" } as const;
const DIR = { name: "DIR", kind: "directory" } as const;
const PATH = { name: "PATH", kind: "path-inside" } as const;

/** Every command. */
export const COMMANDS: readonly Command[] = [
  {
    name: "push",
    args: [DIR, REF],
    summary: "push a directory",
    details: [
      "Prints the digest of what was pushed. Content and permission bits alone decide the digest.",
      "What the registry has already, and the cache knows of an earlier push, is not packed again. " +
      "Private keys in PEM are refused. A signature covers the digest and every tag that will point at it.",
    ],
    examples: [
      "push ./site ghcr.io/acme/site:v1",
      "push ./site oci:./layout:v1 --tag latest",
      "push ./site ghcr.io/acme/site:v1 --sign",
      "push ./site ghcr.io/acme/site:v1 --dry-run",
    ],
    group: "artifacts",
    load: () => import("../commands/artifacts/push.ts"),
  },
  {
    name: "pull",
    args: [REF, DIR],
    summary: "pull an artifact into a directory",
    details: [
      "Nothing is moved into the directory before all of it has been checked. What exists is kept " +
      "unless --overwrite says otherwise.",
    ],
    examples: [
      "pull ghcr.io/acme/site:v1 ./site",
      "pull ghcr.io/acme/site:v1 ./site --verify-key acme.pub",
    ],
    group: "artifacts",
    load: () => import("../commands/artifacts/pull.ts"),
  },
  {
    name: "ls",
    aliases: ["list"],
    args: [REF],
    summary: "list the files of an artifact",
    details: ["Fetches the table of contents and nothing else."],
    examples: ["ls ghcr.io/acme/site:v1", "ls -lH ghcr.io/acme/site:v1"],
    group: "artifacts",
    load: () => import("../commands/artifacts/ls.ts"),
  },
  {
    name: "cat",
    args: [REF, PATH],
    summary: "print one file of an artifact",
    details: ["Fetches only the parts of the artifact that hold the file."],
    examples: ["cat ghcr.io/acme/site:v1 index.html"],
    group: "artifacts",
    load: () => import("../commands/artifacts/cat.ts"),
  },
  {
    name: "cp",
    args: [REF, PATH, { name: "DEST", kind: "file" }],
    summary: "copy one file of an artifact to disk",
    details: [
      "DEST is a file, or a directory that the file goes into. Missing parents are made.",
    ],
    examples: ["cp ghcr.io/acme/site:v1 css/site.css ./site.css"],
    group: "artifacts",
    load: () => import("../commands/artifacts/cp.ts"),
  },
  {
    name: "copy",
    args: [{ name: "FROM", kind: "reference" }, { name: "TO", kind: "reference" }],
    summary: "copy an artifact with its signatures to another place",
    details: [
      "Signatures go along and name the original: read the copy with --signed-as, or sign it.",
    ],
    examples: ["copy ghcr.io/acme/site:v1 registry.example.com/mirror/site:v1"],
    group: "artifacts",
    load: () => import("../commands/artifacts/copy.ts"),
  },
  {
    name: "tag",
    args: [REF, { name: "TAG", kind: "tag" }],
    variadic: true,
    summary: "point further tags at an artifact",
    examples: ["tag ghcr.io/acme/site:v1 stable latest"],
    group: "artifacts",
    load: () => import("../commands/artifacts/tag.ts"),
  },
  {
    name: "sign",
    args: [REF],
    summary: "sign an artifact that is already there",
    details: [
      "Prints the digest first and asks. Without a terminal the digest must be in the reference, or " +
      "--from names the directory that it must be made of. REF:TAG@sha256:… signs the tag with it.",
    ],
    examples: [
      "sign ghcr.io/acme/site:v1@sha256:… --sign-key acme.key",
      "sign ghcr.io/acme/site:v1 --from ./site",
    ],
    group: "signatures",
    load: () => import("../commands/signatures/sign.ts"),
  },
  {
    name: "verify",
    args: [REF],
    summary: "show who signed an artifact and what proves it",
    details: [
      "Prints the proven digest alone on the first line, and with --quiet nothing else. Go on with " +
      "that digest: where an index is not signed itself, it is the digest of the signed manifest.",
    ],
    examples: [
      "verify ghcr.io/acme/site:v1 --verify-key acme.pub",
      "verify ghcr.io/acme/site:v1 --verify-issuer https://accounts.google.com " +
      "--verify-subject jo@acme.example",
    ],
    group: "signatures",
    load: () => import("../commands/signatures/verify.ts"),
  },
  {
    name: "trust",
    args: [],
    summary: "show the rules that say whom to trust for what",
    group: "signatures",
    load: () => import("../commands/trust/list.ts"),
  },
  {
    name: "trust list",
    args: [],
    summary: "show the rules that say whom to trust for what",
    group: "signatures",
    load: () => import("../commands/trust/list.ts"),
  },
  {
    name: "trust check",
    args: [REF],
    summary: "show which rules are about an artifact, and whether it satisfies them",
    examples: ["trust check ghcr.io/acme/site:v1"],
    group: "signatures",
    load: () => import("../commands/trust/check.ts"),
  },
  {
    name: "trust add",
    args: [{ name: "REF|PATTERN", kind: "reference" }],
    summary: "add a rule to the configuration file",
    details: [
      "With --verify-… flags, the rule says for every repository that the pattern is about what the " +
      "flags say for one run. Without, a rule is proposed from the signature that is there, and asked about.",
    ],
    examples: [
      "trust add ghcr.io/acme/site:v1",
      "trust add 'ghcr.io/acme/**' --verify-key acme.pub",
    ],
    group: "signatures",
    load: () => import("../commands/trust/add.ts"),
  },
  {
    name: "trust remove",
    args: [{ name: "NAME", kind: "text" }],
    summary: "remove a rule from the configuration file",
    group: "signatures",
    load: () => import("../commands/trust/remove.ts"),
  },
  {
    name: "version",
    args: [],
    summary: "show the version",
    group: "program",
    withoutConfig: true,
    load: () => import("../commands/program/version.ts"),
  },
  {
    name: "completion",
    args: [{ name: "SHELL", kind: "shell", values: ["bash", "zsh", "fish", "powershell"] }],
    summary: "print the completion script of a shell",
    details: [
      "bash: source <(blobber completion bash)",
      'zsh: blobber completion zsh > "${fpath[1]}/_blobber"',
      "fish: blobber completion fish > ~/.config/fish/completions/blobber.fish",
      "PowerShell: blobber completion powershell | Out-String | Invoke-Expression",
    ],
    examples: ["completion bash"],
    group: "program",
    withoutConfig: true,
    load: () => import("../commands/program/completion.ts"),
  },
  {
    name: "login",
    args: [{ name: "HOST", kind: "host" }],
    summary: "store credentials for a registry",
    details: [
      "They are tried at the registry first, and kept in Docker's configuration or the helper that it names.",
    ],
    examples: ["login ghcr.io --username jo --password-stdin < token"],
    group: "program",
    load: () => import("../commands/program/login.ts"),
  },
  {
    name: "logout",
    args: [{ name: "HOST", kind: "host" }],
    summary: "forget the credentials of a registry",
    group: "program",
    load: () => import("../commands/program/logout.ts"),
  },
  {
    name: "cache",
    args: [],
    summary: "show what the cache holds",
    group: "program",
    load: () => import("../commands/cache/info.ts"),
  },
  {
    name: "cache info",
    args: [],
    summary: "show what the cache holds",
    details: ["--long lists every entry with its size and when it was used last."],
    examples: ["cache info --long"],
    group: "program",
    load: () => import("../commands/cache/info.ts"),
  },
  {
    name: "cache clear",
    args: [],
    summary: "empty the cache",
    group: "program",
    load: () => import("../commands/cache/clear.ts"),
  },
  {
    name: "cache prune",
    args: [],
    summary: "remove what is too old or too much, the least recently used first",
    examples: ["cache prune --max-size 1GB", "cache prune --max-age 7d"],
    group: "program",
    load: () => import("../commands/cache/prune.ts"),
  },
  {
    name: "config",
    args: [],
    summary: "show the effective configuration",
    group: "program",
    load: () => import("../commands/config/show.ts"),
  },
  {
    name: "config path",
    args: [],
    summary: "show where the configuration file is",
    group: "program",
    withoutConfig: true,
    load: () => import("../commands/config/path.ts"),
  },
  {
    name: "config init",
    args: [],
    summary: "create the configuration file",
    group: "program",
    withoutConfig: true,
    load: () => import("../commands/config/init.ts"),
  },
  {
    name: "config get",
    args: [{ name: "KEY", kind: "key" }],
    summary: "show one setting",
    examples: ["config get cache.ttl"],
    group: "program",
    load: () => import("../commands/config/get.ts"),
  },
  {
    name: "config set",
    args: [{ name: "KEY", kind: "key" }, { name: "VALUE", kind: "text" }],
    summary: "change one setting in the configuration file",
    examples: ["config set cache.ttl 5m"],
    group: "program",
    withoutConfig: true,
    load: () => import("../commands/config/set.ts"),
  },
  {
    name: "config unset",
    args: [{ name: "KEY", kind: "key" }],
    summary: "remove one setting from the configuration file",
    group: "program",
    withoutConfig: true,
    load: () => import("../commands/config/unset.ts"),
  },
  {
    name: "help",
    args: [{ name: "COMMAND|TOPIC", kind: "command" }],
    required: 0,
    variadic: true,
    summary: "show help for a command or a topic",
    examples: ["help push", "help references"],
    group: "program",
    withoutConfig: true,
    load: () => import("../commands/program/help.ts"),
  },
  {
    name: "__complete",
    args: [{ name: "WORD", kind: "text" }],
    required: 0,
    variadic: true,
    summary: "candidates for the shells' completion",
    group: "program",
    hidden: true,
    withoutConfig: true,
    load: () => import("../commands/program/complete.ts"),
  },
];

/**
 * Finds the command that positional words begin with.
 *
 * @param words everything that is no flag
 * @returns the command and the words behind it, or nothing
 */
export function findCommand(
  words: readonly string[],
): { command: Command; args: string[] } | undefined {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(" ");
    const command = words.length < length
      ? undefined
      : COMMANDS.find((c) => c.name === name || c.aliases?.includes(name));
    if (command !== undefined) return { command, args: words.slice(length) };
  }
  return undefined;
}

/** The commands of two words that begin with this one. */
export function subcommands(name: string): Command[] {
  return COMMANDS.filter((c) => c.name.startsWith(`${name} `));
}
