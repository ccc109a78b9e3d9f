import { afterAll, beforeAll, expect, test } from "vitest";
import type { ProofAnswer } from "../../src/api/contract.ts";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { trimmed } from "./books.ts";
import { journalsIn, proofIn } from "./currency-books.ts";
import { foreseeing } from "./foreseeing.ts";
import { type Order, pay } from "./orders.ts";
import { reversing } from "./reversing.ts";
import { openFrom, periodAt } from "./sl-periods.ts";

// Clearing is an account of Cash Manager's (1095, the wash account 1099), which takes a line of the
// ledger inside its period alone, and the period of today is closed.

let world: World;
let order: Order;
let refund: string;

const TODAY = new Intl.DateTimeFormat("en-CA", { timeZone: "America/New_York" }).format(new Date());
const PERIOD = periodAt(1);
const NEXT = `${PERIOD.slice(0, 4)}-${PERIOD.slice(4)}-01`;

beforeAll(async () => {
  world = await openWorld({
    ...{ "clearing.cash-account": "yes", "accounts.wash": "1099/000000000000" },
    ...{ "credit-note.wait": 0, "journal-delay": 0 },
  });
  await world.stripeAdmin("/settings", { feePercent: "0", feeFixed: 0 });
  await openFrom(world, PERIOD);
  order = await pay(world, 10_000);
  await world.ended(order.id, ["booked"]);
});

afterAll(() => world.close());

const { reverse, untilIdle, watched } = reversing(() => world);
const { foresee } = foreseeing(() => world);

const dayOf = (row: Row | undefined) => trimmed(row?.TranDate).slice(0, 10);

/** The lines of the journals of a Stripe object: `1095 on 2026-04-01 in 202604`. */
async function linesOf(stripeId: string): Promise<string[]> {
  const batches = (await world.slRows("Batch")).filter(
    (row) => trimmed(row.Module) === "GL" && trimmed(row.User1) === stripeId && row.Rlsed === 1,
  );
  const numbers = batches.map(({ BatNbr }) => trimmed(BatNbr));
  const lines = (await world.slRows("GLTran")).filter(
    (line) => trimmed(line.Module) === "GL" && numbers.includes(trimmed(line.BatNbr)),
  );
  return lines
    .map((line) => `${trimmed(line.Acct)} on ${dayOf(line)} in ${trimmed(line.PerPost)}`)
    .sort();
}

const PROVEN = { isProven: true, difference: "0.00", findings: [] };

async function expectProven(): Promise<void> {
  expect(await proofIn(world, "USD")).toMatchObject(PROVEN);
  const path = `/api/pairs/${world.pair}/proof?month=${TODAY.slice(0, 7)}&currency=USD`;
  const [month] = (await world.api<ProofAnswer>(path)).proofs;
  expect(month).toMatchObject(PROVEN);
  // All of it is booked in the period after it.
  expect(month?.lines.at(-1)?.amount).toBe(month?.stripe.closing);
}

test("a line on clearing is dated into the open period, and proved on its true day", async () => {
  await world.stripeAdmin("/webhooks", { pause: true });
  refund = (await world.stripe.refunds.create({ charge: order.chargeIds[0] ?? "", amount: 2_500 }))
    .id;
  const { documents } = await foresee(order.id);
  await world.stripeAdmin("/webhooks", { pause: false });
  await until("the journal", async () => (await journalsIn(world, refund)).length === 1);
  await untilIdle(order.id);

  expect(await linesOf(refund)).toEqual([
    `1095 on ${NEXT} in ${PERIOD}`,
    `1099 on ${TODAY} in ${PERIOD}`,
  ]);
  expect(documents.find(({ purpose }) => purpose === "wash")?.notes).toContain(
    `Clearing dated ${NEXT}, inside ${PERIOD}.`,
  );
  const batch = (await world.slRows("Batch")).find(
    (row) => trimmed(row.Module) === "GL" && trimmed(row.User1) === refund,
  );
  expect(trimmed(batch?.User7).slice(0, 10)).toBe(TODAY);
  const line = (await world.slRows("GLTran")).find(
    (row) => trimmed(row.Acct) === "1095" && dayOf(row) === NEXT,
  );
  expect(trimmed(line?.TranDesc)).toContain(`Of ${TODAY}: `);
  await expectProven();
});

test("so is that of a journal that takes it back", async () => {
  await reverse(refund);
  await untilIdle(order.id);

  expect(await linesOf(refund)).toEqual([
    `1095 on ${NEXT} in ${PERIOD}`,
    `1095 on ${NEXT} in ${PERIOD}`,
    `1099 on ${TODAY} in ${PERIOD}`,
    `1099 on ${TODAY} in ${PERIOD}`,
  ]);
  expect(await proofIn(world, "USD")).toMatchObject({ difference: "0.00", findings: [] });
});

test("nobody finds anything changed in it", async () => {
  expect(await watched()).toEqual([]);
});
