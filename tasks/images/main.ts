/**
 * `deno task images [--binary-dir DIR] [--out DIR] [--base REF@DIGEST] [--mirror URL]...`: the container images
 * as an OCI layout, in `dist/images/`, of the binaries in `dist/bin/`. `deno task images --renew` writes the pins.
 *
 * @module
 */

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { inRoot, say } from "../run.ts";
import { buildImages } from "./build.ts";
import { renewPins } from "./pins.ts";
import { VERSION } from "@blobber/core/internal/version";

/** What Git says of the commit that is checked out. */
function git(...args: string[]): string {
  const { success, stdout, stderr } = new Deno.Command("git", {
    args,
    cwd: inRoot("./"),
    stdin: "null",
  }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr).trim());
  return new TextDecoder().decode(stdout).trim();
}

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      "binary-dir": { type: "string" },
      out: { type: "string" },
      base: { type: "string" },
      mirror: { type: "string", multiple: true },
      renew: { type: "boolean" },
    },
  });
  if (values.renew) {
    for (const [architecture, packages] of Object.entries(renewPins().packages)) {
      for (const { name, version } of packages) say(`${architecture} ${name} ${version}`);
    }
    return;
  }
  const out = resolve(values.out ?? inRoot("dist/images"));
  const built = await buildImages({
    binaries: resolve(values["binary-dir"] ?? inRoot("dist/bin")),
    version: VERSION,
    // As `git describe --dirty` has it: such a tree is no commit's.
    commit: git("rev-parse", "HEAD") + (git("status", "--porcelain") === "" ? "" : "-dirty"),
    created: git("log", "-1", "--format=%cI"),
    out,
    base: values.base,
    mirrors: values.mirror ?? Deno.env.get("BLOBBER_DEBIAN")?.split(/\s+/).filter(Boolean),
  });
  for (const { tag, digest } of built) say(`${digest} oci:${out}:${tag}`);
}

try {
  await main(Deno.args);
} catch (error) {
  say(`error: ${error instanceof Error ? error.message : error}`);
  Deno.exit(1);
}
