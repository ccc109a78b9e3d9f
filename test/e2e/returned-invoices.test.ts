import { afterAll, beforeAll, expect, test } from "vitest";
import { anInvoice } from "../../src/erp/testing/contract-drafts.ts";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { documentsOf, trimmed, untilQuiet } from "./books.ts";
import { type Clerk, openClerk } from "./clerk.ts";
import { type Order, pay } from "./orders.ts";
import { hasEnded, skipDelay } from "./time-passes.ts";

// What the debit memo of a payment that its bank took back says: the invoice that stays closed, and
// that one's due date.

let world: World;
let clerk: Clerk;

beforeAll(async () => {
  world = await openWorld();
  clerk = openClerk(world);
});

afterAll(async () => {
  clerk.close();
  await world.close();
});

const DEBIT = { payment_method: "pm_usBankAccount_success" } as const;
const DUE = "2027-01-31";

async function settle({ id }: Order): Promise<void> {
  await world.stripeAdmin(`/payment_intents/${id}/settle`, { succeeds: true });
}

/** What a bank took back of a charge, as its memo in SL says. */
async function takenBack({ id }: Order, chargeId: string): Promise<unknown[]> {
  await world.stripeAdmin(`/payment_intents/${id}/return`, {});
  const memo = await until(`a released memo of ${chargeId}`, async () => {
    const rows = await documentsOf(world, [chargeId]);
    return rows.find((row) => trimmed(row.DocType) === "DM" && row.Rlsed === 1);
  });
  await untilQuiet(world, id);
  return [trimmed(memo.OrigDocNbr), trimmed(memo.DocDesc), dayOf(memo)];
}

const dayOf = ({ DueDate }: Row) => trimmed(DueDate).slice(0, 10);
const named = (refNbr: string, due: string) => [refNbr, `Returned pmt for IN ${refNbr}`, due];

test("a second debit of an invoice that comes back names the invoice, and no memo", async () => {
  const order = await pay(world, 9_000, DEBIT);
  const [first = ""] = order.chargeIds;
  await settle(order);
  await world.ended(order.id, ["booked"]);
  const [invoice] = await documentsOf(world, [order.id]);
  const ofInvoice = named(trimmed(invoice?.RefNbr), dayOf(invoice ?? {}));

  expect(await takenBack(order, first)).toEqual(ofInvoice);
  const again = await world.stripe.paymentIntents.confirm(order.id, DEBIT);
  const second = String(again.latest_charge);
  await settle(order);
  await until("the second payment", async () => (await documentsOf(world, [second])).length > 0);
  await untilQuiet(world, order.id);

  expect(await takenBack(order, second)).toEqual(ofInvoice);
});

/** A debit for an invoice that is due later, which somebody has entered in SL. */
async function debitFor(isHeld: boolean): Promise<Readonly<{ order: Order; refNbr: string }>> {
  const refNbr = await clerk.enter(anInvoice(0, { dueDate: DUE }), isHeld);
  const metadata = { DynamicsSL_InvoiceNbr: refNbr };
  const order = await pay(world, 10_000, { ...DEBIT, metadata });
  await settle(order);
  return { order, refNbr };
}

test("a debit for an invoice of SL that comes back is due when that invoice was", async () => {
  await world.set("mode", "existing-invoice");
  const { order, refNbr } = await debitFor(false);
  await world.ended(order.id, ["booked"]);

  expect(await takenBack(order, order.chargeIds[0] ?? "")).toEqual(named(refNbr, DUE));
});

test("so is one whose invoice was released only after the debit had come", async () => {
  const { order, refNbr } = await debitFor(true);
  const waits = await until("the invoice to be waited for", async () => {
    const { rows } = await world.api<{ rows: Row[] }>("/api/waiting");
    return rows.find((row) => row.laneKey === order.id);
  });
  await world.slAdmin(`/batches/AR/${waits.batNbr}/release`, {});
  await until("the debit to be applied", async () => {
    await skipDelay(world, order);
    return hasEnded(world, order);
  });

  expect(await takenBack(order, order.chargeIds[0] ?? "")).toEqual(named(refNbr, DUE));
});
