import { test } from "node:test";
import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { Buffer } from "node:buffer";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Notice } from "@blobber/core";
import { TrustedMetadataStore } from "tuf-js/dist/store.js";
import { tufKey, TufRepository } from "../../tests/fakes/tuf_repository.ts";
import { PUBLIC_TUF_ROOT } from "./public_root.ts";
import { publicTarget, publicTrustRoot } from "./tuf.ts";

const rootOf = (note: string) =>
  new TextEncoder().encode(JSON.stringify({
    mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    note,
  }));
const HOUR = 60 * 60 * 1000;

interface Setting {
  url: string;
  repository: TufRepository;
  cacheDir: string;
  notices: Notice[];
  /** Fetches the target, with what a client would have. */
  ask(more?: { offline?: boolean; cacheDir?: string }): Promise<string>;
  /** Changes the kept state. */
  edit(change: (state: Record<string, unknown>) => void): void;
  file(): string;
}

/** A repository at version 5, a cache directory, and a client of both. */
async function withRepository(
  work: (setting: Setting) => Promise<void>,
  options: { threshold?: number } = {},
): Promise<void> {
  const repository = new TufRepository();
  const cacheDir = mkdtempSync(join(tmpdir(), "blobber-tuf-"));
  const url = await repository.serve();
  const root = repository.firstRoot(options);
  const notices: Notice[] = [];
  repository.publish({ version: 5, targets: { "trusted_root.json": rootOf("five") } });
  const file = () => join(cacheDir, readdirSync(cacheDir).find((name) => name.endsWith(".json"))!);
  try {
    await work({
      url,
      repository,
      cacheDir,
      notices,
      file,
      ask: async (more = {}) => {
        const onNotice = (notice: Notice) => notices.push(notice);
        const options = { url, root, cacheDir, onNotice, ...more };
        const { bytes } = await publicTarget("trusted_root.json", options);
        return JSON.parse(new TextDecoder().decode(bytes)).note;
      },
      edit: (change) => {
        const state = JSON.parse(readFileSync(file(), "utf8"));
        change(state);
        writeFileSync(file(), JSON.stringify(state), { mode: 0o600 });
      },
    });
  } finally {
    await repository.close();
    rmSync(cacheDir, { recursive: true, force: true });
  }
}
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
const refused = { name: "BlobberError", code: "trust-root" };

test("the root is fetched once, and then kept without a request", () =>
  withRepository(async ({ ask, repository }) => {
    assert.equal(await ask(), "five");
    const asked = repository.requests.length;
    assert.equal(await ask(), "five");
    assert.equal(repository.requests.length, asked);
  }));

test("it becomes trust material that says where it is from and when it was confirmed", () =>
  withRepository(async ({ url, repository, cacheDir }) => {
    const options = { url, cacheDir, root: repository.firstRoot() };
    const trust = await publicTrustRoot(options);
    assert.ok(trust.confirmed!.getTime() <= Date.now());
    assert.ok(trust.source.includes(url) && trust.source.includes(trust.confirmed!.toISOString()));
    await assert.rejects(publicTrustRoot({ url, cacheDir }), { code: "invalid-option" });
  }));

test("the public root that trust begins with is signed by its own keys", () => {
  const bytes = Buffer.from(JSON.stringify(PUBLIC_TUF_ROOT));
  const store = new TrustedMetadataStore(bytes);
  assert.ok(store.root.signed.version >= 16);
  const changed = structuredClone(PUBLIC_TUF_ROOT) as { signed: { version: number } };
  changed.signed.version++;
  assert.throws(() => new TrustedMetadataStore(Buffer.from(JSON.stringify(changed))));
});

test("it is refreshed when due", () =>
  withRepository(async ({ ask, edit, repository }) => {
    await ask();
    repository.publish({ version: 6, targets: { "trusted_root.json": rootOf("six") } });
    assert.equal(await ask(), "five");
    edit((state) => state["checked"] = ago(25 * HOUR));
    assert.equal(await ask(), "six");
  }));

test("a clock that was ahead does not keep a root for ever", () =>
  withRepository(async ({ ask, edit, repository }) => {
    await ask();
    repository.publish({ version: 6, targets: { "trusted_root.json": rootOf("six") } });
    edit((state) => state["checked"] = ago(-1000 * HOUR));
    assert.equal(await ask(), "six");
  }));

test("offline opens no socket, and says how old the root is", () =>
  withRepository(async ({ ask, edit, notices, repository }) => {
    await assert.rejects(ask({ offline: true }), refused);
    assert.deepEqual(repository.requests, []);
    await ask();
    edit((state) => state["checked"] = ago(72 * HOUR));
    const asked = repository.requests.length;
    assert.equal(await ask({ offline: true }), "five");
    assert.equal(repository.requests.length, asked);
    assert.equal(notices.at(-1)?.code, "trust-root-offline");
    assert.match(notices.at(-1)?.message ?? "", /3 days ago/);
  }));

