import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isBlobberError } from "@blobber/core";
import { keyless, manifest } from "../../tests/fakes/signing.ts";
import { startSigstore } from "../../tests/fakes/sigstore.ts";
import { TufRepository } from "../../tests/fakes/tuf_repository.ts";
import { serviceContext } from "../service.ts";
import { browserToken } from "../tokens/browser.ts";
import { deviceToken } from "../tokens/device.ts";
import { publicTarget } from "../trust/tuf.ts";
import { createSigner } from "./signer.ts";

const REASONS: unknown[] = [undefined, "enough", new Error("enough")];

async function caught(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}

function checkStopped(error: unknown, { reason }: AbortSignal): void {
  assert.ok(isBlobberError(error, "interrupted"), String(error));
  assert.deepEqual([error.name, error.cause === reason], ["AbortError", true]);
}

test("signing is aborted before it begins, and at each request that it makes", async () => {
  const sigstore = await startSigstore();
  try {
    for (const reason of REASONS) {
      const signal = AbortSignal.abort(reason);
      const signer = await createSigner(keyless(sigstore));
      checkStopped(await caught(signer.sign(manifest, { signal })), signal);
    }
    for (let number = 1, more = true; more; number++) {
      const stop = new AbortController();
      const { signal } = stop;
      let count = 0;
      sigstore.onRequest = () => {
        if (++count === number) stop.abort(number);
        return undefined;
      };
      const signer = await createSigner(keyless(sigstore));
      const ended = await signer.sign(manifest, { signal }).then(() => "signed", (error) => error);
      more = signal.aborted;
      if (ended !== "signed") checkStopped(ended, signal);
      else assert.ok(!more || count === number);
      assert.ok(number < 20);
    }
  } finally {
    await sigstore.close();
  }
});

test("a trust root is not fetched any more, and leaves nothing", async () => {
  const repository = new TufRepository();
  const url = await repository.serve();
  const cacheDir = mkdtempSync(join(tmpdir(), "blobber-tuf-"));
  try {
    repository.publish({ version: 5, targets: { "trusted_root.json": new Uint8Array(2) } });
    const root = repository.firstRoot();
    for (const reason of REASONS) {
      const stop = new AbortController();
      const { signal } = stop;
      const asking = publicTarget("trusted_root.json", { url, root, cacheDir, signal });
      stop.abort(reason);
      checkStopped(await caught(asking), signal);
      const again = publicTarget("trusted_root.json", { url, root, cacheDir, signal });
      checkStopped(await caught(again), signal);
    }
    assert.deepEqual(readdirSync(cacheDir), []);
  } finally {
    await repository.close();
    rmSync(cacheDir, { recursive: true });
  }
});

test("what the caller's code throws while something is signed comes back as it is", async () => {
  const sigstore = await startSigstore();
  const thrown = new TypeError("theirs");
  const fail = () => {
    throw thrown;
  };
  const later = () => Promise.reject(thrown);
  try {
    const issuer = sigstore.urls.oidc;
    const request = { clientId: "sigstore", context: serviceContext({}) };
    for (const throwing of [fail, later]) {
      const works = [
        async () => {
          // Services that no public root knows: that the signature is not verified is told.
          const onNotice = throwing as () => void;
          const options = { ...keyless(sigstore), onNotice };
          await (await createSigner(options)).sign(manifest);
        },
        async () => {
          const token = { name: "theirs", token: throwing };
          await (await createSigner(keyless(sigstore, { token }))).sign(manifest);
        },
        async () => {
          await (await createSigner(keyless(sigstore, { confirm: throwing }))).sign(manifest);
        },
        async () => {
          await (await createSigner({ ...keyless(sigstore), trust: throwing })).sign(manifest);
        },
        () => browserToken({ issuer, openBrowser: throwing }).token(request),
        () => deviceToken({ issuer, showDevice: throwing }).token(request),
      ];
      for (const [at, work] of works.entries()) {
        assert.equal(await caught(work()), thrown, `${at} ${throwing.name}`);
      }
    }
  } finally {
    await sigstore.close();
  }
});
