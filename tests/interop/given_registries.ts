/**
 * Registries that take part where a variable names their program: no package and no module proxy has them
 * in a form that could be installed from here.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { answers, freePort, must, serve, TempDir } from "./processes.ts";
import type { KindOfRegistry, Registry } from "./servers.ts";

/** The variables, and the registries behind them. */
const KINDS: { variable: string; name: string; start(program: string): Promise<Registry> }[] = [
  { variable: "BLOBBER_ZOT", name: "zot", start: zot },
  { variable: "BLOBBER_GITEA", name: "Gitea or Forgejo", start: gitea },
];

/** Those whose variable is set. One that names no file is an error: it was meant to take part. */
export function givenRegistries(): KindOfRegistry[] {
  return KINDS.flatMap(({ variable, name, start }) => {
    const program = Deno.env.get(variable);
    if (program === undefined || program === "") return [];
    if (!existsSync(program)) throw new Error(`${variable} names ${program}, which is not there`);
    return [{ name, needs: [], start: () => start(program) }];
  });
}

/** The variables of registries that do not take part. */
export function absentRegistries(): { variable: string; name: string }[] {
  return KINDS.filter(({ variable }) => !Deno.env.get(variable));
}

/** Runs a server that does not report that it listens, with a directory that is removed with it. */
async function serving(
  dir: TempDir,
  port: number,
  command: { program: string; args: string[]; health: string; env?: Record<string, string> },
): Promise<Registry> {
  const { program, args, health, env = {} } = command;
  const server = serve(program, args, { cwd: dir.path, env });
  const stop = async () => {
    await server.stop();
    dir[Symbol.dispose]();
  };
  try {
    await Promise.race([answers(`http://127.0.0.1:${port}${health}`), server.ended]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { host: `127.0.0.1:${port}`, [Symbol.asyncDispose]: stop };
}

/** zot over files, with Docker's media types, which crane's images have. */
async function zot(program: string): Promise<Registry> {
  const dir = new TempDir("blobber-zot-");
  const port = freePort();
  Deno.writeTextFileSync(
    dir.at("config.json"),
    JSON.stringify({
      distSpecVersion: "1.1.1",
      storage: { rootDirectory: dir.at("data"), gc: false, dedupe: false },
      http: { address: "127.0.0.1", port: String(port), compat: ["docker2s2"] },
      log: { level: "error" },
    }),
  );
  const args = ["serve", dir.at("config.json")];
  return await serving(dir, port, { program, args, health: "/v2/" });
}

/** Who may push to a Gitea of the tests: repositories are below the names of users. */
const USER = { username: "interop", password: "a password of the tests" };

/** Gitea or Forgejo, which have the same configuration and the same commands, over SQLite. */
async function gitea(program: string): Promise<Registry> {
  const dir = new TempDir("blobber-gitea-");
  const port = freePort();
  const config = dir.at("app.ini");
  Deno.writeTextFileSync(
    config,
    [
      "RUN_MODE = prod",
      "I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true",
      "[server]",
      "HTTP_ADDR = 127.0.0.1",
      `HTTP_PORT = ${port}`,
      `ROOT_URL = http://127.0.0.1:${port}/`,
      "OFFLINE_MODE = true",
      "DISABLE_SSH = true",
      "[database]",
      "DB_TYPE = sqlite3",
      `PATH = ${dir.at("gitea.db")}`,
      "[security]",
      "INSTALL_LOCK = true",
      "[service]",
      "DISABLE_REGISTRATION = true",
      "[packages]",
      "ENABLED = true",
      "[log]",
      "MODE = console",
      "LEVEL = error",
      "",
    ].join("\n"),
  );
  const env = { GITEA_WORK_DIR: dir.path, FORGEJO_WORK_DIR: dir.path, HOME: dir.path };
  const { username, password } = USER;
  try {
    await must(program, ["migrate", "--config", config], { env });
    await must(program, [
      ...["admin", "user", "create", "--config", config, "--must-change-password=false"],
      ...["--username", username, "--password", password, "--email", "interop@example.com"],
    ], { env });
  } catch (error) {
    dir[Symbol.dispose]();
    throw error;
  }
  const args = ["web", "--config", config];
  const registry = await serving(dir, port, { program, args, env, health: "/api/healthz" });
  return { ...registry, login: USER };
}
