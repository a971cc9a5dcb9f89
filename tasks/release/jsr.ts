/**
 * The step about JSR: `deno publish` for each package, which leaves a version alone that is there already. In a
 * workflow that may ask for an identity, JSR knows who publishes and keeps the proof.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { deno, inRoot } from "../run.ts";
import { PACKAGES } from "./npm.ts";
import { demandReal, type Release } from "./state.ts";

/** Publishes what is not there yet, the core first. */
export async function publishJsr(release: Release): Promise<void> {
  demandReal(release);
  const token = Deno.env.get("JSR_TOKEN");
  const flags = token === undefined ? [] : ["--token", token];
  // In a workflow Deno asks the public Sigstore for it: no other registry has a use for that.
  if (new URL(release.places.jsr).hostname !== "jsr.io") flags.push("--no-provenance");
  for (const name of PACKAGES) {
    const env = { JSR_URL: release.places.jsr };
    const { ok, output } = await deno(["publish", "--quiet", ...flags], folderOf(name), env);
    if (!ok) throw new Error(`@blobber/${name} cannot be published to JSR\n${output}`);
  }
  await verifyJsr(release);
}

/** Demands that the registry has all of them, with the files of this tree. */
export async function verifyJsr({ places: { jsr }, version }: Release): Promise<void> {
  for (const name of PACKAGES) {
    const base = new URL(`@blobber/${name}/${version}`, jsr).href;
    const { exports, manifest } = JSON.parse(decode(await get(`${base}_meta.json`))) as {
      exports?: Record<string, string>;
      manifest?: Record<string, { checksum: string }>;
    };
    if (exports?.["."] === undefined || manifest === undefined) throw new Error(`${base} is empty`);
    for (const [path, { checksum }] of Object.entries(manifest)) {
      const own = readFileSync(inRoot(folderOf(name) + path.slice(1)));
      if (checksum === checksumOf(own)) continue;
      // JSR's address of a package stands where this tree has its name: modules alone may differ, and so alone.
      const other = await get(base + path);
      if (checksumOf(other) === checksum && withoutNames(other) === withoutNames(own)) continue;
      throw new Error(`@blobber/${name} ${version} is on JSR with another ${path}`);
    }
  }
}

const folderOf = (name: string): string => name === "core" ? "./" : `./${name}/`;

async function get(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: status ${response.status}`);
  return await response.bytes();
}

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const checksumOf = (bytes: Uint8Array): string =>
  `sha256-${createHash("sha256").update(bytes).digest("hex")}`;

/** A module's text without the names of the modules that it imports. */
function withoutNames(bytes: Uint8Array): string {
  return decode(bytes).replace(/\b(from|import)(\s*\(?\s*)"[^"]*"/g, '$1$2""');
}
