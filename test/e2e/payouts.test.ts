import { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PayoutAnswer, PayoutRows } from "../../src/api/contract.ts";
import { runCommand } from "../../src/cli/testing/run-command.ts";
import { wakeOwners } from "../../src/ledger/index.ts";
import { someSettings } from "../../src/mapping/testing/builders.ts";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { openlyParked, trimmed, untilQuiet } from "./books.ts";
import { pay } from "./orders.ts";
import { wake } from "./restores.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld();
  await keepRoundsAway();
});

afterAll(() => world.close());

/** The hub asks Stripe for nothing by itself any more: what a test does not wake, nobody wakes. */
async function keepRoundsAway(): Promise<void> {
  await until("the hub's own rounds to be put off", async () => {
    // A hub that starts has its first check for gaps once more: before that nothing is put off.
    const rows = await world.sql(
      `update event_walk set due_at = now() + interval '1 day'
       where owner is null and exists (
         select from event_walk where kind = 'gap' and done_at is not null and owner is null)
       returning kind`,
    );
    return rows.length === 3;
  });
}

const ROLES: Readonly<Record<string, string>> = {
  "1010": "bank",
  "1011": "other bank",
  "1090": "transit",
  "1095": "clearing",
};

type Wire = Readonly<{ id: string; created: number; arrival_date: number }>;
type Journal = Readonly<{
  text: string;
  date: string;
  row: string;
  batNbr: string;
  period: string;
}>;

const make = (body: object) => world.stripeAdmin<Wire>("/payouts", { currency: "usd", ...body });
const step = ({ id }: { id: string }) => world.stripeAdmin(`/payouts/${id}/step`, {});
const fail = ({ id }: { id: string }) => world.stripeAdmin(`/payouts/${id}/fail`, {});

/** To the bank: submitted, then paid. */
async function arrive(payout: { id: string }): Promise<void> {
  await step(payout);
  await step(payout);
}

/** The released journals of a payout, in the order of their batches. */
async function journalsOf(id: string): Promise<Journal[]> {
  const batches = (await world.slRows("Batch")).filter(
    (row) => trimmed(row.Module) === "GL" && trimmed(row.User1) === id && row.Rlsed === 1,
  );
  const lines = await world.slRows("GLTran");
  return batches.map((batch) => {
    const own = lines.filter((row) => row.BatNbr === batch.BatNbr && trimmed(row.Module) === "GL");
    const side = (row: Row) =>
      Number(row.DrAmt) > 0
        ? `Dr ${ROLES[trimmed(row.Acct)]} ${Number(row.DrAmt).toFixed(2)}`
        : `Cr ${ROLES[trimmed(row.Acct)]} ${Number(row.CrAmt).toFixed(2)}`;
    const [first] = own;
    return {
      text: own.map(side).join(" | "),
      date: String(first?.TranDate).slice(0, 10),
      row: trimmed(first?.User1),
      batNbr: trimmed(batch.BatNbr),
      period: trimmed(batch.PerPost),
    };
  });
}

async function untilBooked(id: string, count: number): Promise<Journal[]> {
  const found = await until(`${count} journals of ${id}`, async () => {
    const journals = await journalsOf(id);
    return journals.length === count ? journals : undefined;
  });
  await until(`${id} to have its run ended`, async () => {
    const [lane] = await world.sql("select owner from lane where key = $1", [id]);
    return lane?.owner === null;
  });
  expect(await openlyParked(world, id)).toEqual([]);
  return found;
}

const texts = (journals: readonly Journal[]) => journals.map(({ text }) => text);
const inNewYork = (seconds: number) =>
  new Intl.DateTimeFormat("en-CA", { timeZone: "America/New_York" }).format(seconds * 1000);
const inUtc = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 10);

async function purposesOf(id: string): Promise<string[]> {
  const rows = await world.sql(
    `select i.purpose || ' ' || o.part as owner from row_owner o
     join intent i on i.pair = o.pair and i.key = o.intent_key where i.object = $1 order by 1`,
    [id],
  );
  return rows.map(({ owner }) => String(owner));
}

test("G35 a payout leaves clearing on its row's day and is banked in the next month", async () => {
  const now = new Date();
  const nextMonth = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 2) / 1000;
  const payout = await make({ amount: 100_000, arrival_date: nextMonth });
  const [sent] = await untilBooked(payout.id, 1);
  const [lane] = await world.sql("select waits_for, due_at from lane where key = $1", [payout.id]);

  await arrive(payout);

  const [, arrived] = await untilBooked(payout.id, 2);
  const row = (await world.stripe.payouts.retrieve(payout.id)).balance_transaction;
  expect(sent).toMatchObject({
    text: "Dr transit 1000.00 | Cr clearing 1000.00",
    date: inNewYork(payout.created),
    row,
  });
  expect(arrived).toMatchObject({
    text: "Dr bank 1000.00 | Cr transit 1000.00",
    date: inUtc(nextMonth),
    period: inUtc(nextMonth).slice(0, 7).replace("-", ""),
  });
  expect(lane?.waits_for).toBe(`${payout.id} to arrive (now pending)`);
  expect(lane?.due_at).not.toBeNull();
  expect(await purposesOf(payout.id)).toEqual(["payout-out gross"]);
  const { metadata } = await world.stripe.payouts.retrieve(payout.id);
  expect(metadata?.DynamicsSL_BatchNbr).toBe(`${sent?.batNbr}, ${arrived?.batNbr}`);
});

