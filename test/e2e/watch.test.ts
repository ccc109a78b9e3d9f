import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type {
  CloseAnswer,
  CloseCompared,
  ProofAnswer,
  Trace,
  WatchFinding,
} from "../../src/api/contract.ts";
import { runCommand } from "../../src/cli/testing/run-command.ts";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { expectBookedOnce, trimmed } from "./books.ts";
import { type Order, pay } from "./orders.ts";
import { openFrom, periodAt } from "./sl-periods.ts";
import { tampering } from "./tampering.ts";

let world: World;

const DAY_MS = 24 * 3_600_000;
const [YEAR = 0, MONTH = 1] = new Intl.DateTimeFormat("en-CA", { timeZone: "America/New_York" })
  .format(new Date())
  .split("-")
  .map(Number);
/** Noon in New York on the last day of last month, in seconds. */
const LAST_MONTH = Date.UTC(YEAR, MONTH - 1, 0, 17) / 1_000;

beforeAll(async () => {
  const since = new Date(LAST_MONTH * 1_000 - DAY_MS).toISOString().slice(0, 10);
  world = await openWorld({ "journal-delay": 0, "stripe.events-since": since });
  await openFrom(world, periodAt(-1));
});

afterEach(async () => {
  await world.stripeAdmin("/webhooks", { dropProbability: 0 });
  await world.stripeAdmin("/settings", { eventsLateMs: 0 });
});

afterAll(() => world.close());

const { edit, look, act, findingOf, idOf, unapply, remove } = tampering(() => world);

async function documentOf(stripeId: string): Promise<Row> {
  const rows = await world.slRows("ARDoc");
  return rows.find((row) => trimmed(row.User1) === stripeId && trimmed(row.DocType) !== "VT") ?? {};
}

const differences = (found: WatchFinding | undefined) =>
  found?.differences.map(({ what, was, is }) => `${what}: ${was} > ${is}`);

let orders: Order[];

test("documents that nobody has changed are not reported", async () => {
  orders = [
    await pay(world, 10_000),
    await pay(world, 20_000),
    await pay(world, 30_000),
    await pay(world, 40_000),
  ];
  for (const order of orders) await expectBookedOnce(world, order);

  expect(await look()).toEqual([]);
  expect(await look(true)).toEqual([]);
});

test("each change is told with what was, what is, and what it does to the proof", async () => {
  const [edited, gone, freed, moved] = orders;
  const invoice = await documentOf(edited?.id ?? "");
  const payment = await documentOf(gone?.chargeIds[0] ?? "");
  await unapply(payment, await documentOf(gone?.id ?? ""));
  const lines = await world.slRows("GLTran");
  await edit("ARDoc", idOf(invoice), { CustId: "C900", PerPost: "209912" });
  await remove(payment);
  await unapply(await documentOf(freed?.chargeIds[0] ?? ""), await documentOf(freed?.id ?? ""));
  const sale = await documentOf(moved?.id ?? "");
  const income = lines.find(
    (line) => trimmed(line.BatNbr) === trimmed(sale.BatNbr) && Number(line.CrAmt) > 0,
  );
  const { Module, BatNbr, LineNbr } = income ?? {};
  await edit("GLTran", { Module, BatNbr, LineNbr }, { Acct: "4999" });

  const findings = await look();

  const byObject = (object: string | undefined) => findings.filter((one) => one.object === object);
  expect(findings.map(({ kind }) => kind).sort()).toEqual([
    ...["deleted", "edited", "edited", "unapplied", "unapplied", "unapplied"],
  ]);
  expect(differences(byObject(edited?.id)[0])).toEqual([
    `customer: ${trimmed(invoice.CustId)} > C900`,
    `period: ${trimmed(invoice.PerPost)} > 209912`,
  ]);
  const [lost] = byObject(gone?.chargeIds[0]);
  expect(lost).toMatchObject({ kind: "deleted", effect: { amount: "200.00", currency: "USD" } });
  expect(lost?.heal.by).toBe("hub");
  expect(differences(byObject(freed?.id)[0])).toEqual(["open balance: 0.00 USD > 300.00 USD"]);
  const [shifted] = byObject(moved?.id);
  expect(differences(shifted)?.sort()).toEqual([
    expect.stringMatching(/^4010\/\S+ on \S+: -400.00 USD > 0.00 USD$/),
    expect.stringMatching(/^4999\/\S+ on \S+: 0.00 USD > -400.00 USD$/),
  ]);
  expect(shifted?.heal).toMatchObject({ by: "person" });
  expect(shifted?.heal.steps[0]).toContain("Initialize Mode");
});

