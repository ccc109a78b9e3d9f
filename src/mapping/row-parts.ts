import { HubError } from "../base/errors.ts";
import { type Money, negate, sum, toDecimal } from "../base/money.ts";
import type { FeeDetail, LedgerRow } from "../canonical/balance.ts";
import type { PairSettings } from "../config/index.ts";
import type { GlAccount } from "../erp/port.ts";
import type { OwnedRow } from "./payment.ts";
import {
  isAdjustment,
  isKnownRow,
  type RowOwner,
  type RowRole,
  rowRule,
} from "./row-categories.ts";

/** What of a row may need an owner, and which document that is. */
export type RowPart = Readonly<{ part: OwnedRow["part"]; owner: RowOwner }>;

/** One amount of a row part on the other side of clearing. */
export type Posting = Readonly<{
  /** The account role, as in `fee.stripe`; `suspense` where nothing else fits. */
  role: string;
  account: GlAccount;
  /** In the words of whoever reads the books. */
  label: string;
  /** Positive is a debit of the account, by which clearing falls. */
  cost: Money;
}>;

/** Fees by Stripe's types; a type that is not here is unknown. */
const FEE_TYPES: Readonly<Record<string, string>> = {
  stripe_fee: "stripe",
  application_fee: "application",
  tax: "tax",
  payment_method_passthrough_fee: "network",
  withheld_tax: "withheld-tax",
};

/** Documents that also own what Stripe takes for them; every other fee is the fee journal's. */
const OWN_FEE = new Set<RowOwner>(["dispute"]);

/**
 * The parts of a row that a document has to own. Only the payments balance is booked, and a part of
 * nothing needs nobody.
 */
export function rowParts(
  row: LedgerRow,
  settings: PairSettings,
  isPrefunding = false,
): readonly RowPart[] {
  if (row.balanceType !== "payments") return [];
  const owner = ownerOf(row, settings, isPrefunding);
  return [
    ...(row.gross.minor === 0n ? [] : [{ part: "gross", owner } as const]),
    ...(row.fee.minor === 0n
      ? []
      : [{ part: "fee", owner: OWN_FEE.has(owner) ? owner : "fee" } as const]),
  ];
}

function ownerOf(row: LedgerRow, settings: PairSettings, isPrefunding: boolean): RowOwner {
  const { owner } = rowRule(row, isPrefunding);
  // A fee that Stripe calls a mere adjustment is told by its text.
  if (owner !== "category" || !isAdjustment(row)) return owner;
  return describedAs(row, settings)?.fee === undefined ? owner : "fee";
}

/**
 * What a part of a row costs, account by account. It never adds two details up, and the sum is what
 * the part took from the balance.
 *
 * @throws HubError `mapping.fee_details`, `mapping.row_unknown`, `mapping.account_missing`
 */
export function postingsOf(
  row: LedgerRow,
  part: OwnedRow["part"],
  context: Readonly<{ settings: PairSettings; isPrefunding?: boolean }>,
): readonly Posting[] {
  const { settings, isPrefunding = false } = context;
  if (part === "fee") return feePostings(row, settings);
  const cost = negate(row.gross);
  if (ownerOf(row, settings, isPrefunding) === "fee") {
    const { role } = rowRule(row);
    const kind = describedAs(row, settings)?.fee ?? (role === "fee.tax" ? "tax" : "stripe");
    return [feePosting(row, kind, { cost, settings })];
  }
  return [{ ...categoryAccount(row, settings, isPrefunding), cost }];
}

function feePostings(row: LedgerRow, settings: PairSettings): readonly Posting[] {
  const foreign = row.feeDetails.find(({ amount }) => amount.currency !== row.fee.currency);
  if (foreign !== undefined) {
    const { currency } = foreign.amount;
    throw feeDetails(row, `one of them is in ${currency}, the fee in ${row.fee.currency}`);
  }
  const amounts = row.feeDetails.map(({ amount }) => amount);
  const total = sum(amounts, row.fee.currency);
  if (total.minor !== row.fee.minor) {
    throw feeDetails(row, `they add up to ${toDecimal(total)}, the fee is ${toDecimal(row.fee)}`);
  }
  return row.feeDetails
    .filter(({ amount }) => amount.minor !== 0n)
    .map((detail) => detailPosting(row, detail, settings));
}

