import { storeSuite } from "../../tests/fakes/store_suite.ts";
import { startRegistry } from "../../tests/fakes/registry.ts";
import { openRegistry } from "./store.ts";

storeSuite("registry", async () => {
  const registry = await startRegistry();
  const store = openRegistry({ host: registry.host, repository: "a/b" });
  return { store, dispose: () => registry.close() };
});
