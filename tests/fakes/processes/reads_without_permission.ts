/**
 * Calls what reads, and prints the code of each error. Run without `--allow-read`, so that neither an artifact
 * nor the module that a call loads can be read.
 *
 * @module
 */

import { Client } from "@blobber/core";

const client = new Client();
const ref = "oci:/no-such-layout:v1";
const calls = [client.pull(ref, "out"), client.openImage(ref), client.list(ref)];
for (const call of calls) {
  const { code } = await call.then(() => ({ code: "none" }), (error) => error);
  // deno-lint-ignore no-console -- its answer
  console.log(code);
}
