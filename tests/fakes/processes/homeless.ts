/**
 * What a user without a home finds: the argument is a registry that asks for credentials. Prints the codes of
 * the errors of reading and of logging in.
 *
 * @module
 */

import process from "node:process";
import { Client, isBlobberError } from "@blobber/core";
import { storeLogin } from "@blobber/core/registry";
import { parseReference, type RegistryReference } from "@blobber/core";

const ref = process.argv[2]!;
const code = (error: unknown) =>
  isBlobberError(error) ? `${error.code}: ${error.message}` : `${error}`;
const client = new Client();
const read = await client.resolve(ref).then(() => "read", code);
const { host } = parseReference(ref) as RegistryReference;
const stored = await storeLogin(host, { username: "me", password: "secret" }).then(
  () => "stored",
  code,
);
process.stdout.write(JSON.stringify([read, stored]));
