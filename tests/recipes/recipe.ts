/**
 * The recipes of CONTRIBUTING.md: their steps, the files that each step names, and what notices it when it is left
 * out.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { inRoot } from "../../tasks/run.ts";

/** A numbered step. */
export interface Step {
  text: string;
  /** What is between backticks, without what notices. */
  named: string[];
  /** Files of tests, or `deno check`. */
  noticedBy: string[];
}

/** The steps of the recipe under a heading. */
export function stepsOf(recipe: string): Step[] {
  const page = readFileSync(inRoot("CONTRIBUTING.md"), "utf8");
  const [, section] = new RegExp(`^### ${recipe}\n\n([^]*?)(?=^##|$(?![^]))`, "m").exec(page) ?? [];
  if (section === undefined) throw new Error(`CONTRIBUTING.md has no recipe "${recipe}"`);
  return section.split(/^(?=\d+\. )/m).map((step, index) => {
    const text = step.replaceAll(/\s+/g, " ").trim();
    if (!text.startsWith(`${index + 1}. `)) throw new Error(`${recipe}: no step ${index + 1}`);
    const [what, by = ""] = text.split(/\. Noticed by /);
    return { text, named: inBackticks(what!), noticedBy: inBackticks(by) };
  });
}

function inBackticks(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, found]) => found!);
}

/**
 * Whether a step tells to edit a file: by its path, by a directory, with words in capitals for what is one's own,
 * or by its name alone where it stands beside another.
 */
export function names({ named }: Step, path: string): boolean {
  return named.some((name) => {
    if (name.endsWith("/")) return path.startsWith(name);
    if (/^\w+\.ts$/.test(name)) return path.endsWith(`/${name}`);
    const form = name.replaceAll(/[.+*?()[\]$^|{}]/g, "\\$&").replaceAll(/\b[A-Z]+\b/g, "[a-z_]+");
    return name.includes("/") && new RegExp(`^${form}$`).test(path);
  });
}
