/**
 * The kinds of arguments, in one place for the parser, help and completion.
 *
 * @module
 */

/** What completion offers for an argument. */
export type Offer = "directories" | "files" | "commands" | "keys" | "values" | "lookup" | "nothing";

/** What holds for every argument of a kind. */
export interface ArgumentKindRow {
  /** What stands for it in help, unless a command calls it something else. */
  name: string;
  offers: Offer;
  /** All of its values, where they are known. */
  values?: readonly string[];
  /** Names a repository, so that a tag or a digest is refused before anything is done. */
  refusesSelector?: true;
}

/** The kinds. */
export const ARGUMENT_KINDS = {
  directory: { name: "DIR", offers: "directories" },
  file: { name: "FILE", offers: "files" },
  /** What can be pushed: a directory, files, or `-` for a tar on stdin. */
  pushed: { name: "DIR|FILE", offers: "files" },
  /** An artifact: a repository or a layout, with a tag or a digest or both. */
  reference: { name: "REF", offers: "lookup" },
  /** What reads as a reference is one; anything else is a directory. */
  "directory-or-reference": { name: "DIR|REF", offers: "directories" },
  /** A repository or a layout, without tag and digest. */
  repository: { name: "REPO", offers: "lookup", refusesSelector: true },
  /** A pattern of trust rules, or a reference whose repository is meant. */
  pattern: { name: "PATTERN", offers: "lookup" },
  "path-inside": { name: "PATH", offers: "lookup" },
  tag: { name: "TAG", offers: "lookup" },
  rule: { name: "NAME", offers: "nothing" },
  host: { name: "HOST", offers: "nothing" },
  key: { name: "KEY", offers: "keys" },
  /** A value of the key before it. */
  value: { name: "VALUE", offers: "values" },
  shell: {
    name: "SHELL",
    offers: "nothing",
    values: ["bash", "zsh", "fish", "powershell"],
  },
  command: { name: "COMMAND|TOPIC", offers: "commands" },
  word: { name: "WORD", offers: "nothing" },
} as const satisfies Record<string, ArgumentKindRow>;

/** Name of a kind. */
export type ArgumentKind = keyof typeof ARGUMENT_KINDS;

/** One argument of a command: its kind, and what this command calls it. */
export type Argument = ArgumentKind | { kind: ArgumentKind; name: string };

/** An argument with all that holds for its kind. */
export function argumentOf(argument: Argument): ArgumentKindRow & { kind: ArgumentKind } {
  if (typeof argument === "string") return { ...ARGUMENT_KINDS[argument], kind: argument };
  return { ...ARGUMENT_KINDS[argument.kind], ...argument };
}

/** Which argument of a command may be repeated, by its place; none: -1. */
export function repeatedPlace(
  { args, variadic }: { args: readonly Argument[]; variadic?: true | number },
): number {
  return variadic === true ? args.length - 1 : variadic ?? -1;
}

/**
 * The argument that a word is given for, where one argument may be repeated.
 *
 * @param row of the command
 * @param i which word it is
 * @param count of words
 */
export function argumentAt(
  row: { args: readonly Argument[]; variadic?: true | number },
  i: number,
  count: number,
): Argument {
  const repeated = repeatedPlace(row);
  const further = Math.max(0, count - row.args.length);
  if (repeated < 0 || i <= repeated) return row.args[i] ?? row.args.at(-1)!;
  return row.args[Math.max(repeated, i - further)] ?? row.args.at(-1)!;
}
