import assert from "node:assert/strict";
import { interop } from "./harness.ts";
import { must, TempDir } from "./processes.ts";
import { requirePeer } from "./peers.ts";
import { memoryRegistry } from "./servers.ts";
import { SIGSTACK_PEERS, startSigstack } from "./sigstack.ts";

interop(
  "cosign signs and verifies against the services that the other tests use",
  [...SIGSTACK_PEERS, "memory-registry", "crane"],
  async () => {
    await using stack = await startSigstack();
    await using registry = await memoryRegistry({ referrers: true });
    using home = new TempDir();
    const env = { HOME: home.path, ...stack.actions };
    const cosign = (...args: string[]) => must(requirePeer("cosign"), args, { env });
    Deno.writeTextFileSync(home.at("a"), "a");
    await must(requirePeer("tar"), ["cf", home.at("a.tar"), "-C", home.path, "a"]);
    const append = ["append", "-f", home.at("a.tar"), "-t", `${registry.host}/interop/signed:v1`];
    const image = (await must(requirePeer("crane"), append)).stdout.trim();

    const sign = (config: string, ...args: string[]) =>
      cosign(
        ...["sign", "--yes", "--trusted-root", stack.trustedRoot, "--signing-config", config],
        ...[...args, image],
      );
    for (const config of [stack.signingConfig1, stack.signingConfig2]) {
      await sign(config);
    }
    await sign(stack.signingConfig2, "--identity-token", stack.issuer.token("dev@example.com"));
    const trusted = ["verify", "--trusted-root", stack.trustedRoot];
    const { issuer, subject } = stack.workflow;
    const verified = await cosign(
      ...[...trusted, "--certificate-oidc-issuer", issuer, "--certificate-identity", subject],
      image,
    );
    assert.equal(JSON.parse(verified.stdout).length, 2);
    const mail = ["--certificate-oidc-issuer", stack.issuer.url];
    await cosign(...trusted, ...mail, "--certificate-identity", "dev@example.com", image);

    await stack.stop("fulcio");
    await assert.rejects(sign(stack.signingConfig1), /fulcio|5555|refused/i);
  },
);
