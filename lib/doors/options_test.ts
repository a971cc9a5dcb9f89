import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../client.ts";
import type { ClientOptions, PullOptions } from "../options.ts";
import { MemoryStore } from "../stores/memory_store.ts";
import type { Store } from "../store.ts";
import { callOptions, clientOptions, type VerbName } from "./options.ts";

const PEM = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
const KEY = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
const hole = ["v1", "v2"];
delete hole[0];

/** Options of a client, wrong values of each, and what the error says after "invalid option ". */
const OF_CLIENT: [object, string][] = [
  [{ insecure: "false" }, 'insecure: "false", expected true or false'],
  [{ insecureSkipTlsVerify: 1 }, "insecureSkipTlsVerify: 1, expected true or false"],
  [{ insecure: null }, "insecure: null, expected true or false"],
  [{ caCerts: PEM }, "caCerts: a string, expected a list of certificates in PEM"],
  [{ caCerts: [KEY] }, "caCerts[0]: a string, expected certificates in PEM"],
  [{ caCerts: [PEM, new Uint8Array(2)] }, "caCerts[1]: a Uint8Array, expected certificates in PEM"],
  [{ onNotice: "log" }, 'onNotice: "log", expected a function'],
  [{ registries: [] }, "registries: an empty list, expected an object"],
  [{ registries: { "ghcr.io": true } }, 'registries["ghcr.io"]: true, expected an object'],
  [{ registries: { "ghcr.io": { insecure: "no" } } }, 'registries["ghcr.io"].insecure: "no", '],
  [
    { registries: { "https://ghcr.io": {} } },
    'registries: "https://ghcr.io", expected options of a registry, "host[:port]"',
  ],
  [
    { credentials: { username: "u", password: "p" } },
    "credentials: an object, expected a function",
  ],
  [{ open: new MemoryStore() }, "open: a MemoryStore, expected a function"],
  [{ referrers: "none" }, 'referrers: "none", expected "auto", "api" or "tag"'],
  [{ userAgent: "" }, 'userAgent: "", expected printable ASCII'],
  [{ userAgent: "a\r\nb: c" }, 'userAgent: "a\\x0d\\x0ab: c", expected printable ASCII'],
  [{ userAgent: "é" }, 'userAgent: "é", expected printable ASCII'],
  [{ cacheDir: "" }, 'cacheDir: "", expected a path'],
  [{ cacheDir: true }, "cacheDir: true, expected a path"],
  [{ cacheDir: "a\0b" }, 'cacheDir: "a\\x00b", expected a path'],
  [{ cacheTtl: NaN }, "cacheTtl: NaN, expected milliseconds"],
  [{ cacheTtl: -1 }, "cacheTtl: -1, expected milliseconds"],
  [{ cacheTtl: "5m" }, 'cacheTtl: "5m", expected milliseconds'],
  [{ signer: null }, "signer: null, expected a signer"],
  [{ signer: {} }, "signer.sign: undefined, expected a function"],
  [{ signer: { sign() {}, publicKey: PEM } }, 'signer.publicKey: "-----BEGIN'],
  [{ verifier: [] }, "verifier: an empty list, expected a verifier or a list of at least one"],
  [{ maxConnections: 0 }, "maxConnections: 0, expected a whole number from 1"],
  [{ fetch: 7 }, "fetch: 7, expected a function"],
  [{ onRequest: {} }, "onRequest: an empty object, expected a function"],
  [{ jobs: NaN }, "jobs: NaN, expected a whole number"],
  [{ jobs: -1 }, "jobs: -1, expected a whole number"],
  [{ jobs: 1.5 }, "jobs: 1.5, expected a whole number"],
  [{ jobs: Infinity }, "jobs: Infinity, expected a whole number"],
  [{ jobs: "4" }, 'jobs: "4", expected a whole number'],
  [{ jobs: 4n }, "jobs: 4n, expected a whole number"],
  [
    { threadEntry: "program.js" },
    'threadEntry: "program.js", expected the address or the absolute',
  ],
  [{ threadEntry: "" }, 'threadEntry: "", expected the address'],
  [{ threadEntry: 1 }, "threadEntry: 1, expected the address"],
  [{ allowSharedDirectories: "yes" }, 'allowSharedDirectories: "yes", expected true or false'],
];

