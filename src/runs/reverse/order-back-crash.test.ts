import type { Pool } from "pg";
import { expect, test } from "vitest";
import {
  DEATHS,
  type Death,
  immortal,
  Mortal,
  mortalContext,
  mortalPort,
  passHorizon,
} from "../../../test/crash/support/mortal.ts";
import { withMortalSite } from "../../../test/crash/support/mortal-site.ts";
import { until } from "../../../test/support/wait.ts";
import { money } from "../../base/money.ts";
import type { StripePort } from "../../canonical/port.ts";
import { withTransaction } from "../../db/index.ts";
import type { SandboxSite } from "../../erp/ctapi/testing/sandbox-site.ts";
import type { ErpConnector, OrderConnector, OrderDraft } from "../../erp/port.ts";
import { aPayment } from "../../erp/testing/contract-drafts.ts";
import { someSettings } from "../../mapping/testing/builders.ts";
import type { RunContext } from "../context.ts";
import { HOLD_OFF, type HoldIntent, liftHold } from "../orders/lift-hold.ts";
import { type OrderReceipt, placeOrder } from "../orders/place-order.ts";
import { book } from "../write/book.ts";
import { noteWait } from "../write/person-wait.ts";
import type { Reversal } from "./reversal.ts";
import { askReversal } from "./reverse-command.ts";
import { planReversal } from "./reverse-plan.ts";
import { runReversal } from "./reverse-run.ts";
import { findScope } from "./reverse-scope.ts";

// Processes that die one after the other while an order goes back: at the hold, at statements of
// the database, at the writes of its money. Its money goes back once, and only after a person has
// cancelled the order.

let pool: Pool;
let site: SandboxSite;

withMortalSite((opened) => {
  ({ pool, site } = opened);
});

const HOLD = { service: "orders", operation: "adminHoldFlag" };
const PLACE = { service: "orders", operation: "placeOrder" };
const LATE = { kind: "drop", commit: "later", afterMs: 600_000 };
const MONEY = ["reserve", "fill", "release"];
const PATIENCE_MS = 5 * 24 * 3_600_000;

/** A sale that was booked as an order: its lane, and a number of which the rest of it is made. */
type Sold = Readonly<{ lane: string; nr: number }>;

const chargeOf = ({ nr }: Sold) => `ch_order_${nr}`;
const rowOf = ({ nr }: Sold) => `txn_order_${nr}`;

async function aContext({ lane }: Sold, mortal = immortal()): Promise<RunContext> {
  const port = mortalPort<ErpConnector>(site.connector, mortal, MONEY);
  const orders = mortalPort<OrderConnector>(site.connector.orders, mortal, ["hold"]);
  const erp = new Proxy(port, {
    get: (of, name): unknown => (name === "orders" ? orders : Reflect.get(of, name)),
  });
  const settings = someSettings();
  const stripe = {} as StripePort;
  const made = await mortalContext(mortal, { pool, laneKey: lane, settings, erp, stripe });
  const note: RunContext["door"]["noteWait"] = ({ key }, wait) =>
    noteWait(made.pool, made.lane, { intentKey: key, wait });
  return { ...made, door: { ...made.door, noteWait: note, personWaitMaxMs: PATIENCE_MS } };
}

const total = money(10_000, "USD");
const line = { itemId: "WIDGET", quantity: "1", unitPrice: "100.00", amount: total };

function anOrder({ lane, nr }: Sold, key: string): OrderDraft {
  return {
    ...{ kind: "order", key, stripeId: lane, customerId: "C300", type: "SO", currency: "USD" },
    ...{ customerOrderNumber: `N${nr}`, orderDate: "2026-03-10", total, charges: [] },
    lines: [{ ...line, description: "Widget" }],
    ...{ shipTo: undefined, shipVia: "", email: "", note: "", userFields: {} },
  };
}

