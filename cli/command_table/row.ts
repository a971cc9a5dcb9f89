/**
 * What a row of the table of commands holds.
 *
 * @module
 */

import type { Argument } from "./arguments.ts";

/** One row. Its key is the command's name: `push`, or two words, `config set`. */
export interface CommandRow {
  aliases?: readonly string[];
  /** What other tools call it: no name of it here, but where one is typed, the hint is this command. */
  elsewhere?: readonly string[];
  /** Arguments in the order they are given. */
  args: readonly Argument[];
  /** Arguments that must be there; all of them unless said otherwise. */
  required?: number;
  /** Which argument may be repeated: the last one, or the one at this place. */
  variadic?: true | number;
  /** One line, without a full stop. */
  summary: string;
  /** What else there is to know, in paragraphs. */
  details?: readonly string[];
  /** Command lines, without the program's name: what a reader of its help sees first. */
  examples?: readonly string[];
  /** Groups of shared flags that this command is about: its help shows them like its own. */
  about?: readonly ("signing" | "verification" | "limits" | "cache")[];
  hidden?: true;
  /** Why its result in JSON has no shape in the reference; each other command has one in `reference/shapes.ts`. */
  noShape?: string;
  /** Works although the configuration cannot be read, so that it can be put right. */
  withoutConfig?: true;
}