test("G36 a payout that fails after it was paid comes back from the bank", async () => {
  const payout = await make({ amount: 100_000 });
  await arrive(payout);
  await untilBooked(payout.id, 2);

  await fail(payout);

  expect(texts(await untilBooked(payout.id, 3))).toEqual([
    "Dr transit 1000.00 | Cr clearing 1000.00",
    "Dr bank 1000.00 | Cr transit 1000.00",
    "Dr clearing 1000.00 | Cr bank 1000.00",
  ]);
  expect(await purposesOf(payout.id)).toEqual(["payout-back gross", "payout-out gross"]);
});

/** What a database does not know any more that was put back to before these journals. */
async function forget(id: string, purposes: readonly string[]): Promise<void> {
  const own = "select key from intent where object = $1 and purpose = any ($2::text[])";
  const values = [id, purposes];
  await world.sql("update lineage set is_green = false");
  await world.sql(`delete from receipt where intent_key in (${own})`, values);
  await world.sql("delete from link where stripe_id = $1 and kind = any ($2::text[])", values);
  await world.sql(`delete from row_owner where intent_key in (${own})`, values);
  await world.sql(`delete from attempt where key in (${own})`, values);
  await world.sql("delete from intent where object = $1 and purpose = any ($2::text[])", values);
}

test("a failed payout comes back from the bank also where the hub forgot its arrival", async () => {
  const payout = await make({ amount: 31_000 });
  await arrive(payout);
  await untilBooked(payout.id, 2);
  await forget(payout.id, ["payout-in"]);

  await fail(payout);

  const booked = await untilBooked(payout.id, 3);
  expect(texts(booked).at(-1)).toBe("Dr clearing 310.00 | Cr bank 310.00");

  await forget(payout.id, ["payout-out", "payout-in", "payout-back"]);
  await wake(world, payout.id);

  const known = await until("the payout to be known again", async () => {
    const owners = await purposesOf(payout.id);
    return owners.length === 2 ? owners : undefined;
  });
  expect(known).toEqual(["payout-back gross", "payout-out gross"]);
  expect(await untilBooked(payout.id, 3)).toEqual(booked);
});

test("G37 a payout that is cancelled at once comes back from transit", async () => {
  const { id } = await make({ amount: 40_000 });
  await world.stripe.payouts.cancel(id);

  expect(texts(await untilBooked(id, 2))).toEqual([
    "Dr transit 400.00 | Cr clearing 400.00",
    "Dr clearing 400.00 | Cr transit 400.00",
  ]);
});

test("G38 a negative payout is collected from the bank", async () => {
  const payout = await make({ amount: -5_000 });
  await arrive(payout);

  expect(texts(await untilBooked(payout.id, 2))).toEqual([
    "Dr clearing 50.00 | Cr transit 50.00",
    "Dr transit 50.00 | Cr bank 50.00",
  ]);
});

test("G39 an instant payout is booked without its fee", async () => {
  const payout = await make({ amount: 50_000, method: "instant" });
  await arrive(payout);

  expect(texts(await untilBooked(payout.id, 2))).toEqual([
    "Dr transit 500.00 | Cr clearing 500.00",
    "Dr bank 500.00 | Cr transit 500.00",
  ]);
  expect(await purposesOf(payout.id)).toEqual(["payout-out gross"]);
});

test("G40 a top-up is the mirror, and so is its reversal", async () => {
  const { id } = await world.stripe.topups.create({ amount: 200_000, currency: "usd" });
  await world.stripeAdmin(`/topups/${id}/settle`, {});
  await untilBooked(id, 2);

  await world.stripeAdmin(`/topups/${id}/reverse`, {});

  expect(texts(await untilBooked(id, 3))).toEqual([
    "Dr clearing 2000.00 | Cr transit 2000.00",
    "Dr transit 2000.00 | Cr bank 2000.00",
    "Dr bank 2000.00 | Cr clearing 2000.00",
  ]);
});

test("a failure whose event was lost is booked once its row is found unowned", async () => {
  const payout = await make({ amount: 30_000 });
  await arrive(payout);
  await untilBooked(payout.id, 2);
  // A run for an earlier event would see the failure.
  await untilQuiet(world, payout.id);
  await world.stripe.webhookEndpoints.update(world.endpointId, { disabled: true });
  await fail(payout);
  await world.stripe.webhookEndpoints.update(world.endpointId, { disabled: false });

  await findRowOf(payout.id);

  expect(texts(await untilBooked(payout.id, 3))[2]).toBe("Dr clearing 300.00 | Cr bank 300.00");
});

