import fc from "fast-check";
import { expect, it } from "vitest";
import { StripeError } from "../errors.ts";
import { answer, type RawAnswer } from "../http/pipeline.ts";
import { Agenda } from "../operations/agenda.ts";
import { closeDispute, openDispute, winDispute, withdrawDispute } from "../operations/disputes.ts";
import { dues } from "../operations/dues.ts";
import { returnIntent, settleIntent } from "../operations/intents.ts";
import { today } from "../operations/payout-days.ts";
import { failPayout, payOutAll } from "../operations/payouts.ts";
import { moveRefund } from "../operations/refunds.ts";
import { reverseTopup, settleTopup } from "../operations/topups.ts";
import { allRoutes } from "../routes/all.ts";
import type { Settings } from "../store/settings.ts";
import type { Row, Table } from "../store/table.ts";
import { World } from "../world.ts";

const KEY = "sk_test_property";
const METHODS = [
  "pm_card_visa",
  "pm_card_bypassPending",
  "pm_card_refundFail",
  "pm_card_pendingRefund",
  "pm_card_createDispute",
  "pm_card_createDisputeInquiry",
  "pm_usBankAccount_success",
  "pm_card_chargeDeclined",
];
const CURRENCIES = ["usd", "eur", "jpy", "gbp"];
const ENDS = ["failed", "canceled", "succeeded", "pending"] as const;

/** One request of the API, through its whole pipeline. */
function call(world: World, method: "GET" | "POST", url: string, params: object = {}): RawAnswer {
  const [, , , id = "", act = ""] = url.split("/");
  const path = id === "" ? url : url.replace(id, ":id");
  const route = allRoutes.find((one) => one.method === method && one.path === path);
  if (route === undefined) throw new Error(`no route ${method} ${path} ${act}`);
  const texts = Object.entries(params).map(([key, value]): [string, string] => [
    key,
    String(value),
  ]);
  const body = new URLSearchParams(texts).toString();
  const authorization = `Bearer ${KEY}`;
  const none = { apiVersion: undefined, idempotencyKey: undefined, query: "", part: "" };
  return answer(world, KEY, route, { method, path: url, body, id, authorization, ...none });
}

/** Some row of a table, by a number that comes from the sequence. */
function some<R extends Row>(table: Table<R>, pick: number): R | undefined {
  const rows = [...table.all()];
  return rows[pick % Math.max(rows.length, 1)];
}

type Act = (world: World, pick: number, amount: number) => void;

/** Acts that others hang on come more often than the rest. */
const OFTEN = ["pay", "pay", "pay", "refund", "refund", "moveRefund", "wait"];

/** What the admin routes do; what makes no sense at the moment is refused and changes nothing. */
function attempt(world: World, work: () => unknown): void {
  try {
    world.change(work);
  } catch (error) {
    if (!(error instanceof StripeError)) throw error;
  }
}

const ACTS: Record<string, Act> = {
  pay: (world, pick, amount) => {
    const currency = CURRENCIES[pick % CURRENCIES.length];
    const payment_method = METHODS[pick % METHODS.length];
    call(world, "POST", "/v1/payment_intents", { amount, currency, payment_method, confirm: true });
  },
  hold: (world, pick, amount) => {
    const held = { currency: "usd", payment_method: "pm_card_visa", capture_method: "manual" };
    call(world, "POST", "/v1/payment_intents", { ...held, amount: amount + pick, confirm: true });
  },
  capture: (world, pick, amount) => {
    const intent = some(world.tables.payment_intent, pick);
    const part = { amount_to_capture: amount };
    if (intent !== undefined) {
      call(world, "POST", `/v1/payment_intents/${intent.id}/capture`, part);
    }
  },
  settle: (world, pick) => {
    const intent = some(world.tables.payment_intent, pick);
    if (intent !== undefined) attempt(world, () => settleIntent(world, intent, pick % 3 > 0));
  },
  giveUp: (world, pick) => {
    const intent = some(world.tables.payment_intent, pick);
    if (intent !== undefined) attempt(world, () => returnIntent(world, intent));
  },
  refund: (world, pick, amount) => {
    const charge = some(world.tables.charge, pick);
    if (charge === undefined) return;
    const part = pick % 4 === 0 ? {} : { amount: (amount % charge.amount) + 1 };
    call(world, "POST", "/v1/refunds", { charge: charge.id, ...part });
  },
  moveRefund: (world, pick, amount) => {
    const refund = some(world.tables.refund, pick);
    const status = ENDS[amount % ENDS.length] ?? "failed";
    if (refund !== undefined) attempt(world, () => moveRefund(world, refund, { status }));
  },
  dispute: (world, pick, amount) => {
    const charge = some(world.tables.charge, pick);
    const given = { amount, isInquiry: pick % 3 === 0, isPrevented: pick % 7 === 0 };
    if (charge !== undefined) attempt(world, () => openDispute(world, charge, given));
  },
  endDispute: (world, pick, amount) => {
    const dispute = some(world.tables.dispute, pick);
    if (dispute === undefined) return;
    const money = { amount, fee: -(amount % 1500) };
    if (amount % 3 === 0) attempt(world, () => winDispute(world, dispute, money));
    else if (amount % 3 === 1) attempt(world, () => closeDispute(world, dispute, "lost"));
    else attempt(world, () => withdrawDispute(world, dispute, money));
  },
  payOut: (world, pick, amount) => {
    const method = pick % 2 === 0 ? "instant" : "standard";
    call(world, "POST", "/v1/payouts", { amount, currency: CURRENCIES[pick % 2], method });
  },
  payOutNow: (world) => attempt(world, () => payOutAll(world)),
  cancelPayout: (world, pick) => {
    const payout = some(world.tables.payout, pick);
    const act = pick % 2 === 0 ? "cancel" : "reverse";
    if (payout !== undefined) call(world, "POST", `/v1/payouts/${payout.id}/${act}`);
  },
  failPayout: (world, pick) => {
    const payout = some(world.tables.payout, pick);
    if (payout !== undefined) attempt(world, () => failPayout(world, payout, {}));
  },
  topUp: (world, _pick, amount) => {
    call(world, "POST", "/v1/topups", { amount, currency: "usd" });
  },
  endTopUp: (world, pick) => {
    const topup = some(world.tables.topup, pick);
    if (topup === undefined) return;
    const failure = pick % 3 === 0 ? "no_account" : undefined;
    if (topup.status === "succeeded") attempt(world, () => reverseTopup(world, topup));
    else attempt(world, () => settleTopup(world, topup, failure));
  },
  rate: (world, _pick, amount) => {
    const rates = { ...world.settings.rates, gbp: `1.${amount}`, jpy: `0.00${amount}` };
    attempt(world, () => world.tables.settings.put({ ...world.settings, rates }));
  },
  wait: (world, pick, amount) => world.clock.advance(amount * 1000 * (pick + 1)),
};

