/** Completion in real shells: a test types and presses TAB, and looks at the words the program is run with. */

import assert from "node:assert/strict";
import { startRegistry } from "../fakes/registry/fake_registry.ts";
import { Workplace } from "./program.ts";
import { hasShell, type ShellName, ShellSession } from "./shell_session.ts";
import { fileNeeds } from "../fakes/only_on.ts";

fileNeeds("shell");

const HOSTILE = [
  "$(touch pwned)",
  "`touch pwned`",
  "a;touch pwned",
  'it\'s "q" & x|y',
  "~root",
  "a b",
];

for (const shell of ["bash", "zsh", "fish"] as ShellName[]) {
  const ignore = !hasShell(shell);
  if (ignore) Deno.stderr.writeSync(new TextEncoder().encode(`skipped: no ${shell} here\n`));

  Deno.test(
    { name: `${shell}: commands, flags, values, keys, tags and paths`, ignore },
    async () => {
      await using at = await Workplace.open();
      await at.site();
      await at.ok(["push", "site", "oci:layout:v1.0"]);
      await using session = await ShellSession.open(shell, at);
      for (
        const [typed, words] of [
          ["blobber verif\t", ["verify"]],
          ["blobber push si\t oci:x:y --compres\t zs\t", [
            "push",
            "site",
            "oci:x:y",
            "--compression",
            "zstd",
          ]],
          ["blobber config s\t cache.tt\t 5m", ["config", "set", "cache.ttl", "5m"]],
          ["blobber completion pow\t", ["completion", "powershell"]],
          ["blobber ls oci:layout:v\t", ["ls", "oci:layout:v1.0"]],
          ["blobber cat oci:layout:v1.0 css/s\t", ["cat", "oci:layout:v1.0", "css/site.css"]],
          ["blobber --no-ca\t cat oci:layout:v1.0 ind\t", [
            "--no-cache",
            "cat",
            "oci:layout:v1.0",
            "index.html",
          ]],
          ["blobber cat oci:layout:v1.0 na\t", ["cat", "oci:layout:v1.0", "naïve 名.txt"]],
        ] as const
      ) {
        const got = (await session.run(typed)).map((word) => word.replace(/^site\/$/, "site"));
        assert.deepEqual([typed, got], [typed, words]);
      }
    },
  );

  Deno.test({ name: `${shell}: names from an artifact are data`, ignore }, async () => {
    await using at = await Workplace.open();
    for (const [i, name] of HOSTILE.entries()) await at.write(`odd/${i}/x${name}`, "x");
    await at.write("odd/line/x\u202Eevil", "x");
    await at.write("odd/-rf", "x");
    await at.ok(["push", "odd", "oci:layout:v1"]);
    await using session = await ShellSession.open(shell, at);
    for (const [i, name] of HOSTILE.entries()) {
      const words = await session.run(`blobber cat oci:layout:v1 ${i}/x\t`);
      assert.deepEqual(words, ["cat", "oci:layout:v1", `${i}/x${name}`]);
    }
    assert.deepEqual(await session.run("blobber cat oci:layout:v1 line/\t"), [
      "cat",
      "oci:layout:v1",
      "line/",
    ]);
    const names = [...Deno.readDirSync(at.dir)].map(({ name }) => name);
    assert.ok(!names.includes("pwned"), "a name was executed");
  });

  Deno.test({ name: `${shell}: tags of a registry on a port`, ignore }, async () => {
    await using at = await Workplace.open();
    await at.site();
    const registry = await startRegistry();
    try {
      const ref = `${registry.host}/acme/site:stable`;
      await at.ok(["push", "site", ref]);
      await using session = await ShellSession.open(shell, at);
      const typed = `blobber ls ${registry.host}/acme/site:st\t`;
      assert.deepEqual(await session.run(typed), ["ls", ref]);
    } finally {
      await registry.close();
    }
  });
}

Deno.test("completion reports no error", async () => {
  await using at = await Workplace.open();
  await at.write("home/.config/blobber/config.yaml", "nonsense: [");
  for (
    const words of [
      ["ls", "127.0.0.1:1/a/b:"],
      ["ls", "ghcr.io/UPPER:"],
      ["cat", "oci:nowhere:v1", ""],
      ["--nonsense", ""],
      ["push", "--compression", "x", "--", "-"],
      [],
    ]
  ) {
    const { status, stderr, stdout } = await at.run(["__complete", "zsh", ...words]);
    assert.deepEqual([words, status, stderr], [words, 0, ""]);
    assert.match(stdout, /^:[a-z]*$/m);
  }
});

Deno.test("TAB sends no credentials and starts no helper", async () => {
  await using at = await Workplace.open();
  const registry = await startRegistry({
    authorize: ({ headers }) =>
      headers.authorization === undefined
        ? { status: 401, headers: { "www-authenticate": 'Basic realm="x"' } }
        : undefined,
  });
  try {
    await at.write("path/docker-credential-spy", `#!/bin/sh\ntouch '${at.dir}/started'\n`, 0o755);
    await at.write("home/.docker/config.json", JSON.stringify({ credsStore: "spy" }));
    const env = { PATH: `${at.dir}/path:${Deno.env.get("PATH")}` };
    const ref = `${registry.host}/acme/site:`;
    const { status, stdout } = await at.run(["__complete", "zsh", "ls", ref], { env });
    assert.deepEqual([status, stdout], [0, ":\n"]);
    assert.ok(registry.requests.length > 0, "nothing was asked");
    assert.ok(registry.requests.every(({ headers }) => headers.authorization === undefined));
    await assert.rejects(Deno.stat(`${at.dir}/started`));
  } finally {
    await registry.close();
  }
});

Deno.test("TAB uses credentials that are stored for the host", async () => {
  await using at = await Workplace.open();
  await at.site();
  const auth = btoa("jo:secret");
  const registry = await startRegistry({
    authorize: ({ headers }) =>
      headers.authorization === `Basic ${auth}`
        ? undefined
        : { status: 401, headers: { "www-authenticate": 'Basic realm="x"' } },
  });
  try {
    const config = { auths: { [registry.host]: { auth } }, credsStore: "" };
    await at.write("home/.docker/config.json", JSON.stringify(config));
    const ref = `${registry.host}/acme/site:v1`;
    await at.ok(["push", "site", ref]);
    const { stdout } = await at.run(["__complete", "zsh", "ls", `${registry.host}/acme/site:`]);
    assert.equal(stdout, `${ref}\n:\n`);
  } finally {
    await registry.close();
  }
});