/** Lets the hub know a payout's newest row for an hour, then look for rows without an owner. */
async function findRowOf(id: string): Promise<void> {
  const [row] = (await world.stripe.balanceTransactions.list({ source: id, limit: 1 })).data;
  await world.sql(
    `insert into balance_row (pair, row_id, created, currency, category, type, gross, fee, net,
       status, source_id, read_at)
     values ($1, $2, to_timestamp($3), 'USD', $4, $5, $6, 0, $6, 'available', $7,
       now() - interval '1 hour')
     on conflict (pair, row_id) do update set read_at = excluded.read_at, woken_at = null`,
    [world.pair, row?.id, row?.created, row?.reporting_category, row?.type, row?.amount, id],
  );
  const pool = new Pool({ connectionString: world.databaseUrl, max: 1 });
  try {
    await wakeOwners(pool, { id: world.pair, settings: someSettings() });
  } finally {
    await pool.end();
  }
  const woken = "select from balance_row where row_id = $1 and woken_at is not null";
  expect(await world.sql(woken, [row?.id])).toHaveLength(1);
}

test("what a payout is made of adds up to it, and each row shows where it is booked", async () => {
  await world.stripeAdmin("/settings", { availableAfterDays: 0 });
  const paid = await pay(world, 15_000);
  await world.ended(paid.id, ["booked"]);
  await world.stripe.refunds.create({ payment_intent: paid.id, amount: 3_000 });
  await until("the refund's memo", async () => {
    const rows = await world.sql(
      "select 1 from intent where purpose = 'refund-cash' and stage = 'done'",
    );
    return rows.length > 0;
  });
  const now = { currency: "usd" };
  const { payouts } = await world.stripeAdmin<{ payouts: Wire[] }>("/payouts/now", now);
  const id = String(payouts[0]?.id);
  await untilBooked(id, 1);
  const at = `/api/pairs/${world.pair}/payouts/${id}`;

  const report = await world.api<PayoutAnswer>(at);
  const { rows } = await world.api<PayoutRows>(`${at}/rows`);

  expect(report).toMatchObject({ isAutomatic: true, notItemised: null, difference: "0.00" });
  expect(report.net).toBe(report.amount);
  expect(report.lines).toMatchObject({ gross: "150.00", refunds: "-30.00" });
  const env = { SLIPWAY_URL: world.hubUrl(), SLIPWAY_TOKEN: world.token };
  const shown = await runCommand(["payout", id], env);
  const listed = await runCommand(["payout", id, "--rows", "--json"], env);
  expect(shown.out).toContain(`The net is the payout of ${report.amount}.`);
  expect(listed.out.trim().split("\n")).toHaveLength(rows.length);
  const net = rows.reduce((sum, row) => sum + Math.round(Number(row.net) * 100), 0);
  expect((net / 100).toFixed(2)).toBe(report.amount);
  const charge = rows.find(({ category }) => category === "charge");
  expect(charge?.bookings).toMatchObject([{ part: "gross", purpose: "payment" }]);
  expect(charge?.waiting).toEqual(["fee"]);
  expect(report.journals.map(({ purpose }) => purpose)).toEqual(["payout-out"]);
});

test("a payout that was made by hand has its journals and says that it has no list", async () => {
  const payout = await make({ amount: 20_000 });
  await arrive(payout);
  const [, arrived] = await untilBooked(payout.id, 2);

  const report = await world.api<PayoutAnswer>(`/api/pairs/${world.pair}/payouts/${payout.id}`);
  const trace = await world.api(`/api/trace/${payout.id}`);

  expect(report.notItemised).toContain("made by hand");
  expect(report.journals[1]?.batNbr).toBe(arrived?.batNbr);
  expect(JSON.stringify(trace)).toContain(String(arrived?.batNbr));
});

test("a payout booked straight to the bank stays there under another account", async () => {
  await world.set("payout.transit", "off");
  const payout = await make({ amount: 50_000 });
  await untilBooked(payout.id, 1);

  await world.set("accounts.bank.USD", "1011/000000000000");
  await arrive(payout);
  await until("its arrival to be told", async () => {
    const told = await world.sql(
      `select from event
       where object_id = $1 and type = 'payout.paid' and end_state is not null`,
      [payout.id],
    );
    return told.length > 0;
  });
  await untilQuiet(world, payout.id);
  const arrived = await journalsOf(payout.id);
  await fail(payout);

  expect(texts(arrived)).toEqual(["Dr bank 500.00 | Cr clearing 500.00"]);
  expect(texts(await untilBooked(payout.id, 2))).toEqual([
    "Dr bank 500.00 | Cr clearing 500.00",
    "Dr clearing 500.00 | Cr bank 500.00",
  ]);
});
