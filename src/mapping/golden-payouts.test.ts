import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Payout } from "../canonical/payout.ts";
import type { FiscalCalendar, JournalDraft } from "../erp/port.ts";
import { type BookedLegs, choosePeriod, mapLeg, planLegs } from "./index.ts";
import { usd } from "./testing/builders.ts";
import { MONTHS } from "./testing/ledger-rows.ts";
import {
  aPayout,
  aPayoutRow,
  balancesOf,
  goldenLine,
  minorUsd,
  payoutSettings,
} from "./testing/payouts.ts";

// The examples of the booking rules, section 17, about payouts: 1095 clearing, 1090 transit, 1010
// bank.

const settings = payoutSettings();

const openFrom = (firstOpen = "202601"): FiscalCalendar => ({
  ...MONTHS,
  ...{ firstOpenReceivables: firstOpen, firstOpenLedger: firstOpen },
});

type How = Readonly<{ booked?: BookedLegs; firstOpen?: string; transit?: "on" | "off" }>;

function draftsOf(payout: Payout, how: How = {}): readonly JournalDraft[] {
  const { booked = {}, firstOpen, transit } = how;
  const pair = payoutSettings(transit);
  return planLegs(payout, { settings: pair, booked }).map((leg) => {
    const open = openFrom(firstOpen);
    const chosen = choosePeriod(leg.date, open, "next-open");
    const key = "K".repeat(26);
    return mapLeg(payout, leg, { settings: pair, key, chosen, calendar: open, slDecimals: 2 })
      .draft;
  });
}

const golden = (payout: Payout, how: How = {}) => draftsOf(payout, how).map(goldenLine);
const arrivedAt = { in: { account: "1010", subaccount: "0" } };

test("G35 an automatic payout over a month end hits each month on its own day", () => {
  const drafts = draftsOf(aPayout());

  expect(drafts.map(goldenLine)).toEqual([
    "2026-03-30 Dr transit 1000.00 | Cr clearing 1000.00",
    "2026-04-01 Dr bank 1000.00 | Cr transit 1000.00",
  ]);
  expect(drafts.map(({ period }) => period)).toEqual(["202603", "202604"]);
});

test("G36 a payout that fails after it was paid comes back from the bank", () => {
  const undone = aPayoutRow("2026-04-06", 100_000, { id: "txn_2", category: "payout_reversal" });
  const payout = aPayout({ status: "failed", state: "undone", undone });

  expect(golden(payout, { booked: arrivedAt })).toEqual([
    "2026-03-30 Dr transit 1000.00 | Cr clearing 1000.00",
    "2026-04-01 Dr bank 1000.00 | Cr transit 1000.00",
    "2026-04-06 Dr clearing 1000.00 | Cr bank 1000.00",
  ]);
});

test("G37 a payout cancelled before it was paid comes back from transit", () => {
  const payout = aPayout({
    amount: usd(40_000),
    status: "canceled",
    state: "undone",
    row: aPayoutRow("2026-04-02", -40_000),
    undone: aPayoutRow("2026-04-02", 40_000, { id: "txn_2" }),
  });

  expect(golden(payout)).toEqual([
    "2026-04-02 Dr transit 400.00 | Cr clearing 400.00",
    "2026-04-02 Dr clearing 400.00 | Cr transit 400.00",
  ]);
});

test("G38 a negative payout has its sides swapped", () => {
  const payout = aPayout({
    amount: usd(-5_000),
    arrivesAt: new Date("2026-04-06T00:00:00Z"),
    row: aPayoutRow("2026-04-03", 5_000),
  });

  expect(golden(payout)).toEqual([
    "2026-04-03 Dr clearing 50.00 | Cr transit 50.00",
    "2026-04-06 Dr transit 50.00 | Cr bank 50.00",
  ]);
});

test("G39 an instant payout is booked without its fee, which is the fee journal's", () => {
  const payout = aPayout({
    amount: usd(50_000),
    method: "instant",
    isAutomatic: false,
    arrivesAt: new Date("2026-04-04T16:30:00Z"),
    row: aPayoutRow("2026-04-04", -50_000, { fee: usd(500), net: usd(-50_500) }),
  });

  expect(golden(payout)).toEqual([
    "2026-04-04 Dr transit 500.00 | Cr clearing 500.00",
    "2026-04-04 Dr bank 500.00 | Cr transit 500.00",
  ]);
});

test("G40 a top-up is the mirror of a payout, and so is its reversal", () => {
  const topup = aPayout({
    kind: "topup",
    id: "tu_1",
    amount: usd(200_000),
    status: "reversed",
    state: "undone",
    arrivesAt: new Date("2026-04-08T00:00:00Z"),
    row: aPayoutRow("2026-04-07", 200_000, { category: "topup" }),
    undone: aPayoutRow("2026-04-10", -200_000, { id: "txn_2", category: "topup_reversal" }),
  });

  expect(golden(topup, { booked: arrivedAt })).toEqual([
    "2026-04-07 Dr clearing 2000.00 | Cr transit 2000.00",
    "2026-04-08 Dr transit 2000.00 | Cr bank 2000.00",
    "2026-04-10 Dr bank 2000.00 | Cr clearing 2000.00",
  ]);
});

