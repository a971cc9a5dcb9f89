/**
 * Makes sure that the layers of a base which a push keeps hold what their tables say. What is signed has to be known:
 * a table is a claim of the registry, and by it a push would leave out what a layer does not hold. So a signature that
 * is accepted covers the base, or this machine has packed the layer or read it whole before, or it is read whole now.
 *
 * @module
 */

import { checkLayer } from "../../archive/unpack/check_layer.ts";
import { notify, reportPart } from "../../events.ts";
import type { StateDirectory } from "../../stores/state/state_directory.ts";
import type { PackSettings } from "../push/settings.ts";
import type { BaseLayer } from "./base_layers.ts";
import type { FoundBase } from "./found_base.ts";

/** Layers larger than this are worth a warning when they have to be read whole: they take seconds at least. */
const SURPRISING_BYTES = 16 * 1024 * 1024;

/**
 * Makes sure of layers.
 *
 * @param layers those that are kept
 * @param base whose they are
 * @param stateDir directory of what is known
 * @throws {BlobberError} `integrity`, `invalid-archive`, `limit` for a layer that is not what its table says
 */
export async function makeSure(
  layers: readonly BaseLayer[],
  { source, prove }: FoundBase,
  { stateDir, ...options }: PackSettings & { stateDir?: string | undefined },
): Promise<void> {
  if (layers.length === 0) return;
  const { isKnownLayer, noteLayer } = await import("../../stores/state/known_layers.ts");
  const state = await stateOf(stateDir, options);
  const unknown = layers.filter((layer) =>
    state === undefined || !isKnownLayer(state, factsOf(layer))
  );
  if (unknown.length === 0 || await prove()) return;
  const total = unknown.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  let before = 0;
  for (const layer of unknown) {
    const { descriptor, diffId, table } = layer;
    const { digest, size } = descriptor;
    const { signal, onNotice } = options;
    notify(options, {
      level: size > SURPRISING_BYTES ? "warning" : "info",
      code: "base-read",
      message:
        `the layer ${digest} of the base is read whole, ${size} bytes: no accepted signature ` +
        "covers it, and this machine has not packed it",
    });
    const report = (read: number) => {
      const how = { part: "base", unit: "bytes", finished: before + read === total } as const;
      reportPart(options, { phase: "download", done: before + read, total, ...how });
    };
    const stream = await source.fetch(descriptor, { signal });
    await checkLayer(stream, table, { diffId, signal, onNotice, onBytes: report });
    before += size;
    if (state !== undefined) noteLayer(state, factsOf(layer));
  }
}

function factsOf({ descriptor: { digest, size }, diffId, tocDigest }: BaseLayer) {
  return { digest, size, diffId, tocDigest };
}

/** The state directory, where there is one. */
export async function stateOf(
  stateDir: string | undefined,
  observer: PackSettings,
): Promise<StateDirectory | undefined> {
  if (stateDir === undefined) return undefined;
  const { StateDirectory } = await import("../../stores/state/state_directory.ts");
  return StateDirectory.open(stateDir, observer);
}
