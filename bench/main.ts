/**
 * `deno task bench [--rounds N] [--only TEXT;TEXT…] [--program PATH] [--out DIR]`: every case against every peer
 * found, alternating, in one run; a table on stdout, `bench.json` and `bench.svg` in `bench/results`.
 *
 * @module
 */

import type { Case, Stage } from "./case.ts";
import { cases, preparation } from "./cases.ts";
import { startCounter } from "./counter.ts";
import { changedRelease, makeLargeFile, makeMainTree, makeTree, measureTree } from "./data.ts";
import { measure } from "./measure.ts";
import { findPeers } from "./peers.ts";
import { startRegistry } from "./registry.ts";
import { startSigstore } from "../tests/fakes/sigstore.ts";
import { drawing, type Report, type Row, table } from "./report.ts";
import { updateCases } from "./updates.ts";

const root = new URL("..", import.meta.url).pathname;

function option(name: string, fallback: string): string {
  const at = Deno.args.indexOf(`--${name}`);
  return at < 0 ? fallback : Deno.args[at + 1] ?? fallback;
}

function say(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text + "\n"));
}

interface Layer {
  digest: string;
  size: number;
  annotations?: Record<string, string>;
}

/** The layers that a repository's tag `t` names. */
async function layersOf(host: string, repository: string): Promise<Layer[]> {
  const response = await fetch(`http://${host}/v2/bench/${repository}/manifests/t`, {
    headers: {
      accept:
        "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json",
    },
  });
  return (await response.json()).layers;
}

/** Where the table and one member of a layer are, for a client that asks for only these bytes. */
async function placesOf(host: string, repository: string): Promise<Stage["places"]> {
  const [layer] = await layersOf(host, repository) as [Layer];
  const start = Number(layer.annotations?.["dev.blobber.toc.offset"]);
  return { digest: layer.digest, table: `${start}-${layer.size - 1}`, member: "0-65535" };
}

async function link(port: number): Promise<{ process: Deno.ChildProcess; port: number }> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", `${root}bench/shape.ts`, String(port), "100", "40"],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const { value } = await process.stdout.getReader().read();
  return { process, port: Number(new TextDecoder().decode(value)) };
}

async function runCase(one: Case, rounds: number): Promise<Row[]> {
  const rows: Row[] = [
    { case: one.name, who: "blobber", runs: [] },
    ...one.against.map(({ name, must, aim, more, limit }) => ({
      case: one.name,
      who: name,
      runs: [],
      ...(must !== undefined && { must }),
      ...(aim !== undefined && { aim }),
      ...(more && { more }),
      ...(limit && { limit }),
    })),
  ];
  const commands = [one.ours, ...one.against.map(({ command }) => command)];
  for (let round = -1; round < rounds; round++) {
    for (const [i, command] of commands.entries()) {
      const run = await measure(command);
      if (round >= 0) rows[i]!.runs.push(run); // the first round warms caches
    }
  }
  return rows;
}

