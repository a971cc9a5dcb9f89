import assert from "node:assert/strict";
import { resolveSettings } from "../config/effective.ts";
import { parseValue, type SettingValue } from "../line/values.ts";
import { planVerification } from "../plan/verification.ts";
import { SETTING_NAMES, type SettingName, settingOf } from "./table.ts";

const flagsOf = (group: string) =>
  SETTING_NAMES.filter((name) => {
    const setting = settingOf(name);
    return setting.group === group && setting.flag !== undefined;
  });

Deno.test("a flag of verification says what it demands, or is known to demand nothing of a signature", () => {
  const silent = flagsOf("verification").filter((name) => settingOf(name).demands === undefined);
  // The switch itself, its opposite, and how trust material is had.
  assert.deepEqual(silent, ["verify", "offline", "noVerify"]);
});

Deno.test("a flag of signing says what it is about, or is the switch", () => {
  const silent = flagsOf("signing").filter((name) => settingOf(name).signs === undefined);
  assert.deepEqual(silent, ["sign"]);
});

Deno.test("no flag that demands something of a signature is without effect when it stands alone", async () => {
  for (const name of SETTING_NAMES.filter((one) => settingOf(one).demands !== undefined)) {
    const setting = settingOf(name);
    const text = setting.values?.at(-1) ?? (setting.type === "boolean" ? "true" : "key=x");
    const parsed = parseValue(setting, text);
    assert.ok("value" in parsed, name);
    const flags = new Map<SettingName, SettingValue>([[name, parsed.value]]);
    const settings = await resolveSettings(flags, () => undefined, { files: false });
    const planned = planVerification("pull", settings);
    await planned.then(
      ({ own }) => assert.equal(own.when, "always", name),
      (error) => assert.equal(error.code, "usage", name),
    );
  }
});
