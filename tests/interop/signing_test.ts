/**
 * What blobber signs, cosign verifies: against real services, with an identity by each kind of log and with
 * each kind of key. And what happens when one of the services is gone.
 *
 * @module
 */

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { isBlobberError, type Signable, type Signature, type Signer } from "@blobber/core";
import {
  createSigner,
  findToken,
  givenToken,
  parseSigningConfig,
  readTrustedRoot,
  type SignerOptions,
  type TokenSource,
} from "@blobber/sigstore";
import { sha256 } from "./fronts.ts";
import { interop } from "./harness.ts";
import { type Peer, requirePeer } from "./peers.ts";
import { exec, must, TempDir } from "./processes.ts";
import { memoryRegistry } from "./servers.ts";
import { type Service, type Sigstack, SIGSTACK_PEERS, startSigstack } from "./sigstack.ts";
import { signedName } from "../fakes/registry/references.ts";

const PEERS: Peer[] = [...SIGSTACK_PEERS, "memory-registry"];
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const EMPTY = "application/vnd.oci.empty.v1+json";
const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** A repository in a registry, by plain requests: what is tested is the signature, not the pushing. */
class Repository {
  readonly #host: string;
  readonly name: string;

  constructor(host: string, name: string) {
    this.#host = host;
    this.name = `${host}/${name}`;
  }

  async #request(path: string, init: RequestInit): Promise<Response> {
    const url = new URL(path, `http://${this.#host}/v2/${this.name.slice(this.#host.length + 1)}/`);
    const response = await fetch(url, init);
    await response.body?.cancel();
    assert.ok(response.ok, `${init.method} ${url}: ${response.status}`);
    return response;
  }

  async #blob(mediaType: string, bytes: Uint8Array<ArrayBuffer>) {
    const digest = sha256(bytes);
    const started = await this.#request("blobs/uploads/", { method: "POST" });
    const place = new URL(started.headers.get("location")!, `http://${this.#host}`);
    place.searchParams.set("digest", digest);
    await this.#request(place.href, { method: "PUT", body: bytes });
    return { mediaType, digest, size: bytes.length };
  }

  async #manifest(name: string | undefined, value: Record<string, unknown>) {
    const bytes = encode({ schemaVersion: 2, mediaType: MANIFEST, ...value });
    const digest = sha256(bytes) as `sha256:${string}`;
    await this.#request(`manifests/${name ?? digest}`, {
      method: "PUT",
      body: bytes,
      headers: { "content-type": MANIFEST },
    });
    return { digest, mediaType: MANIFEST, size: bytes.length, bytes };
  }

  /** An artifact under the tag `v1`. */
  async artifact(): Promise<Signable> {
    const layer = await this.#blob("text/plain", encode(this.name));
    const made = await this.#manifest("v1", {
      config: await this.#blob(EMPTY, encode({})),
      layers: [layer],
    });
    return { ...made, name: signedName(this.name, "v1") };
  }

  /** Stores a signature the way the core does; gives the referrer's digest. */
  async attach(subject: Signable, signature: Signature): Promise<string> {
    const { mediaType, annotations } = signature;
    const { digest } = await this.#manifest(undefined, {
      artifactType: mediaType,
      config: await this.#blob(EMPTY, encode({})),
      layers: [await this.#blob(mediaType, signature.bytes as Uint8Array<ArrayBuffer>)],
      subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
      annotations,
    });
    return digest;
  }
}

let count = 0;

/** Signs an artifact of its own and lets cosign verify it in the registry, by its name, and as a blob. */
async function verifiedByCosign(
  stack: Sigstack,
  host: string,
  options: SignerOptions,
  trust: string[],
): Promise<void> {
  const repository = new Repository(host, `signed/by-us-${count++}`);
  const artifact = await repository.artifact();
  const own = () => readTrustedRoot(stack.trustedRoot);
  const signature = await (await createSigner({ trust: own, ...options })).sign(artifact);
  await repository.attach(artifact, signature);
  const reference = `${repository.name}@${artifact.digest}`;
  const cosign = (...args: string[]) =>
    must(requirePeer("cosign"), args, { env: { HOME: stack.dir } });
  await cosign("verify", ...trust, reference);
  await cosign("verify", ...trust, "-a", "dev.blobber.tag=v1", reference);
  const other = ["verify", ...trust, "-a", "dev.blobber.tag=v2", reference];
  const refused = await exec(requirePeer("cosign"), other, { env: { HOME: stack.dir } });
  assert.notEqual(refused.code, 0, "cosign verified another tag");
  Deno.writeFileSync(`${stack.dir}/bundle.json`, signature.bytes);
  Deno.writeFileSync(`${stack.dir}/manifest.json`, artifact.bytes);
  const bundle = ["--bundle", `${stack.dir}/bundle.json`, `${stack.dir}/manifest.json`];
  await cosign("verify-blob", ...trust, ...bundle);
}