async function main(): Promise<void> {
  const rounds = Number(option("rounds", "5"));
  const only = option("only", "").split(";");
  const out = option("out", `${root}bench/results`);
  const program = option("program", `${root}cli.ts`);
  const peers = findPeers();
  if (peers.registry === undefined) {
    say(
      'the benchmark needs distribution\'s "registry" on the PATH; deno task test:interop builds it',
    );
    Deno.exit(1);
  }
  const folder = await Deno.makeTempDir({ dir: "/dev/shm", prefix: "blobber-bench-" });
  try {
    say("making the data");
    const trees = Object.fromEntries(
      ["main", "changed", "small", "smaller", "large", "larger", "huge", "tiny"].map((
        name,
      ) => [name, `${folder}/${name}`]),
    ) as Stage["trees"];
    const what = makeMainTree(trees.main);
    changedRelease(trees.main, trees.changed);
    makeTree(trees.small, 20_000, (next) => Math.floor(next() * 2000), 2);
    makeTree(trees.smaller, 2_000, (next) => Math.floor(next() * 2000), 2);
    makeTree(trees.tiny, 1, () => 100, 5);
    makeLargeFile(trees.large, 60e6, 3);
    makeLargeFile(trees.larger, 600e6, 3);
    makeLargeFile(trees.huge, 4 * 1024 ** 3, 4);
    const { files, bytes } = measureTree(trees.main);
    const emptyModule = `${folder}/empty.ts`;
    Deno.writeTextFileSync(emptyModule, "export {};\n");
    await using registry = await startRegistry(peers.registry, folder);
    const shaped = await link(registry.port);
    using counter = startCounter(registry.port);
    const sigstore = await startSigstore();
    Deno.writeTextFileSync(`${folder}/root.json`, JSON.stringify(sigstore.trustedRoot()));
    Deno.writeTextFileSync(`${folder}/signing.json`, JSON.stringify(sigstore.signingConfig(2)));
    const deno = [Deno.execPath(), "run", "-A", "--quiet"];
    const stage: Stage = {
      blobber: [...deno, program],
      empty: [...deno, emptyModule],
      peers,
      folder,
      host: registry.host,
      link: `127.0.0.1:${shaped.port}`,
      counter,
      trees,
      file: firstFile(trees.main),
      places: { digest: "", table: "", member: "" }, // known when it is pushed
      sigstore: {
        sign: ["--sign", "--signing-config", `${folder}/signing.json`],
        env: { ...sigstore.githubEnvironment(), CI: "true" },
        verify: [
          "--offline",
          "--trusted-root",
          `${folder}/root.json`,
          "--verify-issuer",
          `${sigstore.urls.oidc}/gha`,
          "--verify-subject-pattern",
          "https://github.com/acme/**@refs/heads/*",
        ],
      },
    };
    for (const command of preparation(stage)) {
      say(`preparing: ${command.argv.join(" ").slice(0, 120)}`);
      await measure(command);
    }
    const report: Report = {
      machine: machine(),
      data: `${what}, ${files} files, ${(bytes / 1e6).toFixed(0)} MB`,
      date: new Date().toISOString().slice(0, 10),
      rows: [],
      blobs: {},
      missing: (["crane", "oras", "tar", "pigz", "zstd", "curl", "go"] as const).filter((name) =>
        peers[name] === undefined
      ),
    };
    stage.places = await placesOf(registry.host, "main-gzip");
    for (
      const repository of [
        "main-gzip",
        "main-zstd",
        ...(peers.go ? ["main-gzip-go", "main-zstd-go"] : []),
      ]
    ) {
      const layers = await layersOf(registry.host, repository);
      report.blobs[repository] = layers.reduce((sum, { size }) => sum + size, 0);
    }
    const all = [...cases(stage), ...updateCases(stage, (name) => layersOf(registry.host, name))];
    for (const one of all.filter(({ name }) => only.some((text) => name.includes(text)))) {
      say(`measuring: ${one.name}`);
      report.rows.push(...await runCase(one, rounds));
      for (const figure of await one.figures?.() ?? []) {
        report.rows.push({ case: one.name, who: figure.name, runs: [], ...figure });
      }
    }
    await sigstore.close();
    shaped.process.kill("SIGKILL");
    await shaped.process.status;
    Deno.mkdirSync(out, { recursive: true });
    Deno.writeTextFileSync(`${out}/bench.json`, JSON.stringify(report, null, 2) + "\n");
    Deno.writeTextFileSync(`${out}/bench.svg`, drawing(report));
    Deno.stdout.writeSync(new TextEncoder().encode(table(report)));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A small file in the middle of the tree. */
function firstFile(tree: string): string {
  for (const path of ["src/net/http/request.go", "007/5/007500.txt"]) {
    try {
      Deno.statSync(`${tree}/${path}`);
      return path;
    } catch { /* the other tree */ }
  }
  throw new Error(`no file to read in ${tree}`);
}

function machine(): string {
  const cpu = /model name\s*:\s*(.*)/.exec(Deno.readTextFileSync("/proc/cpuinfo"))?.[1] ??
    "unknown processor";
  return `${navigator.hardwareConcurrency} cores of ${cpu}, Deno ${Deno.version.deno}`;
}

if (import.meta.main) await main();
