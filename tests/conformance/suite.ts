/**
 * The public Sigstore verification vectors: what a case is, where its files are, and what our verifier
 * says about it. Runs under Deno, Node and Bun.
 *
 * The suite hands each case over twice: once with the artifact's bytes, once with its digest alone. With a
 * digest, what was signed is looked for the way a registry is asked: a statement is checked against the
 * digest without any bytes; for a signature over the bytes the suite's own artifacts are the store.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Signable } from "../../mod.ts";
import { publicTrustRoot } from "../../sigstore/trust/tuf.ts";
import type { TrustMaterial } from "../../sigstore/trust/trust_root.ts";
import { rulesOf } from "../../sigstore/verify/policy.ts";
import { loadTrustedRoot } from "../../sigstore/trust/trust_root.ts";
import { verifyBundle } from "../../sigstore/verify/verifier.ts";

const DEFAULT_IDENTITY =
  "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const DEFAULT_ISSUER = "https://token.actions.githubusercontent.com";

/** One check: a case, handed over in one of the two ways. */
export interface ConformanceCheck {
  name: string;
  by: "bytes" | "digest";
  mustPass: boolean;
}

/** How a check came out. */
export interface Outcome extends ConformanceCheck {
  holds: boolean;
  /** Why it was refused, or that it was accepted. */
  says: string;
}

/** The directory of the cases, as it is called beside this repository or in the suite's own. */
function suiteIn(directory: string): string {
  const names = ["sigstore-bundle-verify", "bundle-verify"].map((name) => join(directory, name));
  return names.find((path) => existsSync(path)) ?? names[0]!;
}

/** What is signed where a case has nothing of its own: in the directory of the cases, or above it. */
function commonArtifact(suite: string): string {
  const path = join(suite, "a.txt");
  return existsSync(path) ? path : join(suite, "../a.txt");
}

/** The public trust root where a case has none: beside the cases, or else fetched once. */
let fetched: Promise<TrustMaterial> | undefined;

/** All checks of a directory, in order. */
export function listChecks(directory: string): ConformanceCheck[] {
  const suite = suiteIn(directory);
  return readdirSync(suite, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    .map((entry) => entry.name).sort().flatMap((name) => {
      const mustPass = !name.endsWith("_fail");
      return [{ name, by: "bytes" as const, mustPass }, { name, by: "digest" as const, mustPass }];
    });
}

/** Runs one check. */
export async function runCheck(directory: string, check: ConformanceCheck): Promise<Outcome> {
  const says = await refusal(directory, check);
  const holds = check.mustPass ? says === undefined : says?.typed === true;
  return { ...check, holds, says: says === undefined ? "accepted" : says.message };
}

/** Why a case is refused, and whether by one of our own errors: any other one is a fault of ours. */
async function refusal(
  directory: string,
  check: ConformanceCheck,
): Promise<{ typed: boolean; message: string } | undefined> {
  const suite = suiteIn(directory);
  const folder = join(suite, check.name);
  const given = (name: string, otherwise: string) =>
    existsSync(join(folder, name)) ? join(folder, name) : otherwise;
  const text = (name: string, otherwise: string) =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8").trim() : otherwise;
  try {
    const root = given("trusted_root.json", join(directory, "public-good-trusted_root.json"));
    const trust = existsSync(root)
      ? loadTrustedRoot(readFileSync(root), root)
      : await (fetched ??= publicTrustRoot());
    const rules = rulesOf(
      existsSync(join(folder, "key.pub"))
        ? { signers: [{ key: readFileSync(join(folder, "key.pub"), "utf8") }], trust }
        : {
          signers: [{
            issuer: text("issuer", DEFAULT_ISSUER),
            subject: text("identity", DEFAULT_IDENTITY),
          }],
          trust,
        },
    );
    const bytes = readFileSync(join(folder, "bundle.sigstore.json"));
    const signature = { mediaType: mediaTypeOf(bytes), bytes };
    const artifact = readFileSync(given("artifact", commonArtifact(suite)));
    const manifest = check.by === "bytes"
      ? signable(artifact, artifact)
      : signable(artifact, isStatement(bytes) ? new Uint8Array() : stored(suite, artifact));
    await verifyBundle(manifest, signature, { ...rules, anyPredicate: true });
    return undefined;
  } catch (error) {
    const { name, code, message } = error as { name: string; code?: string; message: string };
    return { typed: name === "BlobberError", message: `${code ?? name}: ${message}` };
  }
}

function signable(artifact: Uint8Array, bytes: Uint8Array): Signable {
  const hex = createHash("sha256").update(artifact).digest("hex");
  return {
    digest: `sha256:${hex}`,
    mediaType: "application/octet-stream",
    size: artifact.length,
    bytes,
  };
}

/** The suite's artifact that has the digest of the given one. */
function stored(suite: string, wanted: Uint8Array): Uint8Array {
  const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
  const paths = [
    commonArtifact(suite),
    ...readdirSync(suite).map((c) => join(suite, c, "artifact")),
  ];
  for (const path of paths.filter((one) => existsSync(one))) {
    const bytes = readFileSync(path);
    if (digest(bytes) === digest(wanted)) return bytes;
  }
  throw new Error("no artifact has this digest");
}

/** The vectors are files, which have no media type of their own: the bundle's own is as good. */
function mediaTypeOf(bytes: Uint8Array): string {
  return /"mediaType"\s*:\s*"([^"]*)"/.exec(new TextDecoder().decode(bytes))?.[1] ?? "";
}

function isStatement(bytes: Uint8Array): boolean {
  return new TextDecoder().decode(bytes).includes('"dsseEnvelope"');
}
