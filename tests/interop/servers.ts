/**
 * Registries on loopback, each on a port of its own: distribution v3 and 2.8, and go-containerregistry's,
 * with and without what stands in front of a registry in the world.
 *
 * @module
 */

import { givenRegistries } from "./given_registries.ts";
import { daemon, exec, TempDir } from "./processes.ts";
import { type Peer, requirePeer } from "./peers.ts";

/** A registry that runs. */
export interface Registry extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  host: string;
  /** Who may push; everybody where it is left out. */
  login?: { username: string; password: string };
}

/** A kind of registry that every client has to work with. */
export interface KindOfRegistry {
  name: string;
  needs: Peer[];
  start(): Promise<Registry>;
}

/** How a distribution registry is set up. */
export interface DistributionOptions {
  /** Which one. @default v3 */
  program?: "registry" | "docker-registry";
  /** One user with Basic authentication. */
  htpasswd?: { username: string; password: string };
  /** Bearer tokens of a token server. */
  token?: { realm: string; service: string; issuer: string; certificates: string };
  /** Whether it removes anything. @default true */
  deletes?: boolean;
  /** Serves TLS with this certificate and key. */
  tls?: { certificate: string; key: string };
}

/** Starts distribution over files in a directory of its own, which ends with it. */
export async function distribution(options: DistributionOptions = {}): Promise<Registry> {
  const dir = new TempDir("blobber-registry-");
  const { program = "registry", htpasswd, token, tls, deletes = true } = options;
  const lines = [
    "version: 0.1",
    "log: { level: info, accesslog: { disabled: true } }",
    `storage: { filesystem: { rootdirectory: ${dir.path}/data }, delete: { enabled: ${deletes} } }`,
    "http:",
    "  addr: 127.0.0.1:0",
  ];
  if (tls) lines.push(`  tls: { certificate: ${tls.certificate}, key: ${tls.key} }`);
  if (htpasswd) {
    const { username, password } = htpasswd;
    const args = ["-Bbn", username, password];
    const { stdout } = await exec(requirePeer("htpasswd"), args);
    Deno.writeTextFileSync(dir.at("htpasswd"), stdout);
    lines.push(`auth: { htpasswd: { realm: interop, path: ${dir.at("htpasswd")} } }`);
  }
  if (token) {
    const { realm, service, issuer, certificates } = token;
    lines.push(
      `auth: { token: { realm: "${realm}", service: "${service}", issuer: "${issuer}", ` +
        `rootcertbundle: ${certificates} } }`,
    );
  }
  Deno.writeTextFileSync(dir.at("config.yml"), lines.join("\n") + "\n");
  try {
    const server = await daemon(
      requirePeer(program),
      ["serve", dir.at("config.yml")],
      /listening on (127\.0\.0\.1:\d+)/,
      { env: { OTEL_TRACES_EXPORTER: "none" } },
    );
    return {
      host: server.found,
      async [Symbol.asyncDispose]() {
        await server.stop();
        dir[Symbol.dispose]();
      },
    };
  } catch (error) {
    dir[Symbol.dispose]();
    throw error;
  }
}

/** Starts go-containerregistry's registry, in memory. */
export async function memoryRegistry(options: { referrers: boolean }): Promise<Registry> {
  const args = [`-referrers=${options.referrers}`];
  const server = await daemon(requirePeer("memory-registry"), args, /^(127\.0\.0\.1:\d+)$/m);
  return { host: server.found, [Symbol.asyncDispose]: () => server.stop() };
}

/** The kinds of registry that take part: those that can be installed, and those that a variable names. */
export const REGISTRIES: KindOfRegistry[] = [
  {
    name: "distribution v3",
    needs: ["registry"],
    start: () => distribution(),
  },
  {
    name: "Debian's docker-registry",
    needs: ["docker-registry"],
    start: () => distribution({ program: "docker-registry" }),
  },
  {
    name: "go-containerregistry with referrers",
    needs: ["memory-registry"],
    start: () => memoryRegistry({ referrers: true }),
  },
  {
    name: "go-containerregistry without referrers",
    needs: ["memory-registry"],
    start: () => memoryRegistry({ referrers: false }),
  },
  ...givenRegistries(),
];