const identity = (issuer: string, subject: string) => [
  ...["--certificate-oidc-issuer", issuer, "--certificate-identity", subject],
];
const config = (path: string) => () =>
  Promise.resolve(parseSigningConfig(Deno.readFileSync(path), path));

interop("cosign verifies what we sign with an identity", PEERS, async () => {
  await using stack = await startSigstack();
  await using registry = await memoryRegistry({ referrers: true });
  const { issuer, workflow } = stack;
  const root = ["--trusted-root", stack.trustedRoot];
  const mail = [...root, ...identity(issuer.url, "dev@example.com")];
  const job = [...root, ...identity(workflow.issuer, workflow.subject)];
  const person = () => givenToken(issuer.token("dev@example.com"));
  const workflowToken = () => findToken({ env: stack.actions });
  const { fulcio: fulcioUrl, rekor1, rekor2, timestamps: timestampUrl } = stack;

  const cases: [SignerOptions, string[]][] = [
    [{ token: person(), fulcioUrl, rekorUrl: rekor1 }, mail],
    [{ token: person(), fulcioUrl, rekorUrl: rekor1, timestampUrl }, mail],
    [{ token: person(), fulcioUrl, rekorUrl: rekor2, timestampUrl }, mail],
    [{ token: workflowToken(), signingConfig: config(stack.signingConfig1) }, job],
    [{ token: workflowToken(), signingConfig: config(stack.signingConfig2) }, job],
  ];
  for (const [options, trust] of cases) {
    await verifiedByCosign(stack, registry.host, options, trust);
  }
});

interop("cosign verifies what we sign with a key, logged and not", PEERS, async () => {
  await using stack = await startSigstack();
  await using registry = await memoryRegistry({ referrers: true });
  using dir = new TempDir();
  const openssl = (...args: string[]) => must(requirePeer("openssl"), args, { cwd: dir.path });
  const kinds: [string, string[], (1 | 2)[]][] = [
    ["p256", ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"], [1, 2]],
    ["p384", ["EC", "-pkeyopt", "ec_paramgen_curve:P-384"], [1]],
    ["rsa", ["RSA", "-pkeyopt", "rsa_keygen_bits:3072"], [1, 2]],
    ["ed25519", ["ed25519"], [1]],
  ];
  const keys: [string, SignerOptions & { key: unknown }, (1 | 2)[]][] = [];
  for (const [name, algorithm, versions] of kinds) {
    const [secret, open] = [dir.at(`${name}.key`), dir.at(`${name}.pub`)];
    await openssl(
      "genpkey",
      "-algorithm",
      ...algorithm,
      "-aes-256-cbc",
      "-pass",
      "pass:pw",
      "-out",
      secret,
    );
    await openssl("pkey", "-in", secret, "-passin", "pass:pw", "-pubout", "-out", open);
    const pem = Deno.readTextFileSync(secret);
    assert.match(pem, /ENCRYPTED/);
    keys.push([open, { key: { pem, passphrase: "pw" } }, versions]);
  }
  await must(requirePeer("cosign"), ["generate-key-pair"], {
    cwd: dir.path,
    env: { HOME: dir.path, COSIGN_PASSWORD: "pw" },
  });
  const pem = Deno.readTextFileSync(dir.at("cosign.key"));
  keys.push([dir.at("cosign.pub"), { key: { pem, passphrase: "pw" } }, []]);

  const { rekor1, rekor2, timestamps: timestampUrl, trustedRoot } = stack;
  for (const [open, options, versions] of keys) {
    const unlogged = ["--key", open, "--insecure-ignore-tlog=true"];
    await verifiedByCosign(stack, registry.host, options, unlogged);
    for (const version of versions) {
      const log = version === 1 ? { rekorUrl: rekor1 } : { rekorUrl: rekor2, timestampUrl };
      const trust = ["--key", open, "--trusted-root", trustedRoot];
      await verifiedByCosign(stack, registry.host, { ...options, ...log }, trust);
    }
  }

  // Signing again with the same key adds nothing, since the referrer is the same.
  const repository = new Repository(registry.host, "signed/again");
  const artifact = await repository.artifact();
  for (const [, options] of keys) {
    const signer = await createSigner(options);
    const first = await repository.attach(artifact, await signer.sign(artifact));
    assert.equal(await repository.attach(artifact, await signer.sign(artifact)), first);
  }
});

interop("a log of the first version gives the entry that it has", PEERS, async () => {
  await using stack = await startSigstack();
  await using registry = await memoryRegistry({ referrers: true });
  const artifact = await new Repository(registry.host, "signed/logged").artifact();
  // Signatures of such a key are the same bytes each time, and so are the entries.
  const logged = async (signer: Signer) => {
    const { bytes } = await signer.sign(artifact);
    const [entry] = JSON.parse(new TextDecoder().decode(bytes)).verificationMaterial.tlogEntries;
    return [entry.logIndex, entry.integratedTime, entry.canonicalizedBody];
  };
  const newSigner = () => {
    const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });
    return createSigner({ key: { pem: pem as string }, rekorUrl: stack.rekor1 });
  };
  const signer = await newSigner();
  assert.deepEqual(await logged(signer), await logged(signer));
  // Another entry is answered once all entries before it are in the log.
  await logged(await newSigner());
  const log = await fetch(`${stack.rekor1}/api/v1/log`);
  assert.equal((await log.json()).treeSize, 2);
});

