/**
 * From settings to a signer. The one place of the command line that knows what implements it.
 *
 * @module
 */

import type { Signer } from "@blobber/core";
import { BlobberError } from "@blobber/core/errors";
import { MAX_KEY_FILE_BYTES } from "@blobber/core/limits";
import { platform } from "@blobber/core/internal/platform";
import { looksLikeToken, printable } from "@blobber/core/internal/printable";
import type { KeyFile, ServiceOptions, TokenSource } from "@blobber/sigstore";
import { askSecret, canAsk, confirm } from "../terminal/ask.ts";
import { type NamedFile, readNamedFile, readNamedText } from "../config/named_file.ts";
import type { Context } from "../context.ts";
import { runPlanOf } from "../plan/run_plan.ts";
import { openBrowser, showDevice } from "./login_page.ts";
import { readSecret, refuseToken, warnIfShown } from "./secret.ts";
import type { SigningPlan } from "../plan/signing.ts";
import { readRoot } from "../trust/verifying.ts";
import { variable, variables } from "../machine.ts";

/**
 * Makes the signer that a command must use.
 *
 * @param context of the command
 * @returns nothing when nothing is to be signed
 */
export async function makeSigner(context: Context): Promise<Signer | undefined> {
  const plan = runPlanOf(context).signing;
  if (plan === undefined) return undefined;
  const { createSigner, PUBLIC, publicSigningConfig } = await import("@blobber/sigstore");
  const { onNotice } = context.report;
  const services = await servicesOf(plan, context);
  const named = [plan.fulcioUrl, plan.rekorUrl, plan.timestampUrl, plan.signingConfig]
    .some((service) => service !== undefined);
  if (!named && plan.key === undefined) {
    // No service is named: the public Sigstore tells by TUF which of its services are in use.
    services.signingConfig = () => publicSigningConfig(context.report.observer(context.signal));
  } else if (plan.key !== undefined && plan.log && plan.signingConfig === undefined) {
    // `sign.log` asks for a log and names none.
    services.rekorUrl ??= PUBLIC.rekor.url;
  }
  const trust = plan.trustedRoot === undefined
    ? undefined
    : await readRoot(plan.trustedRoot, context);
  if (plan.key !== undefined) {
    const key = await readKey(plan.key, context);
    return await createSigner({ ...services, trust, key, onNotice });
  }
  return await createSigner({
    ...services,
    trust,
    token: await tokenOf(plan, context),
    fulcioUrl: plan.fulcioUrl,
    clientId: plan.oidcClientId,
    confirm: plan.yes || !canAsk() ? undefined : (identity) =>
      confirm(
        `${printable(identity)} will be in public logs forever. Sign?`,
        context.signal,
      ),
    onNotice,
  });
}

async function servicesOf(plan: SigningPlan, { signal }: Context): Promise<ServiceOptions> {
  if (plan.signingConfig !== undefined) {
    const text = await readNamedText(plan.signingConfig, {
      what: "the signing configuration",
      code: "invalid-config",
      limit: MAX_KEY_FILE_BYTES,
      signal,
    });
    try {
      return { signingConfig: JSON.parse(text) };
    } catch (cause) {
      throw new BlobberError(
        "invalid-config",
        `the signing configuration ${printable(plan.signingConfig.path)} is not JSON`,
        { cause },
      );
    }
  }
  return { rekorUrl: plan.log ? plan.rekorUrl : undefined, timestampUrl: plan.timestampUrl };
}

async function readKey(file: NamedFile, context: Context): Promise<KeyFile> {
  const { needsPassphrase } = await import("@blobber/sigstore");
  const { signal } = context;
  const { bytes, access } = await readNamedFile(file, {
    what: "the private key",
    code: "invalid-key",
    limit: MAX_KEY_FILE_BYTES,
    own: true,
    signal,
  });
  const path = printable(file.path);
  if (access !== undefined && (access.mode & OTHERS) !== 0) {
    const mode = access.mode.toString(8).padStart(4, "0");
    context.report.warn(
      "key-permissions",
      `other users can ${access.mode & OTHERS_WRITE ? "change" : "read"} the private key ${path} ` +
        `(mode ${mode}); chmod 600 makes it private`,
    );
  }
  const pem = new TextDecoder().decode(bytes);
  let passphrase = await readSecret(context, "signPassword");
  if (passphrase === undefined && needsPassphrase(pem) && canAsk()) {
    passphrase = await askSecret(`Passphrase of ${path}:`, signal);
  }
  return { pem, ...passphrase !== undefined && { passphrase } };
}

/** Permission bits of all users but the owner. */
const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;

async function tokenOf(plan: SigningPlan, context: Context): Promise<TokenSource> {
  const { findToken, givenToken, tokenFile } = await import("@blobber/sigstore");
  const given = plan.identityToken?.trim();
  if (given !== undefined) {
    const named = /^(?:file:|env:|-$)/.exec(given)?.[0];
    if (named === undefined && looksLikeToken(given)) warnIfShown(context, "identityToken");
    else if (named === undefined || named === "file:") {
      // cosign's flag of this name takes a path as it is.
      const path = given.slice(named?.length ?? 0);
      refuseToken("identityToken", path, "a path");
      return tokenFile(path, { signal: context.signal });
    }
    const token = named === undefined ? given : await readSecret(context, "identityToken");
    return givenToken(token!, "--identity-token");
  }
  const asks = canAsk();
  return findToken({
    env: variables(),
    issuer: plan.oidcIssuer,
    openBrowser: asks && hasDisplay() ? openBrowser : undefined,
    showDevice: asks ? showDevice : undefined,
  });
}

function hasDisplay(): boolean {
  const { displayVariables } = platform();
  return displayVariables.length === 0 || displayVariables.some((name) => variable(name));
}
