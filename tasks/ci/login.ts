/**
 * The step that logs in at the registry of releases, with the token of the job in `TOKEN`.
 *
 * @module
 */

import { ARTIFACT } from "../../cli/home.ts";
import { inRoot } from "../run.ts";

/**
 * Logs in with the program that is released.
 *
 * @param host the registry
 */
export async function login(host: string = ARTIFACT.split("/")[0]!): Promise<void> {
  const { TOKEN: token, GITHUB_ACTOR: user } = Deno.env.toObject();
  if (!token || !user) throw new Error("TOKEN or GITHUB_ACTOR is not set");
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", inRoot("cli.ts"), "login", host]
      .concat(["--username", user, "--password-stdin"]),
    stdin: "piped",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(token));
  await writer.close();
  if (!(await child.status).success) throw new Error(`cannot log in at ${host}`);
}
