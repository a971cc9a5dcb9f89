/**
 * The hidden `__complete SHELL WORD…`: prints candidates, one on a line, each with a tab and its help, and
 * a last line that begins with a colon and says how the shell is to treat them. It reports no error, because
 * it runs while the user types.
 *
 * @module
 */

import { printableSentence } from "@blobber/core/internal/printable";
import { completeWords, type Completion, type Lookup } from "../../completion/candidates.ts";
import { unquote } from "../../completion/words.ts";
import type { Context } from "../../context.ts";
import { resolveSettings } from "../../config/effective.ts";

/** How long a look at a registry may take, in milliseconds: users do not wait longer after TAB. */
const PATIENCE_MS = 3000;

/** Prints candidates. */
export async function runComplete(context: Context): Promise<void> {
  const [shell = "", ...given] = context.args;
  let completion: Completion = { candidates: [], directive: "" };
  try {
    completion = await completeWords(wordsOf(shell, given), (lookup) => look(lookup, context));
  } catch {
    // see above
  }
  const lines = completion.candidates
    // Candidates are data: none may control a terminal or end a line.
    .filter(({ value }) => printableSentence(value) === value)
    .map(({ value, help }) => help === undefined ? value : `${value}\t${help}`);
  await context.out.text([...lines, `:${completion.directive}`].join("\n"));
}

function wordsOf(shell: string, given: string[]): string[] {
  if (shell === "bash") return given.map(unquote);
  // fish has taken the quotes off all words but the one that is not finished.
  if (shell === "fish") return [...given.slice(0, -1), unquote(given.at(-1) ?? "")];
  // PowerShell drops empty arguments, so its words begin with a character that is none of theirs.
  return shell === "powershell" ? given.map((word) => word.slice(1)) : given;
}

async function look(lookup: Lookup, context: Context): Promise<Completion> {
  const { lookUpCandidates } = await import("../../completion/lookup.ts");
  const settings = await resolveSettings(lookup.flags, context.env);
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(PATIENCE_MS)]);
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  return await Promise.race([lookUpCandidates(lookup, { ...context, settings, signal }), late]);
}
