import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { trimmed } from "./books.ts";
import { openFrom } from "./sl-periods.ts";

const DAY_MS = 24 * 3_600_000;
/** Noon in New York of a day so many days ago, in seconds. */
const noon = (daysAgo: number) =>
  Math.floor((Date.now() - daysAgo * DAY_MS) / DAY_MS) * 86_400 + 17 * 3_600;
const dayOf = (seconds: number) => new Date(seconds * 1_000).toISOString().slice(0, 10);
const YOUNG = noon(3);
/** More than a month before it, so in an earlier period. */
const OLD = noon(35);
/** Another day of that period, before or after it. */
const OLD_TOO = OLD + (dayOf(OLD).endsWith("-01") ? 1 : -1) * 86_400;
const periodOf = (seconds: number) => dayOf(seconds).slice(0, 7).replace("-", "");
/** Older than a fee waits. */
const TOO_OLD = noon(65);

let world: World;

beforeAll(async () => {
  world = await openWorld({
    ...{ fees: "per-payout", "fees-wait": 60, "journal-delay": 0 },
    "stripe.events-since": dayOf(noon(70)),
  });
  // The sandbox opens this year alone.
  await openFrom(world, periodOf(TOO_OLD));
});

afterAll(async () => {
  await world.close();
});

const movement = (created: number, amount: number, more: object = {}) =>
  world.stripeAdmin<{ id: string }>("/balance_transactions", {
    ...{ amount, currency: "usd", type: "stripe_fee", reporting_category: "fee" },
    ...{ description: "Billing - Usage Fee", created, available_on: created, ...more },
  });

type Walks = {
  walks: { doneAt: string | null }[];
  rows: { id: string; part: string; reason: string; laneKey: string | null }[];
};

/** Lets the hub read Stripe's rows, and waits until a round that began since has ended. */
async function sweep(): Promise<void> {
  const [now] = await world.sql("select clock_timestamp() as at");
  await until("the rows to be read", async () => {
    const asked = { method: "POST", body: { pair: world.pair } };
    await world.api<Walks>("/api/rows/sweep", asked);
    const { walks } = await world.api<Walks>("/api/rows/unowned");
    return walks[0] !== undefined && Date.parse(walks[0].doneAt ?? "") >= Number(now?.at);
  });
}

const wake = (lane: string) =>
  world.api("/api/replay", { method: "POST", body: { pair: world.pair, lane } });

const open = async () => (await world.api<Walks>("/api/rows/unowned")).rows;

/** SL's released journals of fees: each line with its day and period, by batch. */
async function feeJournals(): Promise<string[][]> {
  const released = (await world.slRows("Batch")).filter((row) => row.Rlsed === 1);
  const numbers = new Set(released.map((row) => trimmed(row.BatNbr)));
  const lines = (await world.slRows("GLTran")).filter(
    (row) => trimmed(row.Module) === "GL" && numbers.has(trimmed(row.BatNbr)),
  );
  const batches = [...Map.groupBy(lines, (row) => trimmed(row.BatNbr)).values()];
  const ofFees = batches.filter((rows) =>
    rows.some((row) => trimmed(row.Acct).startsWith("61") && trimmed(row.Acct) !== "6199"),
  );
  return ofFees.map((rows) =>
    rows
      .map((row) => {
        const debit = Number(row.CuryDrAmt);
        const side = debit > 0 ? `D ${debit}` : `C ${Number(row.CuryCrAmt)}`;
        const period = trimmed(row.PerPost);
        return `${period} ${trimmed(row.TranDate).slice(0, 10)} ${trimmed(row.Acct)} ${side}`;
      })
      .toSorted(),
  );
}

const linesOf = (at: number, entries: readonly string[]) =>
  entries.map((entry) => `${periodOf(at)} ${dayOf(at)} ${entry}`);

const owners = () =>
  world.sql(
    `select o.row_id, o.part, i.object, i.part as journal
     from row_owner o join intent i on i.pair = o.pair and i.key = o.intent_key
     where i.purpose = 'fee' order by o.row_id, o.part`,
  );

let payout: string;
/** A fee whose money is available in days: no payout takes it along before. */
let waiting: string;

