import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { documentsOf, trimmed, untilQuiet } from "./books.ts";
import { anOpenInvoice } from "./orders.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld({ "credit-note.wait": 0 });
});

afterAll(() => world.close());

const RECEIVABLES = ["1200", "1210"];

type ForeseenMemo = Readonly<{
  purpose: string;
  object: string;
  notes: readonly string[];
  entries: readonly Readonly<{ account: string; debit?: string; credit?: string }>[];
}>;
type Foreseen = Readonly<{ object: string; documents: readonly ForeseenMemo[]; problem: unknown }>;

/** What a dry run of a backfill from today shows of a sale. */
async function foresee(object: string): Promise<Foreseen> {
  const today = new Date().toISOString().slice(0, 10);
  const path = `/api/pairs/${world.pair}/backfill`;
  const from = new Date(Date.parse(today) - 86_400_000).toISOString().slice(0, 10);
  const body = { from, dryRun: true, show: 100, by: "test" };
  const { plan } = await world.api<{ plan: { previews: Foreseen[] } }>(path, {
    method: "POST",
    body,
  });
  const found = plan.previews.find((one) => one.object === object);
  if (found === undefined) throw new Error(`${object} is not foreseen`);
  return found;
}

/** What documents leave on each account but receivables: `4100 33.33, 2200 2.54`. */
async function bookedEntries(stripeId: string): Promise<string[]> {
  const rows = await documentsOf(world, [stripeId]);
  return entriesIn(
    "AR",
    rows.map(({ BatNbr }) => trimmed(BatNbr)),
  );
}

async function entriesIn(module: string, batches: readonly string[]): Promise<string[]> {
  const lines = (await world.slRows("GLTran")).filter(({ Module }) => trimmed(Module) === module);
  return batches.map((batNbr) => {
    const own = lines.filter((line) => trimmed(line.BatNbr) === batNbr);
    const entries = own.map(({ Acct, DrAmt, CrAmt }) => {
      const amounts = { debit: String(DrAmt), credit: String(CrAmt) };
      return { account: trimmed(Acct), ...amounts };
    });
    return entriesOf(entries);
  });
}

/** As a ledger is read, without receivables. */
function entriesOf(entries: ForeseenMemo["entries"]): string {
  return entries
    .filter(({ account }) => !RECEIVABLES.includes(account))
    .map(({ account, debit = 0, credit = 0 }) => {
      return `${account} ${Math.round((Number(debit) - Number(credit)) * 100) / 100}`;
    })
    .sort()
    .join(", ");
}

test("a dry run shows the memos of what went back as they are booked then", async () => {
  await world.stripeAdmin("/webhooks", { pause: true });
  const id = await anOpenInvoice(world, 10_825);
  await world.stripe.invoices.pay(id, { payment_method: "pm_card_visa" });
  const payments = await world.stripe.invoicePayments.list({ invoice: id });
  const intent = String(payments.data[0]?.payment.payment_intent);
  const back = (amount: number) =>
    world.stripe.refunds.create({ payment_intent: intent, amount, reason: "duplicate" });
  const first = await back(2_000);
  await world.stripeAdmin(`/refunds/${first.id}/move`, { status: "failed" });
  await world.stripeAdmin("/clock", { advanceMs: 2_000 });
  const second = await back(3_000);
  await world.stripeAdmin("/clock", { advanceMs: 2_000 });
  const note = await world.stripe.creditNotes.create({
    ...{ invoice: id, amount: 2_500, refund_amount: 1_500, credit_amount: 1_000 },
  });
  const [part] = note.refunds;
  const [paid] = (await world.stripe.charges.list({ payment_intent: intent })).data;
  const { id: dispute } = await world.stripeAdmin<{ id: string }>(`/charges/${paid?.id}/dispute`, {
    amount: 1_000,
  });
  await world.stripeAdmin("/clock", { advanceMs: 2_000 });
  await world.stripeAdmin(`/disputes/${dispute}/close`, { outcome: "lost" });
  const ids = [first.id, second.id, note.id, String(part?.refund)];

  const foreseen = await foresee(id);

  await world.stripeAdmin("/webhooks", { pause: false });
  await until("all of it to be booked", async () => {
    return (await documentsOf(world, ids)).filter(({ Rlsed }) => Rlsed === 1).length === 7;
  });
  const ownJournals = async () =>
    (await world.slRows("Batch")).filter(
      (row) => trimmed(row.User1) === dispute && row.Rlsed === 1,
    );
  await until("the dispute to be booked", async () => (await ownJournals()).length === 2);
  await untilQuiet(world, id);
  const ofDispute = foreseen.documents.filter(({ object }) => object === dispute);
  expect(ofDispute.map(({ entries }) => entriesOf(entries))).toEqual([
    "1095 -25, 1250 10, 6110 15",
    "1250 -10, 6200 10",
  ]);
  expect(
    await entriesIn(
      "GL",
      (await ownJournals()).map(({ BatNbr }) => trimmed(BatNbr)),
    ),
  ).toEqual(ofDispute.map(({ entries }) => entriesOf(entries)));
  expect(foreseen.problem).toBeNull();
  for (const of of ids) {
    const memos = foreseen.documents.filter(({ object }) => object === of);
    const shown = memos.map(({ entries }) => entriesOf(entries));
    expect(shown.sort(), of).toEqual((await bookedEntries(of)).sort());
  }
  const words = foreseen.documents.flatMap(({ notes }) => notes).join(" ");
  expect(words).toContain("20.00 USD of it is paid by money of the charge");
  expect(words).toContain("10.00 USD of it is applied to the refund's debit memo");
});