test("offline, an expired root is named as such, and refused beyond a limit", () =>
  withRepository(async ({ ask, edit, notices }) => {
    await ask();
    edit((state) => Object.assign(state, { checked: ago(80 * 24 * HOUR), expires: ago(HOUR) }));
    assert.equal(await ask({ offline: true }), "five");
    assert.equal(notices.at(-1)?.code, "trust-root-expired");
    edit((state) => state["checked"] = ago(91 * 24 * HOUR));
    await assert.rejects(ask({ offline: true }), refused);
  }));

test("an expired timestamp is refused", () =>
  withRepository(async ({ ask, repository }) => {
    repository.publish({
      version: 6,
      expiresIn: -HOUR,
      targets: { "trusted_root.json": rootOf("six") },
    });
    await assert.rejects(ask(), refused);
  }));

test("CVE-2022-29173: an older timestamp is refused, and nothing is lost", () =>
  withRepository(async ({ ask, edit, repository }) => {
    await ask();
    edit((state) => state["checked"] = ago(25 * HOUR));
    repository.publish({ version: 4, targets: { "trusted_root.json": rootOf("four") } });
    await assert.rejects(ask(), refused);
    assert.equal(await ask({ offline: true }), "five");
  }));

test("CVE-2021-41131: what the repository names decides no path", () =>
  withRepository(async ({ ask, cacheDir, repository }) => {
    repository.publish({
      version: 6,
      targets: { "trusted_root.json": rootOf("six"), "../../evil": rootOf("evil") },
    });
    assert.equal(await ask(), "six");
    assert.equal(readdirSync(cacheDir).length, 1);
    assert.ok(!repository.requests.some((path) => path.includes("evil")));
  }));

test("an older snapshot under a newer timestamp is refused", () =>
  withRepository(async ({ ask, edit, repository }) => {
    await ask();
    edit((state) => state["checked"] = ago(25 * HOUR));
    repository.publish({
      version: 6,
      snapshot: 4,
      targets: { "trusted_root.json": rootOf("six") },
    });
    await assert.rejects(ask(), refused);
  }));

test("GHSA-fphv-w9fq-2525: a threshold of 0 is refused", () =>
  withRepository(async ({ ask, repository }) => {
    repository.publish({
      version: 6,
      targets: { "trusted_root.json": rootOf("another's") },
      timestampKeys: [],
    });
    await assert.rejects(ask(), refused);
  }, { threshold: 0 }));

test("a threshold of two is not met by one key", () =>
  withRepository(async ({ ask }) => {
    await assert.rejects(ask(), refused);
  }, { threshold: 2 }));

test("metadata by a key that the root does not name is refused", () =>
  withRepository(async ({ ask, repository }) => {
    repository.publish({
      version: 6,
      targets: { "trusted_root.json": rootOf("six") },
      timestampKeys: [tufKey()],
    });
    await assert.rejects(ask(), refused);
  }));

test("a new root counts when the old one signed it, and only then", () =>
  withRepository(async ({ ask, edit, repository }) => {
    const { rootKey } = repository;
    const next = tufKey();
    repository.files.set("2.root.json", repository.root(2, next, [next]));
    await assert.rejects(ask(), refused);
    repository.files.set("2.root.json", repository.root(2, next, [rootKey, next]));
    assert.equal(await ask(), "five");
    repository.files.set("3.root.json", repository.root(3, rootKey, [rootKey]));
    edit((state) => state["checked"] = ago(25 * HOUR));
    await assert.rejects(ask(), refused);
  }));

test("a target with other bytes, or more of them, is refused", () =>
  withRepository(async ({ ask, repository }) => {
    const [path, bytes] = [...repository.files].find(([name]) => name.startsWith("targets/"))!;
    repository.files.set(path, rootOf("evil"));
    await assert.rejects(ask(), refused);
    repository.files.set(path, new Uint8Array([...bytes, 32]));
    await assert.rejects(ask(), refused);
    repository.files.delete(path);
    await assert.rejects(ask(), refused);
  }));

test("an update that breaks off leaves the old state, which is used while it is valid", () =>
  withRepository(async ({ ask, edit, notices, repository, cacheDir, file }) => {
    await ask();
    edit((state) => state["checked"] = ago(25 * HOUR));
    const before = readFileSync(file(), "utf8");
    writeFileSync(join(cacheDir, "left-by-a-killed-run.tmp"), before.slice(0, 100));
    repository.publish({ version: 6, targets: { "trusted_root.json": rootOf("six") } });
    repository.broken = "snapshot";
    assert.equal(await ask(), "five");
    assert.equal(notices.at(-1)?.code, "trust-root-not-refreshed");
    assert.equal(readFileSync(file(), "utf8"), before);
    edit((state) => state["expires"] = ago(HOUR));
    await assert.rejects(ask(), refused);
    repository.broken = undefined;
    assert.equal(await ask(), "six");
  }));