describe("without transit", () => {
  test("a payout is a journal on the day the balance falls, and comes back from the bank", () => {
    const undone = aPayoutRow("2026-04-06", 100_000, { id: "txn_2" });

    expect(golden(aPayout(), { transit: "off" })).toEqual([
      "2026-03-30 Dr bank 1000.00 | Cr clearing 1000.00",
    ]);
    expect(golden(aPayout({ state: "undone", undone }), { transit: "off" })[1]).toBe(
      "2026-04-06 Dr clearing 1000.00 | Cr bank 1000.00",
    );
  });

  test("money that stands in transit already still arrives", () => {
    const booked = { out: { account: "1090", subaccount: "0" } };

    expect(golden(aPayout(), { transit: "off", booked })[1]).toBe(
      "2026-04-01 Dr bank 1000.00 | Cr transit 1000.00",
    );
  });

  test.each([
    ["by its role", { role: "bank" }, "on"],
    ["by today's setting where its journal kept no role", {}, "off"],
  ] as const)(
    "money at a bank that is another one by now stays there, %s",
    (_how, role, transit) => {
      const booked = { out: { account: "1011", subaccount: "0", ...role } };
      const undone = aPayoutRow("2026-04-06", 100_000, { id: "txn_2" });

      expect(golden(aPayout(), { transit, booked })).toEqual([
        "2026-03-30 Dr 1011/0 1000.00 | Cr clearing 1000.00",
      ]);
      expect(golden(aPayout({ state: "undone", undone }), { transit, booked })[1]).toBe(
        "2026-04-06 Dr clearing 1000.00 | Cr 1011/0 1000.00",
      );
    },
  );

  test("each line keeps what its account stands for, and no account does", () => {
    const lines = draftsOf(aPayout(), { transit: "off" }).flatMap((draft) => draft.lines);

    expect(lines.map(({ role }) => role)).toEqual(["bank", "clearing"]);
    expect(lines.map(({ account }) => Object.keys(account))).toEqual([
      ["account", "subaccount"],
      ["account", "subaccount"],
    ]);
  });
});

describe("a closed period", () => {
  test("takes the bank's line into the open one, and keeps the true date beside it", () => {
    const [, arrived] = draftsOf(aPayout(), { firstOpen: "202605" });

    expect(arrived).toMatchObject({
      period: "202605",
      documentDate: "2026-04-01",
      userFields: { User7: "2026-04-01" },
      description: "Payout arrived of 2026-04-01",
    });
    expect(arrived?.lines.map(({ date }) => date)).toEqual(["2026-05-01", "2026-04-01"]);
  });

  test("leaves the dates of clearing and transit alone", () => {
    const [sent] = draftsOf(aPayout(), { firstOpen: "202605" });

    expect(sent).toMatchObject({ period: "202605", description: "Payout sent" });
    expect(sent?.userFields).toEqual({});
    expect(sent?.lines.map(({ date }) => date)).toEqual(["2026-03-30", "2026-03-30"]);
  });
});

describe("a payout is refused", () => {
  test.each([
    ["whose row moves another amount", { row: aPayoutRow("2026-03-30", -99_999) }],
    [
      "that came back in part",
      { undone: aPayoutRow("2026-04-06", 99_999), state: "undone" as const },
    ],
    ["whose row has the sign of a top-up", { row: aPayoutRow("2026-03-30", 100_000) }],
  ])("%s", (_case, change) => {
    expect(() => planLegs(aPayout(change), { settings, booked: {} })).toThrow(
      expect.objectContaining({ code: "mapping.amount_out_of_range" }) as Error,
    );
  });

  test("without an account to go to, by the setting's name", () => {
    const bare = { ...settings, accounts: { ...settings.accounts, transit: {} } };

    expect(() => planLegs(aPayout(), { settings: bare, booked: {} })).toThrow(
      "accounts.transit.USD is not set",
    );
  });
});

test("a payout without its row books nothing", () => {
  expect(draftsOf(aPayout({ row: undefined }))).toEqual([]);
});

test("a bank's number that fits stands on the lines, a longer one in the note alone", () => {
  const [short] = draftsOf(aPayout({ traceId: "012345678901234" }));
  const [long] = draftsOf(aPayout({ traceId: "01234567890123456" }));

  expect(short?.lines[0]?.reference).toBe("012345678901234");
  expect(long?.lines[0]?.reference).toBe("");
  expect(long?.note).toContain("01234567890123456");
});

test("whatever becomes of it, transit ends empty and clearing moves with the balance", () => {
  const fate = fc.constantFrom("arrived", "undone", "undone after arrival");
  const minor = fc.bigInt({ min: -(10n ** 11n), max: 10n ** 11n }).filter((one) => one !== 0n);
  const days = fc.tuple(fc.integer({ min: 1, max: 28 }), fc.integer({ min: 1, max: 28 }));

  const property = fc.property(
    fate,
    minor,
    days,
    fc.constantFrom("on", "off"),
    (end, n, [a, b], transit) => {
      const at = (day: number) => `2026-03-${String(day).padStart(2, "0")}`;
      const row = { ...aPayoutRow(at(a), 0), gross: minorUsd(-n) };
      const undone = { ...aPayoutRow(at(b), 0, { id: "txn_2" }), gross: minorUsd(n) };
      const isUndone = end !== "arrived";
      const payout = aPayout({
        amount: minorUsd(n),
        row,
        arrivesAt: new Date(`${at(b)}T00:00:00Z`),
        ...(isUndone ? { state: "undone" as const, undone } : {}),
      });
      const booked = end === "undone after arrival" && transit === "on" ? arrivedAt : {};

      const balances = balancesOf(draftsOf(payout, { booked, transit }));

      expect(balances.transit).toBe(0n);
      expect(balances.clearing).toBe(isUndone ? 0n : -n);
      expect(balances.bank).toBe(isUndone ? 0n : n);
    },
  );

  fc.assert(property, { numRuns: 60 });
});
