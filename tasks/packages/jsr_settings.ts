/**
 * `deno task jsr:settings`: sets on JSR what is kept there and in no package: descriptions, runtimes, and the repository
 * whose workflow may publish. Once is enough, and again when `about.ts` changes. It needs a token of a member of the
 * scope in `JSR_TOKEN`; publishing from the workflow needs none.
 *
 * @module
 */

import { SOURCE } from "../../cli/home.ts";
import { say } from "../run.ts";
import { ABOUT, aboutOf, type JsrRuntime } from "./about.ts";

/** The runtimes that JSR asks about. */
const RUNTIMES: readonly JsrRuntime[] = ["browser", "bun", "deno", "node", "workerd"];

/**
 * What is set of a package: each one a request of its own, as JSR takes them.
 *
 * @param name its name
 */
export function settingsOf(name: string): Record<string, unknown>[] {
  const { description, runtimes } = aboutOf(name);
  const [owner, repository] = new URL(SOURCE).pathname.slice(1).split("/");
  return [
    { description },
    { runtimeCompat: Object.fromEntries(RUNTIMES.map((one) => [one, runtimes.includes(one)])) },
    { githubRepository: { owner, name: repository } },
  ];
}

/**
 * Sets what is kept of all packages.
 *
 * @param url of JSR, with a slash at its end
 * @param token who sets it
 * @throws for an answer that is a refusal, which names the package
 */
export async function setAll(url: string, token: string): Promise<void> {
  for (const name of Object.keys(ABOUT)) {
    const [, scope, short] = /^@([^/]+)\/(.+)$/.exec(name)!;
    for (const settings of settingsOf(name)) {
      const answer = await fetch(new URL(`api/scopes/${scope}/packages/${short}`, url), {
        method: "PATCH",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify(settings),
      });
      const text = await answer.text();
      if (!answer.ok) {
        const [setting] = Object.keys(settings);
        throw new Error(
          `${setting} of ${name}: JSR answers ${answer.status}: ${text.slice(0, 500)}`,
        );
      }
    }
    say(`${name}: set`);
  }
}

if (import.meta.main) {
  const token = Deno.env.get("JSR_TOKEN");
  if (!token) {
    say("JSR_TOKEN is not set, expected a token of a member of the scope");
    Deno.exit(2);
  }
  await setAll(Deno.env.get("JSR_URL") ?? "https://jsr.io/", token);
}
