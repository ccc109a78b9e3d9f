import { expect } from "vitest";
import type { CommandAnswer } from "../../src/api/contract.ts";
import { until } from "../support/wait.ts";
import type { Row, World } from "../support/world.ts";
import type { Order } from "./orders.ts";

/** The machine may be busy: what is waited for comes, or something is wrong. */
const PATIENCE_MS = 120_000;
const RECEIVABLES = ["1200", "1210"];

/** What SL holds of an order, and on which accounts, in major units: debits less credits. */
export type Books = Readonly<{
  customerId: string;
  invoice: Row;
  payments: readonly Row[];
  balances: Readonly<Record<string, number>>;
}>;

/** A column of SL without the blanks of its width. */
export function trimmed(value: unknown): string {
  return String(value).trim();
}

/** Documents of these Stripe objects in SL, released or not. */
export async function documentsOf(world: World, stripeIds: readonly string[]): Promise<Row[]> {
  const rows = await world.slRows("ARDoc");
  return rows.filter((row) => stripeIds.includes(trimmed(row.User1)));
}

/** Calls to SL since its log was cleared that may change something: reads have no action. */
export async function slWrites(world: World): Promise<string[]> {
  const { recent } = await world.slAdmin<{ recent: Row[] }>("/calls");
  return recent
    .filter((call) => call.actionType !== "")
    .map((call) => `${String(call.service)} ${String(call.actionType)}`);
}

/**
 * Waits until the order is booked, then holds the end state to what must be true after any fault:
 * SL's side as `expectInSlOnce` says, each event with its one end, no try burnt, nobody to act.
 */
export async function expectBookedOnce(world: World, order: Order): Promise<Books> {
  await until(`${order.id} to be booked`, () => isBooked(world, order), PATIENCE_MS);
  await untilQuiet(world, order.id);
  const books = await expectInSlOnce(world, order);
  await expectEnds(world, order.id, "booked");
  expect(await openlyParked(world, order.id)).toEqual([]);
  return books;
}

/**
 * Holds SL to what must be true of a booked order, whatever the hub knows of it: one released
 * invoice and one released payment for each charge, nothing of it open, debits equal to credits,
 * receivables back at zero.
 */
export async function expectInSlOnce(world: World, order: Order): Promise<Books> {
  const documents = await documentsOf(world, [order.id, ...order.chargeIds]);
  const released = documents.filter((row) => row.Rlsed === 1);
  const invoices = released.filter((row) => trimmed(row.DocType) === "IN");
  const payments = released.filter((row) => trimmed(row.DocType) === "PA");
  expect(invoices.map((row) => [row.OrigDocAmt, row.DocBal])).toEqual([[order.total, 0]]);
  expect(payments.map((row) => trimmed(row.User1)).sort()).toEqual([...order.chargeIds].sort());
  expect(payments.map((row) => row.DocBal)).toEqual(payments.map(() => 0));
  expect(thousandths(payments.map((row) => Number(row.OrigDocAmt)))).toBe(
    thousandths([order.total]),
  );
  const balances = await balancesOf(world, released);
  expect(thousandths(Object.values(balances))).toBe(0);
  expect(thousandths(RECEIVABLES.map((number) => balances[number] ?? 0))).toBe(0);
  expect(balances["1095"]).toBe(order.total);
  const [invoice = {}] = invoices;
  return { customerId: trimmed(invoice.CustId), invoice, payments, balances };
}

/**
 * Waits until the lane is parked, then holds that nothing of it counts in SL and that the row says
 * what is wrong and what to do.
 */
export async function expectParked(world: World, order: Order, code: string): Promise<Row> {
  const row = await until(
    `${order.id} to be parked`,
    async () => (await openlyParked(world, order.id))[0],
    PATIENCE_MS,
  );
  await untilQuiet(world, order.id);
  expect({ code: row.code, reason: row.reason }).toMatchObject({ code });
  expect(String(row.reason).length).toBeGreaterThan(10);
  expect(String(row.cure).length).toBeGreaterThan(10);
  await expectEnds(world, order.id, "parked");
  return row;
}

