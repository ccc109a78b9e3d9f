import { afterEach, beforeEach, expect, test } from "vitest";
import type { ProofAnswer, ProofOfCurrency } from "../../src/api/contract.ts";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { proofIn } from "./currency-books.ts";
import { dayAgo, daysAgo } from "./days-ago.ts";
import { pay } from "./orders.ts";

// Stripe's own report on the balance of a day that is over, beside the proof of that day.

const DAY = dayAgo(3);

let world: World;
const { at } = daysAgo(() => world);

beforeEach(async () => {
  world = await openWorld({ "stripe.events-since": dayAgo(6), "journal-delay": 0 });
  await at(3);
});

afterEach(() => world.close());

async function prove(): Promise<ProofOfCurrency> {
  const path = `/api/pairs/${world.pair}/proof?date=${DAY}&currency=USD`;
  const { proofs } = await world.api<ProofAnswer>(path);
  return proofs[0] as ProofOfCurrency;
}

/** The hub looks for reports when it starts: it asks for one, which is made by the next start. */
async function untilReported(): Promise<void> {
  for (const state of ["pending", "succeeded"]) {
    await world.restartHub();
    await until(`the report of ${DAY} to be ${state}`, async () => {
      const rows = await world.sql("select state from stripe_report where day = $1", [DAY]);
      return rows[0]?.state === state;
    });
    await world.stripeAdmin("/clock", { advanceMs: 3_000 });
  }
}

/** A sale whose money is on its way to the bank at the end of its day, which is proved. */
async function aDayWithPayout(): Promise<string> {
  const order = await pay(world, 10_000, { payment_method: "pm_card_bypassPending" });
  await world.ended(order.id, ["booked"]);
  await world.stripeAdmin("/payouts/now", {});
  await at(0);
  await proofIn(world, "USD");
  const path = `/api/pairs/${world.pair}/proof?date=${DAY}`;
  await until(`${DAY} to be proved`, async () => {
    const { proofs } = await world.api<ProofAnswer>(path);
    return proofs.every(({ isProven }) => isProven);
  });
  const [payout] = (await world.stripe.payouts.list()).data;
  return payout?.id ?? "";
}

test("Stripe's report counts a payout on arrival, and what it says otherwise differs", async () => {
  const payoutId = await aDayWithPayout();
  await untilReported();

  const { stripe, isProven, findings } = await prove();

  expect(stripe).toMatchObject({
    closing: "0.00",
    report: {
      ...{ ending: "96.80", held: "0.00", closing: "0.00" },
      underWay: [{ payoutId, amount: "-96.80" }],
    },
  });
  expect([isProven, findings]).toEqual([true, []]);
  await world.sql(`update stripe_report set endings = '{"USD": "9681"}'`);

  const differing = await prove();
  await world.set("stripe.reports", "off");
  const alone = await prove();

  expect(differing).toMatchObject({ isProven: false, difference: "0.00" });
  expect(differing.findings).toMatchObject([{ kind: "stripe-report", id: "USD" }]);
  const [words] = differing.findings.map((finding) => finding.words);
  expect(words).toContain("says 96.81, which is 0.01 as the balance counts");
  expect([alone.isProven, alone.stripe.report]).toEqual([true, null]);
});

test("a key that may run no reports leaves the proof to the other two ways", async () => {
  await world.stripeAdmin("/faults", { path: "/v1/reporting/*", action: "error", status: 403 });
  await aDayWithPayout();
  await world.restartHub();

  const asked = await until("the hub to ask for reports", async () => {
    const { faults } = await world.stripeAdmin<{ faults: { hits: number }[] }>("/faults");
    return faults.some(({ hits }) => hits > 0);
  });

  expect(asked).toBe(true);
  const { isProven, stripe } = await prove();
  expect([isProven, stripe.report]).toEqual([true, null]);
});
