import { test } from "node:test";
import assert from "node:assert/strict";
import type { Notice } from "../../events.ts";
import { MAX_KEY_SEARCH_BYTES, MAX_SECRET_SEARCH_BYTES } from "../../limits.ts";
import type { FilePlace } from "./private_keys.ts";
import { type LikelySecret, SecretCounter, secretsIn, warnOfSecrets } from "./secrets.ts";

/** Characters as chance has them, and none of a real secret: the same each time. */
function chance(length: number, alphabet = "kQ7vZp2Lm9XwRt4BnYs8HdFc3JgTq6Wb"): string {
  let state = 9;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return alphabet[(state >>> 16) % alphabet.length];
  }).join("");
}

/** What is found in a file. */
function kindIn(content: string, file = "notes.txt"): string | undefined {
  // Something stands before it and behind it in memory, as in a batch.
  const plain = new TextEncoder().encode(`${"x".repeat(40)}${content}${"y".repeat(40)}`);
  const size = plain.length - 80;
  const [found, ...more] = secretsIn(plain, [{ file, at: 40, size }], new Set());
  assert.deepEqual(more, []);
  return found?.kind;
}

// In pieces, so that nothing that searches these sources takes one for real.
const TOKENS: [kind: string, token: string][] = [
  ["GitHub token", "gh" + `p_${chance(36)}`],
  ["GitHub token", "gh" + `s_${chance(36)}`],
  ["GitHub token", "github" + `_pat_${chance(22)}_${chance(59)}`],
  ["GitLab token", "gl" + `pat-${chance(20)}`],
  ["Slack token", "xo" + `xb-176536724813-198746983231-${chance(24)}`],
  ["npm token", "np" + `m_${chance(36)}`],
  ["PyPI token", "py" + `pi-AgEIcHlwaS5vcmc${chance(60)}`],
  ["Stripe key", "sk" + `_live_${chance(24)}`],
  ["Google client secret", "GOC" + `SPX-${chance(28)}`],
  ["Anthropic key", "sk-" + `ant-api03-${chance(93)}AA`],
  ["OpenAI key", "sk-" + `${chance(20)}T3BlbkFJ${chance(20)}`],
  ["DigitalOcean token", "dop" + `_v1_${chance(64, "0a1b2c3d4e5f6789")}`],
  ["Docker token", "dckr" + `_pat_${chance(27)}`],
  ["Hugging Face token", "hf" + `_${chance(34, "kQvZpLmXwRtBnYsHdFcJgTqWb")}`],
  ["age key", "AGE-SEC" + `RET-KEY-1${chance(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L")}`],
];

test("secrets: tokens are known by their shapes, wherever they stand", () => {
  for (const [kind, token] of TOKENS) {
    for (
      const text of [
        token,
        `{"token":"${token}"}`,
        `TOKEN=${token}\nNEXT=1\n`,
        `git clone https://oauth2:${token}@example.org/a.git`,
        `https://${token}@example.org/`,
        `# ${"-".repeat(70)}\n\tlet token = '${token}';\n`,
        `path/to/${token}/x`,
      ]
    ) assert.equal(kindIn(text), kind, text);
    assert.equal(kindIn(`${"a ".repeat(3500)}\n${token}`), kind);
    // Not a part of one, and not one with more around it.
    assert.equal(kindIn(token.slice(0, 14)), undefined);
    assert.equal(kindIn(`${chance(8)}${token}`), undefined, kind);
  }
});

test("secrets: an AWS key is one with its secret half", () => {
  const id = "AK" + "IAQ7ZP2LM4XWRTBN5Y";
  const secret = chance(40, "kQ7vZp2Lm9Xw/Rt4BnYs8Hd+Fc3JgTq6Wb").replace(/^./, "k");
  assert.equal(kindIn(`aws_access_key_id=${id}\naws_secret_access_key=${secret}\n`), "AWS key");
  assert.equal(kindIn(`{"accessKeyId":"${id}","secretAccessKey":"${secret}"}`), "AWS key");
  assert.equal(kindIn(`AWS_SECRET_ACCESS_KEY="${secret}"`), "AWS key");
  assert.equal(kindIn(`aws_access_key_id=${id}`), undefined);
  assert.equal(kindIn(`checksum = ${secret}`), undefined);
  assert.equal(kindIn(`aws: commit ${"0a1b2c3d4e5f6789abcd".repeat(2)}`), undefined);
});

