import assert from "node:assert/strict";
import { Home, interop } from "./harness.ts";
import { privateCa, tokenServer } from "./fronts.ts";
import { type Ran, TempDir } from "./processes.ts";
import { distribution } from "./servers.ts";
import { sameTree, sampleTree } from "./tree.ts";

const USER = { username: "user", password: "p:ss wörd" };
const WRONG = { username: "user", password: "another" };

/** Writes a client's configuration file with one user. */
function login(path: string, host: string, user: typeof USER): void {
  const auth = new TextEncoder().encode(`${user.username}:${user.password}`).toBase64();
  Deno.mkdirSync(path.replace(/\/[^/]*$/, ""), { recursive: true });
  Deno.writeTextFileSync(path, JSON.stringify({ auths: { [host]: { auth } } }));
}

/** Refused with 3, and without a secret in the message. */
function refused(ran: Ran): void {
  assert.equal(ran.code, 3, ran.stderr);
  assert.equal(ran.stdout, "");
  for (const { password } of [USER, WRONG]) {
    assert.ok(!ran.stderr.includes(password), ran.stderr);
    assert.ok(!ran.stderr.includes(new TextEncoder().encode(password).toBase64()), ran.stderr);
  }
}

interop("Basic authentication", ["registry", "htpasswd"], async () => {
  await using registry = await distribution({ htpasswd: USER });
  using tree = new TempDir();
  sampleTree(tree.path);
  const reference = `${registry.host}/private/tree:v1`;
  const push = ["push", tree.path, reference, "--verbose"];
  {
    using home = new Home();
    refused(await home.blobber(push));
    login(home.dir.at("docker/config.json"), registry.host, WRONG);
    refused(await home.blobber(push));
    login(home.dir.at("docker/config.json"), registry.host, USER);
    await home.must(push);
  }
  {
    using home = new Home();
    login(home.dir.at("auth.json"), registry.host, USER);
    await home.must(["pull", reference, home.dir.at("out")]);
    sameTree(home.dir.at("out"), tree.path);
  }
  {
    using home = new Home();
    Deno.mkdirSync(home.dir.at("docker"));
    Deno.mkdirSync(home.dir.at("bin"));
    const helpers = { credHelpers: { [registry.host]: "interop" } };
    Deno.writeTextFileSync(home.dir.at("docker/config.json"), JSON.stringify(helpers));
    const answer = JSON.stringify({ Username: USER.username, Secret: USER.password });
    const helper = home.dir.at("bin/docker-credential-interop");
    Deno.writeTextFileSync(
      helper,
      `#!/bin/sh\nread host\n[ "$1 $host" = "get ${registry.host}" ] && echo '${answer}'\n`,
    );
    Deno.chmodSync(helper, 0o755);
    const env = { PATH: `${home.dir.at("bin")}:${Deno.env.get("PATH")}` };
    const cat = await home.must(["cat", reference, "hello.txt"], { env });
    assert.equal(cat.stdout, "hello\n");
    refused(
      await home.blobber(["cat", reference, "hello.txt"], { env: { PATH: "/usr/bin:/bin" } }),
    );
  }
});

interop("tokens, scoped and for a short time", ["registry", "openssl"], async () => {
  using dir = new TempDir();
  const tls = await privateCa(dir);
  await using tokens = await tokenServer(dir, USER, tls);
  await using registry = await distribution({ token: tokens });
  using tree = new TempDir();
  sampleTree(tree.path);
  const env = { BLOBBER_CA_FILE: tls.ca };
  using home = new Home(env);
  const reference = `${registry.host}/public/tree:v1`;

  refused(await home.blobber(["push", tree.path, reference]));
  login(home.dir.at("docker/config.json"), registry.host, WRONG);
  refused(await home.blobber(["push", tree.path, reference]));
  login(home.dir.at("docker/config.json"), registry.host, USER);
  tokens.scopes.length = 0;
  await home.must(["push", tree.path, reference]);
  await home.must(["push", tree.path, `${registry.host}/private/tree:v1`]);
  assert.ok(tokens.scopes.includes("repository:public/tree:pull,push"), tokens.scopes.join(" "));
  for (const scope of tokens.scopes) {
    assert.match(scope, /^repository:(public|private)\/tree:(pull|push|pull,push)$/);
  }

  using stranger = new Home(env);
  tokens.scopes.length = 0;
  await stranger.must(["pull", reference, stranger.dir.at("out")]);
  sameTree(stranger.dir.at("out"), tree.path);
  assert.deepEqual([...new Set(tokens.scopes)], ["repository:public/tree:pull"]);
  refused(
    await stranger.blobber(["cat", `${registry.host}/private/tree:v1`, "hello.txt"]),
  );
});