test("a home that cannot be written costs nothing but the next request", () =>
  withRepository(async ({ ask, cacheDir, notices }) => {
    const file = join(cacheDir, "file");
    writeFileSync(file, "");
    assert.equal(await ask({ cacheDir: join(file, "below") }), "five");
    assert.equal(notices.at(-1)?.code, "trust-root-not-kept");
  }));

test("eight runs at once all succeed and leave one whole state", () =>
  withRepository(async ({ ask, cacheDir, repository }) => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask()));
    assert.deepEqual(new Set(answers), new Set(["five"]));
    assert.equal(readdirSync(cacheDir).length, 1);
    repository.broken = "";
    assert.equal(await ask(), "five");
  }));

test("an older state does not replace a newer one", () =>
  withRepository(async ({ ask, edit, repository, file }) => {
    await ask();
    edit((state) => Object.assign(state, { checked: ago(25 * HOUR) }));
    const old = readFileSync(file(), "utf8");
    repository.publish({ version: 6, targets: { "trusted_root.json": rootOf("six") } });
    await ask();
    const { readState, writeState } = await import("./tuf_state.ts");
    const newer = readFileSync(file(), "utf8");
    writeFileSync(file(), old, { mode: 0o600 });
    const state = (await readState(file()))!;
    writeFileSync(file(), newer, { mode: 0o600 });
    await writeState(file(), state);
    assert.equal(readFileSync(file(), "utf8"), newer);
  }));

test("a state that another's key signed is not believed, wherever the cache is", () =>
  withRepository(async ({ ask, cacheDir, file, notices, repository }) => {
    await ask();
    const evil = new TufRepository();
    evil.publish({ version: 9, targets: { "trusted_root.json": rootOf("evil") } });
    const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
    const planted = {
      ...JSON.parse(readFileSync(file(), "utf8")),
      version: 9,
      timestamp: base64(evil.files.get("timestamp.json")!),
      snapshot: base64(evil.files.get("9.snapshot.json")!),
      targetsMetadata: base64(evil.files.get("9.targets.json")!),
      targets: { "trusted_root.json": base64(rootOf("evil")) },
    };
    for (const roots of [[], [base64(evil.root(2, evil.rootKey, [evil.rootKey]))]]) {
      writeFileSync(file(), JSON.stringify({ ...planted, roots }), { mode: 0o600 });
      await assert.rejects(ask({ offline: true }), refused);
    }
    assert.equal(notices.at(-1)?.code, "trust-root-cache");
    rmSync(cacheDir, { recursive: true });
    await ask();
    repository.broken = "";
    assert.equal(await ask({ offline: true }), "five");
  }));

test("a kept target that is not what was signed is not believed", () =>
  withRepository(async ({ ask, edit }) => {
    await ask();
    const planted = Buffer.from(rootOf("evil")).toString("base64");
    edit((state) => state["targets"] = { "trusted_root.json": planted });
    await assert.rejects(ask({ offline: true }), refused);
    assert.equal(await ask(), "five");
  }));

test("a kept root is reached by the chain that leads to it", () =>
  withRepository(async ({ ask, file, repository }) => {
    const next = tufKey();
    repository.files.set("2.root.json", repository.root(2, next, [repository.rootKey, next]));
    await ask();
    assert.equal(JSON.parse(readFileSync(file(), "utf8")).roots.length, 1);
    assert.equal(await ask({ offline: true }), "five");
  }));

for (
  const [name, spoil] of [
    ["a link", (file: string) => {
      rmSync(file);
      symlinkSync("/dev/zero", file);
    }],
    ["a pipe", (file: string) => {
      rmSync(file);
      // Where there are no pipes, a directory is no file either.
      if (spawnSync("mkfifo", [file]).status !== 0) mkdirSync(file);
    }],
    ["writable by others", (file: string) => chmodSync(file, 0o666)],
    ["cut short", (file: string) => writeFileSync(file, readFileSync(file).subarray(0, 99))],
    ["of another format", (file: string) => writeFileSync(file, '{"format":0}')],
  ] as const
) {
  test(`a state that is ${name} is not believed, and fetched anew`, () =>
    withRepository(async ({ ask, file, notices, repository }) => {
      await ask();
      spoil(file());
      const asked = repository.requests.length;
      assert.equal(await ask(), "five");
      assert.ok(repository.requests.length > asked);
      assert.ok(notices.some(({ code }) => code === "trust-root-cache"));
    }));
}