const isOpen = ({ state }: WatchFinding) => state === "open";

test("what is gone is booked again, and what was taken back is applied again", async () => {
  const [, gone, freed] = orders;
  const lost = await findingOf(gone?.chargeIds[0], isOpen);
  const open = await findingOf(freed?.chargeIds[0], isOpen);

  const { effects, isDryRun } = await act("heal", lost, { dryRun: true });
  await act("heal", lost);
  await act("heal", open);

  expect([isDryRun, effects[0]]).toEqual([true, expect.stringContaining("books PA")]);
  const healed = await findingOf(gone?.chargeIds[0], ({ state }) => state === "healed");
  expect(healed.decidedBy).toBe("maria");
  await findingOf(freed?.chargeIds[0], ({ state }) => state === "healed");
  const [again] = (await world.slRows("ARDoc")).filter(
    (row) => trimmed(row.User1) === gone?.chargeIds[0],
  );
  expect(again).toMatchObject({ Rlsed: 1, DocBal: 0, OrigDocAmt: 200 });
  expect(trimmed(again?.User2)).not.toBe(lost.key);
  expect((await documentOf(freed?.id ?? "")).DocBal).toBe(0);
  const { documents } = await world.api<Trace>(`/api/trace/${gone?.id}`);
  const received = documents
    .flatMap(({ entries }) => entries)
    .filter(({ account }) => account === "1095");
  expect(received.map(({ debit }) => debit)).toEqual(["200.00"]);
  const { rows } = await world.api<{ rows: Row[] }>("/api/acts?act=healed");
  expect(rows.map(({ by }) => by)).toEqual(["maria", "maria"]);
});

test("an invoice that is gone is booked again, and its payment applied to it", async () => {
  const order = await pay(world, 15_000);
  await expectBookedOnce(world, order);
  const invoice = await documentOf(order.id);
  await unapply(await documentOf(order.chargeIds[0] ?? ""), invoice);
  await remove(invoice);
  await look();

  for (const object of [order.id, order.chargeIds[0]]) {
    await act("heal", await findingOf(object, isOpen));
    await findingOf(object, ({ state }) => state === "healed");
  }

  expect(await documentOf(order.id)).toMatchObject({ Rlsed: 1, DocBal: 0 });
});

test("what was accepted is told no more until it changes again", async () => {
  const shifted = await findingOf(orders[3]?.id, isOpen);
  await act("accept", shifted, { reason: "moved to the right income account" });

  const accepted = (await look()).find(({ id }) => id === shifted.id);
  const line = (await world.slRows("GLTran")).find((row) => trimmed(row.Acct) === "4999") ?? {};
  const { Module, BatNbr, LineNbr } = line;
  await edit("GLTran", { Module, BatNbr, LineNbr }, { Acct: "4998" });
  const again = (await look()).find(({ id }) => id === shifted.id);

  const reason = "moved to the right income account";
  expect(accepted).toMatchObject({ state: "accepted", decidedBy: "maria", reason });
  expect(again).toMatchObject({ state: "open" });
  const { rows } = await world.api<{ rows: Row[] }>("/api/acts?act=accepted");
  expect(rows[0]?.words).toContain(reason);
});

test("what a person puts back by the steps is closed by looking", async () => {
  const edited = await findingOf(orders[0]?.id, isOpen);
  const { effects } = await act("heal", edited);
  const customer = edited.differences.find(({ what }) => what === "customer");
  const set = { CustId: customer?.was, PerPost: edited.period };
  await edit("ARDoc", { User2: edited.key }, set);

  expect(effects[0]).toContain(`set the customer of ${edited.document} back to ${customer?.was}`);
  await findingOf(orders[0]?.id, ({ state }) => state === "healed");
});

