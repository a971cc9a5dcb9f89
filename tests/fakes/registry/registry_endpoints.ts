/**
 * What a well-behaved registry answers (OCI distribution spec v1.1, "Endpoints"), as a function of its
 * content and one request. It knows no socket and no fault.
 *
 * @module
 */

import { randomUUID } from "node:crypto";
import { digestOf } from "../../../lib/digest.ts";
import type { FakeAnswer, FakeRegistry, FakeRepository, FakeRequest } from "./registry_types.ts";

const NO_BYTES = new Uint8Array(0);
const encode = (text: string) => new TextEncoder().encode(text);

/**
 * Makes the function that answers requests.
 *
 * @param registry whose content and options it works on
 */
export function endpoints(
  registry: Pick<FakeRegistry, "url" | "options" | "repositories" | "repository">,
): (request: FakeRequest) => FakeAnswer {
  const { options, repositories } = registry;
  const uploads = new Map<string, { repository: string; parts: Uint8Array[]; size: number }>();

  function location(path: string): string {
    return options.location === "absolute" ? registry.url + path : path;
  }

  /** end-1 … end-13 of the distribution spec's table of endpoints. */
  function handle(request: FakeRequest): FakeAnswer {
    const { method, path } = request;
    if (path === "/v2/" || path === "/v2") return ok(200, {}, encode("{}"));
    if (path === "/v2/_catalog") return catalogue(request);
    const match = /^\/v2\/(.+?)\/(blobs|manifests|tags|referrers)\/(.*)$/.exec(path);
    if (match === null) return failure(404, "NAME_UNKNOWN", "no such endpoint");
    const [, name = "", kind, rest = ""] = match;
    if (kind === "blobs" && rest.startsWith("uploads")) {
      return upload(request, name, rest.slice("uploads/".length));
    }
    const repository = repositories.get(name);
    if (method === "PUT" && kind === "manifests") return putManifest(request, name, rest);
    if (repository === undefined) return failure(404, "NAME_UNKNOWN", "repository name not known");
    switch (kind) {
      case "blobs":
        return blob(request, repository, rest);
      case "manifests":
        return manifest(request, repository, rest);
      case "tags":
        return tagList(request, name, repository);
      default:
        return referrerList(request, name, repository, rest);
    }
  }

  function blob(request: FakeRequest, repository: FakeRepository, digest: string): FakeAnswer {
    const bytes = repository.blobs.get(digest);
    if (bytes === undefined) return failure(404, "BLOB_UNKNOWN", "blob unknown to registry");
    if (request.method === "DELETE") {
      repository.blobs.delete(digest);
      return ok(202);
    }
    const headers: Record<string, string> = {
      "content-type": "application/octet-stream",
      "docker-content-digest": digest,
      "etag": `"${digest}"`,
    };
    const range = /^bytes=(\d*)-(\d*)$/.exec(request.headers["range"] ?? "");
    if (options.ranges === false || range === null) return ok(200, headers, bytes);
    headers["accept-ranges"] = "bytes";
    const ifRange = request.headers["if-range"];
    if (ifRange !== undefined && ifRange !== headers["etag"]) return ok(200, headers, bytes);
    let start = Number(range[1]);
    let end = range[2] === "" ? bytes.length : Math.min(Number(range[2]) + 1, bytes.length);
    if (range[1] === "") {
      start = Math.max(0, bytes.length - Number(range[2]));
      end = bytes.length;
    }
    if (start >= bytes.length) {
      return ok(416, { "content-range": `bytes */${bytes.length}` });
    }
    headers["content-range"] = `bytes ${start}-${end - 1}/${bytes.length}`;
    return ok(206, headers, bytes.subarray(start, end));
  }

  function upload(request: FakeRequest, name: string, id: string): FakeAnswer {
    const { method, query } = request;
    if (method === "POST") {
      const mount = query.get("mount");
      const from = query.get("from");
      if (mount !== null && from !== null && options.mount !== false) {
        const bytes = repositories.get(from)?.blobs.get(mount);
        if (bytes !== undefined) return stored(name, mount, bytes);
      }
      const digest = query.get("digest");
      if (digest !== null && request.body.length > 0) return finish(name, digest, request.body);
      const fresh = randomUUID();
      uploads.set(fresh, { repository: name, parts: [], size: 0 });
      return progress(name, fresh, 0, 202);
    }
    const session = uploads.get(id);
    // The state is part of the URL that was given out: a client that loses the query is refused.
    if (session?.repository !== name || query.get("_state") !== `s${session.size}`) {
      return failure(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
    }
    switch (method) {
      case "PATCH": {
        const range = request.headers["content-range"];
        if (range !== undefined && Number(range.split("-")[0]) !== session.size) {
          return { ...progress(name, id, session.size, 416) };
        }
        session.parts.push(request.body);
        session.size += request.body.length;
        return progress(name, id, session.size, 202);
      }
      case "PUT": {
        session.parts.push(request.body);
        uploads.delete(id);
        const whole = new Uint8Array(session.size + request.body.length);
        let at = 0;
        for (const part of session.parts) {
          whole.set(part, at);
          at += part.length;
        }
        return finish(name, query.get("digest") ?? "", whole);
      }
      case "GET":
        return progress(name, id, session.size, 204);
      case "DELETE":
        uploads.delete(id);
        return ok(204);
      default:
        return failure(405, "UNSUPPORTED", "method not allowed");
    }
  }

  function progress(name: string, id: string, size: number, status: number): FakeAnswer {
    const headers: Record<string, string> = {
      location: location(`/v2/${name}/blobs/uploads/${id}?_state=s${size}`),
      range: `0-${Math.max(0, size - 1)}`,
      "docker-upload-uuid": id,
    };
    if (options.chunkMinLength !== undefined) {
      headers["oci-chunk-min-length"] = String(options.chunkMinLength);
    }
    return ok(status, headers);
  }

  function finish(name: string, digest: string, bytes: Uint8Array): FakeAnswer {
    if (digestOf(bytes) !== digest) {
      return failure(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
    }
    return stored(name, digest, bytes);
  }

  function stored(name: string, digest: string, bytes: Uint8Array): FakeAnswer {
    registry.repository(name).blobs.set(digest, bytes);
    return ok(201, {
      location: location(`/v2/${name}/blobs/${digest}`),
      "docker-content-digest": digest,
    });
  }

  function manifest(
    request: FakeRequest,
    repository: FakeRepository,
    reference: string,
  ): FakeAnswer {
    const digest = repository.tags.get(reference) ?? reference;
    const found = repository.manifests.get(digest);
    if (request.method === "DELETE" && reference === digest && options.manifestRemoval === false) {
      return failure(405, "UNSUPPORTED", "the operation is unsupported"); // also of what is not there
    }
    if (found === undefined) return failure(404, "MANIFEST_UNKNOWN", "manifest unknown");
    if (request.method === "DELETE") return remove(repository, reference, digest);
    return ok(200, {
      "content-type": found.mediaType,
      "docker-content-digest": digest,
    }, found.bytes);
  }

  function remove(repository: FakeRepository, reference: string, digest: string): FakeAnswer {
    const { tagRemoval = "alone" } = options;
    const { tags, manifests } = repository;
    if (tags.has(reference)) {
      if (tagRemoval === "none") return failure(405, "UNSUPPORTED", "unsupported");
      tags.delete(reference);
      const last = ![...tags.values()].includes(digest);
      if (tagRemoval === "with manifest" && last) manifests.delete(digest);
      return ok(202);
    }
    manifests.delete(digest);
    for (const [tag, named] of [...tags]) if (named === digest) tags.delete(tag);
    return ok(202);
  }

  function putManifest(request: FakeRequest, name: string, reference: string): FakeAnswer {
    const digest = digestOf(request.body);
    if (reference.includes(":") && reference !== digest) {
      return failure(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
    }
    let document: { subject?: { digest?: string } };
    try {
      document = JSON.parse(new TextDecoder().decode(request.body));
    } catch {
      return failure(400, "MANIFEST_INVALID", "manifest invalid");
    }
    const repository = registry.repository(name);
    repository.manifests.set(digest, {
      mediaType: request.headers["content-type"] ?? "",
      bytes: request.body,
    });
    if (!reference.includes(":")) repository.tags.set(reference, digest);
    const headers: Record<string, string> = {
      location: location(`/v2/${name}/manifests/${digest}`),
      "docker-content-digest": digest,
    };
    const subject = document.subject?.digest;
    if (subject !== undefined && options.referrers !== false) headers["oci-subject"] = subject;
    return ok(201, headers);
  }

  function catalogue({ query }: FakeRequest): FakeAnswer {
    if (options.catalogue === false) return failure(404, "NOT_FOUND", "page not found");
    const names = [...repositories.keys()].sort();
    const last = query.get("last");
    const from = last === null ? names : names.filter((name) => name > last);
    const size = Math.min(Number(query.get("n") ?? 1000), options.pageSize ?? 1000);
    const page = from.slice(0, size);
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (from.length > size) {
      const next = new URLSearchParams({ n: String(size), last: page.at(-1)! });
      headers["link"] = `<${location(`/v2/_catalog?${next}`)}>; rel="next"`;
    }
    return ok(200, headers, encode(JSON.stringify({ repositories: page })));
  }

  function tagList(request: FakeRequest, name: string, repository: FakeRepository): FakeAnswer {
    const tags = [...repository.tags.keys()].sort();
    const last = request.query.get("last");
    const from = last === null ? tags : tags.filter((tag) => tag > last);
    const size = Number(request.query.get("n") ?? options.pageSize ?? 1000);
    const page = from.slice(0, size);
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (from.length > size) {
      const query = new URLSearchParams({ n: String(size), last: page.at(-1)! });
      headers["link"] = `<${location(`/v2/${name}/tags/list?${query}`)}>; rel="next"`;
    }
    return ok(200, headers, encode(JSON.stringify({ name, tags: page })));
  }

  function referrerList(
    request: FakeRequest,
    name: string,
    repository: FakeRepository,
    subject: string,
  ): FakeAnswer {
    if (options.referrers === false) return failure(404, "NOT_FOUND", "page not found");
    const wanted = request.query.get("artifactType");
    const all: Record<string, unknown>[] = [];
    for (const [digest, { mediaType, bytes }] of repository.manifests) {
      const document = JSON.parse(new TextDecoder().decode(bytes));
      if (document.subject?.digest !== subject) continue;
      const artifactType = document.artifactType ?? document.config?.mediaType;
      if (wanted !== null && artifactType !== wanted) continue;
      const { annotations } = document;
      all.push({ mediaType, digest, size: bytes.length, artifactType, annotations });
    }
    const skip = Number(request.query.get("skip") ?? 0);
    const size = options.pageSize ?? 1000;
    const headers: Record<string, string> = {
      "content-type": "application/vnd.oci.image.index.v1+json",
    };
    if (wanted !== null) headers["oci-filters-applied"] = "artifactType";
    if (all.length > skip + size) {
      const query = new URLSearchParams(request.query);
      query.set("skip", String(skip + size));
      headers["link"] = `<${location(`/v2/${name}/referrers/${subject}?${query}`)}>; rel="next"`;
    }
    return ok(
      200,
      headers,
      encode(JSON.stringify({
        schemaVersion: 2,
        mediaType: "application/vnd.oci.image.index.v1+json",
        manifests: all.slice(skip, skip + size),
      })),
    );
  }

  return handle;
}

/** An error in the form of the distribution spec, "Error Codes". */
export function failure(status: number, code: string, message: string): FakeAnswer {
  return ok(
    status,
    { "content-type": "application/json" },
    encode(JSON.stringify({ errors: [{ code, message, detail: null }] })),
  );
}

function ok(
  status: number,
  headers: Record<string, string> = {},
  body: Uint8Array = NO_BYTES,
): FakeAnswer {
  return { status, headers, body };
}
