/**
 * Tests for a store that was written from the types: every rule that the library's own stores keep,
 * and that its verbs build on. They need no test runner.
 *
 * ```ts ignore
 * import { test } from "node:test";
 * import { storeTests } from "@blobber/core/testing";
 *
 * for (const { name, run } of storeTests({ create: () => ({ store: new MyStore() }) })) test(name, run);
 * ```
 *
 * @module
 */

import type { Store } from "../store.ts";
import { READING, WRITING } from "./blob_rules.ts";
import { CALLS, OPTIONAL } from "./call_rules.ts";
import { MANIFESTS, REFERRERS, TAGS } from "./manifest_rules.ts";
import { REMOVAL } from "./removal_rules.ts";
import { Trial } from "./trial.ts";

export { StoreTestError } from "./assertions.ts";
export type { Store } from "../store.ts";

/** A store for one test. */
export interface StoreUnderTest {
  /** Empty, and used by one test alone. */
  store: Store;
  /** Removes it after the test, whether that passed or not. */
  dispose?: (() => void | Promise<void>) | undefined;
}

/** What is tested, and what it is expected to be able to do. */
export interface StoreTestOptions {
  /** Makes an empty store; called once for each test. */
  create: () => StoreUnderTest | Promise<StoreUnderTest>;
  /** Whether the store gives ranges. If not, it is to refuse each with `range-not-supported`. @default true */
  ranges?: boolean | undefined;
  /**
   * Whether the store reads fallback tags, which stand in for a list of referrers where other programs wrote to it.
   * @default true
   */
  fallbackTag?: boolean | undefined;
}

/** One test. */
export interface StoreTest {
  /** The rule that it is about. */
  name: string;
  /** Runs it. Rejects with a {@linkcode StoreTestError} when the rule is broken. */
  run: () => Promise<void>;
}

/**
 * The tests of a store, one for each rule. They may run at the same time, as far as `create` allows that.
 *
 * @example
 * ```ts
 * import { MemoryStore } from "@blobber/core";
 * import { storeTests } from "@blobber/core/testing";
 *
 * for (const { name, run } of storeTests({ create: () => ({ store: new MemoryStore() }) })) {
 *   await run().catch((error) => { // or test(name, run) of a test runner
 *     throw new Error(name, { cause: error });
 *   });
 * }
 * ```
 *
 * @param options what is tested
 */
export function storeTests(options: StoreTestOptions): StoreTest[] {
  const { create, ranges = true, fallbackTag = true } = options;
  return [CALLS, READING, WRITING, MANIFESTS, TAGS, REFERRERS, REMOVAL, OPTIONAL].flat().map((
    rule,
  ) => ({
    name: rule.name,
    run: async () => {
      const { store, dispose } = await create();
      try {
        await rule.check(new Trial(store, { ranges, fallbackTag }));
      } finally {
        await dispose?.();
      }
    },
  }));
}
