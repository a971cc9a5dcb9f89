/** What a person sees: the program at a real pseudo-terminal, and the lines that stand there in the end. */

import assert from "node:assert/strict";
import { readYaml } from "../../cli/config/yaml.ts";
import { type FakeRegistry, startRegistry } from "../fakes/registry/fake_registry.ts";
import { keys } from "./keys.ts";
import { Workplace } from "./program.ts";
import { hasTerminal, TerminalRun } from "./terminal.ts";

const ignore = !hasTerminal();
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const PUSHED = /^Pushed 127\.0\.0\.1:\d+\/acme\/site:v1: 1 file, 1\.0 MB in \d+\.\d s$/;
const PULLED =
  /^Pulled 127\.0\.0\.1:\d+\/acme\/site:v1 into out: 1 file, 1\.0 MB in \d+\.\d s, 1\.1 MB fetched$/;

/** A sentence that the terminal's width may have broken between its words. */
function said(lines: readonly string[]): string {
  return lines.map((line) => line.trim()).join(" ");
}

Deno.test({
  name: "what config shows at a narrow terminal is the same YAML as in a pipe",
  ignore,
  async fn() {
    await using at = await Workplace.open();
    const cache = "/a/path/that/is/longer/than/forty/columns/and has  two spaces";
    const env = { BLOBBER_CACHE_DIR: cache, BLOBBER_PROGRESS: "none" };
    const run = new TerminalRun(at, ["config"], { columns: 40, env });
    const { written } = await run.end().then(() => run);
    const piped = await at.ok(["config"], { env });
    assert.deepEqual(readYaml(written.replaceAll("\r", ""), "shown"), readYaml(piped, "piped"));
  },
});

/** A place with a large file in it, and a registry. */
async function open(): Promise<AsyncDisposable & { at: Workplace; registry: FakeRegistry }> {
  const at = await Workplace.open();
  const registry = await startRegistry();
  // Random, so that it is as large when it is packed: it is asked for in more than one read.
  const large = new Uint8Array(1 << 20);
  for (let i = 0; i < large.length; i += 65536) {
    crypto.getRandomValues(large.subarray(i, i + 65536));
  }
  await at.write("tree/large", large);
  return {
    at,
    registry,
    async [Symbol.asyncDispose]() {
      await registry.close();
      await at[Symbol.asyncDispose]();
    },
  };
}

/** Lets large answers stop in the middle until the promise is done. */
function holdDownloads(registry: FakeRegistry, until: Promise<void>): void {
  registry.onRequest = ({ method, path }) =>
    method === "GET" && path.includes("/blobs/")
      ? {
        rewrite: (answer) => {
          const { body, headers } = answer;
          if (!(body instanceof Uint8Array) || body.length < 100_000) return answer;
          async function* halves(bytes: Uint8Array) {
            yield bytes.subarray(0, bytes.length >> 1);
            await until;
            yield bytes.subarray(bytes.length >> 1);
          }
          return {
            ...answer,
            headers: { ...headers, "content-length": String(body.length) },
            body: halves(body),
          };
        },
      }
      : undefined;
}

