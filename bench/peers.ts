/**
 * The other tools, and programs that show the limits of this machine, if they are found: on the PATH, in the
 * folder that the interop tests install to, and a Go blobber if `BLOBBER_GO` names one.
 *
 * @module
 */

/** Tools that a case may name. */
export type PeerName = "crane" | "oras" | "tar" | "pigz" | "zstd" | "curl" | "go" | "registry";

/** What was found, by name, with a path each. */
export type Peers = Partial<Record<PeerName, string>>;

/** Folder where `deno task test:interop` leaves what it builds. */
export function peersFolder(): string {
  const cache = Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME")}/.cache`;
  return `${Deno.env.get("PEERS_DIR") ?? `${cache}/blobber-peers`}/bin`;
}

/** Looks for every peer. */
export function findPeers(): Peers {
  const peers: Peers = {};
  for (const name of ["crane", "oras", "tar", "pigz", "zstd", "curl", "registry"] as const) {
    const path = which(name);
    if (path !== undefined) peers[name] = path;
  }
  const go = Deno.env.get("BLOBBER_GO");
  if (go !== undefined && exists(go)) peers.go = go;
  return peers;
}

/** Path of a program on the PATH or among the installed peers. */
export function which(name: string): string | undefined {
  const folders = [peersFolder(), ...(Deno.env.get("PATH") ?? "").split(":")];
  return folders.map((folder) => `${folder}/${name}`).find(exists);
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
