import assert from "node:assert/strict";
import { COMMANDS } from "../command_table/table.ts";
import type { LoadCommand } from "../context.ts";
import { loadCommand } from "./load.ts";

Deno.test("every row of the table of commands can be loaded, by a function that is named after it", async () => {
  for (const command of COMMANDS) {
    const run = await loadCommand(command);
    const words = command.name.match(/[a-z]+/g)!;
    const name = "run" + words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
    assert.ok(run.name.startsWith(name), `${command.name} runs ${run.name}`);
  }
});

Deno.test("every loader is of a command in the table", async () => {
  const loaded: string[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(new URL(".", import.meta.url))) {
    if (!isDirectory) continue;
    const module: { LOADERS: Record<string, LoadCommand> } = await import(`./${name}/loaders.ts`);
    loaded.push(...Object.keys(module.LOADERS));
  }
  assert.deepEqual(loaded.sort(), COMMANDS.map(({ name }) => name as string).sort());
});
