/**
 * What is measured where only a part has changed: pulls into a directory that has the release before, pushes on
 * top of it, and checks.
 *
 * @module
 */

import type { Case, Figure, Stage } from "./case.ts";
import { insertLine, makeText, rewriteSome } from "./data.ts";
import { shell } from "./limits.ts";
import { type Command, measure } from "./measure.ts";

/** Layers that a tag names, with their sizes. */
export type LayersOf = (repository: string) => Promise<{ size: number }[]>;

/** Pushes in a row, each with another 1 % of the bytes changed. */
const PUSHES = 20;

const sizeOf = (layers: { size: number }[]) => layers.reduce((sum, { size }) => sum + size, 0);

/** The cases. The data they need is made here, beside that of the other cases. */
export function updateCases(stage: Stage, layersOf: LayersOf): Case[] {
  const { blobber, folder, host, counter, trees } = stage;
  // What this machine knows of earlier pushes is part of what is measured.
  const env = { XDG_STATE_HOME: `${folder}/state` };
  const cold = [...blobber, "--no-cache"];
  const push = [...cold, "push", "--allow-secrets"];
  const at = (name: string, where = host) => `${where}/bench/${name}:t`;
  const run = async (argv: string[]) => void await measure({ argv, env });
  const directory = (name: string) => `${folder}/update-${name}`;
  const reset = async (from: string, to: string) => {
    await measure({ argv: shell('rm -rf "$2" && cp -a "$1" "$2"', from, to) });
  };
  const remove = (path: string) => measure({ argv: ["rm", "-rf", path] });
  const prepared = new Map<string, Promise<void>>();
  /** Prepares once what several runs share. */
  const once = (name: string, prepare: () => Promise<void>): Promise<void> => {
    if (!prepared.has(name)) prepared.set(name, prepare());
    return prepared.get(name)!;
  };

  /** The main tree as a pull leaves it, and its next release. */
  const releases = () =>
    once("releases", async () => {
      await run([...push, trees.changed, at("main-changed")]);
      await run([...cold, "pull", at("main-gzip"), directory("main")]);
    });
  const over = (name: string): Command => ({
    argv: [...cold, "pull", "--overwrite", at(name), directory("ours")],
    env,
    before: async () => {
      await releases();
      await reset(directory("main"), directory("ours"));
    },
  });
  const full = (name: string): Command => ({
    argv: [...cold, "pull", at(name), directory("full")],
    env,
    before: async () => {
      await releases();
      await remove(directory("full"));
    },
  });
  /** Bytes that come over the wire, as a share of the layers. */
  const received = async (name: string, from: string): Promise<number> => {
    await reset(from, directory("counted"));
    counter.take();
    await run([
      ...cold,
      "pull",
      "--overwrite",
      at(name, counter.host),
      directory("counted"),
    ]);
    return counter.take().down / sizeOf(await layersOf(name));
  };

  const text = `${folder}/text`;
  const texts = () =>
    once("texts", async () => {
      makeText(text, 64e6, 6);
      await run([...push, text, at("text")]);
      await run([...cold, "pull", at("text"), directory("text")]);
      insertLine(text);
      await run([...push, text, at("text-edited")]);
    });

  const next = `${folder}/next`;
  let serial = 0;
  const onBase: Command = { argv: [], env };
  onBase.before = async () => {
    await once("next", async () => {
      await measure({ argv: ["cp", "-a", trees.main, next] });
      await run([...push, trees.main, at("base")]);
      rewriteSome(next, 0);
    });
    onBase.argv = [
      ...push,
      next,
      `${host}/bench/base:n${++serial}`,
      "--base",
      at("base"),
    ];
  };
  const first: Command = { argv: [], env };
  first.before = () => {
    first.argv = [...push, trees.main, `${host}/bench/first-${++serial}:t`];
  };

  return [
    {
      name: "update pull, 1 % of the files changed",
      ours: over("main-changed"),
      against: [{
        name: "pull into an empty directory",
        command: full("main-changed"),
        must: 0.5,
        aim: 0.3,
      }],
      figures: async () => {
        await releases();
        const share = await received("main-changed", directory("main"));
        return [{ name: "bytes on the wire / layer", value: share, must: 0.03, aim: 0.015 }];
      },
    },
    {
      name: "update pull, nothing changed",
      ours: over("main-gzip"),
      against: [{
        name: "pull into an empty directory",
        command: full("main-gzip"),
        must: 0.3,
        aim: 0.2,
      }],
      figures: async () => {
        await releases();
        const share = await received("main-gzip", directory("main"));
        // The table is the only part of the layer that is read.
        return [{ name: "bytes on the wire / layer", value: share, must: 0.02, aim: 0.015 }];
      },
    },
    {
      name: "update pull, a line inserted into 64 MB",
      ours: {
        argv: [...cold, "pull", "--overwrite", at("text-edited"), directory("ours")],
        env,
        before: async () => {
          await texts();
          await reset(directory("text"), directory("ours"));
        },
      },
      against: [],
      figures: async () => {
        await texts();
        const share = await received("text-edited", directory("text"));
        return [{ name: "bytes on the wire / layer", value: share, must: 0.01 }];
      },
    },
    {
      name: "push on a base, 1 % of the bytes changed",
      ours: onBase,
      against: [{ name: "first push", command: first, must: 0.35, aim: 0.2 }],
      figures: async () => {
        await onBase.before!();
        counter.take();
        const tag = `${counter.host}/bench/base:counted`;
        await run([...push, next, tag, "--base", at("base", counter.host)]);
        const whole = sizeOf(await layersOf("base"));
        const sent = counter.take().up / whole;
        return [
          { name: "bytes on the wire / first push", value: sent, must: 0.03, aim: 0.015 },
          ...await row(),
        ];
      },
    },
    {
      name: "check of the main tree",
      ours: {
        argv: [...cold, "check", directory("main"), at("main-gzip")],
        env,
        before: releases,
      },
      against: [{
        name: "sha256sum, two at a time",
        command: {
          argv: shell(
            'cd "$1" && find . -type f -print0 | xargs -0 -P 2 -n 500 sha256sum',
            directory("main"),
          ),
        },
        must: 1,
        aim: 0.7,
      }],
    },
  ];

  /** Many pushes in a row, each on top of what the tag names. */
  async function row(): Promise<Figure[]> {
    const tree = `${folder}/row`;
    await measure({ argv: shell('rm -rf "$2" && cp -a "$1" "$2"', trees.main, tree) });
    const ref = at("row", counter.host);
    counter.take();
    await run([...push, tree, ref]);
    const whole = counter.take().up;
    for (let i = 1; i <= PUSHES; i++) {
      rewriteSome(tree, i);
      await run([...push, tree, ref, "--base", "auto"]);
    }
    const sent = counter.take().up / PUSHES / whole;
    const layers = await layersOf("row");
    await run([...push, tree, at("row-whole")]);
    const stored = sizeOf(layers) / sizeOf(await layersOf("row-whole"));
    const of = `${PUSHES} in a row:`;
    return [
      { name: `${of} bytes of one / first push`, value: sent, must: 0.06, aim: 0.03 },
      { name: `${of} layers`, value: layers.length, must: 6, aim: 4 },
      { name: `${of} bytes stored / one layer`, value: stored, must: 1.3, aim: 1.15 },
    ];
  }
}
