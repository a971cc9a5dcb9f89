/**
 * What stands between a client and a registry: a relay that counts, a forward proxy, a token server, and a
 * certificate of a private authority.
 *
 * @module
 */

import { createHash, createPrivateKey, randomUUID, sign, X509Certificate } from "node:crypto";
import { must, type TempDir } from "./processes.ts";
import { requirePeer } from "./peers.ts";

/** A relay in front of one server. */
export interface Relay extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  host: string;
  /** Bytes that the server has sent through it, headers included. */
  received(): number;
  /** Bytes that the client has sent through it, headers included. */
  sent(): number;
  /** Starts counting anew. */
  reset(): void;
}

/** Starts a relay that counts what passes. */
export function countingRelay(target: string): Relay {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const count = { received: 0, sent: 0 };
  const open = new Set<Deno.Conn>();
  const accept = async () => {
    for await (const client of listener) {
      const server = await connect(target);
      open.add(client).add(server);
      Promise.all([
        pipe(client, server, (bytes) => count.sent += bytes),
        pipe(server, client, (bytes) => count.received += bytes),
      ]).then(() => {
        for (const side of [client, server]) {
          open.delete(side);
          close(side);
        }
      });
    }
  };
  const accepting = accept();
  return {
    host: `127.0.0.1:${(listener.addr as Deno.NetAddr).port}`,
    received: () => count.received,
    sent: () => count.sent,
    reset: () => {
      count.received = count.sent = 0;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting.catch(() => {});
      for (const side of open) close(side);
    },
  };
}

/** A forward proxy: every name leads to the same server, so that names need not exist. */
export interface ForwardProxy extends AsyncDisposable {
  /** For `HTTP_PROXY` and `HTTPS_PROXY`. */
  url: string;
  /** First line of every request, in order. */
  requests: string[];
}

/** Starts a forward proxy in front of one server: absolute-form requests and CONNECT. */
export function forwardProxy(target: string): ForwardProxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const requests: string[] = [];
  const open = new Set<Deno.Conn>();
  const serve = async (client: Deno.Conn) => {
    const server = await connect(target);
    open.add(client).add(server);
    try {
      const head = await readHead(client);
      if (head === undefined) return;
      const [line] = head.text.split("\r\n", 1) as [string];
      requests.push(line);
      const [method, address, version] = line.split(" ") as [string, string, string];
      if (method === "CONNECT") {
        await writeAll(
          client,
          new TextEncoder().encode("HTTP/1.1 200 Connection established\r\n\r\n"),
        );
      } else {
        // RFC 9112, 3.2.2: what goes on is in origin form. One request on a connection is enough here.
        const { pathname, search } = new URL(address);
        const rest = head.text.slice(line.length)
          .replace(/\r\n(proxy-)?connection:[^\r]*/gi, "");
        const forwarded = `${method} ${pathname}${search} ${version}${rest}`
          .replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
        await writeAll(server, new TextEncoder().encode(forwarded));
      }
      await writeAll(server, head.rest);
      await Promise.all([pipe(client, server), pipe(server, client)]);
    } finally {
      for (const side of [client, server]) {
        open.delete(side);
        close(side);
      }
    }
  };
  const accept = async () => {
    for await (const client of listener) serve(client).catch(() => {});
  };
  const accepting = accept();
  return {
    url: `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting.catch(() => {});
      for (const side of open) close(side);
    },
  };
}

/** A server that gives tokens for a registry to one user. */
export interface TokenServer extends AsyncDisposable {
  realm: string;
  service: string;
  issuer: string;
  /** Path of the certificate that the registry trusts. */
  certificates: string;
  /** What tokens were asked for: `repository:a/b:pull`, in order. */
  scopes: string[];
  /** How many requests carried no credentials. */
  anonymous: number;
}

/**
 * Starts a token server (distribution's token specification) over TLS: credentials go nowhere else. Anonymous
 * tokens allow pulling `public/…` only.
 */
export async function tokenServer(
  dir: TempDir,
  user: { username: string; password: string },
  tls: PrivateCa,
): Promise<TokenServer> {
  await must(requirePeer("openssl"), [
    ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2".split(" "),
    ...["-subj", "/CN=tokens", "-keyout", dir.at("token.key"), "-out", dir.at("token.pem")],
  ]);
  const key = createPrivateKey(Deno.readTextFileSync(dir.at("token.key")));
  const certificate = new X509Certificate(Deno.readTextFileSync(dir.at("token.pem")));
  const part = (value: unknown) => btoa(JSON.stringify(value)).replace(/=+$/, "");
  const secret = new TextEncoder().encode(`${user.username}:${user.password}`).toBase64();
  const wanted = `Basic ${secret}`;

  const answer = (request: Request): Response => {
    const given = request.headers.get("authorization");
    if (given !== null && given !== wanted) return new Response("no", { status: 401 });
    if (given === null) server.anonymous++;
    const asked = new URL(request.url).searchParams.getAll("scope")
      .flatMap((scope) => scope.split(" ")).filter((scope) => scope !== "");
    server.scopes.push(...asked);
    const access = asked.map((scope) => {
      const [type, name, actions] = scope.split(":") as [string, string, string];
      const allowed = given !== null
        ? actions.split(",")
        : name.startsWith("public/")
        ? ["pull"]
        : [];
      return { type, name, actions: actions.split(",").filter((it) => allowed.includes(it)) };
    });
    const now = Math.floor(Date.now() / 1000);
    const head = { typ: "JWT", alg: "ES256", x5c: [certificate.raw.toString("base64")] };
    const claims = {
      iss: server.issuer,
      sub: given === null ? "" : user.username,
      aud: server.service,
      iat: now,
      nbf: now - 10,
      exp: now + 300,
      jti: randomUUID(),
      access,
    };
    const signed = `${part(head)}.${part(claims)}`.replaceAll("+", "-").replaceAll("/", "_");
    const signature = sign("sha256", new TextEncoder().encode(signed), {
      key,
      dsaEncoding: "ieee-p1363",
    });
    return Response.json({
      token: `${signed}.${signature.toString("base64url")}`,
      expires_in: 300,
    });
  };
  const http = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    cert: Deno.readTextFileSync(tls.certificate),
    key: Deno.readTextFileSync(tls.key),
    onListen: () => {},
  }, answer);
  const server: TokenServer = {
    realm: `https://127.0.0.1:${http.addr.port}/token`,
    service: "interop",
    issuer: "interop tokens",
    certificates: dir.at("token.pem"),
    scopes: [],
    anonymous: 0,
    [Symbol.asyncDispose]: () => http.shutdown(),
  };
  return server;
}

