/**
 * A JSR on loopback: it takes the workspace's packages from `deno publish`, which rewrites their imports,
 * and serves them as the real one does.
 *
 * @module
 */

import { inRoot } from "../../tasks/run.ts";
import { sha256 } from "./fronts.ts";
import { requirePeer } from "./peers.ts";
import { must, TempDir } from "./processes.ts";

/** A registry of packages that runs. */
export interface Jsr extends AsyncDisposable {
  /** For `JSR_URL`. */
  url: string;
  /** Paths that were asked for. */
  asked: string[];
  /** Versions that were published, in order: `NAME@VERSION`. */
  published: string[];
}

interface Package {
  versions: Record<string, Record<string, unknown>>;
  /** Content by `/VERSION/PATH`. */
  files: Map<string, Uint8Array<ArrayBuffer>>;
}

/** Folders of the members, in the order in which they need one another. */
const MEMBERS = ["./", "./sigstore/", "./cli/"];

/** Starts it and publishes all of the workspace to it. */
export async function startJsr(): Promise<Jsr> {
  const jsr = startEmptyJsr();
  try {
    for (const member of MEMBERS) {
      await must(
        Deno.execPath(),
        ["publish", "--token", "of no use", "--allow-dirty", "--no-check"],
        { cwd: inRoot(member), env: { JSR_URL: jsr.url } },
      );
    }
    return jsr;
  } catch (error) {
    await jsr[Symbol.asyncDispose]();
    throw error;
  }
}

/** Starts one that has nothing yet. */
export function startEmptyJsr(): Jsr {
  const packages = new Map<string, Package>();
  const asked: string[] = [];
  const published: string[] = [];
  const notFound = () => new Response("not found", { status: 404 });

  const read = (path: string): Response => {
    const [, scope, name, rest] = path.match(/^\/(@[^/]+)\/([^/]+)(\/.*)$/) ?? [];
    const found = packages.get(`${scope}/${name}`);
    if (found === undefined) return notFound();
    if (rest === "/meta.json") {
      const versions = Object.fromEntries(Object.keys(found.versions).map((one) => [one, {}]));
      const latest = Object.keys(versions).at(-1);
      return Response.json({ scope: scope!.slice(1), name, latest, versions });
    }
    const version = rest!.match(/^\/([^/]+)_meta\.json$/)?.[1];
    if (version !== undefined) return Response.json(found.versions[version]);
    const bytes = found.files.get(rest!);
    if (bytes === undefined) return notFound();
    const type = path.endsWith(".ts") ? "text/typescript" : "application/octet-stream";
    return new Response(bytes, { headers: { "content-type": type } });
  };

  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      asked.push(pathname);
      const [, scope, name, version] =
        pathname.match(/^\/api\/scopes\/([^/]+)\/packages\/([^/]+)(?:\/versions\/([^/]+))?$/) ?? [];
      if (scope === undefined) return read(pathname);
      if (request.method === "GET") {
        if (version === undefined) {
          return Response.json({ scope, name, description: "", latestVersion: null });
        }
        const found = packages.get(`@${scope}/${name}`)?.versions[version];
        return found === undefined ? notFound() : Response.json({ version });
      }
      packages.set(`@${scope}/${name}`, await unpack(await request.bytes(), version!));
      published.push(`@${scope}/${name}@${version}`);
      return Response.json({
        id: crypto.randomUUID(),
        status: "success",
        error: null,
        packageScope: scope,
        packageName: name,
        packageVersion: version,
      });
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}/`;
  return { url, asked, published, [Symbol.asyncDispose]: () => server.shutdown() };
}

/** What a published archive holds, as JSR describes it. */
async function unpack(archive: Uint8Array<ArrayBuffer>, version: string): Promise<Package> {
  using dir = new TempDir();
  await must(requirePeer("tar"), ["xz", "-C", dir.path], { stdin: archive });
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const manifest: Record<string, { size: number; checksum: string }> = {};
  const collect = (below: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(dir.path + below)) {
      const path = `${below}/${name}`;
      if (isDirectory) collect(path);
      else {
        const bytes = Deno.readFileSync(dir.path + path);
        files.set(`/${version}${path}`, bytes);
        manifest[path] = { size: bytes.length, checksum: sha256(bytes).replace(":", "-") };
      }
    }
  };
  collect("");
  const { exports } = JSON.parse(Deno.readTextFileSync(dir.at("deno.json"))) as {
    exports: Record<string, string>;
  };
  return { files, versions: { [version]: { manifest, exports } } };
}
