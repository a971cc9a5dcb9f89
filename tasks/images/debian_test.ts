/** Packages of Debian from a mirror on loopback: checked by digest, kept, and said plainly when they are gone. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { baseEntries, shellEntries } from "./base.ts";
import { packageFiles } from "./debian.ts";
import { checkIntegrity } from "./deno_files.ts";
import { BASE_PACKAGES, readPins, SHELL_PACKAGES } from "./pins.ts";

const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Runs with a directory, which is the cache too. */
async function inCache(run: (dir: string) => Promise<void> | void): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "blobber-debian-test-"));
  const before = Deno.env.get("XDG_CACHE_HOME");
  Deno.env.set("XDG_CACHE_HOME", join(dir, "cache"));
  try {
    await run(dir);
  } finally {
    if (before === undefined) Deno.env.delete("XDG_CACHE_HOME");
    else Deno.env.set("XDG_CACHE_HOME", before);
    rmSync(dir, { recursive: true });
  }
}

test("a package comes from the mirror that has it, once, and only with its digest", async () => {
  await inCache(async () => {
    const content = new TextEncoder().encode("a package");
    const asked: string[] = [];
    const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
      const { pathname } = new URL(request.url);
      asked.push(pathname);
      return pathname.startsWith("/full/pool/")
        ? new Response(content)
        : new Response("", { status: 404 });
    });
    const mirror = (name: string) => `http://127.0.0.1:${server.addr.port}/${name}/`;
    const one = { name: "libc6", version: "1", sha256: digest(content), path: "pool/libc6.deb" };
    try {
      const mirrors = [mirror("empty"), mirror("full")];
      const files = await packageFiles("arm64", [one], mirrors);
      assert.deepEqual(new Uint8Array(readFileSync(files.get("libc6")!)), content);
      assert.deepEqual(asked, ["/empty/pool/libc6.deb", "/full/pool/libc6.deb"]);
      await packageFiles("arm64", [one], mirrors);
      assert.equal(asked.length, 2);
      writeFileSync(files.get("libc6")!, "another");
      await packageFiles("arm64", [one], mirrors);
      assert.deepEqual(new Uint8Array(readFileSync(files.get("libc6")!)), content);

      const other = { ...one, sha256: "0".repeat(64) };
      for (const from of [mirrors, [mirror("empty")]]) {
        await assert.rejects(
          packageFiles("arm64", [other], from),
          /^Error: libc6 1 for arm64 cannot be had[^]*deno task images --renew/,
        );
      }
    } finally {
      await server.shutdown();
    }
  });
});

test("a package of npm is held to its pin", () => {
  const bytes = new TextEncoder().encode("a package");
  const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  const pinned = { name: "deno", version: "1.0.0", integrity };
  assert.equal(checkIntegrity(bytes, pinned), bytes);
  assert.throws(
    () => checkIntegrity(new Uint8Array(3), pinned),
    /deno@1\.0\.0 is sha512-\S+, expected/,
  );
});

test("the pins name each package of both processors by digest", () => {
  const { debian, packages, deno, denoLicence } = readPins();
  assert.match(debian, /^\d+$/);
  for (const architecture of ["amd64", "arm64"] as const) {
    assert.deepEqual(
      packages[architecture].map(({ name }) => name),
      [...BASE_PACKAGES, ...SHELL_PACKAGES],
    );
    for (const { name, sha256, path } of packages[architecture]) {
      assert.match(sha256, /^[0-9a-f]{64}$/);
      assert.match(path, new RegExp(`^pool/.*/${name}_[^/]*_(${architecture}|all)\\.deb$`));
    }
    assert.match(deno[architecture].integrity, /^sha512-\S{88}$/);
    assert.equal(deno[architecture].version, denoLicence.version);
  }
});

const hasDpkg = ["/usr/bin/dpkg-deb", "/bin/dpkg-deb"].some((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});

