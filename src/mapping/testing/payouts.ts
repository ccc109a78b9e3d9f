import { type Money, money, toDecimal } from "../../base/money.ts";
import type { LedgerRow } from "../../canonical/balance.ts";
import type { Payout } from "../../canonical/payout.ts";
import type { JournalDraft } from "../../erp/port.ts";
import { someSettings, usd } from "./builders.ts";

const ACCOUNTS = { clearing: "1095/0", transit: "1090/0", bank: "1010/0" };

/** The accounts that a payout moves, by their roles. */
export const payoutSettings = (transit: "on" | "off" = "on") =>
  someSettings({
    "accounts.clearing": { USD: ACCOUNTS.clearing },
    "accounts.transit": { USD: ACCOUNTS.transit },
    "accounts.bank": { USD: ACCOUNTS.bank },
    "payout.transit": transit,
  });

/** A balance row of a payout, at noon of a day in New York. */
export function aPayoutRow(day: string, minor: number, change: Partial<LedgerRow> = {}): LedgerRow {
  const gross = usd(minor);
  return {
    id: "txn_1",
    created: new Date(`${day}T16:00:00Z`),
    category: "payout",
    type: "payout",
    gross,
    fee: usd(0),
    net: gross,
    feeDetails: [],
    balanceType: "payments",
    status: "available",
    availableOn: undefined,
    sourceId: "po_1",
    description: "STRIPE PAYOUT",
    exchangeRate: undefined,
    ...change,
  };
}

/** A payout of 1000.00 that was paid, unless changed. */
export function aPayout(change: Partial<Payout> = {}): Payout {
  return {
    kind: "payout",
    id: "po_1",
    amount: usd(100_000),
    status: "paid",
    state: "arrived",
    createdAt: new Date("2026-03-30T16:00:00Z"),
    arrivesAt: new Date("2026-04-01T00:00:00Z"),
    row: aPayoutRow("2026-03-30", -100_000),
    undone: undefined,
    isAutomatic: true,
    method: "standard",
    reconciliation: "completed",
    traceId: "",
    failure: "",
    reversalOf: undefined,
    reversedBy: undefined,
    metadata: {},
    livemode: false,
    ...change,
  };
}

/** A journal as the golden examples write it. */
export function goldenLine(draft: JournalDraft): string {
  const [debit, credit] = draft.lines;
  const text = (side: string, line: JournalDraft["lines"][number] | undefined) =>
    `${side} ${roleOf(line)} ${toDecimal(line?.amount ?? usd(0))}`;
  return `${draft.documentDate} ${text("Dr", debit)} | ${text("Cr", credit)}`;
}

/** What each role holds after these journals, in minor units; debits are above zero. */
export function balancesOf(drafts: readonly JournalDraft[]): Readonly<Record<string, bigint>> {
  const balances: Record<string, bigint> = { clearing: 0n, transit: 0n, bank: 0n };
  for (const line of drafts.flatMap(({ lines }) => lines)) {
    const role = roleOf(line);
    const change = line.side === "debit" ? line.amount.minor : -line.amount.minor;
    balances[role] = (balances[role] ?? 0n) + change;
  }
  return balances;
}

function roleOf(line: JournalDraft["lines"][number] | undefined): string {
  const written = `${line?.account.account}/${line?.account.subaccount}`;
  return Object.entries(ACCOUNTS).find(([, account]) => account === written)?.[0] ?? written;
}

export const minorUsd = (amount: bigint): Money => money(amount, "USD");
