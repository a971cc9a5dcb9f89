/**
 * What is measured: each case is our command, the commands that it is compared with, and the ratios that must
 * and should be reached.
 *
 * @module
 */

import type { Against, Case, Stage } from "./case.ts";
import { compressing, compressingFile, fetching, limit, shell } from "./limits.ts";
import type { Command } from "./measure.ts";

/** A push of the Go tree, which holds private keys that its tests use. */
const PUSH = ["push", "--allow-secrets"];

/** Peak memory that no case may exceed, and the one aimed at, in MB. */
export const MEMORY = { must: 150, aim: 125 };

let serial = 0;

function remove(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** A command on a repository that nothing was pushed to yet. */
function intoFresh(
  host: string,
  argv: (ref: string) => string[],
  env?: Record<string, string>,
): Command {
  const command: Command = { argv: [], ...(env && { env }) };
  command.before = () => {
    command.argv = argv(`${host}/bench/fresh-${++serial}:t`);
  };
  return command;
}

/** A command on a directory that does not exist yet. */
function intoEmpty(
  stage: Stage,
  argv: (dir: string) => string[],
  more: Partial<Command> = {},
): Command {
  const dir = `${stage.folder}/out-${++serial}`;
  return { argv: argv(dir), ...more, before: () => remove(dir) };
}

/** Everything that is measured with the peers that were found. */
export function cases(stage: Stage): Case[] {
  const { blobber, peers, host, link, trees, empty, file } = stage;
  const cold = [...blobber, "--no-cache"];
  const go = peers.go;
  const goCold = go === undefined ? [] : [go, "--insecure", "--no-cache"];
  const of = (name: string, at = host) => `${at}/bench/${name}:t`;
  const withGo = (
    name: string,
    must: number | undefined,
    aim: number | undefined,
    command: Command,
  ): Against[] =>
    go === undefined
      ? []
      : [{ name, command, ...(must !== undefined && { must }), ...(aim !== undefined && { aim }) }];

  const list: Case[] = [];
  for (const compression of ["gzip", "zstd"]) {
    const flags = ["--compression", compression];
    list.push({
      name: `push ${compression}`,
      ours: intoFresh(host, (ref) => [...cold, ...PUSH, ...flags, trees.main, ref]),
      against: [
        ...(compression === "gzip" && peers.crane !== undefined
          ? [{
            name: "tar | crane append",
            command: intoFresh(host, (ref) =>
              shell(
                'tar cf - -C "$1" . | "$2" append --insecure -f - -t "$3"',
                trees.main,
                peers.crane!,
                ref,
              )),
            must: 1.0,
            aim: 0.85,
          }]
          : []),
        ...withGo(
          "Go tool",
          compression === "gzip" ? 1 / 14 : 0.6,
          compression === "gzip" ? 1 / 17 : 0.5,
          intoFresh(host, (ref) => [...goCold, "push", ...flags, trees.main, ref]),
        ),
        ...(compression === "gzip" && peers.oras !== undefined
          ? [{
            name: "oras push",
            command: intoFresh(host, (ref) =>
              shell('cd "$1" && "$2" push --plain-http "$3" .', trees.main, peers.oras!, ref)),
          }]
          : []),
        ...compressing(stage, trees.main, compression),
      ],
    });
  }
  for (const compression of ["gzip", "zstd"]) {
    list.push({
      name: `pull ${compression}`,
      ours: intoEmpty(stage, (dir) => [...cold, "pull", of(`main-${compression}`), dir]),
      against: [
        ...(compression === "gzip"
          ? [{
            name: "tar xzf",
            command: intoEmpty(stage, (dir) =>
              shell('mkdir "$2" && tar xzf "$1" -C "$2"', `${stage.folder}/main.tgz`, dir)),
            must: 0.65,
            aim: 0.55,
          }]
          : []),
        ...(compression === "gzip" && peers.pigz !== undefined
          ? [{
            name: "pigz -d | tar",
            command: intoEmpty(stage, (dir) =>
              shell(
                'mkdir "$3" && "$1" -dc "$2" | tar xf - -C "$3"',
                peers.pigz!,
                `${stage.folder}/main.tgz`,
                dir,
              )),
          }]
          : []),
        ...withGo(
          "Go tool",
          compression === "gzip" ? 0.6 : 0.8,
          compression === "gzip" ? 0.5 : 0.7,
          // It fails on large gzip artifacts of its own after it has written every file.
          intoEmpty(stage, (dir) => [...goCold, "pull", of(`main-${compression}-go`), dir], {
            mayFail: true,
          }),
        ),
        ...(compression === "gzip" && peers.crane !== undefined
          ? [{
            name: "crane export | tar",
            command: intoEmpty(stage, (dir) =>
              shell(
                'mkdir "$3" && "$1" export --insecure "$2" - | tar xf - -C "$3"',
                peers.crane!,
                of("main-crane"),
                dir,
              )),
          }]
          : []),
        ...limit("cp -r", intoEmpty(stage, (dir) => ["cp", "-r", trees.main, dir])),
      ],
    });
  }

  const warmCache = { BLOBBER_CACHE_DIR: `${stage.folder}/cache` };
  list.push({
    name: "push again, warm cache",
    ours: intoFresh(
      host,
      (ref) => [...blobber, ...PUSH, trees.main, ref.replace(/fresh-\d+/, "main-gzip")],
      warmCache,
    ),
    against: [{
      name: "first push",
      command: intoFresh(host, (ref) => [...cold, ...PUSH, trees.main, ref]),
      must: 0.35,
      aim: 0.15,
    }, ...limit("find -printf", { argv: ["find", trees.main, "-printf", "%s %T@ %C@ %i\\n"] })],
  }, {
    name: "push of 1 % changed",
    ours: intoFresh(host, (ref) => [...cold, ...PUSH, trees.changed, ref]),
    against: compressing(stage, trees.changed),
  }, {
    name: "push of 20,000 small files",
    ours: intoFresh(host, (ref) => [...cold, "push", trees.small, ref]),
    against: [{
      name: "2,000 of them",
      command: intoFresh(host, (ref) => [...cold, "push", trees.smaller, ref]),
      must: 11,
      aim: 10.3,
    }, ...compressing(stage, trees.small)],
  }, {
    name: "push of one file of 600 MB",
    ours: intoFresh(host, (ref) => [...cold, "push", trees.larger, ref]),
    against: [{
      name: "60 MB of it",
      command: intoFresh(host, (ref) => [...cold, "push", trees.large, ref]),
      must: 11,
      aim: 10.3,
    }, ...compressingFile(stage, trees.larger)],
  }, {
    name: "pull of one file of 60 MB",
    ours: intoEmpty(stage, (dir) => [...cold, "pull", of("large"), dir]),
    against: limit("cp -r", intoEmpty(stage, (dir) => ["cp", "-r", trees.large, dir])),
  }, {
    name: "push of a 4 GiB file",
    ours: intoFresh(host, (ref) => [...cold, "push", trees.huge, ref]),
    against: compressingFile(stage, trees.huge),
  });

  for (
    const [where, at, must, aim] of [["loopback", host, 0.6, 0.45], [
      "link",
      link,
      1 / 10,
      1 / 20,
    ]] as const
  ) {
    list.push({
      name: `ls, cold, ${where}`,
      ours: { argv: [...cold, "ls", of("main-gzip", at)] },
      against: [
        ...withGo("Go tool", must, aim, { argv: [...goCold, "ls", of("main-gzip-go", at)] }),
        ...fetching(stage, at, "table"),
      ],
    }, {
      name: `cat, cold, ${where}`,
      ours: { argv: [...cold, "cat", of("main-gzip", at), file] },
      against: [
        ...withGo("Go tool", must, aim, {
          argv: [...goCold, "cat", of("main-gzip-go", at), file],
        }),
        ...fetching(stage, at, "table", "member"),
      ],
    });
  }

  const signed = `oci:${stage.folder}/signed:t`;
  list.push({
    name: "cat, verified offline",
    ours: { argv: [...cold, "cat", signed, file, ...stage.sigstore.verify] },
    against: [{
      name: "cat",
      command: { argv: [...cold, "cat", signed, file] },
      must: 0.1,
      aim: 0.06,
      more: true,
    }],
  }, {
    name: "sign, keyless, services on loopback",
    ours: intoFresh(
      host,
      (ref) => [...cold, "push", trees.tiny, ref, ...stage.sigstore.sign],
      stage.sigstore.env,
    ),
    against: [{
      name: "push without signing",
      command: intoFresh(host, (ref) => [...cold, "push", trees.tiny, ref]),
      must: 0.4,
      aim: 0.25,
      more: true,
    }],
  });

  const start = { name: "an empty module", command: { argv: empty } };
  list.push({
    name: "ls again, warm cache",
    ours: { argv: [...blobber, "ls", of("main-gzip")], env: warmCache },
    against: [{ ...start, must: 4, aim: 3 }],
  });
  for (const args of [["--version"], ["--help"], ["__complete", "pu"]]) {
    list.push({
      name: args.join(" "),
      ours: { argv: [...blobber, ...args] },
      against: [{ ...start, must: 1.6, aim: 1.3 }],
    });
  }
  return list;
}

/** Pushes what the reading cases read. */
export function preparation(stage: Stage): Command[] {
  const { blobber, peers, host, trees } = stage;
  const to = (name: string) => `${host}/bench/${name}:t`;
  const warmCache = { BLOBBER_CACHE_DIR: `${stage.folder}/cache` };
  const commands: Command[] = [
    { argv: [...blobber, ...PUSH, trees.main, to("main-gzip")], env: warmCache },
    { argv: [...blobber, "ls", to("main-gzip")], env: warmCache },
    {
      argv: [
        ...blobber,
        "--no-cache",
        ...PUSH,
        "--compression",
        "zstd",
        trees.main,
        to("main-zstd"),
      ],
    },
    { argv: [...blobber, "--no-cache", "push", trees.large, to("large")] },
    {
      argv: [
        ...blobber,
        ...PUSH,
        trees.main,
        `oci:${stage.folder}/signed:t`,
        ...stage.sigstore.sign,
      ],
      env: stage.sigstore.env,
    },
    { argv: ["tar", "czf", `${stage.folder}/main.tgz`, "-C", trees.main, "."] },
  ];
  if (peers.crane !== undefined) {
    commands.push({
      argv: shell(
        'tar cf - -C "$1" . | "$2" append --insecure -f - -t "$3"',
        trees.main,
        peers.crane,
        to("main-crane"),
      ),
    });
  }
  if (peers.go !== undefined) {
    for (const compression of ["gzip", "zstd"]) {
      commands.push({
        argv: [
          peers.go,
          "--insecure",
          "push",
          "--compression",
          compression,
          trees.main,
          to(`main-${compression}-go`),
        ],
      });
    }
  }
  return commands;
}
