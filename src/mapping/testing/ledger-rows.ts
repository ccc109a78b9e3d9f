import { money } from "../../base/money.ts";
import type { FeeDetail, LedgerRow } from "../../canonical/balance.ts";
import type { FiscalCalendar, JournalDraft } from "../../erp/port.ts";

/** Fees by Stripe's type, in minor units: `{stripe_fee: 320}`. */
export type Fees = Readonly<Record<string, number>>;

/** Calendar months, open from January 2026 on. */
export const MONTHS: FiscalCalendar = {
  periods: 12,
  periodEnds: "0131 0228 0331 0430 0531 0630 0731 0831 0930 1031 1130 1231".split(" "),
  namedAfterStart: false,
  firstOpenReceivables: "202601",
  firstOpenLedger: "202601",
};

/** A row of USD 100.00 without a fee on 10 March 2026 in New York, unless changed. */
export function aLedgerRow(
  change: Partial<Omit<LedgerRow, "gross" | "fee" | "net" | "feeDetails">> &
    Readonly<{ gross?: number; fees?: Fees; currency?: string }> = {},
): LedgerRow {
  const { gross = 10_000, fees = {}, currency = "USD", ...rest } = change;
  const feeDetails = Object.entries(fees).map(
    ([type, minor]): FeeDetail => ({
      type,
      amount: money(minor, currency),
      description: "",
      application: "",
    }),
  );
  const fee = Object.values(fees).reduce((sum, minor) => sum + minor, 0);
  return {
    id: "txn_1",
    created: new Date("2026-03-10T15:00:00Z"),
    category: "charge",
    type: "charge",
    gross: money(gross, currency),
    fee: money(fee, currency),
    net: money(gross - fee, currency),
    feeDetails,
    balanceType: "payments",
    status: "available",
    availableOn: undefined,
    sourceId: undefined,
    description: "",
    exchangeRate: undefined,
    ...rest,
  };
}

/** The entries of a journal as the booking rules write them: `Dr 6100 9.10`. */
export function entriesOfJournal({ lines }: JournalDraft): string[] {
  return lines.map(({ side, account, amount }) => {
    const digits = amount.minor.toString().padStart(3, "0");
    const decimal = `${digits.slice(0, -2)}.${digits.slice(-2)}`;
    return `${side === "debit" ? "Dr" : "Cr"} ${account.account} ${decimal}`;
  });
}
