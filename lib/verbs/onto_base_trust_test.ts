/** What a push onto a base takes for known, and what it makes of a registry that lies about it. */

import assert from "node:assert/strict";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type BaseTrial, withTrial } from "../../tests/fakes/onto_base.ts";
import { writeBlob } from "../../tests/fakes/store_suite.ts";
import { noise } from "../../tests/fakes/pulling.ts";
import { toy, ToyVerifier } from "../../tests/fakes/toy_signatures.ts";
import { concat } from "../bytes.ts";
import { type Digest, digestOf } from "../digest.ts";
import { type Code, isBlobberError } from "../errors.ts";
import type { Signature, Signer } from "../signing.ts";
import { ANNOTATION, type Descriptor, type Manifest } from "../types.ts";

/** Signs whatever it is given, and writes that down. */
class Pen implements Signer {
  signed: Digest[] = [];
  // deno-lint-ignore require-await -- signers are asynchronous
  async sign(manifest: Descriptor): Promise<Signature> {
    this.signed.push(manifest.digest);
    return toy(manifest);
  }
}

/** A base, and a change of the directory. */
async function changedTree(trial: BaseTrial): Promise<void> {
  trial.fill({ a: "old!", b: "x".repeat(50_000) });
  await trial.push();
  writeFileSync(join(trial.directory, "a"), "new!");
  trial.store.whole = 0;
}

test("a layer that this machine packed is known, another is read whole, once", () =>
  withTrial(async (trial) => {
    await changedTree(trial);
    const base = await trial.store.resolve("t");
    const again = () => trial.push({ base: { store: trial.store, reference: base.digest } });
    await again();
    assert.deepEqual([trial.store.whole, trial.codes], [0, []]);
    const state = join(trial.root, "state");
    const layers = readdirSync(join(state, "layers"));
    assert.equal(layers.length, 2);
    // A record that was edited is none: the key of another directory did not seal it.
    rmSync(join(state, "origin"));
    await again();
    assert.deepEqual([trial.store.whole, trial.codes], [1, ["base-read"]]);
    await again();
    assert.deepEqual([trial.store.whole, trial.codes], [1, []]);
  }));

test("without a state directory every push reads the base, and makes the same", () =>
  withTrial(async (trial) => {
    await changedTree(trial);
    const base = { store: trial.store, reference: (await trial.store.resolve("t")).digest };
    const digests = [await trial.push({ base }), await trial.push({ base })].map((one) =>
      one.digest
    );
    assert.equal(digests[0], digests[1]);
    assert.deepEqual([trial.store.whole, trial.codes], [2, ["base-read"]]);
  }, { stateDir: undefined }));

test("a base that an accepted signature covers is not read, one without is", () => {
  const verifier = new ToyVerifier();
  return withTrial(async (trial) => {
    await changedTree(trial);
    const base = { store: trial.store, reference: (await trial.store.resolve("t")).digest };
    await trial.push({ base });
    assert.deepEqual([trial.store.whole, trial.codes], [1, ["base-unproven", "base-read"]]);
    await trial.client.sign(base, {
      signer: new Pen(),
    });
    await trial.push({ base });
    assert.deepEqual([trial.store.whole, trial.codes], [1, []]);
    assert.ok(verifier.seen.length > 0);
  }, { stateDir: undefined, verifier });
});

function content(seed: number): Uint8Array {
  const bytes = noise(3000);
  bytes[1500] = seed;
  return bytes;
}

/** The two layers of directories that differ in one file, whose content no compressor makes smaller. */
async function twins(trial: BaseTrial, compression: "gzip" | "zstd") {
  trial.fill({ b: "b" });
  const of = async (seed: number, tag: string) => {
    writeFileSync(join(trial.directory, "a"), content(seed));
    await trial.push({ compression }, tag);
    const manifest: Manifest = JSON.parse(await blobText(trial, await trial.store.resolve(tag)));
    const layer = manifest.layers[0]!;
    const bytes = await blobBytes(trial, layer);
    const tocOffset = Number(layer.annotations![ANNOTATION.tocOffset]);
    return { manifest, layer, bytes, tocOffset };
  };
  return { old: await of(1, "old"), now: await of(2, "now") };
}

async function blobBytes(trial: BaseTrial, blob: Descriptor): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(await trial.store.fetch(blob)).arrayBuffer());
}

async function blobText(trial: BaseTrial, blob: Descriptor): Promise<string> {
  return new TextDecoder().decode(await blobBytes(trial, blob));
}

/** Puts a manifest with another layer under `t`. */
async function tagLie(
  trial: BaseTrial,
  manifest: Manifest,
  layer: Descriptor,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Digest> {
  if (digestOf(bytes) === layer.digest) await writeBlob(trial.store, layer, bytes as never);
  const lie = new TextEncoder().encode(JSON.stringify({ ...manifest, layers: [layer] }));
  const descriptor = { mediaType: manifest.mediaType!, digest: digestOf(lie), size: lie.length };
  await trial.store.put(descriptor, lie);
  await trial.store.tag("t", descriptor);
  return descriptor.digest;
}

for (const compression of ["gzip", "zstd"] as const) {
  test(`${compression}: a registry that lies about the base gets nothing signed, and no tag moves`, () =>
    withTrial(async (trial) => {
      const { old, now } = await twins(trial, compression);
      assert.equal(old.tocOffset, now.tocOffset);
      const spliced = concat(
        old.bytes.subarray(0, old.tocOffset),
        now.bytes.subarray(now.tocOffset),
      );
      const other = digestOf(spliced);
      const stated = now.layer.annotations!;
      const lies: Record<string, [Manifest, Descriptor, Uint8Array<ArrayBuffer>, Code[]]> = {
        // The table says that the file has the new content; the blob holds the old one.
        "new table, old content": [
          now.manifest,
          { ...now.layer, digest: other, size: spliced.length },
          spliced,
          ["integrity"],
        ],
        // As before, and the layer is called what the machine itself once packed under another table.
        "new table of a known layer": [
          now.manifest,
          { ...old.layer, annotations: stated },
          old.bytes,
          ["integrity"],
        ],
        "new config of an old layer": [now.manifest, old.layer, old.bytes, ["integrity"]],
      };
      for (const [name, [manifest, layer, bytes, codes]] of Object.entries(lies)) {
        // What the base is said to be is what is pushed: its layer would stay.
        writeFileSync(join(trial.directory, "a"), content(layer === old.layer ? 1 : 2));
        const before = await tagLie(trial, manifest, layer, bytes);
        const signer = new Pen();
        const kept = readdirSync(join(trial.root, "state/layers")).length;
        const layers = trial.store.layers;
        await assert.rejects(
          trial.push({ base: "auto", signer, compression }),
          (error) => isBlobberError(error, ...codes),
          name,
        );
        assert.deepEqual(signer.signed, [], name);
        assert.equal((await trial.store.resolve("t")).digest, before, name);
        assert.equal(trial.store.layers, layers, name);
        assert.equal(readdirSync(join(trial.root, "state/layers")).length, kept, name);
        // Nor without signing.
        await assert.rejects(trial.push({ base: "auto", compression }), { code: codes[0]! }, name);
      }
      // What is true is taken.
      writeFileSync(join(trial.directory, "a"), content(2));
      await trial.store.tag("t", await trial.store.resolve("now"));
      assert.equal((await trial.push({ base: "auto", compression })).base?.kept, 1);
    }));
}
