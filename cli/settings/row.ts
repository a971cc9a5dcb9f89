/**
 * What a row of the table of settings holds.
 *
 * @module
 */

/** What a value is, and so how it is read, checked and completed. */
export type SettingType =
  | "boolean"
  | "string"
  | "enum"
  | "list"
  | "path"
  | "directory"
  | "count"
  | "duration"
  | "size"
  | "secret";

/** Sections of help, in their order. */
export const GROUPS = {
  command: "Flags",
  signing: "Signing",
  verification: "Verification",
  limits: "Limits",
  connection: "Connection",
  cache: "Cache",
  general: "General",
} as const;

/** Commands for which a flag does something; several rows use each list. */
export const EVERY = "every";
/** What reads the files of an artifact. */
export const READERS = ["pull", "check", "ls", "cat", "cp", "digest"] as const;
/** What describes an artifact. */
export const DESCRIBERS = ["inspect", "tree"] as const;
/** What reads an artifact at all, and may demand a signature of it; a push does with a base. */
export const VERIFIERS = [
  ...READERS,
  ...DESCRIBERS,
  "diff",
  "push",
  "resolve",
  "copy",
  "verify",
  "sign",
  "tag",
  "trust check",
  "trust add",
] as const;
/** What makes signatures, and packs a directory to know what it signs. */
export const SIGNERS = ["push", "sign"] as const;
/** What packs a directory. */
export const PACKERS = [...SIGNERS, "digest"] as const;
/** What looks for signatures and the like, or adds one. */
export const REFERRERS = [...VERIFIERS, "rm"] as const;
/** What asks a registry or a layout for anything: whatever makes a client. */
export const CLIENTS = [...REFERRERS, "tags", "repos", "upgrade"] as const;
/** What reads through the cache. */
export const CACHED = [
  ...READERS,
  ...DESCRIBERS,
  "diff",
  "copy",
  "verify",
  "trust check",
  "trust add",
] as const;
/** What leaves something to know for later runs, or looks at it. */
export const STATEFUL = ["push", "pull"] as const;
/** What reads the configuration, or changes its file. */
export const CONFIGURED = [
  ...CLIENTS,
  "login",
  "logout",
  "cache",
  "config",
  "trust",
] as const;
/** Whose result is a list of names. */
export const LISTERS = ["ls", "diff", "check", "tags", "repos"] as const;
/** What takes long enough that progress is shown. */
export const LONG = [...READERS, ...SIGNERS, "copy", "diff", "rm", "upgrade"] as const;

/** Ways to say who must have signed. Two of them, said at the same place, contradict each other. */
export type SignerWay = "identity" | "key" | "signers" | "unsafe";

/**
 * What counts when the system's file sets a key and the user's file, a variable or a flag says something else:
 *
 * - `free`: the value below, as between any other two places. For settings that do not affect trust: taste, speed,
 *   sizes, and how this user signs, which verifiers judge.
 * - `stricter`: the value below if it is stricter by {@linkcode Setting.strictness}, else the system's.
 * - `fixed`: the system's. For what has no order from lax to strict.
 * - `joins`: both. What the system's file demands of a signature must hold, and what is demanded below too.
 */
export type Below = "free" | "stricter" | "fixed" | "joins";

/** One row of the table. */
export interface Setting {
  /** `--NAME`; a row without one is set by variable and file alone. */
  flag?: string;
  /** Other names of the flag, as other tools call it; help does not show them. */
  aliases?: readonly string[];
  /** One letter. */
  short?: string;
  /** Key in `config.yaml`, dotted; a row without one is never kept in a file. */
  key?: string;
  /** Variables beyond the one that follows from the key; for a row without a key, all of them. */
  variables?: readonly string[];
  type: SettingType;
  /** Values of an enum. */
  values?: readonly string[];
  /** Which of them not every command takes: those that do, and what the value means there. */
  valuesOf?: Readonly<Record<string, { commands: readonly string[]; help: string }>>;
  /** What stands for the value in help. */
  placeholder?: string;
  default?: boolean | string | number;
  /** The flag says the opposite of the key: `--no-cache` is `cache.enabled: false`. */
  inverted?: true;
  /** One sentence fragment without a full stop. */
  help: string;
  /** The same in the help of commands for which the flag means something else. */
  helpOf?: Readonly<Record<string, string>>;
  /** What the key says, where the flag says the opposite. */
  keyHelp?: string;
  group: keyof typeof GROUPS;
  /** Commands for which the flag does something: they list it, and no other takes it. */
  commands: typeof EVERY | readonly string[];
  /**
   * Every other command takes the flag too, without effect and without listing it, as users of the Go tool write it
   * in aliases and scripts before whichever command.
   */
  everywhere?: true;
  /** Stands with a command's own flags in its help, not folded with its group. */
  upFront?: true;
  /** Left out of help and completion. */
  hidden?: true;
  /** What to use in its place. */
  deprecated?: string;
  /**
   * What the setting says of the signature that is demanded: in its way who must have made it, a claim of the
   * signer's certificate, or another condition. A flag that says any of these demands a signature.
   */
  demands?: { signer: SignerWay } | "claim" | "condition";
  /**
   * What the setting says of the signature that is made: the key, the identity, or a service. A flag that says one
   * of these asks for a signature, and one for the root to check it with needs it.
   */
  signs?: "key" | "identity" | "service" | "root";
  /** Loosens a check: a variable or file that sets it warns each time. */
  loosens?: true;
  /** What to warn of when a variable sets it to false. */
  whenOff?: string;
  /** What the system's value means below it; each row that has a key decides. */
  below?: Below;
  /** For `stricter`: the values from lax to strict. */
  strictness?: readonly (boolean | string)[];
}