for (const [options, message] of OF_CLIENT) {
  test(`no client is made with ${message}`, () => {
    assert.throws(() => new Client(options), (error: Error & { code: string }) => {
      assert.equal(error.code, "invalid-option");
      assert.ok(error.message.startsWith(`invalid option ${message}`), error.message);
      assert.doesNotMatch(error.message, /c2VjcmV0/);
      return true;
    });
  });
}

const READING: [object, string][] = [
  [{ signal: new AbortController() }, "signal: an AbortController, expected an AbortSignal"],
  [{ signal: {} }, "signal: an empty object, expected an AbortSignal"],
  [{ onProgress: true }, "onProgress: true, expected a function"],
  [{ onNotice: {} }, "onNotice: an empty object, expected a function"],
  [{ verifier: null }, "verifier: null, expected a verifier"],
  [{ expect: "v1" }, 'expect: "v1", expected "sha256:" and 64'],
  [{ expect: null }, 'expect: null, expected "sha256:" and 64'],
  [{ expect: `SHA256:${"0".repeat(64)}` }, "expect: "],
  [{ platform: "linux/amd64" }, 'platform: "linux/amd64", expected an object with os and'],
  [{ platform: { os: "linux" } }, "platform.architecture: undefined, expected a string"],
  [{ platform: { os: "linux", architecture: "arm", variant: 7 } }, "platform.variant: 7, "],
  [{ layoutPath: "" }, 'layoutPath: "", expected a path'],
];
const UNPACKING: [object, string][] = [
  [{ maxEntries: -1 }, "maxEntries: -1, expected a whole number"],
  [{ maxBytes: NaN }, "maxBytes: NaN, expected a whole number"],
  [{ maxFileBytes: "1GB" }, 'maxFileBytes: "1GB", expected a whole number'],
];
const WRITING: [object, string][] = [
  [{ tags: "v2" }, 'tags: "v2", expected a list of tags'],
  [{ tags: hole }, "tags[0]: undefined, expected a string"],
  [{ tags: [2] }, "tags[0]: 2, expected a string"],
  [{ ifAbsent: "yes" }, 'ifAbsent: "yes", expected true or false'],
];
const IGNORING: [object, string][] = [
  [{ ignore: "*.o" }, 'ignore: "*.o", expected a list of patterns'],
  [{ ignore: ["a", "b\nc"] }, 'ignore[1]: "b\\x0ac", expected a pattern, in one line'],
  [{ ignoreFile: true }, "ignoreFile: true, expected a path, or false"],
  [{ ignoreFile: "" }, 'ignoreFile: "", expected a path, or false'],
];
const PACKING: [object, string][] = [
  ...WRITING,
  ...READING.slice(0, 4),
  ...UNPACKING.slice(0, 2),
  [{ compression: "lz4" }, 'compression: "lz4", expected "gzip" or "zstd"'],
  [{ compression: "toString" }, 'compression: "toString", expected "gzip" or "zstd"'],
  [{ annotations: ["a=b"] }, "annotations: a list, expected an object of strings"],
  [{ annotations: { version: 2 } }, 'annotations["version"]: 2, expected a string'],
  [{ layerMediaType: 5 }, "layerMediaType: 5, expected a string"],
  [{ keepMtime: 1 }, "keepMtime: 1, expected true or false"],
  [{ mtime: 0.5 }, "mtime: 0.5, expected whole seconds since 1970"],
  [{ mtime: new Date(0) }, "mtime: a Date, expected whole seconds since 1970"],
  [{ refuse: "key.pem" }, 'refuse: "key.pem", expected a list of paths'],
  ...IGNORING,
  [{ allowSecrets: "false" }, 'allowSecrets: "false", expected true or false'],
  [{ signer: { sign: true } }, "signer.sign: true, expected a function"],
];
const PULLING: [object, string][] = [
  ...READING,
  ...UNPACKING,
  [{ overwrite: "false" }, 'overwrite: "false", expected true or false'],
  [{ links: "follow" }, 'links: "follow", expected "refuse" or "keep"'],
  [{ special: true }, 'special: true, expected "refuse" or "skip"'],
];
const OF_CALLS: Record<VerbName, [object, string][]> = {
  push: PACKING,
  digest: [...PACKING, [{ onEntry: [] }, "onEntry: an empty list, expected a function"]],
  treeDigest: [...READING, ...UNPACKING, ...IGNORING, [{ special: true }, "special: true, "]],
  pull: [...PULLING, [{ receipt: "" }, 'receipt: "", expected a path']],
  check: [
    ...READING,
    ...UNPACKING,
    IGNORING[0]!,
    [{ receipt: true }, "receipt: true, expected a path"],
    [{ repair: "yes" }, 'repair: "yes", expected true or false'],
    ...PULLING.slice(-2),
  ],
  openImage: [...READING, ...UNPACKING],
  list: [...READING, ...UNPACKING],
  diff: [
    ...READING.slice(0, 5),
    ...READING.slice(8, 11),
    ...UNPACKING,
    [{ special: true }, "special: true, "],
    [{ paths: "a" }, 'paths: "a", expected a list of paths'],
    [{ expect: "sha256:00" }, 'expect: "sha256:00", expected it in before or after'],
    [{ layoutPath: "/a" }, 'layoutPath: "/a", expected it in before or after'],
    [{ before: { verifier: null } }, "before.verifier: null, expected a verifier"],
    [{ after: { expect: "v1" } }, 'after.expect: "v1", expected "sha256:" and 64'],
    [{ after: { verifer: {} } }, "after.verifer: unknown, expected verifier, expect, "],
  ],
  copy: [...READING, ...WRITING, [{ referrers: "auto" }, 'referrers: "auto", expected true or']],
  copyAll: [
    ...READING.filter(([options]) => !("expect" in options)),
    WRITING.at(-1)!,
    [{ referrers: "auto" }, 'referrers: "auto", expected true or'],
  ],
  sign: [...READING.slice(0, 4), [{ expect: "v1" }, "expect: "], [{ signer: [] }, "signer: "]],
  verify: [...READING, [{ whole: 1 }, "whole: 1, expected true or false"]],
  inspect: [...READING, ...UNPACKING, [{ tags: ["v1"] }, "tags: a list, expected true or false"]],
  tree: [
    ...READING,
    [{ claims: () => {} }, "claims: a function, expected a reader of claims"],
    [{ claims: { accepts: () => true } }, "claims.read: undefined, expected a function"],
  ],
  raw: [...READING, [{ layer: 0 }, "layer: 0, expected a whole number from 1"]],
  tag: [...READING, WRITING[3]!],
  remove: [
    ...READING.slice(0, 4),
    [{ confirm: true }, "confirm: true, expected a function"],
    [{ dryRun: "yes" }, 'dryRun: "yes", expected true or false'],
  ],
  tags: [
    ...READING.slice(0, 2),
    [{ limit: -1 }, "limit: -1, expected a whole number"],
    [{ all: "yes" }, 'all: "yes", expected true or false'],
  ],
  listTags: READING.slice(0, 2),
  resolve: READING,
  repositories: [...READING.slice(0, 2), [{ limit: 1.5 }, "limit: 1.5, expected a whole number"]],
};

