import assert from "node:assert/strict";
import type { BlobberError } from "@blobber/core/errors";
import { parse } from "./parse.ts";
import { resolveSettings, type Settings, warningsOf } from "./effective.ts";

/** Resolves a command line with variables and two files. */
async function resolve(
  argv: string[],
  given: { env?: Record<string, string>; user?: string; system?: string; mode?: number },
): Promise<Settings> {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${dir}/config/blobber`, { recursive: true });
    await Deno.mkdir(`${dir}/etc`);
    if (given.user !== undefined) {
      await Deno.writeTextFile(`${dir}/config/blobber/config.yaml`, given.user);
    }
    if (given.system !== undefined) {
      await Deno.writeTextFile(`${dir}/etc/config.yaml`, given.system);
      await Deno.chmod(`${dir}/etc/config.yaml`, given.mode ?? 0o644);
    }
    const env: Record<string, string> = { XDG_CONFIG_HOME: `${dir}/config`, ...given.env };
    return await resolveSettings(parse(argv).flags, (name) => env[name], {
      files: true,
      system: `${dir}/etc/config.yaml`,
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function refused(
  argv: string[],
  given: Parameters<typeof resolve>[1],
): Promise<BlobberError> {
  let thrown: unknown;
  await resolve(argv, given).catch((error) => thrown = error);
  assert.ok(thrown instanceof Error && thrown.name === "BlobberError", String(thrown));
  assert.equal((thrown as BlobberError).status, 2);
  return thrown as BlobberError;
}

Deno.test("row 49: flag over variable over user's file over system's file over default", async () => {
  const env = { BLOBBER_CACHE_TTL: "3m" };
  const [user, system] = ["cache:\n  ttl: 2m\n", "cache:\n  ttl: 1m\n"];
  const ttl = async (argv: string[], given: Parameters<typeof resolve>[1]) =>
    (await resolve(argv, given)).get("cacheTtl") / 60_000;
  assert.equal(await ttl(["ls", "r", "--cache-ttl", "4m"], { env, user, system }), 4);
  assert.equal(await ttl(["ls", "r"], { env, user, system }), 3);
  assert.equal(await ttl(["ls", "r"], { user, system }), 2);
  assert.equal(await ttl(["ls", "r"], { system }), 1);
  assert.equal(await ttl(["ls", "r"], {}), 0);
});

Deno.test("an empty variable is not set, and an inverted flag turns its key off", async () => {
  const settings = await resolve(["ls", "r", "--no-cache"], { env: { BLOBBER_CACHE_TTL: "" } });
  assert.equal(settings.get("cache"), false);
  assert.equal(settings.get("cacheTtl"), 0);
  const off = await resolve(["ls", "r"], { env: { BLOBBER_CACHE_ENABLED: "false" } });
  assert.equal(off.get("cache"), false);
});

Deno.test("both names of the passphrase's variable work", async () => {
  for (const name of ["BLOBBER_SIGN_PASSWORD", "BLOBBER_SIGN_KEY_PASS"]) {
    assert.equal(
      (await resolve(["push", "d", "r"], { env: { [name]: "x" } })).get("signPassword"),
      "x",
    );
  }
});

Deno.test("row 49: what is wrong in a file is told with file and line", async () => {
  for (
    const [user, expected] of [
      [
        "cache:\n  # how long\n  tttl: 5m\n",
        /config\.yaml:3: unknown key "cache\.tttl", did you mean "cache\.ttl"\?/,
      ],
      ["insecure: false\r\nverbos: true\r\n", /config\.yaml:2: unknown key "verbos"/],
      ["a: [1\nb: 2\n", /config\.yaml:2: not valid YAML/],
      ["insecure: yes\n", /config\.yaml:1: "insecure": expected true or false/],
      ["insecure: 'true'\n", /config\.yaml:1: "insecure": expected true or false, not text/],
      ["cache:\n  ttl: soon\n", /config\.yaml:2: "cache\.ttl": invalid value "soon"/],
      ["cache: 5m\n", /config\.yaml:1: expected a mapping/],
      ["- a\n", /config\.yaml:1: expected a mapping/],
      ["jobs: 0\n", /config\.yaml:1: "jobs": invalid value "0"/],
      ["sign:\n  key: [a]\n", /config\.yaml:2: "sign\.key": expected text, not a list/],
      ["insecure: true\ninsecure: false\n", /config\.yaml:\d: not valid YAML: duplicate/],
      ["registries:\n  ghcr.io:\n    insecur: true\n", /config\.yaml:3: unknown key "insecur"/],
      ["registries:\n  ghcr.io: 5\n", /config\.yaml:2: expected a mapping/],
      ["__proto__:\n  insecure: true\n", /config\.yaml:1: unknown key "__proto__"/],
      ["a: 1\n---\nb: 2\n", /expected one YAML document/],
      ["verify:\n  rules:\n    - name: x\n", /config\.yaml:3: /],
      ["\xff\u202e: 1\n", /unknown key "ÿ\\u\{202e\}"/],
    ] as const
  ) {
    assert.match((await refused(["ls", "r"], { user })).message, expected);
  }
});

Deno.test("a file that says nothing is no error, nor is what the Go tool writes", async () => {
  for (
    const user of ["", "# nothing\n", "cache:\n", 'sign:\n  key: ""\n  rekor: https://x.example\n']
  ) {
    assert.equal((await resolve(["ls", "r"], { user })).get("insecure"), false);
  }
});

Deno.test("a named file must be there, and paths in a file are relative to it", async () => {
  assert.match((await refused(["ls", "r", "--config", "/no/such"], {})).message, /does not exist/);
  const settings = await resolve(["ls", "r"], {
    env: { HOME: "/home-of-nobody" },
    user: "ca-file: ca.pem\nsign:\n  key: ~/key.pem\n",
  });
  assert.match(settings.get("caFile")!, /\/config\/blobber\/ca\.pem$/);
  assert.equal(settings.get("signKey"), "/home-of-nobody/key.pem");
});

Deno.test("row 57: a system file that others can write is an error", async () => {
  const error = await refused(["ls", "r"], { system: "insecure: false\n", mode: 0o666 });
  assert.match(error.message, /can be changed by others \(mode 666\)/);
});

Deno.test("row 57: what loosens a check from afar warns, and a misspelt variable is named", async () => {
  const settings = await resolve(["pull", "r", "d"], {
    env: { BLOBBER_VERIFY_UNSAFE: "true", BLOBBER_VERIFY_ENABLED: "false" },
  });
  const warnings = warningsOf(settings, ["BLOBBER_VERIFY_ENABLD", "BLOBBER_BIN"]);
  assert.equal(warnings.length, 3);
  assert.match(warnings[0]!, /BLOBBER_VERIFY_ENABLED is set to false/);
  assert.match(warnings[1]!, /BLOBBER_VERIFY_UNSAFE is set/);
  assert.match(warnings[2]!, /did you mean BLOBBER_VERIFY_ENABLED\?/);
});

Deno.test("a variable with a wrong value is an error that names it and shows no secret", async () => {
  const error = await refused(["ls", "r"], { env: { BLOBBER_INSECURE: "maybe" } });
  assert.equal(error.message, 'invalid BLOBBER_INSECURE: "maybe", expected true or false');
});
