/**
 * The score that JSR gives a package, by JSR's own rules as of August 2026 (jsr-io/jsr, `api/src/analysis.rs` and
 * `ApiPackageScore`). A package gets points for each rule; JSR calls 17 of the 18 points that there are 100 %.
 *
 * @module
 */

/** Points that make 100 %. */
const FULL = 17;
/** The part of the symbols whose documentation earns all points of that rule. */
const DOCUMENTED = 0.8;

/** What `deno doc --json` says, as far as it matters here. */
export interface Documentation {
  /** By the address of each module. */
  nodes: Record<string, ModuleDocumentation>;
}

/** What is documented of a module. */
export interface ModuleDocumentation {
  module_doc?: JsDoc;
  symbols: { name: string; declarations: Declaration[] }[];
}

/** A documentation comment. */
export interface JsDoc {
  doc?: string;
  tags?: { kind: string; doc?: string }[];
}

/** One declaration of a symbol. */
export interface Declaration {
  kind: string;
  declarationKind: string;
  jsDoc?: JsDoc;
  def?: { hasBody?: boolean };
}

/** All that the score is computed from. */
export interface PackageFacts {
  /** The modules that its doors are. */
  documentation: Documentation;
  /** The address of the door `.`, where there is one. */
  main?: string | undefined;
  /** Its README, where it is published with one. */
  readme?: string | undefined;
  /** Modules with types that JSR cannot read from the sources alone; none when it is empty. */
  slowTypes: string;
  /** What its settings on JSR say. */
  description: string;
  runtimes: readonly string[];
  /** Whether it is published from a workflow that can prove where it was made. */
  provenance: boolean;
}

/** What became of one rule. */
export interface RuleResult {
  rule: string;
  points: number;
  most: number;
  /**
   * Whether the sources alone decide it, or something that is declared here and set elsewhere: the package's
   * settings on JSR, or the run that publishes it.
   */
  by: "sources" | "settings" | "publishing";
  /** What was found. */
  found: string;
}

/** A score. */
export interface Score {
  rules: RuleResult[];
  points: number;
  most: number;
  percent: number;
}

/** Computes the score. */
export function scoreOf(facts: PackageFacts): Score {
  const { documentation, main, readme, slowTypes, description, runtimes, provenance } = facts;
  const mainDoc = main === undefined ? undefined : documentation.nodes[main]?.module_doc;
  const without = doorsWithout(facts);
  const { total, documented, missing } = symbolsIn(documentation);
  const part = total === 0 ? 1 : documented / total;
  const rules: RuleResult[] = [
    rule("README or module documentation", 2, readme !== undefined || Boolean(mainDoc?.doc), {
      found: readme === undefined ? mainDoc?.doc ? "module documentation" : "neither" : "README",
    }),
    rule("example in one of them", 1, hasCode(readme) || hasExample(mainDoc)),
    rule("module documentation of every door", 1, without.length === 0, {
      found: without.length === 0 ? "all have it" : `none in ${without.join(", ")}`,
    }),
    {
      ...rule("documentation of most symbols", 5, true, {
        found: `${documented} of ${total}` +
          (missing.length === 0 ? "" : `, not ${missing.join(", ")}`),
      }),
      points: Math.floor(Math.min(part / DOCUMENTED, 1) * 5),
    },
    rule("no slow types", 5, slowTypes === "", { found: slowTypes || "none" }),
    rule("provenance", 1, provenance, { by: "publishing" }),
    rule("description", 1, description !== "", { by: "settings" }),
    rule("a runtime that it works in", 1, runtimes.length >= 1, {
      by: "settings",
      found: runtimes.join(", ") || "none",
    }),
    rule("a second one", 1, runtimes.length >= 2, { by: "settings" }),
  ];
  const points = rules.reduce((sum, { points }) => sum + points, 0);
  const most = rules.reduce((sum, { most }) => sum + most, 0);
  return { rules, points, most, percent: Math.min(100, Math.floor((points * 100) / FULL)) };
}

function rule(
  name: string,
  most: number,
  holds: boolean,
  { by = "sources", found = holds ? "yes" : "no" }: Partial<Pick<RuleResult, "by" | "found">> = {},
): RuleResult {
  return { rule: name, points: holds ? most : 0, most, by, found };
}

/** A fence anywhere, or a block that is indented behind an empty line. */
function hasCode(text: string | undefined): boolean {
  return text !== undefined && /```|~~~|\n\s*?\n( {4}|\t)[^\S\n]*\S/.test(text);
}

function hasExample(doc: JsDoc | undefined): boolean {
  return /```|~~~/.test(doc?.doc ?? "") ||
    (doc?.tags ?? []).some(({ kind }) => kind === "example");
}

/** Modules behind doors that say nothing of themselves; a README speaks for the first. */
function doorsWithout({ documentation, main, readme }: PackageFacts): string[] {
  return Object.entries(documentation.nodes)
    .filter(([address, { module_doc }]) =>
      module_doc === undefined && !(address === main && readme !== undefined)
    )
    .map(([address]) => address);
}

/** Symbols that are exported. One that another door has too counts there alone, where it is declared. */
function symbolsIn(
  { nodes }: Documentation,
): { total: number; documented: number; missing: string[] } {
  let total = 0;
  const missing: string[] = [];
  for (const { symbols } of Object.values(nodes)) {
    for (const { name, declarations } of symbols) {
      const exported = declarations.filter(({ declarationKind }) => declarationKind !== "private");
      // What implements overloads is none of those that a user calls.
      const isOverloaded = exported.length > 1 &&
        exported.every(({ kind }) => kind === "function");
      for (const { kind, jsDoc, def } of exported) {
        if (kind === "reference" || isOverloaded && def?.hasBody) continue;
        total++;
        if (!jsDoc?.doc && (jsDoc?.tags ?? []).length === 0) missing.push(name);
      }
    }
  }
  return { total, documented: total - missing.length, missing };
}
