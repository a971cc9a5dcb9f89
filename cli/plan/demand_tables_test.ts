/** The tables of demands, for every combination of answers, against the same rules said in another way. */

import assert from "node:assert/strict";
import { allThatHold, type Answers, firstThatHolds, type Questions } from "./decision_table.ts";
import { JOINT_DEMAND, JOINT_QUESTIONS, type JointAnswers, LAX, type Lax } from "./joint_demand.ts";
import { OWN_DEMAND, OWN_QUESTIONS, type OwnAnswers, type Refused } from "./own_demand.ts";

/** Every combination of answers. */
function combinations<Q extends Questions>(questions: Q): Answers<Q>[] {
  return Object.entries(questions).reduce<Record<string, string>[]>(
    (found, [question, answers]) =>
      found.flatMap((one) => answers.map((answer) => ({ ...one, [question]: answer }))),
    [{}],
  ) as unknown as Answers<Q>[];
}

const OWN = combinations(OWN_QUESTIONS);
const JOINT = combinations(JOINT_QUESTIONS);

/** A run that goes on to demand a signature or not; others are done with before anything is asked. */
function takesPart({ command, signerByFlag }: OwnAnswers): boolean {
  return command === "reads" || command === "shows" ||
    command === "proposes" && signerByFlag === "yes";
}

/** Whether a signature is asked for and not switched off. */
function isDemanded(run: OwnAnswers): boolean {
  const off = run.noVerify === "yes" || run.verify === "--verify=false";
  return takesPart(run) && !off &&
    (run.flags === "some" || run.verify === "--verify" || run.verify === "by settings");
}

/** Whether the signer matters: `verify` shows whether the one that is named signed, demanded or not. */
function isJudged(run: OwnAnswers): boolean {
  const off = run.noVerify === "yes" || run.verify === "--verify=false";
  return isDemanded(run) || run.command === "shows" && !off && run.signer !== "unnamed";
}

const REASONS: Record<Refused, (run: OwnAnswers) => boolean> = {
  "signed-as without a name": (run) => run.command !== "ignores" && run.name === "contradictory",
  "no-verify and a demand": (run) =>
    takesPart(run) && run.noVerify === "yes" && run.flags === "some",
  "no-verify and verify": (run) =>
    takesPart(run) && run.noVerify === "yes" && run.verify === "--verify",
  "verify=false and a demand": (run) =>
    takesPart(run) && run.verify === "--verify=false" && run.flags === "some",
  "two ways to name a signer": (run) => isJudged(run) && run.signer === "two ways",
  "two subjects": (run) => isJudged(run) && run.signer === "two subjects",
  "subject without issuer": (run) => isJudged(run) && run.signer === "subject without issuer",
  "issuer without subject": (run) => isJudged(run) && run.signer === "issuer without subject",
  "demand without signer": (run) => isDemanded(run) && run.signer === "unnamed",
  "claims without identity": (run) =>
    isJudged(run) && run.claims === "yes" && (run.signer === "key" || run.signer === "unsafe"),
};

Deno.test("a run is refused for a reason that it has, and only for one", () => {
  for (const run of OWN) {
    const outcome = firstThatHolds(OWN_DEMAND, run)!;
    const reasons = Object.entries(REASONS).filter(([, holds]) => holds(run)).map(([name]) => name);
    const refused = "refuse" in outcome ? outcome.refuse : undefined;
    const fits = refused === undefined ? reasons.length === 0 : reasons.includes(refused);
    assert.ok(fits, `${refused} of ${reasons}: ${JSON.stringify(run)}`);
  }
});

Deno.test("what a run demands, and whether trust rules take its place", () => {
  for (const run of OWN) {
    const outcome = firstThatHolds(OWN_DEMAND, run)!;
    if ("refuse" in outcome) continue;
    const byFlag = run.flags === "some" || run.verify === "--verify";
    const expected = !isJudged(run) ? "never" : byFlag ? "always" : "where no rule matches";
    assert.equal(outcome.demand, expected, JSON.stringify(run));
  }
});

Deno.test("a demand is never dropped: it is kept or refused", () => {
  for (const run of OWN) {
    if (run.command !== "reads" && run.command !== "shows") continue;
    const outcome = firstThatHolds(OWN_DEMAND, run)!;
    const asked = run.flags === "some" || run.verify === "--verify";
    if (asked) assert.ok("refuse" in outcome || outcome.demand === "always", JSON.stringify(run));
    if (run.verify === "by settings" && run.noVerify === "no") {
      assert.ok("refuse" in outcome || outcome.demand !== "never", JSON.stringify(run));
    }
    const accepted = run.signer === "identity" || run.signer === "key" || run.signer === "unsafe";
    if (!("refuse" in outcome) && outcome.demand !== "never") assert.ok(accepted);
  }
});

/** Whether the system's settings demand a signature of this reference. */
const systemDemands = ({ system, systemRule }: JointAnswers) =>
  system !== "nothing" && systemRule === "no";
/** Whether the run's own demand is about this reference. */
const ownCounts = ({ own, rules }: JointAnswers) =>
  own === "always" || own !== "never" && rules === "none";

const LAXITIES: Record<Lax, (one: JointAnswers) => boolean> = {
  "--no-verify": (one) => systemDemands(one) && one.noVerify === "yes",
  "verify.unsafe": (one) =>
    systemDemands(one) && one.system === "any signer" && ownCounts(one) &&
    one.ownIsUnsafe === "yes",
  "a rule of the user's": (one) =>
    systemDemands(one) && one.system === "any signer" && !ownCounts(one) && one.rules !== "signed",
};

Deno.test("what would set aside the system's demand is refused, and nothing else", () => {
  for (const one of JOINT) {
    const lax = firstThatHolds(LAX, one);
    const reasons = Object.entries(LAXITIES).filter(([, holds]) => holds(one)).map(([name]) =>
      name
    );
    const fits = lax === undefined ? reasons.length === 0 : reasons.includes(lax);
    assert.ok(fits, `${lax} of ${reasons}: ${JSON.stringify(one)}`);
  }
});

Deno.test("rules, the system's settings and the run's own demands add up", () => {
  for (const one of JOINT) {
    const demanded = new Set<string>(allThatHold(JOINT_DEMAND, one));
    const expected = new Set([
      ...one.rules === "signed" ? ["every rule"] : [],
      ...systemDemands(one) && one.system === "a signer" ? ["the system's settings"] : [],
      ...ownCounts(one) ? ["the run's own"] : [],
    ]);
    assert.deepEqual(demanded, expected, JSON.stringify(one));
    // Fails closed: what the system demands is verified by something, or refused.
    if (systemDemands(one) && firstThatHolds(LAX, one) === undefined) assert.ok(demanded.size > 0);
  }
});

Deno.test("no row of a table is dead", () => {
  for (const row of OWN_DEMAND) {
    assert.ok(OWN.some((run) => OWN_DEMAND.find((r) => allThatHold([r], run).length) === row));
  }
  for (const row of LAX) {
    assert.ok(JOINT.some((one) => LAX.find((r) => allThatHold([r], one).length) === row));
  }
});
