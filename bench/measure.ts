/**
 * Runs a command as a whole process and takes its time and peak memory from the operating system.
 *
 * @module
 */

/** A command, and what has to be prepared before each run. */
export interface Command {
  argv: string[];
  env?: Record<string, string>;
  /** Called before each run, outside the measured time. */
  before?: () => void | Promise<void>;
  /** Measure it even if it fails. */
  mayFail?: boolean;
}

/** Figures of one run. */
export interface Run {
  /** Seconds on the clock. */
  wall: number;
  /** Seconds of processor time, user and system. */
  cpu: number;
  /** The largest resident set of any process in it, in MB. */
  peak: number;
}

/** Runs a command once. Its output is discarded unless it fails. */
export async function measure(command: Command): Promise<Run> {
  await command.before?.();
  const figures = await Deno.makeTempFile({ dir: "/dev/shm" });
  try {
    const started = performance.now();
    const { success, stdout, stderr } = await new Deno.Command("/usr/bin/time", {
      args: ["-f", "%U %S %M", "-o", figures, "--", ...command.argv],
      env: command.env ?? {},
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    const wall = (performance.now() - started) / 1000;
    if (!success && command.mayFail !== true) {
      const said = new TextDecoder().decode(stderr) +
        new TextDecoder().decode(stdout).slice(0, 2000);
      throw new Error(`${command.argv.join(" ")} failed:\n${said}`);
    }
    const last = (await Deno.readTextFile(figures)).trim().split("\n").at(-1)!;
    const [user, system, kilobytes] = last.split(" ").map(Number);
    return { wall, cpu: user! + system!, peak: kilobytes! * 1024 / 1e6 };
  } finally {
    await Deno.remove(figures);
  }
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
