/**
 * `deno task profile COMMAND …`: runs blobber with these arguments under V8's sampling profiler, leaves the
 * profile in `bench/results` for Chrome DevTools (Performance, "Load profile"), and prints where the time of
 * the main thread went. Workers are threads of their own and not in it.
 *
 * @module
 */

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  /** Microseconds between samples. */
  timeDeltas: number[];
}

const root = new URL("..", import.meta.url).pathname;

/** Time spent in each function itself, in milliseconds, the most first. */
export function selfTimes(profile: Profile): [where: string, ms: number][] {
  const names = new Map(profile.nodes.map(({ id, callFrame }) => {
    const file = callFrame.url.replace(/^.*\/(lib|cli|sigstore)\//, "$1/");
    const name = callFrame.functionName || "(anonymous)";
    return [id, file === "" ? name : `${name} ${file}:${callFrame.lineNumber + 1}`];
  }));
  const times = new Map<string, number>();
  for (const [i, id] of profile.samples.entries()) {
    const where = names.get(id) ?? "?";
    times.set(where, (times.get(where) ?? 0) + (profile.timeDeltas[i] ?? 0) / 1000);
  }
  return [...times].sort((a, b) => b[1] - a[1]);
}

if (import.meta.main) {
  const out = `${root}bench/results`;
  Deno.mkdirSync(out, { recursive: true });
  const before = new Set([...Deno.readDirSync(out)].map(({ name }) => name));
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      "--cpu-prof",
      `--cpu-prof-dir=${out}`,
      `${root}cli.ts`,
      ...Deno.args,
    ],
  }).spawn().status;
  for (const { name } of Deno.readDirSync(out)) {
    if (before.has(name) || !name.endsWith(".cpuprofile")) continue;
    const profile: Profile = JSON.parse(Deno.readTextFileSync(`${out}/${name}`));
    const lines = selfTimes(profile).slice(0, 25).map(([where, ms]) =>
      `${ms.toFixed(1).padStart(9)} ms  ${where}`
    );
    Deno.stderr.writeSync(
      new TextEncoder().encode(`${lines.join("\n")}\nprofile: bench/results/${name}\n`),
    );
  }
  Deno.exit(code);
}
