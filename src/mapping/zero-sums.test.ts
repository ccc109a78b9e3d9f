import { expect, test } from "vitest";
import { allocate, fromDecimal, money, toDecimal } from "../base/money.ts";
import { mapDayJournal } from "./index.ts";
import { someSettings } from "./testing/builders.ts";
import { aLedgerRow } from "./testing/ledger-rows.ts";

const AMOUNTS = 1_000_000;
const IN_JOURNALS = 20_000;
const A_JOURNAL = 1_000;
/** Printed with every failure: the same seed draws the same amounts. */
const SEED = Number(process.env.ZERO_SEED ?? Date.now() % 1_000_000);

/** Amounts up to a hundred thousand, above and below zero, drawn by xorshift. */
function* amounts(seed: number, count: number): Generator<bigint> {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  for (let drawn = 0; drawn < count; drawn += 1) {
    state ^= (state << 13) >>> 0;
    state ^= state >>> 17;
    state = (state ^ (state << 5)) >>> 0;
    yield BigInt((state % 20_000_001) - 10_000_000);
  }
}

test(`random amounts in journals sum to exactly zero (seed ${SEED})`, () => {
  const settings = someSettings({
    "accounts.fee": { stripe: "6100/0", tax: "6103/0", dispute: "6110/0" },
  });
  let [total, moved, count] = [0n, 0n, 0];
  let parts: Parameters<typeof mapDayJournal>[0][number][] = [];
  const book = () => {
    const context = { settings, purpose: "fee", object: "day:2026-03-10", key: "K" } as const;
    const { lines } = mapDayJournal(parts, { ...context, period: "202603" }).draft;
    const signed = lines.map(({ side, amount, account }) => {
      const minor = side === "debit" ? amount.minor : -amount.minor;
      if (account.account === "1095") moved += minor;
      return minor;
    });
    expect(signed.reduce((so, minor) => so + minor, 0n)).toBe(0n);
    parts = [];
  };

  const fee = aLedgerRow({ category: "fee", type: "stripe_fee" });
  for (const minor of amounts(SEED, IN_JOURNALS)) {
    total += minor;
    count += 1;
    parts.push({ row: { ...fee, gross: money(minor, "USD") }, part: "gross" });
    if (parts.length === A_JOURNAL) book();
  }

  expect(count).toBe(IN_JOURNALS);
  expect(moved).toBe(total);
});

test(`a million random amounts less what they came from are exactly zero (seed ${SEED})`, () => {
  const weights = [[1n, 1n, 1n], [3n, 7n, 11n, 0n], [1n], [5n, 4n, 3n, 2n, 1n]];
  let [parts, missing] = [0, 0n];

  for (const minor of amounts(SEED, AMOUNTS)) {
    if (parts >= AMOUNTS) break;
    const whole = money(minor < 0n ? -minor : minor, "USD");
    const shares = allocate(whole, weights[parts % weights.length] ?? [1n]);
    parts += shares.length;
    for (const share of shares) missing += share.minor;
    missing -= whole.minor;
  }

  expect(parts).toBeGreaterThanOrEqual(AMOUNTS);
  expect(missing).toBe(0n);
});

test(`twenty thousand amounts come through SL's doubles to the cent (seed ${SEED})`, () => {
  let wrong = 0;

  for (const minor of amounts(SEED, IN_JOURNALS)) {
    const asDouble = Number(toDecimal(money(minor, "USD")));
    if (fromDecimal(asDouble.toFixed(2), "USD").minor !== minor) wrong += 1;
  }

  expect(wrong).toBe(0);
});
