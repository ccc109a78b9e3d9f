import { HubError } from "../base/errors.ts";
import { type Money, money, negate } from "../base/money.ts";
import type { LedgerRow } from "../canonical/balance.ts";
import type { PairSettings } from "../config/index.ts";
import type { GlAccount, JournalDraft, JournalLine } from "../erp/port.ts";
import { checkAmount } from "./amounts.ts";
import { bookingZone, documentDate } from "./dates.ts";
import { exchangeAccount } from "./exchange-account.ts";
import { journalDraft } from "./journal-draft.ts";
import type { Mapped } from "./mapped.ts";
import { MAPPING_VERSION } from "./note.ts";
import { isAdjustment } from "./row-categories.ts";
import { clearingOf } from "./settled.ts";
import { bridgeOf } from "./stopover.ts";
import { noteText, shortStripeId } from "./text.ts";

/** Money that Stripe has moved from the balance of one currency to that of another. */
export type Conversion = Readonly<{ out: LedgerRow; in: LedgerRow }>;

/**
 * The conversion that rows of one source are: two adjustments of the payments balance, out of one
 * currency and into another. Undefined for anything else.
 */
export function conversionOf(rows: readonly LedgerRow[]): Conversion | undefined {
  const own = rows.filter((row) => row.balanceType === "payments" && isAdjustment(row));
  const [first, second] = own;
  if (first === undefined || second === undefined || own.length !== 2) return undefined;
  const [out, into] = first.gross.minor < 0n ? [first, second] : [second, first];
  const isThere = out.gross.minor < 0n && into.gross.minor > 0n;
  return isThere && out.gross.currency !== into.gross.currency ? { out, in: into } : undefined;
}

/** All that the journal of one side of a conversion is mapped from. */
export type ConversionContext = Readonly<{
  settings: PairSettings;
  key: string;
  period: string;
  /** What the other side is worth in base currency; wanted for the side that is in it. */
  otherWorth: Money | undefined;
}>;

/**
 * The journal of one side of a conversion, clearing against the bridge. The side in the base
 * currency takes what the other one is worth off the bridge, so that nothing is left there, and the
 * difference is exchange.
 *
 * @throws HubError `mapping.account_missing`, `mapping.currency_unsupported` where neither side is
 *   in the base currency
 */
export function mapConversion(
  conversion: Conversion,
  row: LedgerRow,
  context: ConversionContext,
): Mapped<JournalDraft> {
  const { settings, key, period, otherWorth } = context;
  const { currency } = row.gross;
  checkConversion(conversion, settings);
  const isOut = row.id === conversion.out.id;
  const amount = isOut ? negate(row.gross) : row.gross;
  checkAmount(amount, "A conversion");
  const bridged = otherWorth ?? amount;
  const words = `Conversion ${conversion.out.gross.currency} to ${conversion.in.gross.currency}`;
  const date = documentDate(row.created, bookingZone(settings));
  const line = (named: string, account: GlAccount, minor: bigint): JournalLine => ({
    role: named,
    account,
    side: minor > 0n ? "debit" : "credit",
    amount: money(minor < 0n ? -minor : minor, currency),
    date,
    description: words,
    reference: date,
    stripeId: shortStripeId(row.id),
  });
  const sign = isOut ? -1n : 1n;
  const onClearing = sign * amount.minor;
  const onBridge = -sign * bridged.minor;
  const rest = -(onClearing + onBridge);
  const role = rest > 0n ? "fx-loss" : "fx-gain";
  const lines = [
    line("clearing", clearingOf(currency, settings), onClearing),
    line("bridge", bridgeOf(settings), onBridge),
    ...(rest === 0n ? [] : [line(role, exchangeAccount(role, settings), rest)]),
  ];
  const draft = journalDraft({
    ...{ key, date, period, currency, lines },
    object: row.id,
    title: words,
    note: [
      `${words}, balance transactions ${conversion.out.id} and ${conversion.in.id}`,
      `Booked by Slipway for pair ${settings.id}, mapping version ${MAPPING_VERSION}`,
    ]
      .map(noteText)
      .join("\n"),
  });
  return { draft, notes: [] };
}

/** Whether a pair books conversions; without a bridge they are rows without a cause. */
export function hasBridge({ accounts }: PairSettings): boolean {
  return accounts.bridge !== undefined;
}

/**
 * Asserts that one side of a conversion is in the base currency.
 *
 * @throws HubError `mapping.currency_unsupported`
 */
export function checkConversion({ out, in: into }: Conversion, settings: PairSettings): void {
  const base = settings.sl.baseCurrency;
  const currencies = [out.gross.currency, into.gross.currency];
  if (currencies.includes(base)) return;
  throw new HubError(
    "mapping.currency_unsupported",
    `${out.id} and ${into.id} convert ${currencies.join(" to ")}, and neither is ${base}`,
    {
      facts: { row: out.id, out: currencies[0], in: currencies[1], base },
      cure: "Book both sides by hand and dismiss.",
    },
  );
}