/** Parked as above, and SL holds no released document of the order. */
export async function expectParkedUnbooked(world: World, order: Order, code: string): Promise<Row> {
  const row = await expectParked(world, order, code);
  const documents = await documentsOf(world, [order.id, ...order.chargeIds]);
  expect(documents.filter((document) => document.Rlsed === 1)).toEqual([]);
  return row;
}

/**
 * A person says that the cause is mended. Where mending it at Stripe made an event, the run it woke
 * may have come through already.
 */
export async function resume(world: World, order: Order): Promise<void> {
  await until(`${order.id} to take a resume`, async () => {
    const [row] = await openlyParked(world, order.id);
    if (row === undefined) return hasBookedLast(world, order);
    const body = { version: row.version, by: "maria" };
    await world.api(`/api/parked/${String(row.id)}/resume`, { method: "POST", body });
    return true;
  });
}

/**
 * A person decides what becomes of a parked run, as it stands: a late word of Stripe may have a run
 * look at it just now, which is refused.
 *
 * @returns what the person is told of its effects
 */
export async function decide(
  world: World,
  { id }: Row,
  act: "resume" | "dismiss",
  words: Readonly<{ reason?: string; by?: string }> = {},
): Promise<readonly string[]> {
  return until(`parked run ${String(id)} to take a ${act}`, async () => {
    const { version } = await world.api<Row>(`/api/parked/${String(id)}`);
    const body = { version, by: "maria", ...words };
    const path = `/api/parked/${String(id)}/${act}`;
    return (await world.api<CommandAnswer>(path, { method: "POST", body })).effects;
  });
}

/** The parked rows of a lane that still wait for a person. */
export async function openlyParked(world: World, laneKey: string): Promise<Row[]> {
  const found = await world.api<{ rows: Row[] }>(`/api/parked?state=open&lane=${laneKey}`);
  return found.rows;
}

/**
 * Waits until nothing is due for the lane, each of its events has its end, and Stripe is not just
 * telling of more. What Stripe holds back or tries again later is not waited for.
 */
export async function untilQuiet(world: World, laneKey: string): Promise<void> {
  await until(
    `${laneKey} to come to rest`,
    async () =>
      (await isAtRest(world, laneKey)) &&
      !(await isStripeTelling(world)) &&
      (await isAtRest(world, laneKey)),
    PATIENCE_MS,
  );
}

async function isAtRest(world: World, laneKey: string): Promise<boolean> {
  const [row] = await world.sql(
    `select
       (select count(*) from lane where key = $1 and (due_at is not null or owner is not null))
         as busy,
       (select count(*) from event where lane_key = $1 and end_state is null) as open`,
    [laneKey],
  );
  return Number(row?.busy) === 0 && Number(row?.open) === 0;
}

async function isStripeTelling(world: World): Promise<boolean> {
  const { state } = await world.stripeAdmin<{ state: { inFlight: number } }>("/webhooks");
  return state.inFlight > 0;
}

/** The newest run has booked, and it knew of every charge: an earlier one may have booked less. */
async function hasBookedLast(world: World, { id }: Order): Promise<boolean> {
  const [newest] = (await world.api<{ rows: Row[] }>(`/api/runs?lane=${id}&limit=1`)).rows;
  return newest?.outcome === "booked";
}

async function isBooked(world: World, order: Order): Promise<boolean> {
  const paid = await world.sql(
    "select 1 from intent where object = any ($1) and purpose = 'payment' and stage = 'done'",
    [order.chargeIds],
  );
  return paid.length === order.chargeIds.length && hasBookedLast(world, order);
}

