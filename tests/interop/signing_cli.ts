/**
 * What the tests of signing by the command line share: who signs, with which services, and who is asked
 * afterwards.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Home } from "./harness.ts";
import { type Peer, requirePeer } from "./peers.ts";
import { exec, must, type Ran, type TempDir } from "./processes.ts";
import { distribution, memoryRegistry, type Registry } from "./servers.ts";
import { type Sigstack, SIGSTACK_PEERS } from "./sigstack.ts";

/** A registry with the referrers API and one without. */
export const WITH_AND_WITHOUT: { name: string; start(): Promise<Registry>; referrers: boolean }[] =
  [
    {
      name: "with the referrers API",
      start: () => memoryRegistry({ referrers: true }),
      referrers: true,
    },
    { name: "without the referrers API", start: () => distribution(), referrers: false },
  ];

/** What these tests need. */
export const SIGNING_PEERS: Peer[] = [...SIGSTACK_PEERS, "registry", "memory-registry"];

/** Who a signature is by, in the words of both tools. */
export interface Who {
  /** Flags of blobber. */
  ours: string[];
  /** Flags of cosign. */
  cosign: string[];
}

/** The person whose tokens the issuer gives to every caller. */
export function person({ issuer, trustedRoot }: Sigstack, email = "dev@example.com"): Who {
  return identity(issuer.url, email, trustedRoot);
}

/** The workflow that signs when the variables of a job are there. */
export function workflow({ workflow: { issuer, subject }, trustedRoot }: Sigstack): Who {
  return identity(issuer, subject, trustedRoot);
}

function identity(issuer: string, subject: string, root: string): Who {
  const trust = ["--trusted-root", root];
  return {
    ours: ["--verify-issuer", issuer, "--verify-subject", subject, ...trust],
    cosign: ["--certificate-oidc-issuer", issuer, "--certificate-identity", subject, ...trust],
  };
}

/** Runs cosign, without this machine's settings. */
export function cosign(stack: Sigstack, ...args: string[]): Promise<Ran> {
  return exec(requirePeer("cosign"), args, {
    env: { HOME: stack.dir, COSIGN_PASSWORD: "pw" },
    cwd: stack.dir,
  });
}

/** Runs cosign, which must succeed. */
export async function mustCosign(stack: Sigstack, ...args: string[]): Promise<Ran> {
  const ran = await cosign(stack, ...args);
  assert.equal(ran.code, 0, `cosign ${args.join(" ")}\n${ran.stdout}${ran.stderr}`);
  return ran;
}

/** Runs a command of blobber that must end with a status, print nothing on stdout, and say something. */
export async function refused(
  home: Home,
  status: number,
  says: RegExp,
  args: string[],
  env: Record<string, string> = {},
): Promise<Ran> {
  const ran = await home.blobber(args, { env });
  const shown = `blobber ${args.join(" ")}: exit ${ran.code}\n${ran.stdout}${ran.stderr}`;
  assert.equal(ran.code, status, shown);
  assert.equal(ran.stdout, "", shown);
  assert.match(ran.stderr, says);
  return ran;
}

/** A small tree to push, and its one file. */
export function makeTree(dir: TempDir, text = "hello\n"): string {
  Deno.mkdirSync(dir.at("tree/dir"), { recursive: true });
  Deno.writeTextFileSync(dir.at("tree/dir/hello.txt"), text);
  return dir.at("tree");
}

/** Pushes, and gives the digest, which is all that is printed. */
export async function push(
  home: Home,
  tree: string,
  reference: string,
  flags: string[] = [],
  env: Record<string, string> = {},
): Promise<string> {
  const { stdout } = await home.must(["push", tree, reference, ...flags], { env });
  const digest = stdout.trim();
  assert.match(digest, /^sha256:[0-9a-f]{64}$/);
  return digest;
}

/** A pair of keys by openssl: the private one under a passphrase, `pw`. */
export async function keyPair(
  dir: TempDir,
  name: string,
  algorithm: string[],
): Promise<{ secret: string; open: string }> {
  const openssl = (...args: string[]) => must(requirePeer("openssl"), args, { cwd: dir.path });
  const [secret, open] = [dir.at(`${name}.key`), dir.at(`${name}.pub`)];
  const out = ["-aes-256-cbc", "-pass", "pass:pw", "-out", secret];
  await openssl("genpkey", "-algorithm", ...algorithm, ...out);
  await openssl("pkey", "-in", secret, "-passin", "pass:pw", "-pubout", "-out", open);
  return { secret, open };
}
