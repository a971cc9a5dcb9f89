/**
 * Releases of the program, on loopback: a registry that has them and a Sigstore that signs them as the
 * project's workflow, or as another one.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@blobber/core";
import { createSigner, givenToken, loadTrustedRoot } from "@blobber/sigstore";
import { SIGNER } from "../../cli/home.ts";
import { startRegistry } from "./registry/fake_registry.ts";
import { startSigstore } from "./sigstore.ts";

/** What is otherwise than in a right release. */
export interface ReleaseFaults {
  /** The tag that the workflow ran for. @default that of the version */
  signedFor?: string;
  /** The repository of the workflow. @default the project's */
  signedBy?: string;
  unsigned?: boolean;
  /** What becomes of the list of digests. */
  list?: (right: string) => string;
}

/** Files of a release by name. */
export type ReleaseFiles = Record<string, string | Uint8Array>;

/** What serves releases. */
export interface Releases extends AsyncDisposable {
  registry: Awaited<ReturnType<typeof startRegistry>>;
  sigstore: Awaited<ReturnType<typeof startSigstore>>;
  /** The repository of the artifact. */
  artifact: string;
  /** The trust root of this Sigstore, as text. */
  trustedRoot: string;
  /** What a build knows of its home, where this is it. */
  home: { artifact: string; issuer: string; identityPrefix: string; trustedRoot: string };
  /**
   * Pushes and signs one.
   *
   * @returns the list of digests in it
   */
  push(version: string, files: ReleaseFiles, faults?: ReleaseFaults): Promise<string>;
}

/** What sha256sum prints for files. */
export function listOf(files: ReleaseFiles): string {
  return Object.entries(files).map(([name, content]) =>
    `${createHash("sha256").update(content).digest("hex")}  ${name}\n`
  ).join("");
}

/** A binary that says its version, and does no more. */
export function binaryThatSays(version: string): string {
  return `#!/bin/sh\necho "blobber version ${version} (commit ${"1".repeat(40)})"\n`;
}

/** Starts a registry and a Sigstore. */
export async function startReleases(): Promise<Releases> {
  const [registry, sigstore] = await Promise.all([startRegistry(), startSigstore()]);
  const artifact = `${registry.host}/acme/blobber`;
  const trustedRoot = JSON.stringify(sigstore.trustedRoot());
  const { issuer, identityPrefix } = SIGNER;
  const [project, workflow] = /^https:\/\/github\.com\/([^/]+\/[^/]+)\/(.*)$/.exec(identityPrefix)!
    .slice(1) as [string, string];

  async function push(version: string, files: ReleaseFiles, faults: ReleaseFaults = {}) {
    const { signedFor = `v${version}`, signedBy = project, unsigned = false, list } = faults;
    const right = listOf(files);
    const checksums = list?.(right) ?? right;
    const dir = mkdtempSync(join(tmpdir(), "blobber-release-"));
    try {
      mkdirSync(join(dir, "r"));
      for (const [name, content] of Object.entries({ ...files, "checksums.txt": checksums })) {
        writeFileSync(join(dir, "r", name), content);
        chmodSync(join(dir, "r", name), name === "checksums.txt" ? 0o644 : 0o755);
      }
      const job_workflow_ref = `${signedBy}/${workflow}${signedFor}`;
      const token = sigstore.oidc.githubToken({ iss: issuer, job_workflow_ref });
      const signer = unsigned ? undefined : await createSigner({
        token: givenToken(token),
        fulcioUrl: sigstore.urls.fulcio,
        rekorUrl: sigstore.urls.rekor1,
        trust: loadTrustedRoot(new TextEncoder().encode(trustedRoot)),
      });
      await using client = new Client();
      await client.push({ directory: join(dir, "r") }, `${artifact}:v${version}`, {
        ...signer && { signer },
      });
      return checksums;
    } finally {
      rmSync(dir, { recursive: true });
    }
  }

  return {
    registry,
    sigstore,
    artifact,
    trustedRoot,
    home: { artifact, issuer, identityPrefix, trustedRoot },
    push,
    async [Symbol.asyncDispose]() {
      await Promise.all([registry.close(), sigstore.close()]);
    },
  };
}