test("secrets: a Slack hook is known by its address", () => {
  const hook = `https://hooks.slack.com/services/T0${chance(8, "ABCDEFGH23")}/B0XYZQRS4/`;
  assert.equal(kindIn(`curl ${hook}${chance(24)}`), "Slack hook");
  assert.equal(kindIn(`curl ${hook}${"X".repeat(24)}`), undefined);
});

test("secrets: what stands for others is none", () => {
  for (
    const text of [
      "gh" + `p_${"x".repeat(36)}`,
      "gh" + "p_abcdefghijklmnopqrstuvwxyz0123456789",
      "gl" + "pat-YOUR_TOKEN_GOES_HERE",
      "gl" + `pat-EXAMPLE${chance(20)}`,
      "sk" + "_live_000000000000000000000000",
      "np" + `m_${"ab1".repeat(12)}`,
      "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
      `eyJhbGciOiJub25lIn0.${chance(80)}.${chance(43)}`,
      `AIza${chance(35)}`,
    ]
  ) assert.equal(kindIn(text), undefined, text);
});

test("secrets: credentials in the files that programs keep them in", () => {
  const value = chance(20);
  const basic = "dXNlcjpodW50ZXIyaHVudGVyMg==";
  const secret: [file: string, content: string, kind: string][] = [
    [".env", "TOKEN=hunter2\n", "password"],
    ["app/.env.production", `A=b\nexport DB_PASSWORD="${value}"\n`, "password"],
    [".env", `DATABASE_URL=postgres://app:${value}@db/app\n`, "password"],
    [
      ".git/config",
      `[remote "origin"]\n\turl = https://me:${value}@example.org/a\n`,
      "credentials",
    ],
    ["sub/.git/config", `url = https://${value}@example.org/a\n`, "credentials"],
    [".git/config", `\textraheader = AUTHORIZATION: basic ${basic}\n`, "credentials"],
    [".git-credentials", `https://me:${value}@example.org\n`, "credentials"],
    [".npmrc", `//registry.example.org/:_authToken=${value}\n`, "credentials"],
    [".npmrc", `_auth = ${basic}\n`, "credentials"],
    ["home/.netrc", `machine example.org login me password ${value}\n`, "password"],
    [".pypirc", `[pypi]\nusername = me\npassword = ${value}\n`, "password"],
    [".pgpass", `localhost:5432:*:me:${value}\n`, "password"],
    [".htpasswd", `me:$apr1$${chance(8)}$${chance(22)}\n`, "password"],
    ["home/.docker/config.json", `{"auths":{"example.org":{"auth":"${basic}"}}}`, "credentials"],
    [".aws/credentials", `aws_secret_access_key = ${chance(30)}\n`, "AWS key"],
    [".kube/config", `users:\n- user:\n    token: ${value}\n`, "credentials"],
  ];
  for (const [file, content, kind] of secret) {
    assert.equal(kindIn(content, file), kind, `${file}: ${content}`);
    assert.equal(kindIn(content, `C:\\w\\${file.replaceAll("/", "\\")}`), kind, file);
  }
  const open: [file: string, content: string][] = [
    [
      ".env",
      "DEBUG=true\nPORT=8080\nTOKEN=\nPASSWORD=changeme\nAPI_KEY=${API_KEY}\nSECRET=<secret>\n",
    ],
    [".env", "URL=https://example.org/a@b\nDB=postgres://localhost/app\n"],
    [
      ".env",
      "TOKEN_URL=https://example.org/token\nPASSWORD_FILE=/run/secrets/db\nTOKEN_TTL=86400\n",
    ],
    [".env.example", "TOKEN=hunter2\n"],
    [".envrc.md", "TOKEN=hunter2\n"],
    ["env", "TOKEN=hunter2\n"],
    [
      ".git/config",
      '[remote "origin"]\n\turl = https://example.org/a.git\n\turl = git@example.org:a\n',
    ],
    [".github/config", `url = https://me:${value}@example.org/a\n`],
    [
      ".npmrc",
      "registry=https://registry.example.org/\n//r.example.org/:_authToken=${NPM_TOKEN}\n",
    ],
    [".netrc", "machine example.org login me\n"],
    [".docker/config.json", '{"auths":{"example.org":{}},"credsStore":"pass"}'],
    ["config.json", '{"auth":"none"}'],
    [".pgpass", "# host:port:db:user:password\n"],
    [".htpasswd", ""],
  ];
  for (const [file, content] of open) assert.equal(kindIn(content, file), undefined, file);
});