/** A store that nothing may be asked of. */
const untouched = new Proxy(new MemoryStore("untouched"), {
  get: (store, name) => {
    if (name === "name") return store.name;
    if (name === "then" || typeof name === "symbol") return undefined;
    throw new Error(`${name} of the store was asked for`);
  },
});

function call(verb: VerbName, options: object): Promise<unknown> {
  const client = new Client();
  const ref = { store: untouched as Store, reference: "v1" };
  const input = { entries: [] };
  switch (verb) {
    case "push":
      return client.push(input, ref, options);
    case "digest":
      return client.digest(input, options);
    case "pull":
      return client.pull(ref, "/nowhere/out", options);
    case "check":
      return client.check("/nowhere", ref, options);
    case "copy":
      return client.copy(ref, ref, options);
    case "copyAll":
      return Array.fromAsync(client.copyAll([ref], { store: untouched as Store }, options));
    case "diff":
      return client.diff(ref, { directory: "." }, options);
    case "tag":
      return client.tag(ref, ["v2"], options);
    case "repositories":
      return client.repositories("127.0.0.1:1", options);
    case "raw":
      return client.raw(ref, "manifest", options);
    case "listTags":
      return Array.fromAsync(client.listTags(ref, options));
    default:
      return client[verb](ref, options);
  }
}

