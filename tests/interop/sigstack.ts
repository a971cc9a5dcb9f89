/**
 * A real Sigstore on loopback: an issuer of the tests' own, Fulcio with and without a CT log, Rekor v1 and
 * v2, and a timestamp authority, each on a port of its own, with keys made anew. Logs are in memory or in a
 * directory that ends with it.
 *
 * @module
 */

import { answers, type Daemon, daemon, freePort, must, TempDir } from "./processes.ts";
import { ACTIONS_SECRET, type Issuer, startIssuer, WORKFLOW } from "./oidc.ts";
import { type Peer, requirePeer } from "./peers.ts";

/** What a test that starts the stack needs. */
export const SIGSTACK_PEERS: Peer[] = [
  "openssl",
  "cosign",
  "fulcio",
  "rekor-v1",
  "rekor-v2",
  "createtree",
  "ct_server",
  "memory-trillian",
  "memory-timestamps",
];

/** The services that can be stopped one by one. */
export type Service = "fulcio" | "fulcioWithoutLog" | "rekor1" | "rekor2" | "timestamps" | "ct";

/** A Sigstore that runs. */
export interface Sigstack extends AsyncDisposable {
  issuer: Issuer;
  /** A directory for the files below, and for a test's own. */
  dir: string;
  fulcio: string;
  /** The same CA, whose certificates carry no SCT. */
  fulcioWithoutLog: string;
  rekor1: string;
  rekor2: string;
  timestamps: string;
  /** Trusted root of all of it. */
  trustedRoot: string;
  /** The same without the CT log's key. */
  trustedRootWithoutLog: string;
  /** Signing configuration: Rekor v1 and timestamps. */
  signingConfig1: string;
  /** Signing configuration: Rekor v2 and timestamps. */
  signingConfig2: string;
  /** Signing configuration without a log and without timestamps, for keys. */
  signingConfigNone: string;
  /** Variables of a job in GitHub Actions. */
  actions: Record<string, string>;
  /** The identity in certificates of that job. */
  workflow: { issuer: string; subject: string };
  /** What a service has printed, to find out why a test fails. */
  printed(service: Service): string;
  /** Ends one service. */
  stop(service: Service): Promise<void>;
}