for (const columns of [80, 40]) {
  Deno.test({
    name:
      `a push at a terminal of ${columns} columns ends with the digest alone in its line, and what was done`,
    ignore,
    async fn() {
      await using place = await open();
      const { at, registry } = place;
      const seen = Promise.withResolvers<void>();
      registry.onRequest = ({ method, path }) =>
        method === "PUT" && path.includes("/manifests/") ? { after: seen.promise } : undefined;
      const run = new TerminalRun(at, ["push", "tree", `${registry.host}/acme/site:v1`], {
        columns,
      });
      await run.shows(/Uploading/).finally(seen.resolve);
      const { status, screen } = await run.end();
      assert.equal(status, 0);
      assert.match(screen.lines[0]!, DIGEST);
      assert.match(said(screen.lines.slice(1)), PUSHED);
      assert.deepEqual(registry.log().at(-1), "PUT /v2/acme/site/manifests/v1 201");
    },
  });

  Deno.test({
    name:
      `a pull over a slow link at ${columns} columns shows one bar, of the bytes, that wraps nowhere`,
    ignore,
    async fn() {
      await using place = await open();
      const { at, registry } = place;
      const ref = `${registry.host}/acme/site:v1`;
      await at.ok(["push", "tree", ref]);
      const seen = Promise.withResolvers<void>();
      holdDownloads(registry, seen.promise);
      const run = new TerminalRun(at, ["pull", ref, "out"], { columns });
      // Half of the bytes come, and of the one large file nothing is done.
      await run.shows(/^Pulling .*\b[45]\d%/).finally(seen.resolve);
      const during = run.screen;
      const { status, screen } = await run.end();
      assert.equal(status, 0);
      assert.equal(during.rows.length, 1, during.rows.join("\n"));
      assert.doesNotMatch(run.written, /Unpacking|Downloading/);
      assert.match(during.current, / kB of 1\.1 MB/);
      assert.match(said(screen.lines), PULLED);
      assert.deepEqual(
        await Deno.readFile(`${at.dir}/out/large`),
        await Deno.readFile(`${at.dir}/tree/large`),
      );
    },
  });

  Deno.test({
    name:
      `an error and its hint stand in lines of their own at ${columns} columns, and no bar with them`,
    ignore,
    async fn() {
      await using place = await open();
      const { at, registry } = place;
      const ref = `${registry.host}/acme/site:v1`;
      await at.ok(["push", "tree", ref]);
      const broken = Promise.withResolvers<void>();
      holdDownloads(registry, broken.promise);
      const run = new TerminalRun(at, ["pull", ref, "out"], { columns, env: { NO_COLOR: "1" } });
      await run.shows(/^Pulling/);
      await run.type("\x03");
      const { status, screen } = await run.end();
      broken.resolve();
      assert.deepEqual([status, screen.lines], [130, ["Error: operation canceled"]]);
    },
  });
}

Deno.test({
  name: "who signed is told at a terminal, and nothing is under --quiet or with JSON",
  ignore,
  async fn() {
    await using place = await open();
    const { at, registry } = place;
    await keys(at, "acme");
    const ref = `${registry.host}/acme/site:v1`;
    const signed = ["push", "tree", ref, "--sign-key", "acme.pem"];
    const run = new TerminalRun(at, signed, { columns: 400 });
    const { screen } = await run.end();
    const by = /, signed by (key SHA256:[0-9a-f]{8})…$/.exec(screen.lines[1]!)?.[1];
    assert.ok(by !== undefined, screen.rows.join("\n"));
    const pull = ["pull", ref, "out", "--verify-key", "acme.pub"];
    const pulled = await new TerminalRun(at, pull, { columns: 400 }).end();
    assert.ok(pulled.screen.lines[0]!.endsWith(`, signed by ${by}…`), pulled.screen.lines[0]);
    for (const flag of ["--quiet", "-ojson"]) {
      const { screen: quiet } = await new TerminalRun(at, [...signed, flag], { columns: 9999 })
        .end();
      assert.equal(quiet.lines.length, 1, quiet.rows.join("\n"));
    }
  },
});

Deno.test({
  name: "a bar on stderr goes before the result, wherever stdout leads",
  ignore,
  async fn() {
    await using place = await open();
    const { at, registry } = place;
    const seen = Promise.withResolvers<void>();
    registry.onRequest = ({ method, path }) =>
      method === "PUT" && path.includes("/manifests/") ? { after: seen.promise } : undefined;
    const args = ["push", "tree", `${registry.host}/acme/site:v1`];
    const run = new TerminalRun(at, args, { columns: 80, redirect: "| cat" });
    await run.shows(/Uploading/).finally(seen.resolve);
    const { screen } = await run.end();
    const [first, second] = screen.lines;
    // Which of the two is there first is up to cat.
    assert.match([first, second].find((line) => line!.startsWith("sha"))!, DIGEST);
    assert.match([first, second].find((line) => line!.startsWith("Pushed"))!, PUSHED);
  },
});

