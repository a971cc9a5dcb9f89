/**
 * `login HOST`.
 *
 * @module
 */

import { BlobberError } from "@blobber/core/errors";
import { checkLogin, storeLogin } from "@blobber/core/registry";
import { printable } from "@blobber/core/internal/printable";
import { addressOf, parseRegistry } from "@blobber/core/internal/reference";
import { askLine, askSecret, canAsk } from "../../terminal/ask.ts";
import { registryOptions } from "../../library/client_from_settings.ts";
import type { Context } from "../../context.ts";
import { stdin } from "../../machine.ts";

/** Tries credentials at a registry, and stores them if it accepts them. */
export async function runLogin(context: Context): Promise<void> {
  const { out, settings, report, signal } = context;
  const registry = parseRegistry(context.args[0]!);
  const { host } = registry;
  const fromStdin = settings.get("passwordStdin");
  let username = settings.get("username");
  if (username === undefined) {
    if (fromStdin || !canAsk()) {
      throw new BlobberError("usage", "login needs --username", {
        hint: "blobber login HOST --username NAME --password-stdin < FILE",
      });
    }
    username = await askLine(`User name at ${printable(addressOf(registry))}:`, signal);
  }
  if (!fromStdin && !canAsk()) {
    throw new BlobberError(
      "usage",
      "login asks for a password, which needs a terminal",
      {
        hint: "--password-stdin reads it from standard input",
      },
    );
  }
  const password = fromStdin
    ? (await new Response(stdin.readable).text()).replace(/\r?\n$/, "")
    : await askSecret(`Password or token of ${printable(username)}:`, signal);
  // A colon ends the user name in Basic authentication (RFC 7617, section 2).
  if (username === "" || username.includes(":")) {
    throw new BlobberError(
      "usage",
      "invalid user name, expected one that is not empty and has no colon",
    );
  }
  if (password === "") throw new BlobberError("usage", "the password is empty");
  const login = { username, password };
  const asked = await checkLogin(registry, login, {
    ...await registryOptions(context),
    onNotice: report.onNotice,
    signal,
  });
  if (!asked) {
    report.warn(
      "open-registry",
      `${addressOf(registry)} asks for no credentials, so they could not be tried`,
    );
  }
  const stored = await storeLogin(host, login);
  await out.sentences(
    { host, username, stored },
    `Stored credentials for ${host} in ${printable(stored)}`,
  );
}
