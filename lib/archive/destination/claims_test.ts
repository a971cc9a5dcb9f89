import { after, test } from "node:test";
import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { removeScratch, scratch } from "../../../tests/fakes/pulling.ts";
import { holdDirectory } from "../../system/hold_path.ts";
import { CLAIM_STALE_MS } from "../../limits.ts";
import { thisProcess } from "../../system/process_identity.ts";
import { Claim } from "./claims.ts";

after(removeScratch);

async function claimIn(dir: string): Promise<{ claim: Claim; close(): Promise<void> }> {
  const parent = holdDirectory(dir)!;
  const claim = await Claim.make(parent, "out", join(dir, "out")).catch((error) => {
    parent.close();
    throw error;
  });
  return {
    claim,
    close: async () => {
      await claim.giveUp();
      parent.close();
    },
  };
}

/** Gives a claim to a process of another machine or container, which cannot be looked up here. */
function elsewhere(claim: Claim): string {
  const from = claim.dir.path;
  const name = from.slice(from.lastIndexOf("/") + 1);
  const other = name.replace(`-${thisProcess().space}-`, "-0123456789abcdef-");
  const path = from.replace(name, other);
  renameSync(join(from, name), join(from, other));
  renameSync(from, path);
  return path;
}

test("a claim is given up without a trace", async () => {
  const dir = scratch().path;
  const { claim, close } = await claimIn(dir);
  const [name] = readdirSync(dir);
  assert.deepEqual(readdirSync(join(dir, name!)).sort(), [name, "tree"].sort());
  assert.equal(statSync(join(dir, name!)).mode & 0o777, 0o700);
  mkdirSync(join(claim.tree.path, "ro"), { mode: 0o700 });
  writeFileSync(join(claim.tree.path, "ro/f"), "");
  chmodSync(join(claim.tree.path, "ro"), 0o500);
  await close();
  assert.deepEqual(readdirSync(dir), []);
});

test("two claims of one destination: the second is busy; another destination's is none of its", async () => {
  const dir = scratch().path;
  const first = await claimIn(dir);
  await assert.rejects(claimIn(dir), { code: "busy" });
  const parent = holdDirectory(dir)!;
  await (await Claim.make(parent, "other", "other")).giveUp();
  parent.close();
  await first.close();
  assert.deepEqual(readdirSync(dir), []);
});

test("a process that cannot be looked up lives as long as it renews its claim", async () => {
  const dir = scratch().path;
  const { claim } = await claimIn(dir);
  claim.note("placing", "artifact");
  const path = elsewhere(claim);
  await assert.rejects(claimIn(dir), { code: "busy" });
  const marker = join(path, path.slice(path.lastIndexOf("/") + 1));
  const old = Date.now() / 1000 - CLAIM_STALE_MS / 1000 - 5;
  utimesSync(marker, old, old);
  claim.renew();
  await assert.rejects(claimIn(dir), { code: "busy" });
  utimesSync(marker, old, old);
  const next = await claimIn(dir);
  assert.equal(next.claim.wasNoted("placing", "artifact"), true);
  assert.equal(next.claim.wasNoted("placing", "another"), false);
  await next.claim.clear();
  assert.equal(existsSync(path), false);
  await next.close();
  await claim.giveUp();
  assert.deepEqual(readdirSync(dir), []);
});

test("what is no claim of this form is left alone", async () => {
  const dir = scratch().path;
  const names = [".blobber-762069bc-2s-abc-0123456789ab", ".blobber-1-2-3-4", ".blobber-"];
  for (const name of names) {
    mkdirSync(join(dir, name), { mode: 0o700 });
    writeFileSync(join(dir, name, "placing"), "artifact");
  }
  const { claim, close } = await claimIn(dir);
  assert.equal(claim.wasNoted("placing", "artifact"), false);
  await claim.clear();
  await close();
  assert.deepEqual(readdirSync(dir).sort(), names.sort());
});

test("a claim that was made and not marked yet is removed when its process is gone, if it is empty", async () => {
  const dir = scratch().path;
  const { claim } = await claimIn(dir);
  const { pid, start } = thisProcess();
  const dead = claim.dir.path.replace(`-${pid}-${start}-`, `-${pid}-${Number(start || 1) + 1}-`);
  await claim.giveUp();
  for (const name of ["", "file"]) {
    mkdirSync(dead, { mode: 0o700 });
    if (name !== "") writeFileSync(join(dead, name), "");
    const next = await claimIn(dir);
    await next.claim.clear();
    await next.close();
    assert.equal(existsSync(dead), name !== "");
  }
});