test("fees go with the payout that took their rows, a journal for each period", async () => {
  const gross = { type: "adjustment", reporting_category: "platform_earning", fee: 300 };
  await movement(OLD, 100_000, gross);
  await movement(OLD, -500);
  await movement(OLD_TOO, -400);
  await movement(YOUNG, -700);
  await movement(TOO_OLD, -900);
  waiting = (await movement(YOUNG, -250, { available_on: noon(-5) })).id;
  await world.stripe.payouts.create({ amount: 1_000, currency: "usd" });
  await sweep();

  const made = await world.stripeAdmin<{ payouts: { id: string }[] }>("/payouts/now", {
    currency: "usd",
  });
  payout = made.payouts[0]?.id ?? "";
  await world.ended(payout, ["booked"]);

  await until("all other parts to be owned", async () => {
    return (await open()).every(({ id }) => id === waiting);
  });
  const day = (at: number, fee: string, total: string) =>
    linesOf(at, [...fee.split(", "), `1095 C ${total}`]);
  expect((await feeJournals()).toSorted()).toEqual(
    [
      day(TOO_OLD, "6105 D 9", "9").toSorted(),
      [...day(OLD, "6100 D 3, 6105 D 5", "8"), ...day(OLD_TOO, "6105 D 4", "4")].toSorted(),
      day(YOUNG, "6105 D 7", "7").toSorted(),
    ].toSorted(),
  );
  const journals = await world.sql(
    "select object, part from intent where purpose = 'fee' order by object, part",
  );
  expect(journals).toEqual([
    { object: `day:${dayOf(TOO_OLD)}`, part: "fee:USD:1" },
    { object: `fees:${payout}`, part: `fee:USD:${periodOf(OLD)}:1` },
    { object: `fees:${payout}`, part: `fee:USD:${periodOf(YOUNG)}:1` },
  ]);
});

test("each day in the middle of a journal is proved to the cent", async () => {
  type Proofs = { proofs: { isProven: boolean; difference: string; findings: unknown[] }[] };
  const proofs: unknown[] = [];
  for (const at of [TOO_OLD, OLD, OLD_TOO, YOUNG]) {
    const path = `/api/pairs/${world.pair}/proof?date=${dayOf(at)}`;
    proofs.push(...(await world.api<Proofs>(path)).proofs);
  }

  const proven = { isProven: true, difference: "0.00", findings: [] };
  expect(proofs).toMatchObject([proven, proven, proven, proven]);
});

test("a fee that no payout has taken yet waits, and is named on line 4", async () => {
  await until("the day to wait", async () => {
    const [lane] = await world.sql("select waits_for, due_at from lane where key = $1", [
      `day:${dayOf(YOUNG)}`,
    ]);
    return lane?.due_at !== null && String(lane?.waits_for).includes("payouts of");
  });
  type Proofs = {
    proofs: { isProven: boolean; lines: { number: number; entries: { id: string }[] }[] }[];
  };

  const { proofs } = await world.api<Proofs>(`/api/pairs/${world.pair}/proof?date=${dayOf(YOUNG)}`);

  expect(proofs[0]?.isProven).toBe(true);
  expect(proofs[0]?.lines.find(({ number }) => number === 4)?.entries).toEqual([
    expect.objectContaining({ id: waiting }),
  ]);
  expect(await open()).toMatchObject([
    { id: waiting, reason: expect.stringContaining("waits for a payout") as string },
  ]);
});

/** The hub forgets all that it knows of fees, and is told of SL's journals again. */
async function rebuild(): Promise<readonly string[]> {
  const mine = "(select key from intent where purpose = 'fee')";
  for (const table of ["row_owner", "receipt", "link"]) {
    await world.sql(`delete from ${table} where intent_key in ${mine}`);
  }
  await world.sql(`delete from attempt where key in ${mine}`);
  await world.sql("delete from journal_row where purpose = 'fee'");
  await world.sql("delete from intent where purpose = 'fee'");
  await world.sql("delete from payout_list");
  await world.sql("update balance_row set settled_at = null, payout_id = null, woken_at = null");
  const body = { pair: world.pair, since: new Date(TOO_OLD * 1_000).toISOString() };
  const report = await world.api<{ unexplained: string[] }>("/api/rebuild", {
    method: "POST",
    body,
  });
  // The days come first, and know of no payout any more.
  for (const at of [TOO_OLD, OLD, OLD_TOO, YOUNG]) await wake(`day:${dayOf(at)}`);
  return report.unexplained;
}

test("a rebuild gives every journal its rows back, and none is booked again", async () => {
  const before = { owners: await owners(), journals: (await feeJournals()).length };

  const unexplained = await rebuild();

  await until("all but the waiting fee to be owned", async () => {
    return (await open()).every(({ id }) => id === waiting);
  });
  expect(unexplained).toEqual([]);
  expect(await owners()).toEqual(before.owners);
  expect(await feeJournals()).toHaveLength(before.journals);
});

test("by day again nothing waits, and what is booked by payout stays", async () => {
  const before = await owners();

  await world.set("fees", "per-day");
  await wake(`day:${dayOf(YOUNG)}`);

  await until("the fee to be booked by its day", async () => (await open()).length === 0);
  const own = { row_id: waiting, part: "gross", object: `day:${dayOf(YOUNG)}` };
  const after = await owners();
  expect(after).toHaveLength(before.length + 1);
  expect(after).toEqual(expect.arrayContaining([...before, { ...own, journal: "fee:USD:1" }]));
});

test("a rebuild knows the journals of a setting that was another then", async () => {
  const before = { owners: await owners(), journals: (await feeJournals()).length };

  await rebuild();

  await until("every fee to be owned", async () => (await open()).length === 0);
  expect(await owners()).toEqual(before.owners);
  expect(await feeJournals()).toHaveLength(before.journals);
});
