import fc from "fast-check";
import { expect, test } from "vitest";
import type { JournalDraft } from "../../erp/port.ts";
import { takesFee } from "../../ledger/index.ts";
import {
  bookingZone,
  documentDate,
  type JournalPart,
  mapDayJournal,
  periodOf,
} from "../../mapping/index.ts";
import { someSettings } from "../../mapping/testing/builders.ts";
import { aLedgerRow, entriesOfJournal, MONTHS } from "../../mapping/testing/ledger-rows.ts";
import { slotOf } from "./day-plan.ts";

const settings = someSettings({
  ...{ fees: "per-payout", "fees-wait": 7, "accounts.suspense": "2900/000000000000" },
  "accounts.fee": { stripe: "6100/000000000000", tax: "6103/000000000000" },
});
const DAY_MS = 86_400_000;
const FIRST_MS = Date.parse("2026-11-20T00:00:00Z");

const dateOf = ({ row }: JournalPart) => documentDate(row.created, bookingZone(settings));
const dayName = (part: JournalPart) => `day:${dateOf(part)}`;

/** The journal of a part by the rule: that of its payout and period, else that of its day. */
function journalName(part: JournalPart, payouts: ReadonlyMap<string, string>): string {
  const madeAt = payouts.get(part.row.id);
  const isTaken = madeAt !== undefined && takesFee(new Date(madeAt), part.row.created, settings);
  return isTaken ? `po_${madeAt} ${slotOf(part, settings, MONTHS)}` : dayName(part);
}

function journalsOf(parts: readonly JournalPart[], nameOf: (part: JournalPart) => string) {
  const groups = [...Map.groupBy(parts, nameOf).values()];
  return groups.map((group) => {
    const period = periodOf(dateOf(group[0] as JournalPart), MONTHS);
    const of = { settings, purpose: "fee", object: "po_1", key: "K", period } as const;
    return { group, draft: mapDayJournal(group, of).draft };
  });
}

/** Debits less credits, by account, period and day. */
function sumsOf(drafts: readonly JournalDraft[]): Record<string, bigint> {
  const sums: Record<string, bigint> = {};
  for (const { period, lines } of drafts) {
    for (const { account, side, amount, date } of lines) {
      const name = `${account.account} ${period} ${date} ${side}`;
      // What cancels on clearing is no line; a debit and a credit of one day are one balance there.
      const key = account.account === "1095" ? name.replace(/ (debit|credit)$/, "") : name;
      const minor = key === name || side === "debit" ? amount.minor : -amount.minor;
      sums[key] = (sums[key] ?? 0n) + minor;
    }
  }
  return Object.fromEntries(Object.entries(sums).filter(([, minor]) => minor !== 0n));
}

const someParts = fc
  .array(
    fc.record({
      atMs: fc.integer({ min: 0, max: 60 * DAY_MS }),
      fee: fc.integer({ min: -500, max: 900 }).filter((fee) => fee !== 0),
      type: fc.constantFrom("stripe_fee", "tax", "new"),
      payoutAfterMs: fc.option(fc.integer({ min: 0, max: 20 * DAY_MS }), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((all) =>
    all.map(({ atMs, fee, type, payoutAfterMs }, nr) => {
      const created = new Date(FIRST_MS + atMs);
      const row = aLedgerRow({ id: `txn_${nr}`, created, fees: { [type]: fee } });
      // Payouts are made once a day, so that many rows share one.
      const after = payoutAfterMs === undefined ? undefined : atMs + payoutAfterMs;
      const day = after === undefined ? undefined : Math.ceil(after / DAY_MS) * DAY_MS;
      const madeAt = day === undefined ? undefined : new Date(FIRST_MS + day).toISOString();
      return { part: { row, part: "fee" } as const, madeAt };
    }),
  );

test("whatever payouts take along, accounts have by period and day what they have by day", () => {
  fc.assert(
    fc.property(someParts, (all) => {
      const parts = all.map(({ part }) => part);
      const payouts = new Map(
        all.flatMap(({ part, madeAt }) => (madeAt ? [[part.row.id, madeAt] as const] : [])),
      );

      const byDay = journalsOf(parts, dayName);
      const byPayout = journalsOf(parts, (part) => journalName(part, payouts));

      expect(sumsOf(byPayout.map(({ draft }) => draft))).toEqual(
        sumsOf(byDay.map(({ draft }) => draft)),
      );
      expect(byPayout.flatMap(({ group }) => group.map(({ row }) => row.id)).sort()).toEqual(
        parts.map(({ row }) => row.id).sort(),
      );
    }),
  );
});

test("no line of a journal is of another period than the journal", () => {
  fc.assert(
    fc.property(someParts, (all) => {
      const parts = all.map(({ part }) => part);
      const payouts = new Map(parts.map(({ row }) => [row.id, "2026-11-20T00:00:00Z"]));

      const drafts = journalsOf(parts, (part) => journalName(part, payouts)).map(
        ({ draft }) => draft,
      );

      const lines = drafts.flatMap(({ period, lines: own }) =>
        own.map(({ date }) => [period, periodOf(date, MONTHS)]),
      );
      expect(lines.filter(([period, own]) => period !== own)).toEqual([]);
    }),
  );
});

test("G34 what one payout took on both sides of a period end is two journals", () => {
  const row = (id: string, created: string, fee: number): JournalPart => {
    const of = { id, created: new Date(created), fees: { stripe_fee: fee } };
    return { row: aLedgerRow(of), part: "fee" };
  };
  const old = row("txn_1", "2027-01-01T04:30:00Z", 320);
  const young = row("txn_2", "2027-01-01T05:30:00Z", 610);
  const madeAt = "2027-01-03T00:00:00Z";
  const payouts = new Map([old, young].map((part) => [part.row.id, madeAt]));

  const drafts = journalsOf([old, young], (part) => journalName(part, payouts));

  expect(
    drafts.map(({ draft }) => [draft.period, draft.documentDate, ...entriesOfJournal(draft)]),
  ).toEqual([
    ["202612", "2026-12-31", "Dr 6100 3.20", "Cr 1095 3.20"],
    ["202701", "2027-01-01", "Dr 6100 6.10", "Cr 1095 6.10"],
  ]);
});

test.each([
  ["on the last second of its wait", "2026-12-08T04:59:59Z", true],
  ["a second later", "2026-12-08T05:00:00Z", false],
])("a payout that is made %s is in time or not", (_when, madeAt, expected) => {
  // 30 November, late in the evening in New York.
  const created = new Date("2026-12-01T04:30:00Z");

  expect(takesFee(new Date(madeAt), created, settings)).toBe(expected);
});

test("a journal has a period in the ledger's own currency, and a day in any other", () => {
  const created = new Date("2026-11-30T15:00:00Z");
  const rows = ["USD", "EUR"].map((currency) => aLedgerRow({ created, currency }));

  expect(rows.map((row) => slotOf({ row }, settings, MONTHS))).toEqual(["202611", "2026-11-30"]);
});
