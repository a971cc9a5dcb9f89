import { test } from "node:test";
import assert from "node:assert/strict";
import type { Policy } from "./policy.ts";
import type { Signable } from "@blobber/core";
import type { RepositoryName } from "@blobber/core/internal/reference";
import { DEVELOPER, MANIFEST, signable } from "../../tests/fakes/bundles.ts";
import {
  check,
  make,
  refused,
  STATEMENT,
  trust,
  useSigstore,
  verify,
} from "../../tests/fakes/verification.ts";
import { signedName } from "../../tests/fakes/registry/references.ts";

useSigstore();

const NAMED = signable('{"schemaVersion":2}', signedName("ghcr.io/acme/app", "v2"));
const named = (repository: string, ...tags: string[]): Signable => ({
  ...NAMED,
  name: signedName(repository, ...tags),
});

test("the signed name has to be the one that was asked for", async () => {
  const bundle = make(STATEMENT, { manifest: NAMED });
  const repository: Policy = { signers: [DEVELOPER], trust, nameBinding: "repository" };
  const reference: Policy = { signers: [DEVELOPER], trust, nameBinding: "reference" };
  assert.equal(check(await verify(bundle, repository, NAMED), "name"), "passed");
  assert.equal(check(await verify(bundle, reference, NAMED), "name"), "passed");
  await verify(bundle, repository, named("ghcr.io/acme/app", "v3"));
  for (
    const [policy, manifest] of [
      [repository, named("ghcr.io/acme/app2", "v2")],
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
      verify(make(kind), { signers: [DEVELOPER], trust, nameBinding: "repository" }, NAMED),
      "name-mismatch",
    );
  }
});

test("hub-short-name, default-port: what earlier versions signed in another spelling still holds", async () => {
  const reference: Policy = { signers: [DEVELOPER], trust, nameBinding: "reference" };
  for (
    const [older, asked] of [
      ["docker.io/nginx", "docker.io/library/nginx"],
      ["index.docker.io/library/nginx", "docker.io/nginx"],
      ["localhost:80/acme/app", "localhost/acme/app"],
      ["0.0.0.0:5000/acme/app", "127.1:5000/acme/app"],
    ] as const
  ) {
    const name = { repository: older as RepositoryName, tags: ["v2"] };
    const bundle = make(STATEMENT, { manifest: { ...NAMED, name } });
    assert.equal(
      check(await verify(bundle, reference, named(asked, "v2")), "name"),
      "passed",
      older,
    );
    await refused(verify(bundle, reference, named("ghcr.io/acme/app", "v2")), "name-mismatch");
  }
  const nothing = { repository: "ghcr.io/acme/App" as RepositoryName, tags: ["v2"] };
  const bundle = make(STATEMENT, { manifest: { ...NAMED, name: nothing } });
  await refused(verify(bundle, reference, named("ghcr.io/acme/app", "v2")), "name-mismatch");
});

test("tagless-push: a signature over several tags holds for each of them and for no other", async () => {
  const reference: Policy = { signers: [DEVELOPER], trust, nameBinding: "reference" };
  const several = named("ghcr.io/acme/app", "v2", "latest", "v2.1");
  const bundle = make(STATEMENT, { manifest: several });
  for (const tags of [["v2"], ["latest"], ["v2.1"], ["v2.1", "v2"]]) {
    assert.equal(
      check(await verify(bundle, reference, named("ghcr.io/acme/app", ...tags)), "name"),
      "passed",
    );
  }
  for (const tags of [["v2.1,v2"], ["latest,v2,v2.1"], ["v3"], ["v2", "v3"], []]) {
    await refused(
      verify(bundle, reference, { ...NAMED, name: { ...signedName("ghcr.io/acme/app"), tags } }),
      "name-mismatch",
    );
  }
});

test("signed-as: a copy verifies under the name that it stands for, and no other name does", async () => {
  const bundle = make(STATEMENT, { manifest: NAMED });
  const { repository: signedAs } = signedName("ghcr.io/acme/app");
  const policy = (nameBinding: Policy["nameBinding"]): Policy => ({
    signers: [DEVELOPER],
    trust,
    nameBinding,
    signedAs,
  });
  const layout: Signable = { ...NAMED, name: { tags: ["v2"] } };
  for (const copy of [named("mirror.example/acme", "v2"), layout]) {
    assert.equal(check(await verify(bundle, policy("repository"), copy), "name"), "passed");
    assert.equal(check(await verify(bundle, policy("reference"), copy), "name"), "passed");
    const newer = { ...copy, name: { ...copy.name!, tags: ["v3"] } };
    await refused(verify(bundle, policy("reference"), newer), "name-mismatch");
  }
  const other = make(STATEMENT, { manifest: named("mirror.example/acme", "v2") });
  await refused(
    verify(other, policy("repository"), named("mirror.example/acme", "v2")),
    "name-mismatch",
  );
  assert.throws(() => verify(bundle, policy("off"), NAMED), { code: "invalid-option" });
});
