import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf } from "../../digest.ts";
import type { Repository } from "../repository.ts";
import { hasContent } from "./presence.ts";

const target = { mediaType: "application/octet-stream", digest: digestOf("x"), size: 100 };

for (
  const [headers, present] of [
    [{}, true],
    [{ "content-length": "100" }, true],
    [{ "content-length": "99" }, false],
    [{ "content-length": "nonsense" }, false],
    [{ "content-length": "-100" }, false],
    [{ "content-length": "100, 100" }, false],
  ] as [Record<string, string>, boolean][]
) {
  test(`a blob of 100 bytes is ${present ? "" : "not "}there with ${JSON.stringify(headers)}`, async () => {
    const repository = { head: () => Promise.resolve(new Headers(headers)) };
    assert.equal(await hasContent(repository as unknown as Repository, target, {}), present);
  });
}