test("the proof names the finding of what differs, and who accepted it", async () => {
  const [, , , moved] = orders;
  const payment = await documentOf(moved?.chargeIds[0] ?? "");
  const line = (await world.slRows("GLTran")).find(
    (row) => trimmed(row.BatNbr) === trimmed(payment.BatNbr) && trimmed(row.Acct) === "1095",
  );
  const { Module, BatNbr, LineNbr } = line ?? {};
  await edit("GLTran", { Module, BatNbr, LineNbr }, { CuryDrAmt: 399.99, DrAmt: 399.99 });
  const found = (await look()).find(({ object }) => object === moved?.chargeIds[0]);
  if (found === undefined) throw new Error("the cent was not found");
  await act("accept", found, { reason: "a test" });

  const day = new Intl.DateTimeFormat("en-CA", { timeZone: "America/New_York" }).format(new Date());
  const { proofs } = await world.api<ProofAnswer>(`/api/pairs/${world.pair}/proof?date=${day}`);

  expect(found.effect).toMatchObject({ amount: "0.01", on: "the difference of USD" });
  const proved = proofs[0]?.findings.find(({ id }) => id === found.key);
  expect(proved?.amount).toBe(found.effect.amount);
  expect(proved?.words).toContain(`watch finding ${found.id}, accepted by maria (a test)`);
});

type Swept = Readonly<{ askedAt: string; walks: readonly Row[]; found: readonly Row[] }>;

/** Asks Stripe for all that webhooks did not bring, and waits for a round that began since. */
async function sweep(): Promise<Swept> {
  const path = `/api/sweeps?pair=${world.pair}`;
  const doneOf = ({ walks }: Swept) => walks.find(({ kind }) => kind === "sweep")?.doneAt;
  const { askedAt } = await world.api<Swept>(`/api/pairs/${world.pair}/sweep`, {
    method: "POST",
    body: {},
  });
  return until("the sweep to end", async () => {
    const swept = await world.api<Swept>(path);
    if (Date.parse(String(doneOf(swept))) >= Date.parse(askedAt)) return swept;
    throw new Error(`not gone over: ${JSON.stringify(swept.walks)}`);
  });
}

test("refund failing days later with its event lost", async () => {
  const order = await pay(world, 5_000);
  await expectBookedOnce(world, order);
  const refund = await world.stripe.refunds.create({ charge: order.chargeIds[0] ?? "" });
  const memosOf = async () =>
    (await world.slRows("ARDoc")).filter((row) => trimmed(row.User1) === refund.id);
  await until("the refund to be booked", async () => (await memosOf()).length === 2);
  // Its own events may be on their way still, and what was made this second is not listed yet.
  await until("a sweep that has seen the refund and finds nothing", async () => {
    const { found } = await sweep();
    const seen = await world.sql("select from swept_object where object_id = $1", [refund.id]);
    return found.length === 0 && seen.length === 1;
  });
  await world.stripeAdmin("/webhooks", { dropProbability: 1 });
  await world.stripeAdmin("/settings", { eventsLateMs: 3_600_000 });
  await world.stripeAdmin(`/refunds/${refund.id}/move`, { status: "failed" });

  const swept = await sweep();

  expect(swept.found.map(({ id }) => id)).toEqual([refund.id]);
  await until("the money that came back", async () => (await memosOf()).length === 3);
});

/** A fee of Stripe's own of last month, booked by a journal of its day; gives that journal. */
async function aFeeOfLastMonth(amount: number): Promise<Row> {
  await world.stripeAdmin("/balance_transactions", {
    ...{ amount: -amount, currency: "usd", type: "stripe_fee", reporting_category: "fee" },
    ...{ description: "Billing - Usage Fee", created: LAST_MONTH },
  });
  const journal = await until(`a journal of ${amount}`, async () => {
    const [found] = await world.sql(
      `select key, bat_nbr from intent where purpose = 'fee' and stage = 'done'
         and draft #>> '{lines,0,amount,minor}' = $1`,
      [String(amount)],
    );
    if (found !== undefined) return found;
    // A round may have been through that day before the row was made.
    await world.sql("update event_walk set position = since, deep_at = null where kind = 'rows'");
    await world.api("/api/rows/sweep", { method: "POST", body: { pair: world.pair } });
    return undefined;
  });
  await world.slAdmin(`/batches/GL/${trimmed(journal.bat_nbr)}/post`, {});
  return journal;
}

