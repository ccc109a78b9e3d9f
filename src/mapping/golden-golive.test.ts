import fc from "fast-check";
import { expect, test } from "vitest";
import { money, toDecimal } from "../base/money.ts";
import type { Dispute } from "../canonical/dispute.ts";
import type { Payout } from "../canonical/payout.ts";
import type { PairSettings } from "../config/index.ts";
import type { JournalDraft } from "../erp/port.ts";
import {
  isOpenedInSeveral,
  mapOpening,
  type OpeningEntry,
  openingOfBalance,
  openingOfDispute,
  openingOfPayout,
  planLegs,
} from "./index.ts";
import { someSettings, usd } from "./testing/builders.ts";
import { aPayout, aPayoutRow } from "./testing/payouts.ts";

// The example of the booking rules, section 17, about going live, and what straddles a start.

const START = "2026-03-01";
const ACCOUNTS: Readonly<Record<string, string>> = {
  ...{ clearing: "1095/0", transit: "1090/0", bank: "1010/0" },
  ...{ opening: "3100/0", "dispute-receivable": "1250/0" },
};

function settingsOf(change: Readonly<Record<string, unknown>> = {}): PairSettings {
  return someSettings({
    "accounts.clearing": { USD: ACCOUNTS.clearing },
    "accounts.transit": { USD: ACCOUNTS.transit },
    "accounts.bank": { USD: ACCOUNTS.bank },
    "accounts.opening": ACCOUNTS.opening,
    "accounts.dispute-receivable": ACCOUNTS["dispute-receivable"],
    start: START,
    ...change,
  });
}

const settings = settingsOf();

type Side = Pick<JournalDraft["lines"][number], "account" | "side" | "amount">;

function roleOf({ account, subaccount }: Side["account"]): string {
  const written = `${account}/${subaccount}`;
  return Object.entries(ACCOUNTS).find(([, known]) => known === written)?.[0] ?? written;
}

function golden(entry: OpeningEntry | undefined): string {
  if (entry === undefined) return "nothing";
  const context = { settings, key: "K".repeat(26), period: "202603", slDecimals: 2 };
  const { draft } = mapOpening(entry, context);
  const lines = draft.lines.map(({ side, account, amount }) => {
    return `${side === "debit" ? "Dr" : "Cr"} ${roleOf(account)} ${toDecimal(amount)}`;
  });
  return `${draft.documentDate} ${lines.join(" | ")}`;
}

/** Made at noon of a day in New York, arriving on another. */
function payoutOf(made: string, arrives: string, change: Partial<Payout> = {}): Payout {
  return aPayout({
    amount: usd(40_000),
    row: aPayoutRow(made, -40_000),
    arrivesAt: new Date(`${arrives}T00:00:00Z`),
    ...change,
  });
}

const legsOf = (payout: Payout, isOpened = true, pair = settings) =>
  planLegs(payout, { settings: pair, booked: { isOpened } }).map(
    ({ date, debit, credit, amount }) => {
      const size = toDecimal(amount);
      return `${date} Dr ${roleOf(debit)} ${size} | Cr ${roleOf(credit)} ${size}`;
    },
  );

test("G44 the balance and a payout on its way open the books, and the payout arrives", () => {
  const payout = payoutOf("2026-02-27", "2026-03-02");

  expect(golden(openingOfBalance(usd(123_456)))).toBe(
    "2026-03-01 Dr clearing 1234.56 | Cr opening 1234.56",
  );
  expect(golden(openingOfPayout(payout, settings))).toBe(
    "2026-03-01 Dr transit 400.00 | Cr opening 400.00",
  );
  expect(legsOf(payout)).toEqual(["2026-03-02 Dr bank 400.00 | Cr transit 400.00"]);
});

test("a balance below zero opens with its sides swapped, and one of nothing opens nothing", () => {
  expect(golden(openingOfBalance(usd(-500)))).toBe("2026-03-01 Dr opening 5.00 | Cr clearing 5.00");
  expect(golden(openingOfBalance(usd(0)))).toBe("nothing");
});

const failedOn = (day: string) => aPayoutRow(day, 40_000, { id: "txn_2" });
const failed = { state: "undone", status: "failed" } as const;

