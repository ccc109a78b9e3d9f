import { expect, test } from "vitest";
import { money, sum } from "../../base/money.ts";
import type { MoneyRow } from "../../canonical/balance.ts";
import type { StripePort } from "../../canonical/port.ts";
import { readSince } from "./read-since.ts";

const START = new Date("2026-03-01T00:00:00Z");
const OPENING = money(12_345n, "USD");
const PAGE = 3;

/** An account that had `OPENING` at the start; it lists newest first, as Stripe does. */
class Account {
  readonly rows: MoneyRow[] = [];

  readonly onPage: (account: Account) => void;

  constructor(onPage: (account: Account) => void = () => {}) {
    this.onPage = onPage;
  }

  add(row: Partial<Pick<MoneyRow, "chargeId">> & { category: string; cents: number; at: Date }) {
    const net = money(BigInt(row.cents), "USD");
    const id = `txn_${this.rows.length}`;
    const fee = money(0n, "USD");
    this.rows.unshift({
      row: {
        ...{ id, created: row.at, category: row.category, type: row.category },
        ...{ gross: net, fee, net, feeDetails: [], balanceType: "payments", status: "pending" },
        ...{ availableOn: undefined, sourceId: id, description: "", exchangeRate: undefined },
      },
      laneKey: row.chargeId,
      chargeId: row.chargeId,
    });
  }

  readonly port: Pick<StripePort, "listMoneyRows" | "readBalance"> = {
    listMoneyRows: ({ from, until }) => this.list(from, until),
    readBalance: () => {
      const nets = this.rows.map(({ row }) => row.net);
      const pending = sum([OPENING, ...nets], "USD");
      return Promise.resolve([{ currency: "USD", available: money(0n, "USD"), pending }]);
    },
  };

  private async *list(from: Date, until = new Date("2100-01-01")) {
    const own = this.rows.filter(({ row }) => row.created >= from && row.created < until);
    for (let at = 0; at < own.length; at += PAGE) {
      yield { rows: own.slice(at, at + PAGE), isLast: at + PAGE >= own.length };
      this.onPage(this);
      await Promise.resolve();
    }
  }
}

const asked = { startsAt: START, onProgress: () => {}, signal: undefined };

const minutesAfter = (minutes: number) => new Date(START.getTime() + minutes * 60_000);

function aDay(account: Account): Account {
  for (let nr = 0; nr < 96; nr += 1) {
    account.add({
      category: "charge",
      cents: 100,
      at: minutesAfter(15 * nr),
      chargeId: `ch_${nr}`,
    });
  }
  return account;
}

test("the balance of the start holds while payments come as the rows are read", async () => {
  let pages = 0;
  const busy = aDay(
    new Account((account) => {
      pages += 1;
      if (pages % 4 !== 0) return;
      const at = minutesAfter(24 * 60 + pages);
      account.add({ category: "charge", cents: 7, at, chargeId: `ch_busy_${pages}` });
    }),
  );

  const { balances } = await readSince(busy.port, asked);

  expect(balances).toEqual([OPENING]);
  expect(busy.rows.length).toBeGreaterThan(96 + 5);
});

test("an account that never rests has no opening balance that could be booked", async () => {
  const restless = aDay(
    new Account((account) => {
      const nr = account.rows.length;
      const at = minutesAfter(24 * 60 + nr);
      account.add({ category: "charge", cents: 7, at, chargeId: `ch_${nr}` });
    }),
  );

  const found = readSince(restless.port, asked);

  await expect(found).rejects.toMatchObject({ code: "stripe.balance_moves" });
});

test("only what came to money of before the start is later, wherever it is listed", async () => {
  const account = new Account();
  account.add({ category: "refund", cents: -10, at: minutesAfter(1), chargeId: "ch_old" });
  aDay(account);
  account.add({ category: "refund", cents: -20, at: minutesAfter(1_440), chargeId: "ch_1" });
  account.add({ category: "refund", cents: -30, at: minutesAfter(1_441), chargeId: "ch_older" });

  const { later, balances, rowCount } = await readSince(account.port, asked);

  expect(later.map(({ chargeId }) => chargeId).sort()).toEqual(["ch_old", "ch_older"]);
  expect(balances).toEqual([OPENING]);
  expect(rowCount).toBe(99);
});

test("an account without a row since its start opens with what it holds", async () => {
  const { balances, later } = await readSince(new Account().port, asked);

  expect([balances, later]).toEqual([[OPENING], []]);
});
