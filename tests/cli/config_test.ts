import assert from "node:assert/strict";
import { Workplace } from "./program.ts";

const FILE = "home/.config/blobber/config.yaml";

Deno.test("config init makes a file that changes nothing, once", async () => {
  await using at = await Workplace.open();
  const before = await at.ok(["config"]);
  assert.equal(await at.ok(["config", "path"]), `${at.dir}/${FILE}\n`);
  assert.equal(await at.ok(["config", "init"]), `Created configuration file: ${at.dir}/${FILE}\n`);
  assert.equal(await at.ok(["config"]), before);
  assert.equal((await Deno.stat(`${at.dir}/${FILE}`)).mode! & 0o777, 0o600);
  const again = await at.run(["config", "init"]);
  assert.equal(again.status, 10);
  assert.equal(again.stderr, `Error: configuration file already exists: ${at.dir}/${FILE}\n`);
});

Deno.test("every line of the template is a setting once its # is removed", async () => {
  await using at = await Workplace.open();
  await at.ok(["config", "init"]);
  const template = await at.read(FILE);
  const plain = template.split("\n").slice(3)
    .map((line) => line.replace(/^# /, ""))
    .filter((line) => !/^ *#/.test(line) && !/: #/.test(line)).join("\n");
  assert.match(plain, /^cache:$/m);
  await at.write(FILE, plain);
  await at.ok(["config"]);
});

Deno.test("config set keeps comments, order and line ends, and a link stays a link", async () => {
  await using at = await Workplace.open();
  await at.write(
    "dotfiles/blobber.yaml",
    "# mine\r\nverbose: false # why\r\ncache:\r\n  ttl: 1m\r\n",
  );
  await Deno.mkdir(`${at.dir}/home/.config/blobber`, { recursive: true });
  await Deno.symlink(`${at.dir}/dotfiles/blobber.yaml`, `${at.dir}/${FILE}`);
  assert.equal(await at.ok(["config", "set", "cache.ttl", "5m"]), "Updated cache.ttl = 5m\n");
  await at.ok(["config", "set", "registries.ghcr.io:443.insecure", "true"]);
  assert.equal(
    await at.read("dotfiles/blobber.yaml"),
    "# mine\r\nverbose: false # why\r\ncache:\r\n  ttl: 5m\r\n" +
      "registries:\r\n  ghcr.io:443:\r\n    insecure: true\r\n",
  );
  assert.ok((await Deno.lstat(`${at.dir}/${FILE}`)).isSymlink);
  assert.equal(await at.ok(["config", "get", "cache.ttl"]), "5m\n");
  assert.equal(await at.ok(["config", "get", "registries.ghcr.io:443.insecure"]), "true\n");
  assert.equal(await at.ok(["config", "unset", "cache.ttl"]), "Removed cache.ttl\n");
  assert.doesNotMatch(await at.read("dotfiles/blobber.yaml"), /cache/);
  const left = [...Deno.readDirSync(`${at.dir}/dotfiles`)].map(({ name }) => name);
  assert.deepEqual(left, ["blobber.yaml"]);
});

Deno.test("config set refuses unknown keys, invalid values and secrets, and repairs a broken file", async () => {
  await using at = await Workplace.open();
  for (
    const [key, value, expected] of [
      [
        "cache",
        "5m",
        /unknown key: "cache"\nHint: did you mean cache\.enabled, cache\.ttl, or cache\.dir\?/,
      ],
      ["ttl", "5m", /unknown key: "ttl"\nHint: did you mean cache\.ttl\?/],
      ["registries.ghcr.io.insecur", "true", /did you mean registries\.ghcr\.io\.insecure\?/],
      ["cache.tll", "5m", /unknown key: "cache\.tll"\nHint: did you mean cache\.ttl\?/],
      ["cache.ttl", "soon", /invalid value for cache\.ttl: "soon", expected a duration/],
      ["sign.password", "hunter2", /sign\.password is a secret, and secrets are not stored/],
      ["verify.rules", "x", /blobber trust/],
      ["insecure", "maybe", /expected true or false/],
    ] as const
  ) {
    const { status, stdout, stderr } = await at.run(["config", "set", key, value]);
    assert.deepEqual([key, status, stdout], [key, 2, ""]);
    assert.match(stderr, expected);
    assert.doesNotMatch(stderr, /hunter2/);
  }
  await at.write(FILE, "verbose: 7\n");
  assert.equal((await at.run(["config"])).status, 2);
  await at.ok(["config", "set", "verbose", "false"]);
  await at.ok(["config", "set", "sign.password", "file:/run/secret"]);
  assert.equal(await at.read(FILE), "verbose: false\nsign:\n  password: file:/run/secret\n");
});

Deno.test("config shows what is in force, where it comes from, and no secret", async () => {
  await using at = await Workplace.open();
  await at.write(FILE, "cache:\n  ttl: 2m\nsign:\n  password: hunter2\n");
  const env = { BLOBBER_PLATFORM: "linux/arm64" };
  const text = (await at.run(["config", "--no-cache"], { env })).stdout;
  assert.match(text, /^ {2}ttl: 2m$/m);
  assert.match(text, /^ {2}enabled: false$/m);
  assert.match(text, /^platform: linux\/arm64$/m);
  assert.match(text, /^ {2}password: '\*+'$/m);
  const { settings } = JSON.parse((await at.run(["config", "-ojson"], { env })).stdout);
  const origins = Object.fromEntries(
    settings.map(({ key, origin }: Record<string, string>) => [key, origin]),
  );
  assert.equal(origins["cache.ttl"], `${at.dir}/${FILE}`);
  assert.equal(origins["platform"], "BLOBBER_PLATFORM");
  assert.equal(origins["insecure"], "default");
  assert.doesNotMatch(text, /hunter2/);
});

Deno.test("nothing is read from the working directory", async () => {
  await using at = await Workplace.open();
  for (const name of ["config.yaml", "blobber.yaml", ".blobber.yaml", "blobber/config.yaml"]) {
    await at.write(name, "nonsense: [");
  }
  await at.ok(["config"]);
  await at.ok(["config"], { env: { XDG_CONFIG_HOME: "." } });
});

Deno.test("an endless configuration file is refused", async () => {
  await using at = await Workplace.open();
  for (const path of ["/dev/zero", "long.yaml"]) {
    await at.write("long.yaml", "#".repeat(1024 * 1024 + 1));
    const { status, stderr } = await at.run(["config", "--config", path]);
    assert.equal(status, 2);
    assert.match(
      stderr,
      /it is (?:too long, expected at most 1048576 bytes|a device, expected a regular file or a pipe)/,
    );
  }
  await at.ok(["config", "--config", "/dev/null"]);
});
