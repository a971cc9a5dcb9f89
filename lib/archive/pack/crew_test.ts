import assert from "node:assert/strict";
import { test } from "node:test";
import { Crew, type PackThreads } from "./crew.ts";
import type { PackInput, PackOutput, PackPlan, PackResult } from "./pack_job.ts";

function batch(): PackInput {
  const text = new TextEncoder().encode("some of it here, some of it there. ".repeat(100));
  const members = [1000, 2000, 3000, text.length];
  const plan: PackPlan = { reads: [], chunks: [0, text.length], members };
  const packed = new ArrayBuffer(10_000);
  return { encoder: "gzip", plain: text.buffer, packed, plan: JSON.stringify(plan) };
}

/** Threads that answer when they are told to, and have room for some batches. */
function threads(count: number, room = Infinity) {
  const waiting: (() => void)[] = [];
  const runner: PackThreads = {
    threads: count,
    share: (together) => together,
    giveUp: () => Promise.resolve(),
    get hasRoom() {
      return waiting.length < room;
    },
    run: (_job, { plain, packed }) =>
      new Promise((resolve) => waiting.push(() => resolve({ plain, packed, result: "there" }))),
  };
  return { runner, waiting };
}

const pack = (crew: Crew): Promise<PackOutput> => crew.run("pack", batch(), []);
const isThere = ({ result }: PackOutput) => result === "there";

test("this thread packs when the others have enough to do, one batch at a time", async () => {
  const { runner, waiting } = threads(2, 4);
  const crew = new Crew(runner, 0);
  const away = Array.from({ length: 4 }, () => pack(crew));
  assert.equal(waiting.length, 4);
  const here = pack(crew);
  away.push(pack(crew));
  assert.equal(waiting.length, 5);
  const { members } = JSON.parse((await here).result) as PackResult;
  assert.equal(members.length, 4);
  for (const answer of waiting.splice(0)) answer();
  assert.ok((await Promise.all(away)).every(isThere));
  void pack(crew);
  assert.equal(waiting.length, 1);
});

test("what is alone packs everything, and a stream's begin is packed here", async () => {
  const alone = new Crew(threads(0).runner, 0);
  const all = await Promise.all([pack(alone), pack(alone), pack(alone)]);
  assert.equal(new Set(all.map(({ result }) => result)).size, 1);
  const { runner, waiting } = threads(1);
  const crew = new Crew(runner, 2);
  assert.ok(!(await Promise.all([pack(crew), pack(crew)])).some(isThere));
  assert.equal(waiting.length, 0);
  void pack(crew);
  assert.equal(waiting.length, 1);
});

test("what is alone asks for room too: who is asked says why there is none", async () => {
  const { runner } = threads(0);
  let asked = 0;
  Object.defineProperty(runner, "hasRoom", {
    get() {
      asked++;
      if (asked === 2) throw new Error("no threads");
      return false;
    },
  });
  const crew = new Crew(runner, 0);
  await pack(crew);
  assert.equal(asked, 1);
  await assert.rejects(pack(crew), /no threads/);
  await pack(crew);
});

test("a crew that is closed packs no further here, and has come to rest", async () => {
  const crew = new Crew(threads(0).runner, 0);
  const packing = [pack(crew), pack(crew)];
  const ends = Promise.allSettled(packing);
  await crew.close();
  for (const end of await ends) assert.equal(end.status, "rejected");
  await assert.rejects(packing[0]!, { code: "closed" });
});
