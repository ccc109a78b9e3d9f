import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { trimmed, untilQuiet } from "./books.ts";
import { type Clerk, openClerk } from "./clerk.ts";
import { type Order, pay } from "./orders.ts";
import { wake } from "./restores.ts";
import { skipDelay } from "./time-passes.ts";

// Invoices that metadata name and that somebody voids in SL before they are released.

let world: World;
let clerk: Clerk;

beforeAll(async () => {
  world = await openWorld({ mode: "existing-invoice" });
  clerk = openClerk(world);
});

afterAll(async () => {
  clerk.close();
  await world.close();
});

async function waitingBatch(order: Order): Promise<string> {
  return until("the invoice to be waited for", async () => {
    const { rows } = await world.api<{ rows: Row[] }>("/api/waiting");
    return rows.find((row) => row.laneKey === order.id)?.batNbr as string | undefined;
  });
}

async function booked(order: Order): Promise<string> {
  return until("the order to be booked", async () => {
    await skipDelay(world, order);
    const { rows } = await world.api<{ rows: Row[] }>(`/api/runs?lane=${order.id}`);
    return rows[0]?.outcome === "booked" ? String(rows[0].reason) : undefined;
  });
}

test("money for an invoice that was voided is told of as unapplied, and why", async () => {
  const kept = await clerk.enterInvoice({ total: 20, customer: "C300", isHeld: false });
  const gone = await clerk.enterInvoice({ total: 80, customer: "C300", isHeld: true });
  const metadata = { DynamicsSL_InvoiceNbr: `${kept}, ${gone}` };
  const order = await pay(world, 10_000, { metadata });
  const batch = await waitingBatch(order);

  await world.slAdmin(`/batches/AR/${batch}/void`, {});
  const reason = await booked(order);
  await untilQuiet(world, order.id);
  await wake(world, order.id);
  await untilQuiet(world, order.id);
  const again = await booked(order);

  const [payment] = (await world.slRows("ARDoc")).filter(
    (row) => trimmed(row.User1) === order.chargeIds[0] && row.Rlsed === 1,
  );
  const refNbr = trimmed(payment?.RefNbr);
  const words =
    `payment ${refNbr} for C300: 20.00 to ${kept}, ` +
    `80.00 to no invoice, since SL no longer has ${gone}`;
  const { rows } = await world.api<{ rows: Row[] }>("/api/unapplied");
  expect(payment).toMatchObject({ CuryDocBal: 80 });
  expect(rows.filter((row) => row.refNbr === refNbr)).toMatchObject([{ open: "80.00" }]);
  expect(reason).toBe(words);
  expect(again).toContain(words);
});