/** Places the order; a send whose answer is lost is followed by another one. */
async function placed(sold: Sold): Promise<string> {
  const { lane } = sold;
  return until("the order to be placed", async () => {
    const { door } = await aContext(sold);
    await door.store.load([lane]);
    const planned = await door.store.ensure<OrderDraft, OrderReceipt>(
      { object: lane, purpose: "order", part: "" },
      (key) => ({ draft: anOrder(sold, key), notes: [] }),
    );
    const rows = ({ orderNumber: slKey }: OrderReceipt) => {
      return { slTable: "SOHeader", slKey, links: [], owners: [] };
    };
    const done = await placeOrder(door, planned, { rows }).catch(() => undefined);
    await passHorizon(pool);
    return done?.receipt?.orderNumber;
  });
}

type Asked = Readonly<{ sold: Sold; reversal: Reversal; orderNumber: string }>;

/** An order over 100.00 that is let go, its prepayment, and the wish to take both back. */
async function aReversal(sold: Sold): Promise<Asked> {
  const { lane, nr } = sold;
  const orderNumber = await placed(sold);
  const { door, pair } = await aContext(sold);
  await door.store.load([lane, chargeOf(sold)]);
  await book(door, {
    ...{ object: chargeOf(sold), purpose: "payment", part: "" },
    owners: [{ rowId: rowOf(sold), part: "gross" }],
    make: (key) => {
      const payment = aPayment(nr, []);
      const of = { key, stripeId: chargeOf(sold), amount: total, salesOrder: orderNumber };
      return { draft: { ...payment, ...of, type: "PP" }, notes: [] };
    },
  });
  const lifting = await door.store.ensure(
    { object: lane, purpose: "order", part: HOLD_OFF },
    () => {
      return { draft: { orderNumber }, notes: [] };
    },
  );
  await liftHold(door, lifting as HoldIntent);
  await pool.query("update lane set owner = null, lease_until = null where key = $1", [lane]);
  const scope = await findScope(pool, { named: lane, pair: pair.id, all: false });
  const asking = { by: "maria", reason: "a test" };
  const plan = await planReversal({ pool, pair, ...asking, date: "2026-04-02" }, scope);
  const id = await withTransaction(pool, (tx) =>
    askReversal(tx, plan, { named: lane, rebook: false, ...asking }),
  );
  const { objects, dated, toReverse: documents } = plan;
  const askedAt = new Date();
  const reversal = { id, objects, documents, dated, rebook: false, askedAt, ...asking };
  return { sold, reversal: { ...reversal, state: "asked" }, orderNumber };
}

/** How a run of one process ends: dead where it died, or in words. */
async function runOnce({ sold, reversal }: Asked, mortal = immortal()): Promise<string> {
  const context = await aContext(sold, mortal);
  const end = await runReversal(context, reversal).catch((thrown: unknown) => {
    return thrown instanceof Error ? thrown.message : String(thrown);
  });
  await passHorizon(pool);
  return mortal.isDead ? "dead" : end;
}

async function dieAt(asked: Asked, at: string, death: Death): Promise<string> {
  return until(`a death at ${at}`, async () => {
    const mortal = new Mortal({ counts: (step) => step === at, death });
    const end = await runOnce(asked, mortal);
    if (mortal.isDead) return `${at} ${death}`;
    return end.startsWith("SL is busy") ? undefined : end;
  });
}

async function inSl({ sold, orderNumber }: Asked): Promise<string[]> {
  const orders = (await site.admin("GET", "/orders")) as Record<string, unknown>[];
  const order = orders.find(({ ordNbr }) => ordNbr === orderNumber);
  const state = order?.cancelled === true ? "cancelled" : order?.adminHold === true && "held";
  const rows = (await site.admin("GET", "/rows?table=ARDoc")) as Record<string, unknown>[];
  const isOwn = ({ User1 }: Record<string, unknown>) => String(User1).trim() === chargeOf(sold);
  const own = rows.filter((row) => isOwn(row) && row.Rlsed === 1);
  const texts = own.map(({ DocType, OrigDocAmt, DocBal }) => `${DocType} ${OrigDocAmt} ${DocBal}`);
  return [state || "open", ...texts.map((text) => text.replace(/\s+/g, " "))];
}

