/**
 * How the tests of this folder are declared, and how they run blobber: as a child process, the way a person
 * does.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { IN_CI, inRoot } from "../../tasks/run.ts";
import { type Peer, peerPath } from "./peers.ts";
import type { Registry } from "./servers.ts";
import { exec, type Ran, type RunOptions, TempDir } from "./processes.ts";

/**
 * Declares a test that needs peers. Without one of them it is skipped with a visible line, and fails in CI.
 */
export function interop(name: string, needs: Peer[], test: () => Promise<void>): void {
  const missing = needs.find((peer) => peerPath(peer) === undefined);
  if (missing === undefined) {
    Deno.test({ name, fn: test, sanitizeOps: false, sanitizeResources: false });
  } else if (IN_CI) {
    Deno.test(name, () => Promise.reject(new Error(`${missing} is missing, and this is CI`)));
  } else {
    skipped(name, `${missing} is missing`);
  }
}

/** Declares a test that cannot run here, and says why: `deno test --quiet` shows nothing else. */
export function skipped(name: string, why: string): void {
  Deno.test({ name: `skipped: ${name}: ${why}`, ignore: true, fn: () => {} });
}

/**
 * Declares a test that reads files beside the repository. A clone has none of them, in CI too: then it is
 * skipped with a visible line.
 */
export function withFiles(
  name: string,
  path: string,
  test: () => Promise<void>,
  needs: Peer[] = [],
): void {
  if (existsSync(path)) interop(name, needs, test);
  else skipped(name, `${path.replace(inRoot("../"), "../")} is missing`);
}

/** What stands beside the repository on some machines. */
export const SHARED: string = inRoot("../shared");

/** The Go toolchain's own tree: a real directory that is large. Nothing where there is no Go. */
export function goTree(): string | undefined {
  const go = peerPath("go");
  if (go === undefined) return undefined;
  const { stdout } = new Deno.Command(go, { args: ["env", "GOROOT"] }).outputSync();
  return new TextDecoder().decode(stdout).trim();
}

/** A Go blobber's program, where one is named. */
export const GO_BLOBBER: string | undefined = Deno.env.get("BLOBBER_GO");

/** A home of its own for a command line, so that no test sees this machine's settings or cache. */
export class Home implements Disposable {
  readonly dir: TempDir = new TempDir("blobber-home-");
  readonly env: Record<string, string>;

  constructor(env: Record<string, string> = {}) {
    const { path } = this.dir;
    this.env = {
      HOME: path,
      XDG_CACHE_HOME: `${path}/cache`,
      XDG_CONFIG_HOME: `${path}/config`,
      XDG_DATA_HOME: `${path}/data`,
      DOCKER_CONFIG: `${path}/docker`,
      REGISTRY_AUTH_FILE: `${path}/auth.json`,
      DENO_DIR: denoDir(),
      NO_COLOR: "1",
      // Deno would ask for its newest version, through the proxy of the test.
      DENO_NO_UPDATE_CHECK: "1",
      ...env,
    };
  }

  /** Lets every client of this home push to a registry. */
  logIn({ host, login }: Registry): void {
    if (login === undefined) return;
    const auth = new TextEncoder().encode(`${login.username}:${login.password}`).toBase64();
    const text = JSON.stringify({ auths: { [host]: { auth } } });
    Deno.mkdirSync(this.dir.at("docker"), { recursive: true });
    Deno.writeTextFileSync(this.dir.at("docker/config.json"), text);
  }

  /** Runs blobber. */
  blobber(args: string[], options: RunOptions = {}): Promise<Ran> {
    const env = { ...this.env, ...options.env };
    const program = ["run", "-A", "--quiet", inRoot("cli.ts")];
    return exec(Deno.execPath(), [...program, ...args], { ...options, env });
  }

  /** Runs blobber, which must succeed. */
  async must(args: string[], options: RunOptions = {}): Promise<Ran> {
    const ran = await this.blobber(args, options);
    if (ran.code !== 0) {
      throw new Error(`blobber ${args.join(" ")}: exit ${ran.code}\n${ran.stdout}${ran.stderr}`);
    }
    return ran;
  }

  [Symbol.dispose](): void {
    this.dir[Symbol.dispose]();
  }
}

let dir: string | undefined;

/** Where Deno keeps packages, so that another home does not download them again. */
function denoDir(): string {
  dir ??= (JSON.parse(
    new TextDecoder().decode(
      new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).outputSync().stdout,
    ),
  ) as { denoDir: string }).denoDir;
  return dir;
}
