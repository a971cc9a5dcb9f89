import assert from "node:assert/strict";
import { Home, interop } from "./harness.ts";
import { forwardProxy, privateCa } from "./fronts.ts";
import { TempDir } from "./processes.ts";
import { distribution } from "./servers.ts";
import { sameTree, sampleTree } from "./tree.ts";

interop("TLS with a private authority", ["registry", "openssl"], async () => {
  using dir = new TempDir();
  const tls = await privateCa(dir);
  await using registry = await distribution({ tls });
  using home = new Home();
  using tree = new TempDir();
  sampleTree(tree.path);
  const reference = `${registry.host}/tls/tree:v1`;

  const refused = await home.blobber(["push", tree.path, reference]);
  assert.equal(refused.code, 11, refused.stderr);
  assert.match(refused.stderr, /--ca-file/);

  await home.must(["push", tree.path, reference, "--ca-file", tls.ca]);
  await home.must(["--ca-file", tls.ca, "pull", "--no-cache", reference, home.dir.at("out")]);
  sameTree(home.dir.at("out"), tree.path);
  const unchecked = ["--insecure-skip-tls-verify", "cat", "--no-cache", reference, "hello.txt"];
  assert.equal((await home.must(unchecked)).stdout, "hello\n");
  const other = home.dir.at("other.pem");
  using elsewhere = new TempDir();
  Deno.copyFileSync((await privateCa(elsewhere)).ca, other);
  const wrong = await home.blobber([
    "cat",
    "--no-cache",
    "--ca-file",
    other,
    reference,
    "hello.txt",
  ]);
  assert.equal(wrong.code, 11, wrong.stderr);
});

interop("a forward proxy, plain HTTP", ["registry"], async () => {
  await using registry = await distribution();
  await using proxy = forwardProxy(registry.host);
  using tree = new TempDir();
  sampleTree(tree.path);
  // The name exists only behind the proxy: what goes past it fails.
  const reference = "registry.test:5000/proxy/tree:v1";
  using home = new Home({ HTTP_PROXY: proxy.url, http_proxy: proxy.url });
  await home.must(["push", "--insecure", tree.path, reference]);
  await home.must(["pull", "--insecure", "--no-cache", reference, home.dir.at("out")]);
  sameTree(home.dir.at("out"), tree.path);
  assert.ok(proxy.requests.length > 0);
  const kinds = new Set(proxy.requests.map((line) => line.split(" ")[0]));
  for (const kind of ["GET", "POST", "PUT"]) assert.ok(kinds.has(kind), [...kinds].join(" "));

  // NO_PROXY goes past it, to a registry on this machine.
  proxy.requests.length = 0;
  const env = { NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1" };
  const direct = `${registry.host}/proxy/tree:v1`;
  const cat = await home.must(["cat", "--no-cache", direct, "hello.txt"], { env });
  assert.equal(cat.stdout, "hello\n");
  assert.deepEqual(proxy.requests, []);
});

interop("a forward proxy, TLS through it", ["registry", "openssl"], async () => {
  using dir = new TempDir();
  const tls = await privateCa(dir);
  await using registry = await distribution({ tls });
  await using proxy = forwardProxy(registry.host);
  using tree = new TempDir();
  sampleTree(tree.path);
  const reference = "registry.test:5443/proxy/tree:v1";
  using home = new Home({ HTTPS_PROXY: proxy.url, https_proxy: proxy.url });
  await home.must(["push", tree.path, reference, "--ca-file", tls.ca]);
  const args = ["pull", "--no-cache", reference, home.dir.at("out"), "--ca-file", tls.ca];
  await home.must(args);
  sameTree(home.dir.at("out"), tree.path);
  assert.ok(proxy.requests.length > 0);
  for (const line of proxy.requests) assert.match(line, /^CONNECT registry\.test:5443 /);
});
