/**
 * A verifier that a user wrote in a hurry, in JavaScript: whatever it returns that is no verdict, nothing is
 * pulled, opened, listed, copied or tagged, and the error says what was returned.
 *
 * @module
 */

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BlobberError, Client, type Verdict, type Verifier } from "@blobber/core";
import { startRegistry } from "../fakes/registry/fake_registry.ts";

const MEDIA_TYPE = "application/vnd.example.seal";
const passed = { name: "signature", result: "passed", evidence: "by the test's key" };
const signer = { kind: "other", description: "the test" };

/** What users return in place of a verdict. All verbs are tried with the first ones. */
const RETURNED: unknown[] = [
  true,
  false,
  undefined,
  null,
  "ok",
  {},
  { ok: true },
  { verified: true, signer },
  { signer, checks: [] },
  { signer, checks: [{ ...passed, result: "failed" }] },
  { signer, checks: [passed, { ...passed, result: "failed" }] },
  { signer, checks: [{ ...passed, result: "absent" }] },
  { checks: [passed] },
  { signer: {}, checks: [passed] },
  [{ signer, checks: [passed] }],
];

const dir = mkdtempSync(join(tmpdir(), "blobber-careless-"));
const registry = await startRegistry();
try {
  writeFileSync(join(dir, "file"), "content");
  const ref = `${registry.host}/acme/site:v1`;
  const anonymous = () => Promise.resolve(undefined);
  const client = new Client({
    credentials: anonymous,
    signer: { sign: () => Promise.resolve({ mediaType: MEDIA_TYPE, bytes: new Uint8Array([1]) }) },
  });
  await client.push({ directory: dir }, ref);

  let asked = 0;
  const verifierOf = (returned: unknown): Verifier => ({
    accepts: (type) => type === MEDIA_TYPE,
    verify: () => {
      asked++;
      return Promise.resolve(returned as Verdict);
    },
  });
  for (const returned of RETURNED) {
    const verifier = verifierOf(returned);
    const reading = new Client({ credentials: anonymous, verifier });
    const out = join(dir, "out");
    const calls = {
      pull: () => reading.pull(ref, out),
      open: () => reading.openImage(ref),
      list: () => reading.list(ref),
      verify: () => reading.verify(ref),
      copy: () => reading.copy(ref, `${registry.host}/acme/other:v1`),
      "copy to a layout": () => reading.copy(ref, `oci:${join(dir, "layout")}:v1`),
      tag: () => reading.tag(ref, ["v2"]),
      "pull with a good one beside it": () =>
        client.pull(ref, out, { verifier: [verifierOf({ signer, checks: [passed] }), verifier] }),
    };
    const tried = RETURNED.indexOf(returned) < 3 ? Object.entries(calls) : [["pull", calls.pull]];
    for (const [name, call] of tried as [string, () => Promise<unknown>][]) {
      const before = [asked, registry.requests.length];
      await assert.rejects(call, (error) => {
        assert.ok(error instanceof BlobberError, name);
        assert.equal(error.code, "invalid-option", name);
        assert.match(error.message, /^the verifier returned /, name);
        assert.match(error.hint ?? "", /"signature-invalid"/, name);
        return true;
      });
      assert.ok(asked > before[0]!, `${name} asked the verifier`);
      for (const { method } of registry.requests.slice(before[1])) {
        assert.ok(method === "GET" || method === "HEAD", `${name} sent ${method}`);
      }
    }
    await reading.close();
    assert.equal(existsSync(out), false);
    assert.equal(existsSync(join(dir, "layout")), false);
  }
  assert.deepEqual(readdirSync(dir), ["file"]);

  for (const verifier of [[], null, [undefined], {}, false] as unknown as Verifier[]) {
    const before = registry.requests.length;
    assert.throws(() => new Client({ verifier }), { code: "invalid-option" });
    await assert.rejects(client.pull(ref, join(dir, "out"), { verifier }), {
      code: "invalid-option",
    });
    assert.equal(registry.requests.length, before);
  }

  const { verdict } = await client.pull(ref, join(dir, "out"), {
    verifier: verifierOf({ signer, checks: [passed], extra: 1 }),
  });
  assert.deepEqual(verdict, { signer, checks: [passed] });
  await client.close();
} finally {
  await registry.close();
  rmSync(dir, { recursive: true, force: true });
}