test.each([
  ["one that had arrived", payoutOf("2026-02-25", "2026-02-27")],
  [
    "one that failed before",
    payoutOf("2026-02-25", "2026-03-02", {
      ...failed,
      undone: failedOn("2026-02-26"),
    }),
  ],
  ["one that was made on the first day", payoutOf("2026-03-01", "2026-03-03")],
])("%s stood in transit at no start", (_what, payout) => {
  expect(openingOfPayout(payout, settings)).toBeUndefined();
});

test("a negative payout under way at the start opens transit on the other side", () => {
  const row = aPayoutRow("2026-02-27", 5_000);
  const payout = payoutOf("2026-02-27", "2026-03-02", { amount: usd(-5_000), row });

  expect(golden(openingOfPayout(payout, settings))).toBe(
    "2026-03-01 Dr opening 50.00 | Cr transit 50.00",
  );
  expect(legsOf(payout)).toEqual(["2026-03-02 Dr transit 50.00 | Cr bank 50.00"]);
});

test("a payout of before the start that fails after it comes back from where it was", () => {
  const undone = failedOn("2026-03-04");
  const arrived = payoutOf("2026-02-24", "2026-02-26", { ...failed, undone });
  const onItsWay = payoutOf("2026-02-27", "2026-03-03", { ...failed, undone });

  expect(legsOf(arrived, false)).toEqual(["2026-03-04 Dr clearing 400.00 | Cr bank 400.00"]);
  expect(legsOf(onItsWay)).toEqual(["2026-03-04 Dr clearing 400.00 | Cr transit 400.00"]);
  expect(golden(openingOfPayout(onItsWay, settings))).toContain("Dr transit 400.00");
  expect(openingOfPayout(arrived, settings)).toBeUndefined();
});

test("a late payout that was opened arrives no earlier than that, or fails from transit", () => {
  const late = { status: "in_transit", state: "under-way" } as const;
  const onItsWay = payoutOf("2026-02-25", "2026-02-27", late);
  const failing = { ...onItsWay, ...failed, undone: failedOn("2026-03-03") };

  expect(golden(openingOfPayout(onItsWay, settings))).toContain("Dr transit 400.00");
  expect(legsOf({ ...onItsWay, status: "paid", state: "arrived" })).toEqual([
    "2026-03-01 Dr bank 400.00 | Cr transit 400.00",
  ]);
  expect(legsOf(failing)).toEqual(["2026-03-03 Dr clearing 400.00 | Cr transit 400.00"]);
  expect(legsOf(failing, false)).toEqual(["2026-03-03 Dr clearing 400.00 | Cr bank 400.00"]);
});

test("a top-up that had succeeded opens nothing, also where Stripe names no arrival", () => {
  const row = aPayoutRow("2026-02-01", 40_000, { category: "topup", type: "topup" });
  const topup = aPayout({ kind: "topup", amount: usd(40_000), row, arrivesAt: undefined });
  const pending = { ...topup, status: "pending", state: "under-way" } as const;
  const undone = aPayoutRow("2026-03-04", -40_000, { id: "txn_2" });
  const reversed = { ...topup, status: "reversed", state: "undone", undone } as const;

  expect(openingOfPayout({ ...topup, status: "succeeded" }, settings)).toBeUndefined();
  expect(openingOfPayout(reversed, settings)).toBeUndefined();
  expect(legsOf(reversed, false)).toEqual(["2026-03-04 Dr bank 400.00 | Cr clearing 400.00"]);
  expect(golden(openingOfPayout(pending, settings))).toContain("Cr transit 400.00");
});

test("without an opening entry the arrival of an earlier payout is left alone", () => {
  expect(legsOf(payoutOf("2026-02-27", "2026-03-02"), false)).toEqual([]);
});

test("with payout.transit: off nothing opens, and nothing arrives twice", () => {
  const direct = settingsOf({ "payout.transit": "off" });
  const payout = payoutOf("2026-02-27", "2026-03-02");

  expect(openingOfPayout(payout, direct)).toBeUndefined();
  expect(legsOf(payout, true, direct)).toEqual([]);
});

