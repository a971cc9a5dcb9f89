import assert from "node:assert/strict";
import { test } from "node:test";
import { JointWork } from "./joint_work.ts";

test("the first failure stops the others, and is told when all have stopped", async () => {
  const log: string[] = [];
  const failure = new Error("first");
  const work = JointWork.run(undefined, async (work) => {
    void work.start(async () => {
      await new Promise<void>((done) => work.signal.addEventListener("abort", () => done()));
      await new Promise((done) => setTimeout(done));
      log.push("stopped");
      throw new Error("second");
    });
    void work.start(() => Promise.reject(failure));
    await work.start(() => Promise.resolve());
    return "not told";
  });
  await assert.rejects(work, failure);
  assert.deepEqual(log, ["stopped"]);
});

test("pieces that pieces start are waited for, and the body's answer comes last", async () => {
  const log: string[] = [];
  const answer = await JointWork.run(undefined, (work) => {
    void work.start(async () => {
      await new Promise((done) => setTimeout(done));
      void work.start(async () => {
        await new Promise((done) => setTimeout(done));
        log.push("later");
      });
    });
    return Promise.resolve("answer");
  });
  assert.deepEqual([answer, log], ["answer", ["later"]]);
});

test("the caller's signal reaches the pieces", async () => {
  const stop = new AbortController();
  const reason = new Error("enough");
  const work = JointWork.run(
    stop.signal,
    (work) =>
      new Promise<void>((_, fail) =>
        work.signal.addEventListener("abort", () => fail(work.signal.reason))
      ),
  );
  stop.abort(reason);
  await assert.rejects(work, reason);
  await assert.rejects(JointWork.run(stop.signal, () => Promise.resolve()), {
    code: "interrupted",
  });
});
