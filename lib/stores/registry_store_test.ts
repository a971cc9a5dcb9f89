import { storeSuite } from "../../tests/fakes/store_suite.ts";
import { startRegistry } from "../../tests/fakes/registry/fake_registry.ts";
import { openRegistry } from "./registry_store.ts";
import { registryReference } from "../../tests/fakes/registry/references.ts";

storeSuite("registry", async () => {
  const registry = await startRegistry();
  const store = openRegistry(registryReference(registry.host, "a/b"));
  return { store, dispose: () => registry.close() };
});