function disputeOf(rows: readonly (readonly [day: string, minor: number])[]): Dispute {
  return {
    ...{ disputeId: "dp_1", chargeId: "ch_1", paymentIntentId: "pi_1", amount: usd(10_000) },
    ...{ status: "needs_response", reason: "", networkReasonCode: "", hasEvidence: false },
    ...{ openedAt: new Date("2026-02-10T16:00:00Z"), evidenceDueAt: undefined, metadata: {} },
    livemode: false,
    rows: rows.map(([day, minor], at) => {
      const category = minor < 0 ? "dispute" : "dispute_reversal";
      return aPayoutRow(day, minor, { id: `txn_${at}`, category, sourceId: "dp_1" });
    }),
  };
}

test("an open dispute opens its receivable with what its rows held at the start", () => {
  const dispute = disputeOf([
    ["2026-02-10", -10_000],
    ["2026-02-20", 2_500],
    ["2026-03-04", 7_500],
  ]);
  const lost = [{ status: "lost", at: new Date("2026-02-28T16:00:00Z") }];

  expect(golden(openingOfDispute(dispute, [], settings))).toBe(
    "2026-03-01 Dr dispute-receivable 75.00 | Cr opening 75.00",
  );
  expect(openingOfDispute(dispute, lost, settings)).toBeUndefined();
  const lostLater = [{ status: "lost", at: new Date("2026-03-02T16:00:00Z") }];
  expect(openingOfDispute(dispute, lostLater, settings)?.amount).toEqual(usd(7_500));
  expect(openingOfDispute(disputeOf([["2026-03-01", -10_000]]), [], settings)).toBeUndefined();
});

test("no sum tells what rows of two currencies held of a dispute at the start", () => {
  const backIn = (currency: string, day: string) => {
    const { rows, ...dispute } = disputeOf([
      ["2026-02-10", -10_831],
      [day, 10_000],
    ]);
    const gross = money(10_000, currency);
    return { ...dispute, rows: rows.map((row, at) => (at === 0 ? row : { ...row, gross })) };
  };

  expect(isOpenedInSeveral(backIn("EUR", "2026-02-20"), settings)).toBe(true);
  expect(isOpenedInSeveral(backIn("USD", "2026-02-20"), settings)).toBe(false);
  expect(isOpenedInSeveral(backIn("EUR", "2026-03-04"), settings)).toBe(false);
});

test("under another policy a dispute stands among what customers owe, and opens nothing", () => {
  const pair = settingsOf({ "dispute.policy": "customer" });

  expect(openingOfDispute(disputeOf([["2026-02-10", -10_000]]), [], pair)).toBeUndefined();
});

test("whatever a payout does and when, opening and later legs leave nothing in transit", () => {
  const day = fc.integer({ min: 1, max: 40 }).map((n) => {
    return new Date(Date.UTC(2026, 1, 8 + n)).toISOString().slice(0, 10);
  });
  const ways = fc.constantFrom("arrives", "fails", "fails after arrival");
  fc.assert(
    fc.property(fc.tuple(day, day, day), ways, (days, way) => {
      const [made = "", arrives = "", back = ""] = days.toSorted();
      const isBack = way !== "arrives";
      const undone = isBack ? failedOn(way === "fails" ? arrives : back) : undefined;
      const arrival = way === "fails" ? back : arrives;
      const payout = payoutOf(made, arrival, { ...(isBack ? failed : {}), undone });
      const opening = openingOfPayout(payout, settings);
      const bank = { account: "1010", subaccount: "0" };
      const wasBanked = way === "fails after arrival" && arrival >= START;
      const booked = { isOpened: opening !== undefined, ...(wasBanked ? { in: bank } : {}) };
      const legs = planLegs(payout, { settings, booked });

      const moved = legs.reduce((so, { debit, credit, amount }) => {
        const sign = Number(roleOf(debit) === "transit") - Number(roleOf(credit) === "transit");
        return so + BigInt(sign) * amount.minor;
      }, opening?.amount.minor ?? 0n);
      const isOnItsWay = legs.length === 0 && opening !== undefined;
      expect(isOnItsWay ? 0n : moved).toBe(0n);
    }),
  );
});
