/**
 * Pages to log in on.
 *
 * @module
 */

import { platform } from "@blobber/core/internal/platform";
import { printable } from "@blobber/core/internal/printable";
import type { DeviceLogin } from "@blobber/sigstore";
import { columnsOf, screen } from "../terminal/output.ts";
import { fold } from "../terminal/wrap.ts";
import { runSilently, stderr, variables } from "../machine.ts";

/**
 * Opens a page in the browser. No shell sees the address.
 *
 * @param url `http` or `https`
 */
export async function openBrowser(url: string): Promise<void> {
  tell(`Opening the browser to log in. If it does not open, go to\n  ${printable(url)}`);
  const [name, ...args] = platform().opensPages;
  const { findProgram } = await import("@blobber/core/internal/find-program");
  const { path } = findProgram(name!, variables());
  if (path === undefined) return;
  try {
    await runSilently(path, [...args, url]);
  } catch {
    // the address is on the screen
  }
}

/**
 * Shows where to log in on another device.
 *
 * @param login page and code
 */
export function showDevice(login: DeviceLogin): void {
  tell(
    `To log in, open ${printable(login.verificationUri)} (${printable(login.host)})\n` +
      `and enter the code ${printable(login.userCode)}`,
  );
}

function tell(text: string): void {
  screen.say(fold(text, { columns: columnsOf(stderr, Infinity) }));
}