/** The balance as its rows add up, read one by one. */
function addedUp(world: World): Record<string, [available: number, pending: number]> {
  const sums: Record<string, [number, number]> = { eur: [0, 0], usd: [0, 0] };
  for (const row of world.tables.balance_transaction.all()) {
    const sum = sums[row.currency] ?? [0, 0];
    sum[row.available_on <= world.nowSeconds() ? 0 : 1] += row.amount - row.fee;
    sums[row.currency] = sum;
  }
  return sums;
}

type Shown = Record<"available" | "pending", { amount: number; currency: string }[]>;

function shownBalance(world: World): Record<string, (number | undefined)[]> {
  const { available, pending } = JSON.parse(call(world, "GET", "/v1/balance").body) as Shown;
  return Object.fromEntries(
    available.map(({ currency, amount }) => [
      currency,
      [amount, pending.find((one) => one.currency === currency)?.amount],
    ]),
  );
}

/** Every row with the objects that name it as theirs; there must be exactly one. */
function ownersOf(world: World): Map<string, string[]> {
  const { tables } = world;
  const owners = new Map([...tables.balance_transaction.all()].map((row) => [row.id, [""]]));
  for (const key of owners.keys()) owners.set(key, []);
  const own = (row: string | null | undefined, by: string) => {
    if (row != null) owners.get(row)?.push(by);
  };
  for (const name of ["charge", "refund", "payout"] as const) {
    for (const row of tables[name].all()) {
      own(row.balance_transaction, row.id);
      own(row.failure_balance_transaction, row.id);
    }
  }
  for (const row of tables.topup.all()) {
    own(row.balance_transaction, row.id);
    const [, back] = tables.balance_transaction.by("source", row.id);
    if (row.status === "reversed") own(back?.id, row.id);
  }
  for (const { id } of tables.dispute.all()) {
    for (const row of tables.balance_transaction.by("source", id)) own(row.id, id);
  }
  return owners;
}

function checkCharges(world: World): void {
  for (const charge of world.tables.charge.all()) {
    const refunds = world.tables.refund.by("charge", charge.id);
    const standing = refunds.filter(({ status }) => status !== "failed" && status !== "canceled");
    const refunded = standing.reduce((so, refund) => so + refund.amount, 0);
    const isReleased = charge.status === "succeeded" && !charge.captured;
    if (!isReleased) expect(charge.amount_refunded).toBe(refunded);
    expect(charge.amount_refunded).toBeLessThanOrEqual(charge.amount);
  }
  for (const refund of world.tables.refund.all()) {
    const rows = world.tables.balance_transaction.by("source", refund.id);
    const moved = rows.reduce((so, row) => so + row.net, 0);
    if (refund.status === "failed" || refund.status === "canceled") expect(moved).toBe(0);
    else expect(rows).toHaveLength(1);
  }
}

function checkPayouts(world: World): void {
  for (const payout of world.tables.payout.all()) {
    const rows = world.tables.balance_transaction.by("payout", payout.id);
    expect(rows.reduce((so, row) => so + row.net, 0)).toBe(0);
    expect(rows.length > 0).toBe(payout.automatic);
  }
}

/** Two balances, paid out at each midnight. */
function accountOf(world: World): Partial<Settings> {
  const settlementCurrencies = ["usd", "eur"];
  return { settlementCurrencies, payoutSchedule: "daily", paidOutDay: today(world) };
}

it("any sequence of acts leaves a balance that is the sum of its rows", () => {
  const step = fc.record({
    act: fc.constantFrom(...Object.keys(ACTS), ...OFTEN),
    pick: fc.nat({ max: 999 }),
    amount: fc.integer({ min: 1, max: 99_999 }),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 15, maxLength: 60, size: "max" }), (steps) => {
      const world = new World(undefined);
      world.clock.freeze();
      const agenda = new Agenda(world, dues);
      world.change(() => world.tables.settings.put({ ...world.settings, ...accountOf(world) }));
      agenda.rearm();
      for (const { act, pick, amount } of steps) ACTS[act]?.(world, pick, amount);

      expect(shownBalance(world)).toEqual(addedUp(world));
      for (const by of ownersOf(world).values()) expect(by).toHaveLength(1);
      checkCharges(world);
      checkPayouts(world);
      world.store.restore(world.store.snapshot());
      expect(shownBalance(world)).toEqual(addedUp(world));
      world.clock.close();
    }),
    { numRuns: 40 },
  );
});
