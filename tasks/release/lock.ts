/**
 * Reads what `deno.lock` says of packages from npm.
 *
 * @module
 */

/** A package as it is locked. */
export interface LockedPackage {
  name: string;
  version: string;
  /** `sha512-` and the digest of its archive in Base64. */
  integrity: string;
  /** What it needs, as `NAME@VERSION`. */
  dependencies: string[];
}

/**
 * Reads the text of the file, in the order of names.
 *
 * @throws {Error} for a form that is not version 5, and for a package that is named and not there
 */
export function readLock(text: string): LockedPackage[] {
  const { version, npm = {} } = JSON.parse(text) as {
    version: string;
    npm?: Record<string, { integrity: string; dependencies?: string[] }>;
  };
  if (version !== "5") throw new Error(`deno.lock is of version ${version}, expected 5`);
  const keys = Object.keys(npm);
  // A name alone stands for its one version; peers stand behind a `_`, which no version has.
  const named = (dependency: string): string => {
    const found = keys.filter((key) => key === dependency || key.startsWith(`${dependency}@`));
    if (found.length !== 1) throw new Error(`deno.lock has ${found.length} of ${dependency}`);
    return plain(found[0]!);
  };
  return keys.sort().map((key) => {
    const { integrity, dependencies = [] } = npm[key]!;
    const at = plain(key).lastIndexOf("@");
    return {
      name: key.slice(0, at),
      version: plain(key).slice(at + 1),
      integrity,
      dependencies: dependencies.map(named),
    };
  });
}

const plain = (key: string): string => key.replace(/_.*$/, "");
