import assert from "node:assert/strict";
import { type FakeRegistry, startRegistry } from "../fakes/registry/fake_registry.ts";
import { Workplace } from "./program.ts";
import { fileNeeds } from "../fakes/only_on.ts";

fileNeeds("shell");

const BASIC = `Basic ${btoa("jo:s3cret-word")}`;

/** A registry that lets only `jo` in. */
function guarded(): Promise<FakeRegistry> {
  return startRegistry({
    authorize: ({ headers }) =>
      headers.authorization === BASIC
        ? undefined
        : { status: 401, headers: { "www-authenticate": 'Basic realm="r"' } },
  });
}

Deno.test("login tries credentials and stores them where Docker does, and logout removes them", async () => {
  await using at = await Workplace.open();
  await at.site();
  const registry = await guarded();
  try {
    const { host } = registry;
    const stranger = await at.run(["push", "site", `${host}/acme/site:v1`]);
    assert.equal(stranger.status, 3);
    assert.match(stranger.stderr, /Hint: log in to this registry with blobber login/);
    const login = ["login", host, "--username", "jo", "--password-stdin"];
    const refused = await at.run(login, { stdin: "wrong-word\n" });
    assert.deepEqual([refused.status, refused.stdout], [3, ""]);
    assert.ok(!refused.stderr.includes("wrong-word"));
    await assert.rejects(Deno.stat(`${at.dir}/home/.docker`));
    // What other tools keep there stays.
    await at.write(
      "home/.docker/config.json",
      '{"psFormat": "x", "auths": {"b.example": {"auth": "YTpi"}}}',
    );
    const done = await at.run(login, { stdin: "s3cret-word\n" });
    assert.deepEqual([done.status, done.stderr], [0, ""]);
    assert.ok(!done.stdout.includes("s3cret-word"));
    const path = `${at.dir}/home/.docker/config.json`;
    assert.equal(Deno.statSync(path).mode! & 0o777, 0o600);
    const config = JSON.parse(await at.read("home/.docker/config.json"));
    assert.deepEqual(config, {
      psFormat: "x",
      auths: { "b.example": { auth: "YTpi" }, [host]: { auth: btoa("jo:s3cret-word") } },
    });
    await at.ok(["push", "site", `${host}/acme/site:v1`]);
    await at.ok(["logout", host]);
    assert.equal((await at.run(["ls", `${host}/acme/site:v1`, "--no-cache"])).status, 3);
    assert.equal((await at.run(["logout", host])).status, 4);
  } finally {
    await registry.close();
  }
});

Deno.test("login uses the helper that Docker's configuration names", async () => {
  await using at = await Workplace.open();
  const registry = await guarded();
  try {
    const { host } = registry;
    await at.write(
      "bin/docker-credential-drawer",
      `#!/bin/sh
case "$1" in
  store) cat > "$HOME/drawer" ;;
  erase) rm "$HOME/drawer" ;;
  get) cat > /dev/null; test -f "$HOME/drawer" && cat "$HOME/drawer" || { echo "credentials not found in native keychain"; exit 1; } ;;
esac
`,
    );
    await Deno.chmod(`${at.dir}/bin/docker-credential-drawer`, 0o755);
    await at.write("home/.docker/config.json", '{"credsStore": "drawer"}');
    const env = { PATH: `${at.dir}/bin:${Deno.env.get("PATH")}` };
    const login = ["login", host, "-u", "jo", "--password-stdin", "-ojson"];
    const done = await at.run(login, { stdin: "s3cret-word", env });
    assert.equal(done.status, 0, done.stderr);
    assert.equal(JSON.parse(done.stdout).stored, "docker-credential-drawer");
    assert.deepEqual(JSON.parse(await at.read("home/drawer")), {
      ServerURL: host,
      Username: "jo",
      Secret: "s3cret-word",
    });
    assert.deepEqual(JSON.parse(await at.read("home/.docker/config.json")), {
      credsStore: "drawer",
    });
    assert.equal((await at.run(["logout", host], { env })).status, 0);
    await assert.rejects(Deno.stat(`${at.dir}/home/drawer`));
  } finally {
    await registry.close();
  }
});

Deno.test("login refuses a name that is not a registry, and says what it needs without a terminal", async () => {
  await using at = await Workplace.open();
  for (const host of ["https://ghcr.io", "ghcr.io/acme", "jo@ghcr.io", ""]) {
    assert.equal((await at.run(["login", host, "-u", "jo", "--password-stdin"])).status, 2, host);
  }
  const ran = await at.run(["login", "localhost:1", "-u", "jo"]);
  assert.equal(ran.status, 2);
  assert.match(ran.stderr, /--password-stdin/);
});

Deno.test("--verbose shows every request, and none of its secrets", async () => {
  await using at = await Workplace.open();
  await at.site();
  const registry = await guarded();
  try {
    const { host } = registry;
    const auths = { [host]: { auth: btoa("jo:s3cret-word") } };
    await at.write("home/.docker/config.json", JSON.stringify({ auths }));
    const pushed = await at.run(["push", "-v", "site", `${host}/acme/site:v1`]);
    assert.equal(pushed.status, 0, pushed.stderr);
    const lines = pushed.stderr.split("\n").filter((line) => line.startsWith("Debug: "));
    assert.ok(
      lines.includes(`Debug: PUT http://${host}/v2/acme/site/manifests/v1: 201`),
      pushed.stderr,
    );
    const sent = registry.requests.filter(({ method }) => method === "PATCH" || method === "HEAD");
    assert.ok(sent.length > 0);
    const told = lines.filter((line) => /^Debug: (PATCH|HEAD) http/.test(line));
    assert.equal(told.length, sent.length);
    for (const secret of ["s3cret-word", btoa("jo:s3cret-word")]) {
      assert.ok(!pushed.stderr.includes(secret));
    }
    const upload = registry.requests.find(({ method }) => method === "PUT")!;
    const query = upload.url.split("?")[1];
    assert.ok(query === undefined || !pushed.stderr.includes(query));
  } finally {
    await registry.close();
  }
});

Deno.test("auths-path, empty-helper: each repository gets the credentials that are stored for it", async () => {
  await using at = await Workplace.open();
  await at.site();
  const registry = await guarded();
  try {
    const { host } = registry;
    const auth = (user: string, password: string) => ({ auth: btoa(`${user}:${password}`) });
    const helpers = { credHelpers: { [host]: "" }, credsStore: "absent" };
    await at.write(
      "home/.docker/config.json",
      JSON.stringify({
        ...helpers,
        auths: { [host]: auth("other", "x"), [`${host}/acme`]: auth("jo", "s3cret-word") },
      }),
    );
    await at.ok(["push", "site", `${host}/acme/site:v1`]);
    await at.ok(["ls", `${host.replace("127.0.0.1", "127.1")}/acme/site:v1`]);
    assert.equal((await at.run(["push", "site", `${host}/acmecorp/site:v1`])).status, 3);
    // No helper for this registry: the file itself keeps what login stores, and logout forgets it.
    await at.run(["login", host, "-u", "jo", "--password-stdin"], { stdin: "s3cret-word" });
    await at.ok(["push", "site", `${host}/acmecorp/site:v1`]);
    await at.ok(["logout", host]);
    const kept = JSON.parse(await at.read("home/.docker/config.json"));
    assert.deepEqual(kept, { ...helpers, auths: { [`${host}/acme`]: auth("jo", "s3cret-word") } });
  } finally {
    await registry.close();
  }
});
