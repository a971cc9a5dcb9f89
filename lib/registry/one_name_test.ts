import assert from "node:assert/strict";
import { lookup } from "node:dns/promises";
import { test } from "node:test";
import { isBlobberError } from "../errors.ts";
import { nameOf, parseReference, type RegistryReference } from "../reference.ts";
import type { Engine } from "./http/exchange.ts";
import { ExchangeError } from "./http/failure.ts";
import { openRegistry } from "../stores/registry_store.ts";
import { FakeClock } from "../../tests/fakes/clock.ts";

/** What a machine speaks at every port: an engine that answers nothing else and notes what it was asked. */
function machine(speaks: "http:" | "https:", asked: URL[]): Engine {
  return {
    send: ({ url }) => {
      asked.push(url);
      if (url.protocol !== speaks) {
        const kind = speaks === "http:" ? "not-tls" : "broken";
        return Promise.reject(new ExchangeError(kind, "the other scheme"));
      }
      return Promise.resolve({
        status: 404,
        headers: new Headers(),
        url,
        body: { read: () => Promise.resolve(undefined), cancel: () => Promise.resolve() },
      });
    },
  };
}

/** `address port path` of what a reference reaches; nothing where it is refused or not spoken to. */
async function reached(
  reference: RegistryReference,
  speaks: "http:" | "https:",
  insecure: boolean,
): Promise<string | undefined> {
  const asked: URL[] = [];
  const store = openRegistry(reference, {
    insecure,
    credentials: () => Promise.resolve(undefined),
    seams: { engine: machine(speaks, asked), clock: new FakeClock() },
  });
  const error = await store.resolve("v1").catch((error: unknown) => error);
  if (!isBlobberError(error, "not-found")) return undefined;
  const { protocol, hostname, port, pathname } = asked.at(-1)!;
  assert.equal(protocol, speaks);
  return `${hostname} ${port || (protocol === "http:" ? "80" : "443")} ${pathname}`;
}

const HOSTS = [
  "docker.io",
  "index.docker.io",
  "registry-1.docker.io",
  "registry.hub.docker.com",
  "reg.example",
  "other.example",
  "reg",
  "localhost",
  "a.localhost",
  "127.0.0.1",
  "127.1",
  "127.0.1",
  "0",
  "0.0.0.0",
  "0x0",
  "0x7f000001",
  "0X7F.0.0.1",
  "0177.1",
  "2130706433",
  "127.0.0.2",
  "[::1]",
  "[0:0::1]",
  "[::0.0.0.1]",
  "[::]",
  "[::ffff:127.0.0.1]",
  "[0::FFFF:7f00:1]",
  "[::ffff:0:0]",
  "10.5",
  "[::ffff:a00:5]",
  "999.1.1.1",
  "1.2.3.4.5",
];
const PORTS = ["", ":80", ":443", ":0443", ":5000", ":05000", ":0", ":70000"];
const PATHS = ["nginx", "library/nginx", "acme/app"];

/** Every spelling that is taken for a reference, and what it was parsed to. */
const SPELLINGS = HOSTS.flatMap((host) => [host, host.toUpperCase(), `${host}.`, `${host}..`])
  .flatMap((host) => PORTS.map((port) => `${host}${port}`))
  .flatMap((host) => PATHS.map((path) => `${host}/${path}`))
  .flatMap((text) => {
    try {
      return [{ text, reference: parseReference(text) as RegistryReference }];
    } catch (error) {
      assert.ok(isBlobberError(error, "invalid-reference"), text);
      return [];
    }
  });

test("one name: all spellings that reach one server and repository are one name", async () => {
  for (const speaks of ["http:", "https:"] as const) {
    for (const insecure of [false, true]) {
      const names = new Map<string, Map<string, string>>();
      const places = new Map<string, Set<string>>();
      for (const { text, reference } of SPELLINGS) {
        const place = await reached(reference, speaks, insecure);
        if (place === undefined) continue;
        const name = nameOf(reference);
        names.set(place, (names.get(place) ?? new Map()).set(name, text));
        places.set(name, (places.get(name) ?? new Set()).add(place.replace(/ \d+ /, " ")));
      }
      for (const [place, found] of names) {
        assert.equal(found.size, 1, `${place} is ${JSON.stringify([...found])}`);
      }
      // And the other way: one name is one machine and one repository, at ports 80 and 443 or at its own.
      for (const [name, found] of places) assert.equal(found.size, 1, `${name}: ${[...found]}`);
      assert.ok(names.size > 20, `only ${names.size} places were reached`);
    }
  }
});

test("one name: what is connected to is what the system takes the spelling for", async () => {
  let compared = 0;
  for (const { text, reference } of SPELLINGS) {
    const written = /^[^:/]*/.exec(text)![0].replace(/\.$/, "");
    // IPv4 addresses only: nothing is looked up in the network.
    if (!/^(?:[0-9.]+|0x[0-9a-f.]+)$/i.test(written)) continue;
    const { address } = await lookup(written);
    const place = await reached(reference, "http:", true);
    assert.equal(place!.split(" ")[0], address.replace(/^0\.0\.0\.0$/, "127.0.0.1"), text);
    compared++;
  }
  assert.ok(compared > 50, `only ${compared} were compared`);
});

test("asked-port: a port that was written is the port that is used", async () => {
  for (const { text, reference } of SPELLINGS) {
    const port = /:0*(\d+)\//.exec(text)?.[1];
    for (const speaks of ["http:", "https:"] as const) {
      const place = await reached(reference, speaks, true);
      const expected = port ?? (speaks === "http:" ? "80" : "443");
      if (place !== undefined) assert.equal(place.split(" ")[1], expected, text);
    }
  }
});

test("asked-port: at port 443 of this machine TLS is tried first", async () => {
  const asked: URL[] = [];
  const seams = { engine: machine("https:", asked) };
  const store = openRegistry(parseReference("localhost:443/acme/x") as RegistryReference, {
    seams,
  });
  await assert.rejects(store.resolve("v1"), { code: "not-found" });
  assert.deepEqual(asked.map(String), ["https://localhost/v2/acme/x/manifests/v1"]);
});