test("secrets: no content makes the search slow", () => {
  const names = [
    ...[".env", ".git/config", ".git-credentials", ".npmrc", ".netrc", ".pypirc", ".pgpass"],
    ...[".htpasswd", ".docker/config.json", ".aws/config", ".kube/config"],
  ];
  const parts = [
    "\n",
    "\n ",
    " ",
    "a",
    "a:",
    "secret",
    "auth ",
    "url = a://",
    "password ",
    '"auth" ',
  ];
  // One of these took a minute.
  for (const part of parts) {
    const content = part.repeat(MAX_KEY_SEARCH_BYTES / part.length);
    for (const name of names) assert.equal(kindIn(content, name), undefined);
  }
});

test("secrets: files of keys that are no PEM, and no certificate", () => {
  const rest = chance(100);
  const bytes = (...octets: number[]) => String.fromCharCode(...octets);
  assert.equal(kindIn(`PuTTY-User-Key-File-3: ssh-ed25519\n${rest}`), "private key");
  assert.equal(kindIn(`-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n${rest}`), "private key");
  assert.equal(kindIn(`-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n${rest}`), undefined);
  const place = (content: string): FilePlace[] => [{ file: "a", at: 0, size: content.length }];
  const kind = (content: string) =>
    secretsIn(
      Uint8Array.from(content, (one) => one.charCodeAt(0)),
      place(content),
      new Set(),
    )[0]?.kind;
  const begin = bytes(0x30, 0x82, 0x0a, 0x11, 0x02, 0x01, 0x03, 0x30);
  const bag = bytes(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01);
  assert.equal(kind(`${begin}${rest}${bag}\x02${rest}`), "private key");
  assert.equal(kind(`${begin}${rest}${bag}\x03${rest}`), undefined);
  assert.equal(kind(`${bytes(0x03, 0xd9, 0xa2, 0x9a)}${rest}`), "password database");
  assert.equal(
    kindIn(`-----BEGIN CERTIFICATE-----\n${rest}\n-----END CERTIFICATE-----\n`),
    undefined,
  );
});

test("secrets: the beginning of a file is searched, and no other", () => {
  const token = TOKENS[0]![1];
  const before = (count: number) => `${" ".repeat(count - token.length - 1)}\n${token}`;
  assert.equal(kindIn(before(MAX_SECRET_SEARCH_BYTES)), "GitHub token");
  assert.equal(kindIn(before(MAX_SECRET_SEARCH_BYTES + 1)), undefined);
});

test("secrets: one warning names five and counts the others", () => {
  const told: Notice[] = [];
  const counter = new SecretCounter();
  const observer = { onNotice: (notice: Notice) => void told.push(notice) };
  warnOfSecrets(observer, counter.found);
  assert.deepEqual(told, []);
  const secret = (i: number): LikelySecret => ({ path: `f${i}\x1b`, kind: "npm token" });
  for (let i = 0; i < 5; i++) counter.add(secret(i));
  warnOfSecrets(observer, counter.found);
  counter.add(secret(5));
  counter.add(secret(6));
  warnOfSecrets(observer, counter.found);
  const [five, seven] = told.map(({ message }) => message);
  assert.match(
    five!,
    /^what is pushed seems to hold secrets: "f0\\x1b" \(npm token\), .*"f4\\x1b" \(npm token\)$/,
  );
  assert.equal(seven, `${five} and 2 more`);
});
