import assert from "node:assert/strict";
import { test } from "node:test";
import { BlobberError } from "../errors.ts";
import type { ReferrerOptions, Store } from "../store.ts";
import type { Descriptor } from "../types.ts";
import { BLOB_MUTANTS } from "../../tests/fakes/store_mutants/blobs.ts";
import { CALL_MUTANTS } from "../../tests/fakes/store_mutants/calls.ts";
import { goodStore } from "../../tests/fakes/store_mutants/good_store.ts";
import { MANIFEST_MUTANTS } from "../../tests/fakes/store_mutants/manifests.ts";
import { REMOVAL_MUTANTS } from "../../tests/fakes/store_mutants/removal.ts";
import { StoreTestError, storeTests } from "./store_tests.ts";

const MUTANTS = { ...CALL_MUTANTS, ...BLOB_MUTANTS, ...MANIFEST_MUTANTS, ...REMOVAL_MUTANTS };
const tests = storeTests({ create: () => ({ store: goodStore() }) });

test("there is a store that breaks each rule", () => {
  assert.deepEqual(Object.keys(MUTANTS).sort(), tests.map(({ name }) => name).sort());
});

for (const { name, run } of tests) test(`a store that is right keeps: ${name}`, run);

for (const [rule, mutants] of Object.entries(MUTANTS)) {
  for (const [i, [message, mutate]] of mutants.entries()) {
    test(`${rule}: broken in way ${i + 1}`, async () => {
      const create = () => {
        const good = goodStore();
        return { store: { ...good, ...mutate(good) } };
      };
      const { run } = storeTests({ create }).find(({ name }) => name === rule)!;
      await assert.rejects(run, (error) => {
        assert.ok(error instanceof StoreTestError, String(error));
        assert.match(error.message, message);
        return true;
      });
    });
  }
}

test("a store without ranges refuses them, and one without fallback tags need not read them", async () => {
  const create = () => {
    const good = goodStore();
    return {
      store: {
        ...good,
        fetch: (at: Descriptor, o: Parameters<Store["fetch"]>[1]) =>
          o?.range
            ? Promise.reject(new BlobberError("range-not-supported", "no ranges"))
            : good.fetch(at, o),
        referrers: (at: Descriptor, o?: ReferrerOptions) =>
          good.referrers(at, { ...o, via: "api" }),
      },
    };
  };
  const broken = async (more: object) => {
    const names: string[] = [];
    for (const { name, run } of storeTests({ create, ...more })) {
      await run().catch(() => names.push(name));
    }
    return names;
  };
  assert.deepEqual(await broken({ ranges: false, fallbackTag: false }), []);
  assert.deepEqual(await broken({}), [
    "a range gives exactly its bytes",
    "a fallback tag is read where it is asked for",
  ]);
});

test("what a test made is disposed of, also when it fails", async () => {
  let open = 0;
  const create = () => {
    open++;
    return { store: { ...goodStore(), name: "" }, dispose: () => void open-- };
  };
  for (const { run } of storeTests({ create })) await run().catch(() => {});
  assert.equal(open, 0);
});