async function expectEnds(world: World, laneKey: string, state: string): Promise<void> {
  const events = await world.sql(
    "select type, end_state, end_reason <> '' as has_reason, ended_at is not null as is_ended " +
      "from event where lane_key = $1",
    [laneKey],
  );
  const ends = new Set(events.map((row) => `${String(row.end_state)} ${String(row.has_reason)}`));
  expect([...ends]).toEqual([`${state} true`]);
  const [lane] = await world.sql("select tries from lane where key = $1", [laneKey]);
  expect(lane?.tries).toBe(0);
}

async function balancesOf(
  world: World,
  documents: readonly Row[],
): Promise<Record<string, number>> {
  const batches = new Set(documents.map((row) => trimmed(row.BatNbr)));
  const summed: Record<string, number> = {};
  for (const { Module, BatNbr, Acct, DrAmt, CrAmt } of await world.slRows("GLTran")) {
    if (trimmed(Module) !== "AR" || !batches.has(trimmed(BatNbr))) continue;
    const number = trimmed(Acct);
    summed[number] = (summed[number] ?? 0) + thousandths([Number(DrAmt), -Number(CrAmt)]);
  }
  return Object.fromEntries(Object.entries(summed).map(([name, sum]) => [name, sum / 1000]));
}

/** In thousandths, so that no float of a test hides or makes a difference. */
function thousandths(amounts: readonly number[]): number {
  return amounts.reduce((sum, amount) => sum + Math.round(amount * 1000), 0);
}

/** The released memos of refunds, as `C300 DM 12 open 0`. */
export async function memosOf(world: World, refunds: readonly { id: string }[]): Promise<string[]> {
  const rows = await world.slRows("ARDoc");
  const own = rows.filter((row) => refunds.some(({ id }) => trimmed(row.User1) === id));
  const released = own.filter(({ Rlsed }) => Number(Rlsed) === 1);
  return released
    .map(({ CustId, DocType, OrigDocAmt, DocBal }) => {
      return `${trimmed(CustId)} ${trimmed(DocType)} ${OrigDocAmt} open ${DocBal}`;
    })
    .sort();
}

/** What the memos of refunds leave on an account. */
export async function leftOn(
  world: World,
  account: string,
  refunds: readonly { id: string }[],
): Promise<number> {
  const isOf = ({ User1 }: Row) => refunds.some(({ id }) => trimmed(User1) === id);
  const batches = (await world.slRows("ARDoc")).filter(isOf).map(({ BatNbr }) => BatNbr);
  const cents = (await world.slRows("GLTran"))
    .filter(({ BatNbr, Module }) => trimmed(Module) === "AR" && batches.includes(BatNbr))
    .filter(({ Acct }) => trimmed(Acct) === account)
    .map(({ DrAmt, CrAmt }) => Math.round((Number(DrAmt) - Number(CrAmt)) * 100));
  return cents.reduce((so, one) => so + one, 0) / 100;
}

/** Documents of a Stripe object as the golden examples have them: `DM 33 open 0: 1095 -33`. */
export async function memosInBooks(world: World, stripeId: string): Promise<string[]> {
  const rows = await documentsOf(world, [stripeId]);
  const lines = await world.slRows("GLTran");
  return rows.map((row) => {
    const own = lines.filter((line) => isOf(line, row)).map(entryOf);
    const head = `${trimmed(row.DocType)} ${Number(row.OrigDocAmt)}`;
    return `${head} open ${Number(row.DocBal)}: ${own.sort().join(", ")}`;
  });
}

function isOf(line: Row, document: Row): boolean {
  return (
    trimmed(line.BatNbr) === trimmed(document.BatNbr) &&
    trimmed(line.Module) === "AR" &&
    !RECEIVABLES.includes(trimmed(line.Acct))
  );
}

function entryOf({ Acct, DrAmt, CrAmt }: Row): string {
  return `${trimmed(Acct)} ${Math.round((Number(DrAmt) - Number(CrAmt)) * 100) / 100}`;
}