/** Makes a package of files, and of links where the text begins with an arrow. */
function debOf(dir: string, name: string, files: Record<string, string>): string {
  const control =
    `Package: ${name}\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b.c>\nDescription: a\n`;
  for (const [path, text] of Object.entries({ "DEBIAN/control": control, ...files })) {
    const file = join(dir, name, path);
    mkdirSync(dirname(file), { recursive: true });
    if (text.startsWith("->")) symlinkSync(text.slice(2), file);
    else writeFileSync(file, text);
  }
  const made = join(dir, `${name}.deb`);
  const { success, stderr } = new Deno.Command("dpkg-deb", {
    args: ["--root-owner-group", "--build", join(dir, name), made],
    stdin: "null",
  }).outputSync();
  assert.ok(success, new TextDecoder().decode(stderr));
  return made;
}

const packing = "of packages the libraries, licences and certificates are taken, and nothing else";
test(
  hasDpkg ? packing : `skipped: ${packing}: dpkg-deb is missing`,
  { skip: !hasDpkg },
  async () => {
    await inCache((dir) => {
      const own = "lib/aarch64-linux-gnu";
      const packages = new Map(Object.entries({
        libc6: debOf(dir, "libc6", {
          [`${own}/libc.so.6`]: "libc",
          [`${own}/ld-linux-aarch64.so.1`]: "loader",
          [`${own}/libnsl.so.1`]: "not needed",
          [`${own}/gconv/libc.so.6`]: "elsewhere",
          "lib/ld-linux-aarch64.so.1": `->/${own}/ld-linux-aarch64.so.1`,
          "usr/share/doc/libc6/copyright": "LGPL",
          "usr/share/doc/libc6/changelog": "not needed",
          "usr/bin/ldd": "not needed",
        }),
        "libgcc-s1": debOf(dir, "libgcc-s1", {
          [`${own}/libgcc_s.so.1`]: "libgcc",
          "usr/share/doc/libgcc-s1": "->gcc-12-base",
        }),
        "ca-certificates": debOf(dir, "ca-certificates", {
          "usr/share/ca-certificates/mozilla/B.crt": "B\n\n",
          "usr/share/ca-certificates/mozilla/A.crt": "A",
          "usr/share/doc/ca-certificates/copyright": "MPL",
        }),
      }));
      const entries = new Map(
        baseEntries("arm64", packages, "12").map((entry) => [
          entry.path,
          entry.linkTarget ?? new TextDecoder().decode(entry.content as Uint8Array),
        ]),
      );
      assert.deepEqual([...entries.keys()].sort(), [
        "etc/group",
        "etc/nsswitch.conf",
        "etc/os-release",
        "etc/passwd",
        "etc/ssl/certs/ca-certificates.crt",
        "lib/aarch64-linux-gnu/ld-linux-aarch64.so.1",
        "lib/aarch64-linux-gnu/libc.so.6",
        "lib/aarch64-linux-gnu/libgcc_s.so.1",
        "lib/ld-linux-aarch64.so.1",
        "usr/share/doc/ca-certificates/copyright",
        "usr/share/doc/libc6/copyright",
        "usr/share/doc/libgcc-s1",
        "var/lib/dpkg/status.d/ca-certificates",
        "var/lib/dpkg/status.d/libc6",
        "var/lib/dpkg/status.d/libgcc-s1",
      ]);
      assert.equal(
        entries.get("lib/ld-linux-aarch64.so.1"),
        "aarch64-linux-gnu/ld-linux-aarch64.so.1",
      );
      assert.equal(entries.get("etc/ssl/certs/ca-certificates.crt"), "A\nB\n");
      assert.match(entries.get("var/lib/dpkg/status.d/libc6")!, /^Package: libc6\nVersion: 1\n/);
      assert.match(entries.get("etc/passwd")!, /^blobber:x:65532:65532:/m);
      packages.delete("ca-certificates");
      assert.throws(() => baseEntries("arm64", packages, "12"), /bring no certificates/);

      const name = "busybox-static";
      const shell = shellEntries(
        new Map([[
          name,
          debOf(dir, name, {
            "bin/busybox": "busybox",
            [`usr/share/doc/${name}/copyright`]: "GPL",
          }),
        ]]),
      );
      assert.ok(
        shell.some(({ path, linkTarget }) => path === "bin/sh" && linkTarget === "busybox"),
      );
    });
  },
);
