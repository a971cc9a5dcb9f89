/**
 * Credential helpers: programs `docker-credential-NAME` that are asked by way of their standard input and
 * answer in JSON. They are run without a shell, for a limited time, and only so much of what they say is read.
 *
 * @module
 */

import { spawn } from "node:child_process";
import process from "node:process";
import { BlobberError } from "../errors.ts";
import { HELPER_TIMEOUT_MS, MAX_CREDENTIALS_BYTES } from "../limits.ts";
import type { Credentials } from "../options.ts";
import { quote } from "../printable.ts";

/**
 * Asks a helper.
 *
 * @param name of the helper, as it stands in the configuration
 * @param server what it stores credentials under
 * @param timeoutMs how long it may take
 * @returns nothing when it has none
 * @throws {BlobberError} `unauthorized` when it cannot be run or does not answer as helpers do
 */
export async function askHelper(
  name: string,
  server: string,
  timeoutMs: number = HELPER_TIMEOUT_MS,
): Promise<Credentials | undefined> {
  const fail = (why: string, hint?: string) =>
    new BlobberError(
      "unauthorized",
      `authentication failed: credential helper ${quote(name)} ${why}`,
      hint === undefined ? {} : { hint },
    );
  // The name becomes part of a program's name: nothing that leads to another directory.
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/.test(name)) {
    throw fail('has a name that is none, expected letters, digits, ".", "_" and "-"');
  }
  const program = `docker-credential-${name}`;
  const { output, status } = await run(program, server, timeoutMs, fail);
  const text = new TextDecoder().decode(output).trim();
  if (status !== 0) {
    // The words that Docker's own helpers use when there is nothing.
    if (/credentials not found|no credentials|no usernames? /i.test(text)) return undefined;
    // What it printed may hold a secret: it is not repeated.
    throw fail(`failed with exit status ${status}`, `run ${program} by hand to see why`);
  }
  let answer: { Username?: unknown; Secret?: unknown };
  try {
    answer = Object(JSON.parse(text));
  } catch {
    throw fail("answered something that is no JSON");
  }
  const { Username: username, Secret: secret } = answer;
  if (typeof username !== "string" || typeof secret !== "string") {
    throw fail("answered without a user name and a secret");
  }
  if (secret === "" && username === "") return undefined;
  // Docker's sign that the secret is a refresh token.
  return username === "<token>" ? { identityToken: secret } : { username, password: secret };
}

type Fail = (why: string, hint?: string) => BlobberError;

function run(
  program: string,
  input: string,
  timeoutMs: number,
  fail: Fail,
): Promise<{ output: Uint8Array; status: number }> {
  return new Promise((done, failed) => {
    const child = spawn(program, ["get"], {
      shell: false,
      stdio: ["pipe", "pipe", "ignore"],
      windowsHide: true,
      env: process.env,
    });
    const parts: Uint8Array[] = [];
    let size = 0;
    const give = (error: BlobberError) => {
      clearTimeout(timer);
      child.kill("SIGKILL");
      // A grandchild may hold the pipe open: nobody waits for it.
      child.stdout.destroy();
      failed(error);
    };
    const timer = setTimeout(
      () => give(fail(`did not answer within ${timeoutMs / 1000} seconds`)),
      timeoutMs,
    );
    child.on("error", (cause) => {
      clearTimeout(timer);
      failed(
        (cause as { code?: string }).code === "ENOENT"
          ? fail("is not installed", `install ${program}, or take it out of the configuration`)
          : fail(`cannot be run: ${(cause as { code?: string }).code ?? "unknown reason"}`),
      );
    });
    child.stdin.on("error", () => {}); // it may answer without reading
    child.stdin.end(input);
    child.stdout.on("data", (part: Uint8Array) => {
      size += part.length;
      if (size > MAX_CREDENTIALS_BYTES) give(fail("answered more than anybody's credentials are"));
      else parts.push(part);
    });
    child.on("close", (status) => {
      clearTimeout(timer);
      const output = new Uint8Array(size);
      let at = 0;
      for (const part of parts) {
        output.set(part, at);
        at += part.length;
      }
      done({ output, status: status ?? 1 });
    });
  });
}
