/**
 * Draws the pictures in `docs/architecture.md` from what the sources import: one for the packages with the
 * parts of the core, one for each other package. GitHub shows them, as they are Mermaid.
 *
 *     deno task diagram
 *
 * @module
 */

import { type SourceFile, sourceFiles } from "../../tests/source_files.ts";
import { inRoot, say } from "../run.ts";
import { GROUND, type Package, packageArrows, partArrows } from "./arrows.ts";
import { type Arrow, reduceArrows } from "./reduce.ts";

/** The page with the pictures. */
export const PAGE = "docs/architecture.md";

/** What stands in a box, where it is not the part's own name. */
const LABELS: Record<string, string> = {
  [GROUND]: "the ground: system/, text/ and the files at the root",
  cli: "@blobber/cli<br>cli/",
  sigstore: "@blobber/sigstore<br>sigstore/",
};

/** The box of the core. */
const CORE = "core";

/** Writes a part's node: the first time with its label. A file may have the name of a folder beside it. */
function namer(): (part: string) => string {
  const named = new Set<string>();
  return (part) => {
    const isFile = !part.endsWith("/") && !(part in LABELS);
    const id = part.replace("/", "") + (isFile ? "_ts" : "");
    if (named.has(part)) return id;
    named.add(part);
    return `${id}["${LABELS[part] ?? (isFile ? `${part}.ts` : part)}"]`;
  };
}

function lines(arrows: Arrow[]): string[] {
  const name = namer();
  return reduceArrows(arrows).map(([from, to]) => `${name(from)} --> ${name(to)}`);
}

/** The picture of the packages, with the parts of the core in its box. */
function packagesDrawn(files: SourceFile[]): string[] {
  const name = namer();
  const packages = reduceArrows(packageArrows(files)).map(([from, to]) =>
    `${name(from)} --> ${to === "lib" ? CORE : name(to)}`
  );
  return [
    ...packages,
    `subgraph ${CORE}["@blobber/core<br>mod.ts, lib/"]`,
    ...lines(partArrows(files, "lib")).map((line) => `  ${line}`),
    "end",
  ];
}

/** The pictures by the names that the page has for them. */
const PICTURES: Record<string, (files: SourceFile[]) => string[]> = {
  packages: packagesDrawn,
  ...Object.fromEntries(
    (["sigstore", "cli"] satisfies Package[]).map((folder) => [
      folder,
      (files: SourceFile[]) => lines(partArrows(files, folder)),
    ]),
  ),
};

/**
 * The page with its pictures drawn anew; all else stays.
 *
 * @throws {Error} where the page lacks the place for one
 */
export function drawInto(page: string, files: SourceFile[]): string {
  return Object.entries(PICTURES).reduce((text, [name, draw]) => {
    const place = new RegExp(
      `(<!-- deno task diagram: ${name} -->\n)[^]*?(\n<!-- end of ${name} -->)`,
    );
    if (!place.test(text)) throw new Error(`${PAGE} has no place for the picture "${name}"`);
    const body = draw(files).map((line) => `  ${line}\n`).join("");
    const drawn = "\n```mermaid\nflowchart TD\n" + body + "```\n";
    return text.replace(place, (_, begin, end) => begin + drawn + end);
  }, page);
}

if (import.meta.main) {
  const page = Deno.readTextFileSync(inRoot(PAGE));
  const drawn = drawInto(page, sourceFiles());
  Deno.writeTextFileSync(inRoot(PAGE), drawn);
  say(`${PAGE} ${drawn === page ? "is as the sources are" : "is drawn anew"}`);
}
