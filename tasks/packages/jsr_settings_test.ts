import assert from "node:assert/strict";
import { ABOUT } from "./about.ts";
import { setAll, settingsOf } from "./jsr_settings.ts";

interface Asked {
  method: string;
  path: string;
  token: string | null;
  body: Record<string, unknown>;
}

/** A JSR that notes what is asked, and refuses one package where it is told to. */
async function withJsr(
  refused: string | undefined,
  run: (url: string, asked: Asked[]) => Promise<void>,
): Promise<void> {
  const asked: Asked[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (one) => {
    const path = new URL(one.url).pathname;
    const token = one.headers.get("authorization");
    asked.push({ method: one.method, path, token, body: await one.json() });
    return path === refused
      ? Response.json({ code: "missingScope" }, { status: 403 })
      : Response.json({});
  });
  try {
    await run(`http://127.0.0.1:${server.addr.port}/`, asked);
  } finally {
    await server.shutdown();
  }
}

Deno.test("description, runtimes and repository of each package are set", () =>
  withJsr(undefined, async (url, asked) => {
    await setAll(url, "secret");
    assert.equal(asked.length, 3 * Object.keys(ABOUT).length);
    assert.ok(asked.every(({ method, token }) => method === "PATCH" && token === "Bearer secret"));
    const core = asked.filter(({ path }) => path === "/api/scopes/blobber/packages/core");
    assert.deepEqual(core.map(({ body }) => body), settingsOf("@blobber/core"));
    assert.deepEqual(core[1]!.body, {
      runtimeCompat: { browser: false, bun: true, deno: true, node: true, workerd: false },
    });
    assert.deepEqual(core[2]!.body, {
      githubRepository: { owner: "blobber-dev", name: "blobber" },
    });
  }));

Deno.test("a refusal names the package and the setting, and ends it", () =>
  withJsr("/api/scopes/blobber/packages/sigstore", async (url, asked) => {
    await assert.rejects(setAll(url, "secret"), {
      message: 'description of @blobber/sigstore: JSR answers 403: {"code":"missingScope"}',
    });
    assert.equal(asked.length, 4);
  }));
