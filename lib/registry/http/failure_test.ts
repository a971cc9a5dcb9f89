import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../../tests/fakes/clock.ts";
import { registryReference } from "../../../tests/fakes/registry/references.ts";
import { exchangeError } from "./failure.ts";
import { openRegistry } from "../../stores/registry_store.ts";

/** What becomes of a request that the runtime refuses with an error, and how often it is made. */
async function refused(
  cause: Error,
): Promise<
  { error: Error & { code?: string; hint?: string; exitStatus?: number }; tries: number }
> {
  let tries = 0;
  const engine = {
    send: () => {
      tries++;
      return Promise.reject(exchangeError(cause, "GET https://registry.test:6000/v2/"));
    },
  };
  const store = openRegistry(registryReference("registry.test:6000", "a/b"), {
    seams: { engine, clock: new FakeClock() },
    insecure: true,
  });
  const error = await store.resolve("v1").then(() => assert.fail(), (error) => error);
  return { error, tries };
}

test("a blocked port is not tried again, and it is said", async () => {
  for (const message of ["Fetch failed: Requests to port 6000 are blocked", "bad port"]) {
    const { error, tries } = await refused(
      new TypeError("fetch failed", { cause: new Error(message) }),
    );
    assert.equal(tries, 1);
    assert.equal(error.code, "network");
    assert.match(error.message, /this runtime blocks the port/);
    assert.match(error.hint!, /another port/);
  }
});

test("a network that the runtime does not allow is not tried again, and exits with 2", async () => {
  const said = 'Requires net access to "registry.test:6000", run again with the --allow-net flag';
  const { error, tries } = await refused(Object.assign(new Error(said), { name: "NotCapable" }));
  assert.equal(tries, 1);
  assert.equal(error.exitStatus, 2);
  assert.match(error.message, /"registry\.test:6000": .* --allow-net/);
});

test("too many open files are no refusal of the registry's, and it is said what to do", async () => {
  for (
    const cause of [
      Object.assign(new Error("connect EMFILE 127.0.0.1:5000"), { code: "EMFILE" }),
      new TypeError("fetch failed", {
        cause: new Error("tcp connect error: Too many open files (os error 24)"),
      }),
    ]
  ) {
    const { error, tries } = await refused(cause);
    assert.ok(tries > 1);
    assert.match(error.message, /this process has too many files and connections open/);
    assert.match(error.hint!, /ulimit -n.*maxConnections/);
  }
});

test("what may pass is tried again", async () => {
  const { tries } = await refused(new Error("connection reset by peer"));
  assert.ok(tries > 3, `${tries} tries`);
});
