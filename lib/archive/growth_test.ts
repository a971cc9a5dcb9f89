import { test } from "node:test";
import assert from "node:assert/strict";
import { Growth } from "./growth.ts";

test("limits: bytes may become some freely, and a number more for each that was received", () => {
  const growth = new Growth(1000, 10);
  growth.make(1000);
  assert.throws(() => growth.make(1), { code: "limit", hint: /maxBytes/ });
  const fed = new Growth(1000, 10);
  for (let i = 0; i < 50; i++) {
    fed.receive(2);
    fed.make(40 - 20);
  }
  fed.make(1000);
  assert.throws(() => fed.make(1), { code: "limit", message: /^100 bytes of layers/ });
});