Deno.test({
  name:
    "a message gets a line of its own while there is a bar, and the bar is drawn again below it",
  ignore,
  async fn() {
    await using place = await open();
    const { at, registry } = place;
    const ref = `${registry.host}/acme/site:v1`;
    await at.ok(["push", "tree", ref]);
    const seen = Promise.withResolvers<void>();
    holdDownloads(registry, seen.promise);
    const { onRequest } = registry;
    let tries = 0;
    registry.onRequest = (request) => {
      // The rest of the layer, after its connection broke.
      const isRest = /^bytes=[1-9]/.test(request.headers["range"] ?? "");
      return request.path.includes("/blobs/") && isRest && tries++ < 2
        ? { answer: { status: 503 } }
        : onRequest!(request);
    };
    // So wide that no message is broken.
    const run = new TerminalRun(at, ["pull", ref, "out", "-v"], { columns: 400 });
    await run.shows(/^Pulling/).finally(seen.resolve);
    const { screen } = await run.end();
    const lines = [...screen.lines];
    assert.match(lines.pop()!, PULLED);
    for (const row of lines) assert.match(row, /^(Debug|Note|Warning): /);
    assert.ok(lines.length > 0);
  },
});

Deno.test({
  name: "a question keeps its line until it is answered, and the next message begins a new one",
  ignore,
  async fn() {
    await using place = await open();
    const { at, registry } = place;
    const ref = `${registry.host}/acme/site:v1`;
    await at.ok(["push", "tree", ref]);
    await at.ok(["ls", ref]);
    const answers: [string, string, number][] = [
      ["n\n", "Remove 1 entry", 0],
      ["\x04", "Remove 1 entry", 0],
      ["\x03", "Remove 1 entry", 130],
    ];
    for (const [typed, question, expected] of answers) {
      const run = new TerminalRun(at, ["cache", "clear"], { columns: 80, env: { NO_COLOR: "1" } });
      await run.shows(/\[y\/N\]$/);
      await run.type(typed);
      const { status, screen } = await run.end();
      assert.equal(status, expected);
      assert.equal(screen.lines.length, 2, screen.rows.join("\n"));
      assert.ok(screen.lines[0]!.startsWith(question));
      assert.match(screen.lines[1]!, /^(Aborted|Error: operation canceled)$/);
    }
  },
});

for (const columns of [80, 40]) {
  Deno.test({
    name: `at ${columns} columns no line of a table, an error or a question breaks inside a word`,
    ignore,
    async fn() {
      await using place = await open();
      const { at, registry } = place;
      await keys(at, "acme");
      await keys(at, "other");
      const ref = `${registry.host}/acme/site:v1`;
      const digest = (await at.ok(["push", "tree", ref, "--sign-key", "acme.pem"])).trim();
      await at.ok(["trust", "add", `${registry.host}/acme/**`, "--verify-key", "acme.pub"]);
      await at.ok(["verify", ref]);
      const runs: [string[], RegExp][] = [
        [["verify", ref], /^Signed with the key\n/m],
        [["trust", "list"], /^ {2}matches {4}/m],
        [["trust", "check", ref], /^Satisfied by\n/m],
        [["cache", "info", "--long"], /^ +\d.* kB /m],
        [["config"], /^ {2}compression: gzip$/m],
        [["verify", ref, "--verify-key", "other.pub"], /^Hint: /m],
        [["push", "tree"], /^Error: missing REF$/m],
        [["pull", ref, "out", "-v"], /^Debug: /m],
        [["tag", ref, "v2"], /^Tagged /m],
        [["copy", ref, "oci:mirror:v1"], /^Copied /m],
        [["ls", `${ref}.0`], /^Hint: did you mean /m],
        [["config", "get", "ttl"], /^Hint: did you mean /m],
        [["resolve", ref, "-v"], /^sha256:/m],
        [["inspect", ref], /^Digest:/m],
        [["tree", ref], /sha256:/],
        [["pull", "--help"], /^Also: /m],
        [["help"], /^Read on/m],
        [["cache", "clear"], /\[y\/N\]/],
      ];
      for (const [args, shown] of runs) {
        const run = new TerminalRun(at, args, { columns, env: { NO_COLOR: "1" } });
        if (args[1] === "clear") {
          await run.shows(/\[y\/N\]$/);
          await run.type("n\n");
        }
        const { screen } = await run.end();
        const text = screen.lines.join("\n");
        assert.match(text, shown);
        // A digest, a fingerprint, a path or an address stays whole, alone in its line.
        const broken = screen.broken.filter((line) => line.trim().includes(" "));
        assert.deepEqual([args, broken], [args, []], text);
      }
      // In a pipe a line is a line, however long.
      const { stdout } = await at.run(["trust", "check", ref]);
      assert.ok(stdout.includes(`\nSatisfied by ${digest}\nSigned with the key SHA256:`), stdout);
    },
  });
}