for (const [verb, cases] of Object.entries(OF_CALLS) as [VerbName, [object, string][]][]) {
  for (const [options, message] of cases) {
    test(`${verb} is not begun with ${message}`, async () => {
      await assert.rejects(call(verb, options), (error: Error & { code: string }) => {
        assert.equal(error.code, "invalid-option", String(error));
        assert.ok(error.message.startsWith(`invalid option ${message}`), error.message);
        return true;
      });
    });
  }

  test(`${verb} takes an object of options, and knows its names`, async () => {
    for (const options of [null, "x", [], 5] as unknown as object[]) {
      await assert.rejects(call(verb, options), { code: "invalid-option" });
    }
    for (
      const [name, hint] of [
        ["onProgres", undefined],
        ["signl", 'did you mean "signal"?'],
        ["insecure", "it is an option of the client: new Client({ … })"],
        ["cacheDir", "it is an option of the client: new Client({ … })"],
      ] as const
    ) {
      await assert.rejects(call(verb, { [name]: true }), {
        code: "invalid-option",
        message: `unknown option "${name}" of ${verb}`,
        ...hint !== undefined && { hint },
      });
    }
  });
}

test("who misspells a demand does not read without it", async () => {
  const verifier = { accepts: () => true, verify: () => Promise.reject(new Error()) };
  const options = { verifer: verifier } as PullOptions;
  const error = {
    code: "invalid-option",
    message: 'unknown option "verifer" of pull',
    hint: 'did you mean "verifier"?',
  };
  await assert.rejects(call("pull", options), error);
  assert.throws(() => new Client({ verifiers: [verifier] } as ClientOptions), {
    message: 'unknown option "verifiers" of the client',
    hint: 'did you mean "verifier"?',
  });
  assert.throws(() => new Client({ expect: "x" } as ClientOptions), {
    message: 'unknown option "expect" of the client',
    hint: "it is an option of calls, such as pull()",
  });
});

test("one object serves several verbs, and what is undefined is not there", () => {
  const options = { maxBytes: 5, overwrite: true, expect: undefined, more: undefined };
  assert.deepEqual(callOptions("pull", options) as object, { maxBytes: 5, overwrite: true });
  assert.deepEqual(callOptions("list", options) as object, { maxBytes: 5 });
  assert.deepEqual(callOptions("verify", options), {});
});

test("options may be the properties of a class, and are copied when they are taken", () => {
  class Settings {
    get jobs() {
      return 3;
    }
    referrers = "tag" as const;
    tags = ["v1"];
  }
  assert.deepEqual(clientOptions(Object.assign(new Settings(), { tags: undefined })), {
    jobs: 3,
    referrers: "tag",
  });
  const tags = ["v1"];
  const taken = callOptions("push", { tags });
  tags.push("v2");
  assert.deepEqual(taken, { tags: ["v1"] });
});

test("the module of threads is an address or an absolute path", () => {
  const module = new URL("file:///somewhere/program.js");
  for (const threadEntry of [module, module.href, "/somewhere/program.js", "C:\\program.js"]) {
    assert.deepEqual(clientOptions({ threadEntry }), { threadEntry });
  }
});

test("a directory is a path, and tags are a list", async () => {
  const client = new Client();
  const ref = { store: untouched as Store, reference: "v1" };
  for (const dir of [undefined, null, "", 5, ["out"], new URL("file:///out")] as unknown[]) {
    await assert.rejects(client.pull(ref, dir as string), {
      code: "invalid-option",
      message: /^invalid directory: .*, expected a path$/,
    });
  }
  for (const tags of [undefined, "v2", [undefined], hole] as unknown[]) {
    await assert.rejects(client.tag(ref, tags as string[]), {
      code: "invalid-option",
      message: /^invalid tags/,
    });
  }
});
