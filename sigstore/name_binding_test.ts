import { test } from "node:test";
import assert from "node:assert/strict";
import type { Policy } from "./policy.ts";
import type { Signable } from "@blobber/core";
import { MANIFEST, signable, SOMEBODY } from "../tests/fakes/bundles.ts";
import {
  check,
  make,
  refused,
  STATEMENT,
  trust,
  useSigstore,
  verify,
} from "../tests/fakes/verification.ts";

useSigstore();

const NAMED = signable('{"schemaVersion":2}', { repository: "ghcr.io/acme/app", tag: "v2" });
const named = (repository: string, tag?: string): Signable => ({
  ...NAMED,
  name: { repository, tag },
});

test("rows 36 and 54: the signed name has to be the one that was asked for", async () => {
  const bundle = make(STATEMENT, { manifest: NAMED });
  const repository: Policy = { signers: [SOMEBODY], trust, nameBinding: "repository" };
  const reference: Policy = { signers: [SOMEBODY], trust, nameBinding: "reference" };
  assert.equal(check(await verify(bundle, repository, NAMED), "name"), "passed");
  assert.equal(check(await verify(bundle, reference, NAMED), "name"), "passed");
  await verify(bundle, repository, named("ghcr.io/acme/app", "v3"));
  for (
    const [policy, manifest] of [
      [repository, named("ghcr.io/acme/app2", "v2")],
      [repository, named("ghcr.io/acme/App", "v2")],
      [repository, named("ghcr.io.evil.org/acme/app", "v2")],
      [repository, MANIFEST],
      [reference, named("ghcr.io/acme/app", "v3")],
      [reference, named("ghcr.io/acme/app")],
      [reference, named("ghcr.io/evil/app", "v2")],
    ] as const
  ) await refused(verify(bundle, policy, manifest), "name-mismatch");
  // Without the demand a copy verifies, and the verdict says under which name it was signed.
  const copy = await verify(bundle, undefined, named("ghcr.io/evil/app", "v9"));
  assert.equal(check(copy, "name"), "unchecked");
  assert.match(copy.checks.at(-1)!.evidence, /ghcr\.io\/acme\/app:v2/);
});

test("a signature that names nothing does not bind to a name", async () => {
  for (const kind of [STATEMENT, "v0.3 message"] as const) {
    await refused(
      verify(make(kind), { signers: [SOMEBODY], trust, nameBinding: "repository" }, NAMED),
      "name-mismatch",
    );
  }
});
