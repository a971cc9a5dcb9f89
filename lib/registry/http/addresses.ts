/**
 * How near an address is. A registry may send a client to hosts that are at least as far away as itself: one
 * on the internet may not reach through a client into its network, its machine or its cloud's metadata
 * service, and one on a company's network may not reach into the machine.
 *
 * @module
 */

/** From near to far. No client is sent to a `forbidden` address: link-local (metadata services) and unspecified ones. */
export type Reach = "forbidden" | "loopback" | "private" | "public";

const RANK: Record<Reach, number> = { forbidden: 0, loopback: 1, private: 2, public: 3 };

/**
 * Whether a host of one reach may send a client to a host of another.
 *
 * @param from the reach of the host that sends
 * @param to the reach of the host that it names
 */
export function maySendTo(from: Reach, to: Reach): boolean {
  return to !== "forbidden" && RANK[to] >= RANK[from];
}

/** Resolves a name to its addresses. */
export type Resolver = (hostname: string) => Promise<string[]>;

/** The system's resolver. */
export const systemResolver: Resolver = async (hostname: string): Promise<string[]> => {
  const { lookup } = await import("node:dns/promises"); // slow to load, and rarely needed
  return (await lookup(hostname, { all: true, verbatim: true })).map(({ address }) => address);
};

/** 4, 6, or 0 for anything else. `node:net` has the same, and takes its time to load. */
function isIP(text: string): 0 | 4 | 6 {
  const part = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
  if (new RegExp(`^${part}(?:\\.${part}){3}$`).test(text)) return 4;
  return text.includes(":") && URL.canParse(`http://[${text.replace(/%.*$/, "")}]/`) ? 6 : 0;
}

/**
 * The reach of a host: of the nearest of its addresses. A name that does not resolve counts as public: the
 * connection to it will fail by itself.
 *
 * @param hostname as in a URL, IPv6 addresses in brackets
 * @param resolve asked for names; left out where a proxy resolves them
 */
export async function reachOf(hostname: string, resolve?: Resolver): Promise<Reach> {
  const bare = hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "").toLowerCase();
  if (isIP(bare) !== 0) return reachOfAddress(bare);
  if (bare === "localhost" || bare.endsWith(".localhost")) return "loopback";
  if (resolve === undefined) return "public";
  let addresses: string[];
  try {
    addresses = await resolve(bare);
  } catch {
    return "public";
  }
  let nearest: Reach = "public";
  for (const address of addresses) {
    const reach = reachOfAddress(address);
    if (RANK[reach] < RANK[nearest]) nearest = reach;
  }
  return nearest;
}

/**
 * The reach of an address (IANA special-purpose address registries).
 *
 * @param address IPv4 or IPv6, without brackets
 */
function reachOfAddress(address: string): Reach {
  const bytes = isIP(address) === 4 ? ipv4Bytes(address) : ipv6Bytes(address);
  if (bytes === undefined) return "forbidden";
  return bytes.length === 4 ? reachOfIpv4(bytes) : reachOfIpv6(bytes);
}

function reachOfIpv4([a = 0, b = 0]: number[]): Reach {
  if (a === 127) return "loopback";
  if (a === 0 || a === 169 && b === 254 || a >= 224) return "forbidden";
  const shared = a === 100 && b >= 64 && b < 128; // carrier-grade NAT, and metadata services in it
  if (a === 10 || a === 172 && b >= 16 && b < 32 || a === 192 && b === 168 || shared) {
    return "private";
  }
  return "public";
}

function reachOfIpv6(bytes: number[]): Reach {
  const zeros = (count: number) => bytes.slice(0, count).every((byte) => byte === 0);
  // IPv4-mapped, IPv4-compatible and NAT64 addresses are the IPv4 address that they hold.
  if (zeros(10) && bytes[10] === 0xff && bytes[11] === 0xff) return reachOfIpv4(bytes.slice(12));
  if (zeros(15)) return bytes[15] === 1 ? "loopback" : "forbidden";
  if (zeros(12)) return reachOfIpv4(bytes.slice(12));
  if (bytes[0] === 0 && bytes[1] === 0x64 && bytes[2] === 0xff && bytes[3] === 0x9b) {
    return reachOfIpv4(bytes.slice(12));
  }
  if (bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0x80 || bytes[0] === 0xff) return "forbidden";
  if ((bytes[0]! & 0xfe) === 0xfc) {
    // fd00:ec2::254 is the metadata service of a large cloud.
    return bytes[1] === 0 && bytes[2] === 0x0e && bytes[3] === 0xc2 ? "forbidden" : "private";
  }
  return "public";
}

function ipv4Bytes(address: string): number[] {
  return address.split(".").map(Number);
}

function ipv6Bytes(address: string): number[] | undefined {
  const bare = address.replace(/%.*$/, "");
  if (!URL.canParse(`http://[${bare}]/`)) return undefined;
  // The URL parser writes it in its shortest form, without a dotted part.
  const [head = "", tail] = new URL(`http://[${bare}]/`).hostname.slice(1, -1).split("::");
  const words = (text: string) => text === "" ? [] : text.split(":").map((w) => parseInt(w, 16));
  const left = words(head);
  const right = tail === undefined ? [] : words(tail);
  const all = [...left, ...new Array(8 - left.length - right.length).fill(0), ...right];
  return all.flatMap((word: number) => [word >> 8, word & 255]);
}
