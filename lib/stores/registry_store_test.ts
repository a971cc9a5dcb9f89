import { storeSuite } from "../../tests/fakes/store_suite.ts";
import { startRegistry } from "../../tests/fakes/registry/fake_registry.ts";
import { openRegistry } from "./registry_store.ts";
import { registryReference } from "../../tests/fakes/registry/references.ts";
import { useOwnTemporary } from "../../tests/fakes/temporary.ts";

// The lock of a fallback tag is kept in the temporary directory.
useOwnTemporary();

for (const referrers of [true, false]) {
  storeSuite(`registry ${referrers ? "with" : "without"} a list of referrers`, async () => {
    const registry = await startRegistry({ referrers });
    const store = openRegistry(registryReference(registry.host, "a/b"));
    return { store, dispose: () => registry.close() };
  });
}
