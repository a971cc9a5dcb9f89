/**
 * From settings to a signer. The one place of the command line that knows what implements it.
 *
 * @module
 */

import type { Signer } from "@blobber/core";
import { BlobberError } from "@blobber/core/errors";
import { printable } from "@blobber/core/printable";
import type { KeyFile, ServiceOptions, TokenSource } from "@blobber/sigstore";
import { askSecret, canAsk, confirm } from "./ask.ts";
import type { Context } from "./context.ts";
import { openBrowser, showDevice } from "./login_page.ts";
import { readSecret, warnIfShown } from "./secret.ts";
import { planSigning, type SigningPlan } from "./signing_plan.ts";
import { readText } from "./verifying.ts";

/**
 * Makes the signer that a command must use.
 *
 * @param context of the command
 * @param command its name
 * @returns nothing when nothing is to be signed
 */
export async function makeSigner(
  context: Context,
  command: string,
): Promise<Signer | undefined> {
  const plan = planSigning(command, context.settings);
  if (plan === undefined) return undefined;
  const { createSigner, PUBLIC, publicSigningConfig, readTrustedRoot } = await import(
    "@blobber/sigstore"
  );
  const { onNotice } = context.report;
  const services = servicesOf(plan);
  const named = [plan.fulcioUrl, plan.rekorUrl, plan.timestampUrl, plan.signingConfig]
    .some((service) => service !== undefined);
  if (!named && plan.key === undefined) {
    // Nobody named a service: the public Sigstore says by TUF which of its own are in use.
    services.signingConfig = () => publicSigningConfig(context.report.observer(context.signal));
  } else if (plan.key !== undefined && plan.log && plan.signingConfig === undefined) {
    // `sign.log` asks for a log and names none.
    services.rekorUrl ??= PUBLIC.rekor.url;
  }
  const trust = plan.trustedRoot === undefined
    ? undefined
    : await readTrustedRoot(plan.trustedRoot);
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
        `${printable(identity)} will stand in public logs for good. Sign?`,
        context.signal,
      ),
    onNotice,
  });
}

function servicesOf(plan: SigningPlan): ServiceOptions {
  if (plan.signingConfig !== undefined) {
    const text = readText(plan.signingConfig, "the signing config");
    try {
      return { signingConfig: JSON.parse(text) };
    } catch (cause) {
      throw new BlobberError(
        "invalid-config",
        `the signing config ${printable(plan.signingConfig)} is not JSON`,
        { cause },
      );
    }
  }
  return { rekorUrl: plan.log ? plan.rekorUrl : undefined, timestampUrl: plan.timestampUrl };
}

async function readKey(path: string, context: Context): Promise<KeyFile> {
  const { needsPassphrase } = await import("@blobber/sigstore");
  const pem = readText(path, "the private key");
  let passphrase = await readSecret(context, "signPassword");
  if (passphrase === undefined && needsPassphrase(pem) && canAsk()) {
    passphrase = await askSecret(`Passphrase of ${printable(path)}: `, context.signal);
  }
  return { pem, ...passphrase !== undefined && { passphrase } };
}

async function tokenOf(plan: SigningPlan, context: Context): Promise<TokenSource> {
  const { findToken, givenToken, tokenFile } = await import("@blobber/sigstore");
  const given = plan.identityToken;
  if (given?.startsWith("file:")) return tokenFile(given.slice("file:".length));
  if (given !== undefined) {
    // cosign's flag of this name takes a path as it is, and no path is three parts of base64 with dots.
    const isToken = /^[\w-]+\.[\w-]+\.[\w-]*$/.test(given) || given === "-" ||
      given.startsWith("env:");
    if (!isToken) return tokenFile(given);
    if (given !== "-" && !given.startsWith("env:")) warnIfShown(context, "identityToken");
    return givenToken((await readSecret(context, "identityToken"))!, "--identity-token");
  }
  const asks = canAsk();
  return findToken({
    env: Deno.env.toObject(),
    issuer: plan.oidcIssuer,
    openBrowser: asks && hasDisplay() ? openBrowser : undefined,
    showDevice: asks ? showDevice : undefined,
  });
}

function hasDisplay(): boolean {
  if (Deno.build.os !== "linux") return true;
  return Boolean(Deno.env.get("DISPLAY") || Deno.env.get("WAYLAND_DISPLAY"));
}
