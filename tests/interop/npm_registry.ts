/**
 * A registry of npm packages on loopback: it takes a scope's packages from `npm publish` and serves them. What is
 * outside of the scope, npm asks its own registry for.
 *
 * @module
 */

/** A registry that runs. */
export interface NpmRegistry extends AsyncDisposable {
  /** With a slash at the end. */
  url: string;
  /** Packages that were published, in order: `NAME@VERSION`. */
  published: string[];
  /** Packages that are refused. npm would try again for a minute after a status that is the server's fault. */
  refuses: Set<string>;
}

interface Document {
  name: string;
  "dist-tags": Record<string, string>;
  versions: Record<string, { dist: { tarball: string; integrity: string } }>;
  _attachments?: Record<string, { data: string }>;
}

/** The token that publishes. */
export const NPM_TOKEN = "of-the-tests";

/** Starts one. */
export function startNpmRegistry(): NpmRegistry {
  const documents = new Map<string, Document>();
  const archives = new Map<string, Uint8Array<ArrayBuffer>>();
  const published: string[] = [];
  const refuses = new Set<string>();
  const publish = async (name: string, request: Request): Promise<Response> => {
    const sent = await request.json() as Document;
    if (request.headers.get("authorization") !== `Bearer ${NPM_TOKEN}`) {
      return Response.json({ error: "no such token" }, { status: 401 });
    }
    if (refuses.has(name)) return Response.json({ error: "not now" }, { status: 400 });
    const known = documents.get(name);
    const [version] = Object.keys(sent.versions);
    if (known?.versions[version!] !== undefined) {
      return Response.json({ error: "published before" }, { status: 403 });
    }
    for (const [file, { data }] of Object.entries(sent._attachments ?? {})) {
      archives.set(`${name}/-/${file.split("/").at(-1)}`, Uint8Array.fromBase64(data));
    }
    for (const { dist } of Object.values(sent.versions)) {
      const file = dist.tarball.split("/-/").at(-1)!.split("/").at(-1)!;
      dist.tarball = `${url}${name}/-/${file}`;
    }
    documents.set(name, {
      name,
      "dist-tags": { ...known?.["dist-tags"], ...sent["dist-tags"] },
      versions: { ...known?.versions, ...sent.versions },
    });
    published.push(`${name}@${version}`);
    return Response.json({ ok: true }, { status: 201 });
  };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const path = decodeURIComponent(new URL(request.url).pathname.slice(1));
      if (request.method === "PUT") return await publish(path, request);
      const archive = archives.get(path);
      if (archive !== undefined) return new Response(archive);
      const document = documents.get(path);
      return document === undefined
        ? Response.json({ error: "not found" }, { status: 404 })
        : Response.json(document);
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}/`;
  return { url, published, refuses, [Symbol.asyncDispose]: () => server.shutdown() };
}
