/**
 * Runs one verb in a process whose file system calls and large allocations are counted, and prints the
 * counts. `counts.ts` starts it with an import map that leads `node:fs` to a counting copy.
 *
 * @module
 */

import process from "node:process";

/** From how many bytes on an allocation is a large one. */
const LARGE = 64 * 1024;

const files: Record<string, number> = {};
const large = { count: 0, bytes: 0 };
Object.assign(globalThis, { countedFiles: files });

// What the core uses of Deno directly.
for (const name of Object.keys(Deno).filter((key) => key.endsWith("Sync"))) {
  const calls = Deno as unknown as Record<string, (...args: unknown[]) => unknown>;
  const call = calls[name]!;
  calls[name] = (...args) => {
    files[name] = (files[name] ?? 0) + 1;
    return call(...args);
  };
}
for (const name of ["ArrayBuffer", "SharedArrayBuffer", "Uint8Array"] as const) {
  const globals = globalThis as unknown as Record<string, new (...args: unknown[]) => object>;
  globals[name] = new Proxy(globals[name]!, {
    construct(target, args, newTarget) {
      const [size] = args;
      if (typeof size === "number" && size >= LARGE) {
        large.count++;
        large.bytes += size;
      }
      return Reflect.construct(target, args, newTarget);
    },
  });
}

const { Client } = await import("../../mod.ts");
const [verb, reference, path] = Deno.args as [string, string, string];
const client = new Client({ jobs: 1 });
switch (verb) {
  case "push":
    await client.push({ directory: path }, reference);
    break;
  case "again": {
    const again = new Client({ jobs: 1, cacheDir: `${path}-cache` });
    const { now } = Date;
    Date.now = () => now() + 3_600_000; // what is new is not believed to stay as it is
    await again.push({ directory: path }, reference);
    for (const name of Object.keys(files)) delete files[name];
    await again.push({ directory: path }, reference);
    break;
  }
  case "pull":
    await client.pull(reference, path);
    break;
  case "update": {
    await client.pull(reference, path, { overwrite: true });
    break;
  }
  case "trusting": {
    const trusting = new Client({ jobs: 1, stateDir: `${path}-state` });
    const { now } = Date;
    Date.now = () => now() + 3_600_000; // what is new is not believed to stay as it is
    await trusting.pull(reference, path, { overwrite: true, trustMtime: true });
    for (const name of Object.keys(files)) delete files[name];
    await trusting.pull(reference, path, { overwrite: true, trustMtime: true });
    break;
  }
  case "cat": {
    const image = await client.openImage(reference);
    await new Response(await image.open(path)).bytes();
    await image.close();
    break;
  }
  default:
    throw new Error(`unknown verb: ${verb}`);
}
process.stdout.write(JSON.stringify({ files, large }));
