/**
 * Commands of the program itself: its cache, configuration, logins and help.
 *
 * @module
 */

import type { CommandRow } from "./row.ts";

/** Rows of the table of commands. */
export const PROGRAM = {
  version: {
    args: [],
    summary: "show the version",
    examples: ["version", "version --verbose"],
    withoutConfig: true,
  },
  upgrade: {
    args: [{ kind: "word", name: "VERSION" }],
    required: 0,
    summary: "replace this binary with the newest release, or with VERSION",
    details: [
      "The release must be signed by the workflow that makes releases, for the tag of exactly that " +
      "version. The new binary is run once before it takes the place of the old one.",
      "What a package manager, deno or npm installed is upgraded by that: the error says how.",
      "An older release is installed only where VERSION names it.",
    ],
    examples: ["upgrade --check", "upgrade", "upgrade 1.2.3"],
  },
  completion: {
    args: ["shell"],
    summary: "print the completion script of a shell",
    details: [
      "bash: source <(blobber completion bash)",
      'zsh: blobber completion zsh > "${fpath[1]}/_blobber"',
      "fish: blobber completion fish > ~/.config/fish/completions/blobber.fish",
      "PowerShell: blobber completion powershell | Out-String | Invoke-Expression",
    ],
    examples: ["completion bash"],
    withoutConfig: true,
  },
  login: {
    args: ["host"],
    summary: "store credentials for a registry",
    details: [
      "They are tried at the registry first, then stored in Docker's configuration or in the " +
      "helper that it names.",
    ],
    examples: ["login ghcr.io --username jo --password-stdin < token"],
  },
  logout: {
    args: ["host"],
    summary: "remove the credentials of a registry",
    examples: ["logout ghcr.io"],
  },
  cache: {
    args: [],
    summary: "show what the cache holds",
    examples: ["cache", "cache --dir /var/cache/blobber"],
    about: ["cache"],
  },
  "cache info": {
    args: [],
    summary: "show what the cache holds",
    details: ["--long lists every entry with its size and when it was last used."],
    examples: ["cache info --long"],
    about: ["cache"],
  },
  "cache clear": {
    args: [],
    summary: "empty the cache",
    examples: ["cache clear", "cache clear --yes"],
    about: ["cache"],
  },
  "cache prune": {
    args: [],
    summary: "remove the least recently used entries",
    examples: ["cache prune --max-size 1GB", "cache prune --max-age 7d"],
    about: ["cache"],
  },
  config: {
    args: [],
    summary: "show the effective configuration",
    examples: ["config", "config -o json"],
  },
  "config path": {
    args: [],
    summary: "show where the configuration file is",
    examples: ["config path"],
    withoutConfig: true,
  },
  "config init": {
    args: [],
    summary: "create the configuration file",
    examples: ["config init", "config init --config ./blobber.yaml"],
    withoutConfig: true,
  },
  "config get": {
    args: ["key"],
    summary: "show one setting",
    examples: ["config get cache.ttl"],
  },
  "config set": {
    args: ["key", "value"],
    summary: "change one setting in the configuration file",
    examples: ["config set cache.ttl 5m"],
    withoutConfig: true,
  },
  "config unset": {
    args: ["key"],
    summary: "remove one setting from the configuration file",
    examples: ["config unset cache.ttl"],
    withoutConfig: true,
  },
  help: {
    args: ["command"],
    required: 0,
    variadic: true,
    summary: "show help for a command or a topic",
    examples: ["help push", "help push --all", "help references"],
    withoutConfig: true,
  },
  __complete: {
    args: ["word"],
    required: 0,
    variadic: true,
    summary: "candidates for completion in shells",
    hidden: true,
    noShape: "it prints lines for shells, and is no interface for anything else",
    withoutConfig: true,
  },
} as const satisfies Record<string, CommandRow>;
