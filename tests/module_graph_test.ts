/**
 * What importing a package brings along, by `deno info`: modules, and bytes of their sources. What is imported late
 * counts too, as bundles and installations have all of it; what is imported for its types alone does not.
 *
 * @module
 */

import assert from "node:assert/strict";
import { deno, ROOT } from "../tasks/run.ts";

/** How much it is. */
interface Size {
  /** Modules of this workspace. */
  modules: number;
  /** Thousands of bytes of them. */
  kilobytes: number;
  /** Modules among them that are loaded at once, and not when they are needed. */
  atOnce: number;
  /** Packages from npm. */
  packages: string[];
}

/** By how much a graph may grow or shrink before it is to be looked at, and stated here anew. */
const MARGIN = 1.05;

const FOR_VERIFYING = ["@sigstore/core", "@sigstore/verify", "tuf-js"];
const FOR_SIGNING = ["@noble/ciphers", "oauth4webapi", ...FOR_VERIFYING].sort();

const SIZES: Record<string, Size> = {
  "mod.ts": { modules: 424, kilobytes: 1931, atOnce: 66, packages: [] },
  "lib/stores/registry.ts": { modules: 100, kilobytes: 507, atOnce: 47, packages: [] },
  "lib/archive/estargz/estargz.ts": { modules: 113, kilobytes: 538, atOnce: 93, packages: [] },
  "sigstore/verify.ts": { modules: 67, kilobytes: 346, atOnce: 44, packages: FOR_VERIFYING },
  "sigstore/mod.ts": { modules: 98, kilobytes: 462, atOnce: 86, packages: FOR_SIGNING },
  "cli/main.ts": {
    modules: 653,
    kilobytes: 2760,
    atOnce: 1,
    packages: ["diff", "js-yaml", "yaml", ...FOR_SIGNING].sort(),
  },
};

interface Module {
  specifier: string;
  size?: number;
  error?: string;
  dependencies?: { code?: { specifier?: string; error?: string }; isDynamic?: boolean }[];
}

/** The modules that an entry brings along, by their paths from the root or their names. */
async function graphOf(entry: string): Promise<{ all: Map<string, Module>; atOnce: Set<string> }> {
  const { ok, output } = await deno(["info", "--json", "--quiet", entry]);
  assert.ok(ok, output);
  const info = JSON.parse(output) as { modules: Module[]; redirects?: Record<string, string> };
  const known = new Map(info.modules.map((module) => [module.specifier, module]));
  const reached = (dynamic: boolean) => {
    const found = new Map<string, Module>();
    const wanted = [new URL(entry, ROOT).href];
    for (let one = wanted.pop(); one !== undefined; one = wanted.pop()) {
      const specifier = info.redirects?.[one] ?? one;
      if (found.has(specifier)) continue;
      const module = known.get(specifier) ?? { specifier };
      assert.equal(module.error, undefined);
      found.set(specifier, module);
      for (const { code, isDynamic = false } of module.dependencies ?? []) {
        assert.equal(code?.error, undefined);
        if (code?.specifier !== undefined && (dynamic || !isDynamic)) wanted.push(code.specifier);
      }
    }
    return found;
  };
  return { all: reached(true), atOnce: new Set(reached(false).keys()) };
}

const isOwn = (specifier: string) => specifier.startsWith("file:");

for (const [entry, { packages, ...stated }] of Object.entries(SIZES)) {
  Deno.test(`${entry} brings along what is stated, and no other package`, async () => {
    const { all, atOnce } = await graphOf(entry);
    const npm = [...all.keys()]
      .flatMap((specifier) => /^npm:\/?((?:@[^/@]+\/)?[^/@]+)/.exec(specifier)?.[1] ?? []);
    assert.deepEqual([...new Set(npm)].sort(), packages);
    const own = [...all.values()].filter(({ specifier }) => isOwn(specifier));
    const found = {
      modules: own.length,
      kilobytes: Math.round(own.reduce((sum, { size = 0 }) => sum + size, 0) / 1000),
      atOnce: [...atOnce].filter(isOwn).length,
    };
    const near = Object.entries(found).every(([what, number]) => {
      const expected = stated[what as keyof typeof stated];
      return number <= Math.ceil(expected * MARGIN) && number >= Math.floor(expected / MARGIN);
    });
    assert.ok(near, `${JSON.stringify(found)} is not what is stated: if it is meant, state it`);
    if (packages.length > 0) return;
    const odd = [...all.keys()]
      .map((specifier) => specifier.replace(ROOT.href, ""))
      .filter((specifier) => !/^node:|^mod\.ts$|^lib\//.test(specifier));
    assert.deepEqual(odd, [], "the core is without Sigstore and the command line");
  });
}