/** Starts all of it. */
export async function startSigstack(): Promise<Sigstack> {
  const temp = new TempDir("blobber-sigstack-");
  const issuer = startIssuer();
  const running = new Map<Service | "trillian", Daemon>();
  const end = async () => {
    await Promise.all([...running.values()].map((service) => service.stop()));
    await issuer[Symbol.asyncDispose]();
    temp[Symbol.dispose]();
  };
  try {
    return { ...await start(temp, issuer, running), [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}

async function start(
  { path: dir }: TempDir,
  issuer: Issuer,
  running: Map<Service | "trillian", Daemon>,
): Promise<Omit<Sigstack, typeof Symbol.asyncDispose>> {
  await makeKeys(dir);
  const port = {
    fulcio: freePort(),
    fulcioWithoutLog: freePort(),
    rekor1: freePort(),
    rekor2: freePort(),
    ct: freePort(),
  };
  const at = (service: keyof typeof port) => `http://127.0.0.1:${port[service]}`;
  const run = async (name: Service | "trillian", peer: Peer, args: string[], ready = /^/) => {
    const service = await daemon(requirePeer(peer), args, ready, { cwd: dir });
    running.set(name, service);
    return service;
  };

  const trillian = (await run("trillian", "memory-trillian", [], /^(127\.0\.0\.1:\d+)$/m)).found;
  const { found: tsa } = await run("timestamps", "memory-timestamps", [], /at (http:\S+)/);
  const chain = await fetch(`${tsa}/api/v1/timestamp/certchain`);
  Deno.writeTextFileSync(`${dir}/tsa-chain.pem`, await chain.text());
  const [trillianHost, trillianPort] = trillian.split(":") as [string, string];
  const tree = await must(requirePeer("createtree"), [
    `--admin_server=${trillian}`,
    "--display_name=ct",
  ]);
  Deno.writeTextFileSync(
    `${dir}/ct.cfg`,
    `config {
  log_id: ${tree.stdout.trim()}
  prefix: "ct"
  roots_pem_file: "ca.pem"
  private_key: { [type.googleapis.com/keyspb.PEMKeyFile] { path: "ct.key" password: "secret" } }
  ext_key_usages: "CodeSigning"
}
`,
  );
  Deno.writeTextFileSync(`${dir}/fulcio.yaml`, fulcioConfig(issuer));
  Deno.mkdirSync(`${dir}/rekor2`);

  const ca = [
    "serve",
    "--host=127.0.0.1",
    "--grpc-host=127.0.0.1",
    "--config-path=fulcio.yaml",
    "--ca=fileca",
    "--fileca-cert=ca.pem",
    "--fileca-key=ca.key",
    "--fileca-key-passwd=secret",
    "--fileca-watch=false",
    "--log_type=prod",
  ];
  const fulcio = (name: "fulcio" | "fulcioWithoutLog", log: string[]) =>
    run(name, "fulcio", [
      ...ca,
      `--port=${port[name]}`,
      `--grpc-port=${freePort()}`,
      `--metrics-port=${freePort()}`,
      `--legacy-unix-domain-socket=@blobber-${port[name]}`,
      ...log,
    ]);
  await Promise.all([
    run("ct", "ct_server", [
      "--logtostderr",
      `--http_endpoint=127.0.0.1:${port.ct}`,
      `--log_rpc_server=${trillian}`,
      "--log_config=ct.cfg",
    ]),
    run("rekor1", "rekor-v1", [
      "serve",
      "--host=127.0.0.1",
      `--port=${port.rekor1}`,
      "--rekor_server.hostname=rekor1.test",
      "--rekor_server.signer=rekor1.key",
      `--trillian_log_server.address=${trillianHost}`,
      `--trillian_log_server.port=${trillianPort}`,
      "--trillian_log_server.tlog_id=0",
      "--log_type=prod",
    ]),
    run("rekor2", "rekor-v2", [
      "serve",
      "--http-address=127.0.0.1",
      `--http-port=${port.rekor2}`,
      `--grpc-port=${freePort()}`,
      `--http-metrics-port=${freePort()}`,
      "--hostname=rekor2.test",
      "--storage-dir=rekor2",
      "--signer-filepath=rekor2.key",
      "--checkpoint-interval=200ms",
      "--batch-max-age=20ms",
      "--batch-max-size=8",
    ]),
  ]);
  await Promise.all([
    answers(`${at("ct")}/ct/ct/v1/get-sth`),
    answers(`${at("rekor1")}/ping`),
    answers(`${at("rekor2")}/healthz`),
  ]);
  await Promise.all([
    fulcio("fulcio", [`--ct-log-url=${at("ct")}/ct`, "--ct-log-public-key-path=ct.pub"]),
    fulcio("fulcioWithoutLog", ["--ct-log-url="]),
  ]);
  await Promise.all([
    answers(`${at("fulcio")}/healthz`),
    answers(`${at("fulcioWithoutLog")}/healthz`),
  ]);

  const timestamps = `${tsa}/api/v1/timestamp`;
  await makeConfigurations(dir, {
    issuer: issuer.url,
    fulcio: at("fulcio"),
    rekor1: at("rekor1"),
    rekor2: at("rekor2"),
    ct: `${at("ct")}/ct`,
    timestamps,
  });
  return {
    issuer,
    dir,
    fulcio: at("fulcio"),
    fulcioWithoutLog: at("fulcioWithoutLog"),
    rekor1: at("rekor1"),
    rekor2: at("rekor2"),
    timestamps,
    trustedRoot: `${dir}/trusted_root.json`,
    trustedRootWithoutLog: `${dir}/trusted_root.no-ct.json`,
    signingConfig1: `${dir}/signing_config.1.json`,
    signingConfig2: `${dir}/signing_config.2.json`,
    signingConfigNone: `${dir}/signing_config.none.json`,
    actions: {
      GITHUB_ACTIONS: "true",
      ACTIONS_ID_TOKEN_REQUEST_URL: `${issuer.actionsUrl}/token?of=job`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: ACTIONS_SECRET,
    },
    workflow: { issuer: issuer.actionsUrl, subject: `https://github.com/${WORKFLOW}` },
    printed: (service) => running.get(service)!.printed(),
    stop: async (service) => {
      await running.get(service)!.stop();
    },
  };
}

/** Keys and certificates of every service, with openssl. */
async function makeKeys(dir: string): Promise<void> {
  const openssl = (...args: string[]) => must(requirePeer("openssl"), args, { cwd: dir });
  const ec = async (name: string) => {
    await openssl(
      ..."genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out".split(" "),
      name,
    );
  };
  const publicOf = (key: string, out: string) =>
    openssl("pkey", "-in", key, "-pubout", "-out", out);
  const caExtensions = [
    "-addext",
    "basicConstraints=critical,CA:TRUE,pathlen:1",
    "-addext",
    "keyUsage=critical,keyCertSign,cRLSign",
  ];
  const selfSigned = (key: string, name: string, out: string) =>
    openssl(
      ..."req -new -x509 -days 30 -key".split(" "),
      key,
      "-subj",
      `/O=interop/CN=${name}`,
      ...caExtensions,
      "-out",
      out,
    );

  await ec("ca.plain");
  await openssl(
    ..."pkcs8 -topk8 -v2 aes-256-cbc -passout pass:secret -in ca.plain -out ca.key".split(" "),
  );
  await selfSigned("ca.plain", "ca", "ca.pem");

  await ec("rekor1.key");
  await publicOf("rekor1.key", "rekor1.pub");
  await openssl("genpkey", "-algorithm", "ed25519", "-out", "rekor2.key");
  await publicOf("rekor2.key", "rekor2.pub");
  // ct_server takes no key without a password, and only the traditional form of PEM.
  await ec("ct.plain");
  await openssl(..."ec -in ct.plain -aes128 -passout pass:secret -out ct.key".split(" "));
  await publicOf("ct.plain", "ct.pub");
}

function fulcioConfig(issuer: Issuer): string {
  const claims = {
    "github-workflow-trigger": "event_name",
    "github-workflow-sha": "sha",
    "github-workflow-name": "workflow",
    "github-workflow-repository": "repository",
    "github-workflow-ref": "ref",
    "build-signer-uri": "{{ .url }}/{{ .job_workflow_ref }}",
    "build-signer-digest": "job_workflow_sha",
    "runner-environment": "runner_environment",
    "source-repository-uri": "{{ .url }}/{{ .repository }}",
    "source-repository-digest": "sha",
    "source-repository-ref": "ref",
    "source-repository-identifier": "repository_id",
    "source-repository-owner-uri": "{{ .url }}/{{ .repository_owner }}",
    "source-repository-owner-identifier": "repository_owner_id",
    "source-repository-visibility-at-signing": "repository_visibility",
    "build-config-uri": "{{ .url }}/{{ .workflow_ref }}",
    "build-config-digest": "workflow_sha",
    "build-trigger": "event_name",
    "run-invocation-uri": "{{ .url }}/{{ .repository }}/actions/runs/{{ .run_id }}",
  };
  // JSON is YAML, and the comment keeps Fulcio from reading it as JSON, where its keys have other names.
  return "# YAML\n" + JSON.stringify({
    "oidc-issuers": {
      [issuer.url]: { "issuer-url": issuer.url, "client-id": "sigstore", type: "email" },
      [issuer.actionsUrl]: {
        "issuer-url": issuer.actionsUrl,
        "client-id": "sigstore",
        type: "ci-provider",
        "ci-provider": "workflow",
      },
    },
    "ci-issuer-metadata": {
      workflow: {
        "default-template-values": { url: "https://github.com" },
        "extension-templates": claims,
        "subject-alternative-name-template": "{{ .url }}/{{ .job_workflow_ref }}",
      },
    },
  });
}

/** Trusted roots and signing configurations, as cosign writes them. */
async function makeConfigurations(
  dir: string,
  url: Record<"issuer" | "fulcio" | "rekor1" | "rekor2" | "ct" | "timestamps", string>,
): Promise<void> {
  const cosign = (...args: string[]) => must(requirePeer("cosign"), args, { cwd: dir });
  const since = "start-time=2024-01-01T00:00:00Z";
  // JavaScript verifiers want a checkpoint's origin to stand in the URL of the log's entry.
  const root = [
    `--fulcio=url=${url.fulcio},certificate-chain=ca.pem,${since}`,
    `--rekor=url=http://rekor1.test,public-key=rekor1.pub,${since}`,
    `--rekor=url=http://rekor2.test,public-key=rekor2.pub,${since},origin=rekor2.test`,
    `--tsa=url=${url.timestamps},certificate-chain=tsa-chain.pem,${since}`,
  ];
  const ct = `--ctfe=url=${url.ct},public-key=ct.pub,${since}`;
  await cosign("trusted-root", "create", ...root, ct, "--out", "trusted_root.json");
  await cosign("trusted-root", "create", ...root, "--out", "trusted_root.no-ct.json");

  const by = `${since},operator=interop`;
  const services = [
    `--fulcio=url=${url.fulcio},api-version=1,${by}`,
    `--oidc-provider=url=${url.issuer},api-version=1,${by}`,
    `--tsa=url=${url.timestamps},api-version=1,${by}`,
    "--tsa-config=ANY",
    "--rekor-config=ANY",
  ];
  for (const version of ["1", "2"] as const) {
    const rekor = `--rekor=url=${url[`rekor${version}`]},api-version=${version},${by}`;
    const out = `signing_config.${version}.json`;
    await cosign("signing-config", "create", ...services, rekor, "--out", out);
  }
  await cosign("signing-config", "create", "--out", "signing_config.none.json");
}
