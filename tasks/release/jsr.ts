/**
 * The step about JSR: `deno publish` for each package, which leaves a version alone that is there already. In a
 * workflow that may ask for an identity, JSR knows who publishes and keeps the proof.
 *
 * @module
 */

import { deno } from "../run.ts";
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
    const folder = name === "core" ? "./" : `./${name}/`;
    const env = { JSR_URL: release.places.jsr };
    const { ok, output } = await deno(["publish", "--quiet", ...flags], folder, env);
    if (!ok) throw new Error(`@blobber/${name} cannot be published to JSR\n${output}`);
  }
  await verifyJsr(release);
}

/** Demands that the registry has all of them, with what they export. */
export async function verifyJsr({ places: { jsr }, version }: Release): Promise<void> {
  for (const name of PACKAGES) {
    const url = new URL(`@blobber/${name}/${version}_meta.json`, jsr);
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url}: status ${response.status}`);
    const { exports } = await response.json() as { exports?: Record<string, string> };
    if (exports?.["."] === undefined) throw new Error(`${url} exports nothing`);
  }
}
