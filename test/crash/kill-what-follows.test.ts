import { afterAll, beforeAll, expect, test } from "vitest";
import { DAY_EFFECTS } from "../../src/runs/days/day-run.ts";
import { FEES_EFFECTS } from "../../src/runs/days/fees-run.ts";
import { DISPUTE_MEMO_EFFECTS } from "../../src/runs/disputes/dispute-memos.ts";
import { DISPUTE_EFFECTS } from "../../src/runs/disputes/dispute-run.ts";
import { PAYOUT_EFFECTS } from "../../src/runs/payouts/payout-run.ts";
import { REFUND_EFFECTS } from "../../src/runs/refunds/refund-run.ts";
import { judgeBooks } from "../oracle/judge-books.ts";
import { type Row, textOf } from "../oracle/rows.ts";
import * as after from "./support/after-sale.ts";
import { aRefundThatGains } from "./support/at-settlement.ts";
import { type KillWorld, openKillWorld } from "./support/kill-world.ts";
import { DEATHS } from "./support/mortal.ts";
import {
  aRefundWithItsReturn,
  DOCUMENTS_WITH_RETURN,
  releasedDocuments,
} from "./support/order-return.ts";
import {
  A_RETURN_OVER_THE_BRIDGE,
  aRefundOverTheBridge,
  aReturnOverTheBridge,
  OVER_THE_BRIDGE,
} from "./support/over-bridge.ts";
import { aRefundOverWash } from "./support/over-wash.ts";
import { aDayThatIsSummedUp } from "./support/summed-up.ts";
import { aRefundOfATakenBackDebit } from "./support/taken-back.ts";

// What comes after a sale: a hub dies before and after every write of every effect, another one
// takes over each time, and the books are the oracle's, with no document twice.

let world: KillWorld;

beforeAll(async () => {
  world = await openKillWorld();
});

afterAll(() => world?.close());

const STORIES: readonly (after.Story & { name: string })[] = [
  { name: "a refund that fails", effects: REFUND_EFFECTS, ...after.aRefundThatFails },
  { name: "a refund over the wash account, which fails,", ...aRefundOverWash },
  { name: "a refund that comes back for more", ...aRefundThatGains },
  { name: "a refund of a debit taken back", ...aRefundOfATakenBackDebit },
  { name: "a dispute that is held", effects: DISPUTE_EFFECTS, ...after.aLostDispute },
  {
    name: "a dispute that takes the sale back",
    effects: DISPUTE_MEMO_EFFECTS["reverse-sale"],
    ...after.aWonDispute,
  },
  {
    name: "a dispute that the customer owes",
    effects: DISPUTE_MEMO_EFFECTS.customer,
    ...after.aDebtWrittenOff,
  },
  { name: "a payout that comes back", effects: PAYOUT_EFFECTS, ...after.aPayoutThatFails },
  {
    name: "a day with a late row",
    effects: [...DAY_EFFECTS, ...DAY_EFFECTS.slice(1)],
    ...after.aDayWithALateRow,
  },
  {
    name: "fees that a payout took along",
    effects: [...FEES_EFFECTS, ...FEES_EFFECTS],
    ...after.feesOfAPayout,
  },
  { name: "a day that is summed up", ...aDayThatIsSummedUp },
  {
    name: "money over the bridge, and a refund of it that fails,",
    effects: OVER_THE_BRIDGE,
    ...aRefundOverTheBridge,
  },
  {
    name: "money over the bridge that a bank takes back",
    effects: A_RETURN_OVER_THE_BRIDGE,
    ...aReturnOverTheBridge,
  },
];

test.each(STORIES)(
  "$name is booked once wherever the hub dies",
  { timeout: 120_000 },
  async (story) => {
    const openFrom = after.today();

    const died = await dieThrough(story);

    expect(died).toEqual(deathsOf(story));
    if (story.hasNoOracle !== true) await expectJudged(story, openFrom);
    expect((await story.wrong?.(world)) ?? []).toEqual([]);
    expect(await releasedTwice()).toEqual([]);
    expect(await leftOpen()).toBe(0);
  },
);

test("a refund with its return in SL is booked once wherever the hub dies", async () => {
  const story = { ...aRefundWithItsReturn, effects: REFUND_EFFECTS.slice(0, 2) };

  const died = await dieThrough(story);

  // Its documents are few and all of them SL's own word: no oracle is asked.
  expect(died).toEqual(deathsOf(story));
  expect(await releasedDocuments(world)).toEqual(DOCUMENTS_WITH_RETURN);
  expect(await releasedTwice()).toEqual([]);
  expect(await leftOpen()).toBe(0);
});

async function expectJudged(story: after.Story, openFrom: string): Promise<void> {
  const { stripe: _sdk, act: stripe, sl } = world;
  const slRated = (await story.slRated?.(world)) ?? [];
  const verdict = await judgeBooks({ stripe, sl, pairFile: world.pairFile(), openFrom, slRated });
  if (story.isBeyondOracle !== true) expect(verdict.differences).toEqual([]);
  expect(verdict.unjudged).toEqual((await story.unruled?.(world)) ?? []);
}

/** Brings a story about, dies at every write of it, and lets it come to rest. */
async function dieThrough(story: after.Story): Promise<string[]> {
  await world.begin(story.settings);
  const lane = await story.make(world);
  const died: string[] = [];
  for (const [nr, { purpose, writes }] of story.effects.entries()) {
    await story.before?.[nr]?.(world);
    for (const write of writes) {
      for (const death of DEATHS) died.push(await world.dieAt(lane, { purpose, write }, death));
    }
  }
  await world.settle(lane);
  return died;
}

function deathsOf({ effects }: after.Story): string[] {
  return effects.flatMap(({ purpose, writes }) =>
    writes.flatMap((write) => DEATHS.map((death) => `${purpose} ${write} ${death}`)),
  );
}

/** Keys that more than one released batch carries. */
async function releasedTwice(): Promise<readonly string[]> {
  const batches = await world.sl<Row[]>("/rows?table=Batch");
  const keys = batches.filter(({ Rlsed }) => Rlsed === 1).map((row) => textOf(row, "User2"));
  return keys.filter((key, at) => key !== "" && keys.indexOf(key) !== at);
}

/** What no run would ever come back to. */
async function leftOpen(): Promise<number> {
  const { rows } = await world.pool.query<{ n: number }>(
    `select count(*)::int as n from intent
     where pair = $1 and stage not in ('done', 'abandoned')`,
    [world.pair()],
  );
  return rows[0]?.n ?? 0;
}
