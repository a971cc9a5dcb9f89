import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storeSuite } from "../../tests/fakes/store_suite.ts";
import { LayoutStore } from "./store.ts";

void assert;
storeSuite("layout", () => {
  const root = mkdtempSync(join(tmpdir(), "blobber-layout-"));
  return Promise.resolve({
    store: new LayoutStore(join(root, "new")),
    dispose: () => rmSync(root, { recursive: true }),
  });
});
