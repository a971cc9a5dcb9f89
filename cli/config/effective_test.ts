import assert from "node:assert/strict";
import type { BlobberError } from "@blobber/core/errors";
import { parseCommandLine } from "../line/parse.ts";
import { resolveSettings, type Settings, warningsOf } from "./effective.ts";
import { SETTING_NAMES, settingOf } from "../settings/table.ts";
import { planVerification } from "../plan/verification.ts";
import { fileNeeds } from "../../tests/fakes/only_on.ts";

fileNeeds("owners");

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
    return await resolveSettings(parseCommandLine(argv).flags, (name) => env[name], {
      files: true,
      system: `${dir}/etc/config.yaml`,
      owners: [0, Deno.uid() ?? 0],
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
  assert.equal((thrown as BlobberError).exitStatus, 2);
  return thrown as BlobberError;
}

Deno.test("flag over variable over user's file over system's file over default", async () => {
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

Deno.test("errors in a file name the file and the line", async () => {
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

Deno.test("an empty file is not an error, nor is one that the Go tool wrote", async () => {
  for (
    const user of ["", "# nothing\n", "cache:\n", 'sign:\n  key: ""\n  rekor: https://x.example\n']
  ) {
    assert.equal((await resolve(["ls", "r"], { user })).get("insecure"), false);
  }
});

Deno.test("a named file must exist, and paths in a file are relative to it", async () => {
  assert.match(
    (await refused(["ls", "r", "--config", "/no/such"], {})).message,
    /no such file or directory/,
  );
  const settings = await resolve(["ls", "r"], {
    env: { HOME: "/no-such-home" },
    user: "ca-file: ca.pem\nsign:\n  key: ~/key.pem\n",
  });
  assert.match(settings.get("caFile")!, /\/config\/blobber\/ca\.pem$/);
  assert.equal(settings.get("signKey"), "/no-such-home/key.pem");
});

Deno.test("a system file that other users can write is an error", async () => {
  const error = await refused(["ls", "r"], { system: "insecure: false\n", mode: 0o666 });
  assert.match(error.message, /other users can change .*config\.yaml: it has the mode 666/);
});

Deno.test("a variable or file that loosens a check warns, and a misspelled variable is named", async () => {
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

Deno.test("environment-over-system: every row that a file can set decides what the system's value means", () => {
  for (const name of SETTING_NAMES) {
    const { key, below, strictness, type, values } = settingOf(name);
    // A row without a key is a flag of one run, which no file sets.
    assert.equal(below !== undefined, key !== undefined, `${name} has not decided`);
    assert.equal(strictness !== undefined, below === "stricter", `${name}: strictness`);
    if (strictness === undefined) continue;
    const all = type === "boolean" ? [true, false] : values!;
    assert.deepEqual([...strictness].sort(), [...all].sort(), `${name}: values`);
  }
});

const STRICTER = [
  ["verify", "verify:\n  enabled: ", "false", "true", "BLOBBER_VERIFY_ENABLED", "--verify=false"],
  [
    "verifyUnsafe",
    "verify:\n  unsafe: ",
    "true",
    "false",
    "BLOBBER_VERIFY_UNSAFE",
    "--verify-unsafe",
  ],
  ["requireLog", "verify:\n  require-log: ", "false", "true", "BLOBBER_VERIFY_REQUIRE_LOG"],
  [
    "verifyName",
    "verify:\n  name: ",
    "repository",
    "reference",
    "BLOBBER_VERIFY_NAME",
    "--verify-name=repository",
  ],
  ["insecure", "insecure: ", "true", "false", "BLOBBER_INSECURE", "--insecure"],
  [
    "insecureSkipTlsVerify",
    "insecure-skip-tls-verify: ",
    "true",
    "false",
    "BLOBBER_INSECURE_SKIP_TLS_VERIFY",
    "--insecure-skip-tls-verify",
  ],
  ["links", "pull:\n  links: ", "keep", "refuse", "BLOBBER_PULL_LINKS", "--links=keep"],
] as const;

for (const [name, text, lax, strict, variable, flag] of STRICTER) {
  Deno.test(`environment-over-system: ${name} gets stricter below the system's file and never laxer`, async () => {
    const command = ["pull", "r", "d"];
    const valueOf = (settings: Settings) => String(settings.get(name));
    const firm = text + strict;
    for (const below of [{ user: text + lax }, { env: { [variable]: lax } }]) {
      const settings = await resolve(command, { ...below, system: firm });
      assert.equal(valueOf(settings), strict);
      assert.match(
        warningsOf(settings, [])[0]!,
        /asks for less than the system's .* so it is ignored/,
      );
      const open = await resolve(command, { ...below, system: "quiet: true\n" });
      assert.equal(valueOf(open), lax, "where the system says nothing");
    }
    if (flag !== undefined) {
      await assert.rejects(resolve([...command, flag], { system: firm }), {
        code: "trust-rule",
        message: new RegExp(`^${flag.split("=")[0]} asks for less than the system's`),
      });
    }
    for (const below of [{ user: text + strict }, { env: { [variable]: strict } }]) {
      const settings = await resolve(command, { ...below, system: text + lax });
      assert.deepEqual([valueOf(settings), settings.looser], [strict, []]);
    }
  });
}

Deno.test("environment-over-system: for a key without an order from lax to strict the system's value counts", async () => {
  const system = "ca-file: /etc/ca.pem\nverify:\n  offline: true\n";
  const settings = await resolve(["pull", "r", "d"], {
    system,
    user: "ca-file: /home/ca.pem\n",
    env: { BLOBBER_VERIFY_OFFLINE: "false" },
  });
  assert.equal(settings.get("caFile"), "/etc/ca.pem");
  assert.deepEqual(settings.file("caFile"), { path: "/etc/ca.pem", system: true });
  assert.equal(settings.get("offline"), true);
  assert.equal(settings.looser.length, 2);
  await assert.rejects(resolve(["ls", "r", "--ca-file", "x"], { system }), { code: "trust-rule" });
});

Deno.test("environment-over-system: a user's block for a registry removes nothing of the system's", async () => {
  const system =
    "registries:\n  REG.example:443:\n    ca-file: /etc/ca.pem\n    insecure: false\n" +
    "  lax.example:\n    insecure: true\n";
  for (const [user, told] of [["{}", 0], ["{insecure: true, ca-file: /x.pem}", 2]] as const) {
    const settings = await resolve(["ls", "r"], {
      system,
      user: `registries:\n  reg.example: ${user}\n  lax.example: {insecure: false}\n` +
        "  own.example: {insecure: true}\n",
    });
    assert.deepEqual(settings.registries["reg.example"], {
      caFile: { path: "/etc/ca.pem", system: true },
      insecure: false,
    });
    assert.equal(settings.registries["lax.example"]!.insecure, false);
    assert.equal(settings.registries["own.example"]!.insecure, true);
    assert.equal(settings.looser.length, told, settings.looser.join("\n"));
  }
  // What the system says of all hosts holds for one host too.
  const settings = await resolve(["ls", "r"], {
    system: "insecure: false\nca-file: /etc/ca.pem\n",
    user: "registries:\n  reg.example: {insecure: true, ca-file: /x.pem}\n",
  });
  assert.deepEqual(settings.registries["reg.example"], {});
  assert.equal(settings.looser.length, 2);
});

Deno.test("environment-over-system: the system's demands on signatures are joined with the user's", async () => {
  const system = "verify:\n  enabled: true\n  key: /etc/a.pub\n  require-log: true\n";
  const plansOf = async (settings: Settings) => {
    const { own, system } = await planVerification("pull", settings);
    return { own: own.when === "never" ? undefined : own.plan, system: system?.plan };
  };
  const demanded = async (argv: string[], given: Parameters<typeof resolve>[1]) => {
    const plans = await plansOf(await resolve(["pull", "r", "d", ...argv], { ...given, system }));
    assert.deepEqual(plans.system?.signers, [
      { kind: "key", file: { path: "/etc/a.pub", system: true } },
    ]);
    return plans;
  };
  const alone = await demanded([], {});
  assert.deepEqual(alone.own, alone.system);
  const variable = await demanded([], { env: { BLOBBER_VERIFY_KEY: "/x.pub" } });
  assert.deepEqual(variable.own?.signers, [
    { kind: "key", file: { path: "/x.pub", system: false } },
  ]);
  const user = await demanded([], { user: "verify:\n  issuer: https://i\n  subject: s\n" });
  assert.equal(user.own?.signers[0]?.kind, "identity");
  // Nothing of the system's demand is mixed into another: a key has no repository.
  const mixed = await plansOf(
    await resolve(["pull", "r", "d", "--verify-key", "/x.pub"], {
      system: "verify:\n  enabled: true\n  issuer: https://i\n  subject: s\n  repo: acme/app\n",
    }),
  );
  assert.equal(mixed.own?.repo, undefined);
  assert.equal(mixed.system?.repo, "acme/app");
  const named = await demanded(["--verify-name", "reference"], {});
  assert.equal(named.own?.name, "reference");
  assert.deepEqual(named.own?.signers, named.system?.signers);
});

for (
  const [what, make] of [
    ["a link that leads nowhere", (path: string) => Deno.symlink("nowhere", path)],
    ["a link to itself", (path: string) => Deno.symlink(path, path)],
    ["a directory", (path: string) => Deno.mkdir(path)],
  ] as const
) {
  Deno.test(`dangling-system-file: ${what} in the place of a user's file is an error too`, async () => {
    const dir = await Deno.makeTempDir();
    try {
      await Deno.mkdir(`${dir}/blobber`);
      await make(`${dir}/blobber/config.yaml`);
      const env = (name: string) => name === "XDG_CONFIG_HOME" ? dir : undefined;
      const system = `${dir}/etc/config.yaml`;
      await assert.rejects(resolveSettings(new Map(), env, { files: true, system }), {
        code: "invalid-config",
      });
      await Deno.remove(`${dir}/blobber`, { recursive: true });
      await Deno.symlink("nowhere", `${dir}/blobber`);
      await assert.rejects(resolveSettings(new Map(), env, { files: true, system }), {
        code: "invalid-config",
      });
      await Deno.remove(`${dir}/blobber`);
      assert.deepEqual((await resolveSettings(new Map(), env, { files: true, system })).files, []);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  });
}
