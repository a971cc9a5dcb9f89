/**
 * Starts distribution v3 on a free port of loopback, with its storage in memory.
 *
 * @module
 */

/** A running registry. */
export interface Registry extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  host: string;
  port: number;
}

/**
 * Starts a registry and waits until it answers.
 *
 * @param program path of distribution's `registry`
 * @param folder an empty folder on a memory file system
 */
export async function startRegistry(program: string, folder: string): Promise<Registry> {
  const port = freePort();
  const config = `${folder}/config.yml`;
  await Deno.writeTextFile(
    config,
    `version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: "${folder}/data"}}
http: {addr: "127.0.0.1:${port}"}
`,
  );
  const process = new Deno.Command(program, {
    args: ["serve", config],
    stdin: "null",
    stdout: "null",
    stderr: "null",
    env: { OTEL_TRACES_EXPORTER: "none" },
  }).spawn();
  const host = `127.0.0.1:${port}`;
  for (let tries = 0;; tries++) {
    try {
      await (await fetch(`http://${host}/v2/`)).body?.cancel();
      break;
    } catch (error) {
      if (tries === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  return {
    host,
    port,
    async [Symbol.asyncDispose]() {
      process.kill("SIGKILL");
      await process.status;
    },
  };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
