/**
 * What package registries say of the packages beside what is in them. On npm it stands in the manifests
 * ; on JSR it is kept in the package's settings, which `jsr_settings.ts` sets.
 *
 * @module
 */

/** A runtime that JSR marks packages as compatible with. */
export type JsrRuntime = "browser" | "bun" | "deno" | "node" | "workerd";

/** What is said of one package. */
export interface About {
  /** What it is, in at most 250 characters: JSR takes no more. */
  description: string;
  /** Words that people search for. */
  keywords: readonly string[];
  /** Runtimes that its tests run under, in this repository. */
  runtimes: readonly JsrRuntime[];
}

/** By the name of the package. */
export const ABOUT: Readonly<Record<string, About>> = {
  "@blobber/core": {
    description:
      "Push directories to OCI registries, pull them back, and read single files out of " +
      "remote artifacts without downloading the rest.",
    keywords: ["oci", "registry", "artifact", "container", "estargz", "zstd-chunked", "oras"],
    runtimes: ["deno", "node", "bun"],
  },
  "@blobber/sigstore": {
    description: "Sign OCI artifacts with Sigstore, and verify who signed them: keyless and with " +
      "keys, as cosign does.",
    keywords: ["sigstore", "cosign", "oci", "signature", "signing", "verification", "keyless"],
    runtimes: ["deno", "node", "bun"],
  },
  "@blobber/cli": {
    description: "The command line of blobber: push directories to OCI registries, read single " +
      "files out of remote artifacts, and verify with Sigstore who signed them.",
    keywords: ["oci", "registry", "artifact", "sigstore", "cosign", "oras", "cli"],
    runtimes: ["deno", "node", "bun"],
  },
};

/**
 * What is said of a package.
 *
 * @param name its name
 * @throws when nothing is
 */
export function aboutOf(name: string): About {
  const about = ABOUT[name];
  if (about === undefined) throw new Error(`nothing is said of "${name}", expected a row in ABOUT`);
  return about;
}