/** A certificate for loopback and `registry.test`, and the private authority that issued it. */
export interface PrivateCa {
  /** Path of the authority's certificate. */
  ca: string;
  /** Path of the server's certificate. */
  certificate: string;
  /** Path of the server's key. */
  key: string;
}

/** Makes an authority and a certificate, anew for each test. */
export async function privateCa(dir: TempDir): Promise<PrivateCa> {
  const openssl = (text: string) =>
    must(requirePeer("openssl"), text.split(" "), { cwd: dir.path });
  const key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2";
  await openssl(`req -x509 ${key} -subj /CN=interop-ca -keyout ca.key -out ca.pem`);
  await openssl(
    `req -x509 ${key} -CA ca.pem -CAkey ca.key -subj /CN=registry.test -keyout tls.key -out tls.pem ` +
      `-addext subjectAltName=DNS:registry.test,DNS:localhost,IP:127.0.0.1 ` +
      `-addext basicConstraints=critical,CA:FALSE`,
  );
  return { ca: dir.at("ca.pem"), certificate: dir.at("tls.pem"), key: dir.at("tls.key") };
}

/** A digest in the form of the OCI specs. */
export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function connect(host: string): Promise<Deno.TcpConn> {
  const [hostname, port] = host.split(":") as [string, string];
  return Deno.connect({ hostname, port: Number(port) });
}

async function writeAll(to: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
}

async function pipe(
  from: Deno.Conn,
  to: Deno.Conn,
  passed: (bytes: number) => void = () => {},
): Promise<void> {
  try {
    const buffer = new Uint8Array(65536);
    for (let count; (count = await from.read(buffer)) !== null;) {
      passed(count);
      await writeAll(to, buffer.subarray(0, count));
    }
    await to.closeWrite();
  } catch {
    // One side is gone; the caller closes both.
  }
}

/** Reads the head of a request, and what was read behind it. */
async function readHead(from: Deno.Conn): Promise<{ text: string; rest: Uint8Array } | undefined> {
  const buffer = new Uint8Array(65536);
  for (let size = 0; size < buffer.length;) {
    const count = await from.read(buffer.subarray(size));
    if (count === null) return undefined;
    size += count;
    const text = new TextDecoder("latin1").decode(buffer.subarray(0, size));
    const end = text.indexOf("\r\n\r\n");
    if (end >= 0) return { text: text.slice(0, end + 4), rest: buffer.slice(end + 4, size) };
  }
  return undefined;
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}
