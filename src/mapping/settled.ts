import { HubError } from "../base/errors.ts";
import { type Money, sum, toDecimal } from "../base/money.ts";
import type { BalanceRow, SalePayment } from "../canonical/sale.ts";
import type { PairSettings } from "../config/index.ts";
import type { GlAccount } from "../erp/port.ts";

/** Rows of a charge that its payment owns; every other row is some other document's. */
const OWNED_CATEGORIES = ["charge", "partial_capture_reversal"];

/** The rows that a charge's payment is for. */
export function rowsOfPayment({ rows }: Pick<SalePayment, "rows">): readonly BalanceRow[] {
  return rows.filter(({ category }) => OWNED_CATEGORIES.includes(category));
}

/**
 * What a charge has brought to Stripe's balance, in the currency that it was settled in.
 *
 * @throws HubError `mapping.amount_out_of_range` where its rows are in several currencies, or add
 *   up to something else than was captured in one and the same currency
 */
export function settledOf(payment: Pick<SalePayment, "amount" | "chargeId" | "rows">): Money {
  const { amount, chargeId } = payment;
  const rows = rowsOfPayment(payment);
  const [first] = rows;
  const currency = first?.gross.currency ?? amount.currency;
  const other = rows.find(({ gross }) => gross.currency !== currency);
  if (other !== undefined) {
    throw new HubError(
      "mapping.amount_out_of_range",
      `The balance rows of ${chargeId} are in ${currency} and ${other.gross.currency}`,
      { facts: { chargeId, settled: `${currency}, ${other.gross.currency}` } },
    );
  }
  const settled = sum(
    rows.map(({ gross }) => gross),
    currency,
  );
  const isSame = currency === amount.currency;
  const isBoth = settled.minor > 0n && amount.minor > 0n;
  if (isSame ? settled.minor === amount.minor : isBoth) return settled;
  throw new HubError(
    "mapping.amount_out_of_range",
    `The balance rows of ${chargeId} add up to ${toDecimal(settled)} ${currency}, ` +
      `it captured ${toDecimal(amount)} ${amount.currency}`,
    { facts: { settled: toDecimal(settled), captured: toDecimal(amount) } },
  );
}

/** The account that stands for the Stripe balance of a currency. */
export function clearingOf(
  currency: string,
  { accounts }: Pick<PairSettings, "accounts">,
): GlAccount {
  const clearing = accounts.clearing[currency];
  if (clearing !== undefined) return clearing;
  throw new HubError("mapping.account_missing", `accounts.clearing.${currency} is not set`, {
    facts: { setting: `accounts.clearing.${currency}` },
  });
}

/** The settlement currency whose clearing account this is; undefined for any other account. */
export function settledOn(
  { account, subaccount }: GlAccount,
  { accounts }: Pick<PairSettings, "accounts">,
): string | undefined {
  const all = Object.entries(accounts.clearing);
  return all.find(([, one]) => one.account === account && one.subaccount === subaccount)?.[0];
}

/**
 * The account that a document over `amount` hits for what it moved in Stripe's balance: clearing of
 * the settlement currency, as long as the document can carry that amount. One in the settlement
 * currency does, and where that is the company's base currency its rate makes it so.
 *
 * @throws HubError `mapping.currency_unsupported`, `mapping.account_missing`
 */
export function clearingFor(amount: Money, settled: string, settings: PairSettings): GlAccount {
  const base = settings.sl.baseCurrency;
  if (amount.currency === settled || settled === base) return clearingOf(settled, settings);
  throw new HubError(
    "mapping.currency_unsupported",
    `The money is in ${amount.currency} and was settled in ${settled}, and neither is ` +
      `${base}, the company's base currency; accounts.bridge is not set`,
    {
      facts: { charged: amount.currency, settled, base },
      cure:
        `Set accounts.bridge, an account that SL keeps in no currency of its own, or let Stripe ` +
        `settle ${amount.currency} as itself or in ${base}; then resume.`,
    },
  );
}
