/**
 * A page of releases, on loopback: serves files by their paths, and makes one go wrong.
 *
 * @module
 */

import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What goes wrong with a file. */
export type DownloadFault =
  /** Ends before its length is reached. */
  | "cut"
  /** Stops coming in the middle and never ends. */
  | "stall"
  /** Is somewhere else. */
  | { redirect: string };

/** A page that is served. */
export interface Downloads extends AsyncDisposable {
  /** Its address, without a slash at the end. */
  url: string;
  /** Files by path, such as `/v1.2.3/checksums.txt`. */
  files: Map<string, string | Uint8Array>;
  faults: Map<string, DownloadFault>;
  /** Paths that were asked for. */
  requests: string[];
  /** Resolves when a file that stalls is asked for. */
  stalled: Promise<void>;
}

/** Starts one. */
export async function startDownloads(): Promise<Downloads> {
  const files: Downloads["files"] = new Map();
  const faults: Downloads["faults"] = new Map();
  const requests: string[] = [];
  const { promise: stalled, resolve: stall } = Promise.withResolvers<void>();

  function answer(path: string, response: ServerResponse): void {
    const file = files.get(path);
    const fault = faults.get(path);
    if (typeof fault === "object") {
      response.writeHead(302, { location: fault.redirect }).end();
    } else if (file === undefined) {
      response.writeHead(404).end("404 page not found\n");
    } else {
      const bytes = typeof file === "string" ? new TextEncoder().encode(file) : file;
      response.writeHead(200, { "content-length": bytes.length });
      if (fault === undefined) return void response.end(bytes);
      response.write(bytes.subarray(0, bytes.length >> 1), () => {
        if (fault === "cut") response.destroy();
        else stall();
      });
    }
  }

  const server = createServer((request, response) => {
    requests.push(request.url!);
    answer(request.url!, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    files,
    faults,
    requests,
    stalled,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
