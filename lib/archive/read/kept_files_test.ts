import { test } from "node:test";
import assert from "node:assert/strict";
import { fileOf } from "../../system/disk.ts";
import { tieSignal } from "../../system/tied_signal.ts";
import { KeptFiles } from "./kept_files.ts";

/** Files of which is told what becomes of them. */
function files(room: number, most: number) {
  const kept = new KeptFiles(room, most);
  const log: string[] = [];
  const open = async (key: string, size: number, signal?: AbortSignal) => {
    const make = () => {
      log.push(`+${key}`);
      const { read } = fileOf(new Uint8Array(size));
      return Promise.resolve({ read, close: () => void log.push(`-${key}`) });
    };
    const stream = await kept.open({ key, size, make }, { start: 0, end: size }, tieSignal(signal));
    return stream.getReader();
  };
  const readAll = async (key: string, size: number) => {
    const reader = await open(key, size);
    while (!(await reader.read()).done);
  };
  const seen = () => log.splice(0).join(" ");
  return { kept, open, readAll, seen };
}

test("files stay as long as there is room, and those go first that were read the longest ago", async () => {
  const { kept, readAll, seen } = files(100, 10);
  for (const key of ["a", "b", "a"]) await readAll(key, 40);
  assert.equal(seen(), "+a +b");
  await readAll("c", 30);
  assert.equal(seen(), "-b +c");
  await readAll("a", 40);
  assert.equal(seen(), "");
  kept.close();
  assert.deepEqual(seen().split(" ").sort(), ["-a", "-c"]);
});

test("the last file stays whatever its size, until another comes", async () => {
  const { readAll, seen } = files(100, 10);
  await readAll("large", 5000);
  await readAll("large", 5000);
  assert.equal(seen(), "+large");
  await readAll("a", 1);
  assert.equal(seen(), "-large +a");
});

test("there are no more files than may be, however small", async () => {
  const { readAll, seen } = files(100, 2);
  for (const key of ["a", "b", "c"]) await readAll(key, 1);
  assert.equal(seen(), "+a +b -a +c");
});

test("a file that is read stays, whatever comes", async () => {
  const { open, readAll, seen } = files(10, 1);
  const reader = await open("a", 8);
  for (const key of ["b", "c"]) await readAll(key, 8);
  assert.equal(seen(), "+a +b -b +c");
  while (!(await reader.read()).done);
  await readAll("d", 8);
  assert.deepEqual(seen().split(" ").sort(), ["+d", "-a", "-c"]);
});

test("a file is given back by a reader that reaches the end, gives up, or is stopped", async () => {
  const { open, readAll, seen } = files(0, 0);
  const mine = new AbortController();
  const stopped = await open("a", 8, mine.signal);
  const cancelled = await open("a", 8);
  await readAll("b", 8);
  assert.equal(seen(), "+a +b");
  mine.abort();
  await readAll("c", 8);
  assert.equal(seen(), "-b +c");
  await assert.rejects(stopped.read(), { code: "interrupted" });
  await cancelled.cancel();
  await readAll("d", 8);
  assert.deepEqual(seen().split(" ").sort(), ["+d", "-a", "-c"]);
});

test("a file that cannot be made is made again for who asks again", async () => {
  const kept = new KeptFiles(100, 10);
  const tied = tieSignal();
  let made = 0;
  const make = () =>
    made++ === 0 ? Promise.reject(new Error("no")) : Promise.resolve(fileOf(new Uint8Array(3)));
  const wanted = { key: "a", size: 3, make };
  await assert.rejects(kept.open(wanted, { start: 0, end: 3 }, tied), /no/);
  const stream = await kept.open(wanted, { start: 0, end: 3 }, tied);
  assert.equal((await stream.getReader().read()).value!.length, 3);
  kept.close();
});