test("what changes in a closed period shows against its snapshot", async () => {
  const period = periodAt(-1);
  const path = `/api/pairs/${world.pair}/close`;
  const [first, second] = [await aFeeOfLastMonth(1_234), await aFeeOfLastMonth(777)];
  await until("the check for gaps to have been through", async () => {
    const [gap] = await world.sql("select owner, done_at from event_walk where kind = 'gap'");
    return gap?.owner === null && gap.done_at !== null;
  });
  // Of a day that is more than 30 days ago Stripe tells no events any more.
  await world.sql("update event_walk set lost_from = null, lost_to = null");
  const body = { period, by: "maria" };
  const closed = await world.api<CloseAnswer>(path, { method: "POST", body });
  expect(closed.items.filter(({ state }) => state === "open")).toEqual([]);
  const before = await world.api<CloseCompared>(`${path}/${period}`);
  const late = await aFeeOfLastMonth(555);
  await world.sql("update intent set draft_hash = 'other' where key = $1", [first.key]);
  await world.sql("update intent set stage = 'abandoned' where key = $1", [second.key]);
  const BatNbr = trimmed(late.bat_nbr);
  await edit("GLTran", { Module: "GL", BatNbr, Acct: "1095" }, { Sub: "000000000001" });
  await look();

  const { changes, look: last } = await world.api<CloseCompared>(`${path}/${period}`);
  const env = { SLIPWAY_URL: world.hubUrl(), SLIPWAY_TOKEN: world.token };
  const shown = await runCommand(["close", "--period", period, "--compare"], env);
  const listed = await runCommand(["watch", "--list"], env);

  expect([shown.code, listed.code]).toEqual([1, 1]);
  expect(shown.out).toContain(`Period ${period}, snapshot 1`);
  expect(shown.out).toMatch(/\n\nSL was last looked at 2\d{3}-[\d: -]+; `slipway watch look /);
  expect(listed.out).toContain("proof: ");
  expect(closed.documents.count).toBe(2);
  expect([before.nr, before.changes]).toEqual([1, []]);
  expect(Date.parse(last.at ?? "")).toBeGreaterThan(Date.parse(closed.snapshot?.closedAt ?? ""));
  expect(changes.map(({ how, key }) => [how, key])).toEqual([
    ["added", late.key],
    ["changed", first.key],
    ["changed-in-sl", late.key],
    ["gone", second.key],
  ]);
});

test("a fact of a period that SL has closed is booked in the next one, and is line 5", async () => {
  const [period, next] = [periodAt(0), periodAt(1)];
  const lineFive = async () => {
    const query = `month=${period.slice(0, 4)}-${period.slice(4)}`;
    const { proofs } = await world.api<ProofAnswer>(`/api/pairs/${world.pair}/proof?${query}`);
    return proofs[0]?.lines.find(({ number }) => number === 5);
  };
  await openFrom(world, next);
  // A pair that was changed asks SL for its calendar anew.
  await world.set("closed-period", "next-open");
  const order = await pay(world, 10_000);
  const { invoice, payments } = await expectBookedOnce(world, order);

  const five = await lineFive();

  const [payment] = payments;
  expect([trimmed(invoice.PerPost), trimmed(payment?.PerPost)]).toEqual([next, next]);
  expect(String(payment?.DocDate).slice(0, 7)).toBe(`${period.slice(0, 4)}-${period.slice(4)}`);
  expect(five?.entries.map(({ id, amount }) => [id, amount])).toEqual([
    [order.chargeIds[0], "100.00"],
  ]);
});