function detailPosting(row: LedgerRow, detail: FeeDetail, settings: PairSettings): Posting {
  const kind = Object.hasOwn(FEE_TYPES, detail.type) ? FEE_TYPES[detail.type] : undefined;
  const cost = detail.amount;
  if (kind !== undefined) return feePosting(row, kind, { cost, settings });
  const why = `${row.id} has a fee of type "${detail.type}", which the hub does not know`;
  return { ...suspense(row, settings, { why, label: `Unknown fee ${detail.type}` }), cost };
}

function feePosting(
  row: LedgerRow,
  kind: string,
  { cost, settings }: Readonly<{ cost: Money; settings: PairSettings }>,
): Posting {
  const account = Object.hasOwn(settings.accounts.fee, kind)
    ? settings.accounts.fee[kind]
    : undefined;
  if (account !== undefined) {
    return { role: `fee.${kind}`, account, label: `Stripe fee ${kind}`, cost };
  }
  const why = `accounts.fee.${kind}, which ${row.id} needs, is not set`;
  return { ...suspense(row, settings, { why, label: `No account fee.${kind}` }), cost };
}

function categoryAccount(
  row: LedgerRow,
  settings: PairSettings,
  isPrefunding: boolean,
): Omit<Posting, "cost"> {
  const name = nameOf(row);
  const named = namedAccount(row, settings);
  if (named !== undefined) return { role: `category.${name}`, account: named, label: name };
  const { role } = rowRule(row, isPrefunding);
  const account = role === undefined ? undefined : accountOf(role, settings);
  if (role !== undefined && account !== undefined) return { role, account, label: name };
  const why = isKnownRow(row)
    ? `${row.id} is of category ${name}, and ` +
      `accounts.${role ?? "…"} or categories.${name} is not set`
    : `${row.id} is of category ${name}, which the hub does not know`;
  return suspense(row, settings, { why, label: name });
}

/** What a person has said of such rows, before every rule of the hub. */
export function namedAccount(row: LedgerRow, settings: PairSettings): GlAccount | undefined {
  const { categories } = settings;
  const key = [row.category, row.type].find((one) => Object.hasOwn(categories, one));
  if (key !== undefined) return categories[key];
  return isAdjustment(row) ? describedAs(row, settings)?.account : undefined;
}

function describedAs(row: LedgerRow, settings: PairSettings) {
  const text = row.description.toLowerCase();
  return settings.descriptions.find(({ contains }) => text.includes(contains.toLowerCase()));
}

function accountOf(role: RowRole, { accounts }: PairSettings): GlAccount | undefined {
  switch (role) {
    case "fee":
      return accounts.fee.stripe;
    case "fee.tax":
      return accounts.fee.tax;
    case "tax":
      return accounts.tax;
    case "stripe-reserve":
      return accounts.stripeReserve;
    case "connect-payable":
      return accounts.connectPayable;
    case "connect-reserve":
      return accounts.connectReserve;
    case "platform-income":
      return accounts.platformIncome;
    case "loan":
      return accounts.loan;
    case "issuing":
      return accounts.issuing;
    case "prefunding":
      return accounts.prefunding;
    case "unreconciled":
      return accounts.unreconciled;
    case "contribution":
      return accounts.contribution;
    case "balance-payments":
      return accounts.balancePayments;
  }
}

function suspense(
  row: LedgerRow,
  settings: PairSettings,
  { why, label }: Readonly<{ why: string; label: string }>,
): Omit<Posting, "cost"> {
  const facts = { row: row.id, category: row.category, type: row.type };
  if (settings.unknownCategory === "park")
    throw new HubError("mapping.row_unknown", why, { facts });
  const account = settings.accounts.suspense;
  if (account !== undefined) return { role: "suspense", account, label };
  throw new HubError("mapping.account_missing", `${why}, nor is accounts.suspense`, {
    facts: { ...facts, setting: "accounts.suspense" },
  });
}

function nameOf(row: LedgerRow): string {
  return row.category === "" ? row.type : row.category;
}

function feeDetails(row: LedgerRow, what: string): HubError {
  return new HubError("mapping.fee_details", `The fee details of ${row.id} do not fit: ${what}`, {
    facts: { row: row.id, fee: toDecimal(row.fee), currency: row.fee.currency },
  });
}