interop("a person signs by a browser and on another device", PEERS, async () => {
  await using stack = await startSigstack();
  await using registry = await memoryRegistry({ referrers: true });
  const trust = [
    ...["--trusted-root", stack.trustedRoot],
    ...identity(stack.issuer.url, "dev@example.com"),
  ];
  const issuer = stack.issuer.url;
  const shown: string[] = [];
  const sources: TokenSource[] = [
    findToken({
      env: {},
      issuer,
      // A browser with a session at the issuer, which sends it back at once.
      openBrowser: async (url) => {
        const response = await fetch(url);
        assert.equal(response.status, 200);
        await response.body?.cancel();
      },
    }),
    findToken({ env: {}, issuer, showDevice: ({ userCode }) => void shown.push(userCode) }),
  ];
  for (const token of sources) {
    const asked: string[] = [];
    await verifiedByCosign(stack, registry.host, {
      token,
      fulcioUrl: stack.fulcio,
      rekorUrl: stack.rekor1,
      confirm: (email) => Promise.resolve(asked.push(email) > 0),
    }, trust);
    assert.deepEqual(asked, ["dev@example.com"]);
  }
  assert.deepEqual(shown, ["WXYZ-1234"]);
});

interop("outage: each service in turn is named, and nothing is signed", PEERS, async () => {
  await using stack = await startSigstack();
  await using registry = await memoryRegistry({ referrers: true });
  const artifact = await new Repository(registry.host, "signed/outage").artifact();
  const { fulcio, rekor1, rekor2, timestamps: timestampUrl } = stack;
  const sign = async (fulcioUrl: string, rekorUrl: string, rekorVersion: 1 | 2) => {
    const token = findToken({ env: stack.actions });
    // Fulcio itself waits for a log that is gone.
    const services = { pause: () => Promise.resolve(), idleTimeoutMs: 3000 };
    const options = { token, fulcioUrl, rekorUrl, rekorVersion, timestampUrl, services };
    return await (await createSigner(options)).sign(artifact);
  };
  const fails = (promise: Promise<unknown>, named: RegExp) =>
    assert.rejects(promise, (error) => {
      assert.ok(isBlobberError(error, "signing-service"), String(error));
      assert.match(error.message, named);
      assert.match(error.hint ?? "", /a key of your own/);
      return true;
    });
  await sign(fulcio, rekor1, 1);
  const outages: [Service, RegExp][] = [
    ["rekor1", /^Rekor at /],
    ["rekor2", /^Rekor at /],
    ["timestamps", /^the timestamp authority at /],
    ["ct", /^Fulcio at /],
    ["fulcio", /^Fulcio at /],
  ];
  for (const [service, named] of outages) {
    await stack.stop(service);
    const version = service === "rekor2" ? 2 : 1;
    await fails(sign(fulcio, version === 2 ? rekor2 : rekor1, version), named);
  }
  // A certificate that no log has seen is still issued by a CA without one, and the signer says so.
  const notices: string[] = [];
  const signer = await createSigner({
    token: findToken({ env: stack.actions }),
    fulcioUrl: stack.fulcioWithoutLog,
    rekorUrl: rekor1,
    services: { pause: () => Promise.resolve() },
    onNotice: ({ code }) => notices.push(code),
  });
  await fails(signer.sign(artifact), /^Rekor at /);
  assert.deepEqual(notices.filter((code) => code !== "request"), ["no-sct"]);
});