const cancel = (orderNumber: string) => site.admin("POST", `/orders/${orderNumber}/cancel`, {});

const pass = (ms: number) => site.admin("POST", "/clock", { action: "advance", ms });

test("an order and its money go back once though processes die at every step", async () => {
  const asked = await aReversal({ lane: "pi_order_killed", nr: 1 });
  const { sold, orderNumber } = asked;
  const died: string[] = [];

  for (const death of DEATHS) died.push(await dieAt(asked, "hold", death));
  // Each statement of the run until it waits is the last one of a process.
  let waited = "dead";
  for (let nth = 1; waited === "dead"; nth += 1) {
    const mortal = new Mortal({ counts: (step) => step === "query", nth, death: "after" });
    waited = await runOnce(asked, mortal);
  }
  const held = await inSl(asked);
  await cancel(orderNumber);
  for (const _batch of ["debit memo", "application"]) {
    for (const at of MONEY) {
      for (const death of DEATHS) died.push(await dieAt(asked, at, death));
    }
  }
  for (let nth = 1, end = "dead"; end === "dead"; nth += 1) {
    const mortal = new Mortal({ counts: (step) => step === "query", nth, death: "before" });
    end = await runOnce(asked, mortal);
  }

  expect(waited).toContain(`order ${orderNumber} of ${sold.lane}`);
  expect(waited).toContain("to be cancelled in Sales Orders (40.100)");
  expect(held).toEqual(["held", "PP 100 100"]);
  expect(died).toEqual([
    ...DEATHS.map((death) => `hold ${death}`),
    ...[1, 2].flatMap(() => MONEY.flatMap((at) => DEATHS.map((death) => `${at} ${death}`))),
  ]);
  expect(await inSl(asked)).toEqual(["cancelled", "PP 100 0", "DM 100 0"]);
  const { rows } = await pool.query(
    `select (select state from reversal where lane_key = $1) as state,
       (select count(*)::int from intent
        where object = $1 and purpose = 'order' and reversed_by is null) as standing,
       (select count(*)::int from former_owner where row_id = $2) as freed`,
    [sold.lane, rowOf(sold)],
  );
  expect(rows).toEqual([{ state: "reversed", standing: 0, freed: 1 }]);
});

test("a hold that takes effect late is sent again, and the order is waited for", async () => {
  const asked = await aReversal({ lane: "pi_held_late", nr: 2 });

  await site.fault(HOLD, LATE);
  const lost = await runOnce(asked);
  const between = await inSl(asked);
  const waiting = [await runOnce(asked), await inSl(asked)];
  await cancel(asked.orderNumber);
  await runOnce(asked);
  await pass(600_000);

  expect(lost).toMatch(/answer/);
  expect(between[0]).toBe("open");
  expect(waiting).toEqual([expect.stringContaining("to be cancelled"), ["held", "PP 100 100"]]);
  expect(await inSl(asked)).toEqual(["cancelled", "PP 100 0", "DM 100 0"]);
});

test("a second order that SL saved late is to be cancelled as well", async () => {
  await site.fault(PLACE, LATE);
  const asked = await aReversal({ lane: "pi_placed_late", nr: 3 });

  await runOnce(asked);
  await cancel(asked.orderNumber);
  await pass(600_000);
  const stopped = await runOnce(asked);
  const before = await inSl(asked);
  const late = /order (\w+) of the same sale/.exec(stopped)?.[1] ?? "";
  await cancel(late);
  await runOnce(asked);

  expect(before).toEqual(["cancelled", "PP 100 100"]);
  expect(late).not.toBe(asked.orderNumber);
  expect(await inSl(asked)).toEqual(["cancelled", "PP 100 0", "DM 100 0"]);
});
