/**
 * Credential helpers: programs `docker-credential-NAME` that are told what to do by their one argument and
 * their standard input, and answer in JSON. They are run without a shell, for a limited time, and only so
 * much of what they say is read.
 *
 * @module
 */

import { spawn } from "node:child_process";
import process from "node:process";
import { BlobberError } from "../../errors.ts";
import { HELPER_TIMEOUT_MS, MAX_CREDENTIALS_BYTES } from "../../limits.ts";
import type { Credentials } from "../../options.ts";
import { printable, quote } from "../../text/printable.ts";
import { findProgram } from "./find_program.ts";

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
  const { program, fail } = helperNamed(name);
  const { output, status } = await runHelper({
    program,
    verb: "get",
    input: server,
    timeoutMs,
    fail,
  });
  if (status !== 0) {
    if (isNothing(output)) return undefined;
    // What it printed may hold a secret: it is not repeated.
    throw fail(`failed with exit status ${status}`, `run ${program} by hand to see why`);
  }
  let answer: { Username?: unknown; Secret?: unknown };
  try {
    answer = Object(JSON.parse(new TextDecoder().decode(output)));
  } catch {
    throw fail("answered something that is not JSON");
  }
  const { Username: username, Secret: secret } = answer;
  if (typeof username !== "string" || typeof secret !== "string") {
    throw fail("answered without a user name and a secret");
  }
  if (secret === "" && username === "") return undefined;
  // Docker's sign that the secret is a refresh token.
  return username === "<token>" ? { identityToken: secret } : { username, password: secret };
}

/**
 * Has a helper store credentials, or forget them.
 *
 * @param name of the helper, as it stands in the configuration
 * @param server what it stores them under
 * @param credentials what to store; nothing to forget
 * @throws {BlobberError} `unauthorized` when it cannot be run or fails
 */
export async function tellHelper(
  name: string,
  server: string,
  credentials: { username: string; password: string } | undefined,
): Promise<void> {
  const { program, fail } = helperNamed(name);
  const [verb, input] = credentials === undefined ? ["erase", server] : [
    "store",
    JSON.stringify({
      ServerURL: server,
      Username: credentials.username,
      Secret: credentials.password,
    }),
  ];
  const { output, status } = await runHelper({
    program,
    verb,
    input,
    timeoutMs: HELPER_TIMEOUT_MS,
    fail,
  });
  // To have nothing to forget is not a failure.
  if (status === 0 || credentials === undefined && isNothing(output)) return;
  throw fail(`failed with exit status ${status}`, `run ${program} by hand to see why`);
}

/** Whether a helper says, in the words that Docker's own use, that it has nothing. */
function isNothing(output: Uint8Array): boolean {
  return /credentials not found|no credentials|no usernames? /i.test(
    new TextDecoder().decode(output),
  );
}

function helperNamed(name: string): { program: string; fail: Fail } {
  const fail: Fail = (why, hint) =>
    new BlobberError(
      "unauthorized",
      `authentication failed: credential helper ${quote(name)} ${why}`,
      hint === undefined ? {} : { hint },
    );
  // The name becomes part of a program's name: nothing that leads to another directory.
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/.test(name)) {
    throw fail('has an invalid name, expected letters, digits, ".", "_" and "-"');
  }
  return { program: `docker-credential-${name}`, fail };
}

type Fail = (why: string, hint?: string) => BlobberError;

function notInstalled(program: string, fail: Fail): BlobberError {
  return fail("is not installed", `install ${program}, or take it out of the configuration`);
}

function runHelper({ program, verb, input, timeoutMs, fail }: {
  program: string;
  verb: string;
  input: string;
  timeoutMs: number;
  fail: Fail;
}): Promise<{ output: Uint8Array; status: number }> {
  return new Promise((done, failed) => {
    const { path, script } = findProgram(program, process.env);
    if (path === undefined) {
      throw script === undefined ? notInstalled(program, fail) : fail(
        `is a script (${
          printable(script)
        }), and blobber starts no shell to run one, expected ${program}.exe`,
      );
    }
    const child = spawn(path, [verb], {
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
      // A grandchild may hold the pipe open: it is not waited for.
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
          ? notInstalled(program, fail)
          : fail(`cannot be run: ${(cause as { code?: string }).code ?? "unknown reason"}`),
      );
    });
    child.stdin.on("error", () => {}); // it may answer without reading
    child.stdin.end(input);
    child.stdout.on("data", (part: Uint8Array) => {
      size += part.length;
      if (size > MAX_CREDENTIALS_BYTES) {
        give(fail(`answered more than ${MAX_CREDENTIALS_BYTES} bytes`));
      } else parts.push(part);
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
