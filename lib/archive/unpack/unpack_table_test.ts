import { after, test } from "node:test";
import assert from "node:assert/strict";
import { join } from "node:path";
import { noise, removeScratch, scratch, snapshot } from "../../../tests/fakes/pulling.ts";
import { imageOf, type MadeLayer, stargz, type TarItem } from "../../../tests/fakes/tar.ts";
import { digestOf } from "../../digest.ts";
import { readLayerTable, wholeTable } from "../table/layer_table.ts";
import { Tree } from "../tree/tree.ts";
import { Pace } from "../../system/pace.ts";
import { Growth } from "../growth.ts";
import { planLayer } from "./plan.ts";
import { Destination } from "../destination/destination.ts";
import { Staging } from "../destination/staging.ts";
import { unpackByTable, type UnpackRunner } from "./unpack_table.ts";
import { type UnpackInput, unpackJob, type UnpackOutput } from "./unpack_job.ts";

after(removeScratch);

/** Unpacks a layer with a runner and gives what is there. */
async function unpacked(made: MadeLayer, runner: UnpackRunner): Promise<Record<string, string>> {
  const { source, manifest } = imageOf(made);
  const descriptor = manifest.value.layers[0]!;
  const layer = (await readLayerTable(source, descriptor, wholeTable))!;
  const tree = new Tree();
  tree.nextLayer();
  const plan = await planLayer(
    tree,
    layer.table,
    { links: "refuse", special: "refuse" },
    new Pace(),
  );
  const destination = Destination.find(join(scratch().path, "out"));
  const staging = await Staging.open(destination, "artifact");
  let files = 0;
  try {
    await unpackByTable(await source.fetch(descriptor), layer, plan, {
      ...{ staging, runner, groups: () => 4, diffId: undefined, growth: new Growth() },
      onBytes: () => {},
      onFiles: (count) => void (files += count),
    });
    assert.equal(files, plan.files);
    return snapshot(staging.root);
  } finally {
    await staging.close(false);
    destination.close();
  }
}

/** A runner that looks like another thread, and records its jobs. */
class Noting implements UnpackRunner {
  /** Of each job: files in it, and bytes that its members may become. */
  readonly given: { files: number; plain: number }[] = [];
  readonly #hasRoom: () => boolean;

  constructor(hasRoom: () => boolean) {
    this.#hasRoom = hasRoom;
  }

  get hasRoom(): boolean {
    return this.#hasRoom();
  }

  async giveUp(): Promise<void> {}

  async run(_job: "unpack", input: UnpackInput): Promise<UnpackOutput> {
    const { files, plain } = input;
    this.given.push({ files: files.paths.split("\0").length - 1, plain: plain.byteLength });
    await new Promise<void>((resolve) => setTimeout(resolve));
    return unpackJob(input, []);
  }
}

const twelve = Array.from({ length: 12 }, (_, i): TarItem => ({
  name: `f${i}`,
  data: noise(200_000 + i),
}));

test("who unpacks makes no difference: others, this thread, or both in turns", async () => {
  const others = new Noting(() => true);
  const all = await unpacked(stargz(twelve), others);
  assert.equal(Object.keys(all).length, twelve.length);
  const none = new Noting(() => false);
  assert.deepEqual(await unpacked(stargz(twelve), none), all);
  assert.equal(none.given.length, 0);
  const some = new Noting(alternating(0));
  assert.deepEqual(await unpacked(stargz(twelve), some), all);
  assert.ok(some.given.length > 0 && some.given.length < others.given.length);
});

test("a group that is larger than most is left to others", async () => {
  const none = new Noting(() => false);
  await unpacked(stargz([{ name: "large", data: noise(3 << 20) }, ...twelve]), none);
  assert.deepEqual(none.given.map(({ plain }) => plain > 3 << 20), [true]);
});

test("files that are small or empty make jobs of bounded size, however many they are", async () => {
  for (const data of ["", "small"]) {
    const many = Array.from({ length: 700 }, (_, i): TarItem => ({ name: `${i}`, data }));
    const others = new Noting(() => true);
    assert.equal(Object.keys(await unpacked(stargz(many), others)).length, many.length);
    assert.ok(others.given.every(({ files }) => files <= 128), JSON.stringify(others.given));
  }
});

test("the first failure in the layer is the one that is reported, in any order of discovery", async () => {
  const bad = digestOf("something else");
  const layer = stargz(twelve, {
    rows: (rows) =>
      rows.map((row) =>
        row.name === "f3" || row.name === "f4" ? { ...row, digest: bad, chunkDigest: bad } : row
      ),
  });
  for (const othersHaveRoom of [() => true, () => false, alternating(0), alternating(1)]) {
    const error = { code: "integrity", message: /"f3"/ };
    await assert.rejects(unpacked(layer, new Noting(othersHaveRoom)), error);
  }
});

/** Room for every other group. */
function alternating(asked: number): () => boolean {
  return () => asked++ % 2 === 0;
}
