import { HubError } from "../base/errors.ts";
import { type Money, money, toDecimal } from "../base/money.ts";
import type { PairSettings } from "../config/index.ts";
import type { EntrySide, GlAccount, JournalDraft, JournalLine } from "../erp/port.ts";
import { checkAmount } from "./amounts.ts";
import { exchangeAccount } from "./exchange-account.ts";
import { journalDraft } from "./journal-draft.ts";
import type { Mapped } from "./mapped.ts";
import { composeNote, idLine } from "./note.ts";
import { clearingOf } from "./settled.ts";
import { shortStripeId } from "./text.ts";

/**
 * Money that reaches clearing over the bridge: a document of the customer in the currency that was
 * charged hits the bridge, and a journal in the settlement currency takes it from there.
 */
export type BridgedMoney = Readonly<{
  /** The Stripe object whose document hits the bridge. */
  object: string;
  /** The balance row that moved it. */
  rowId: string;
  direction: "in" | "out";
  /** What the customer's documents are over. */
  charged: Money;
  /** What Stripe's balance moved, above zero. */
  settled: Money;
  /** The Stripe id that a link in the note leads to. */
  linkTo: string;
  livemode: boolean;
  /** Calendar date `YYYY-MM-DD` of the row. */
  date: string;
}>;

/** What its journals are mapped from beside the money itself. */
export type BridgeContext = Readonly<{ settings: PairSettings; key: string; period: string }>;

/**
 * The journal that moves settled money between clearing and the bridge, in its own currency and at
 * SL's rate. Where that is the base currency, it takes off the bridge at once what the documents
 * have put there, and the difference is exchange.
 *
 * @param worth what the customer's documents are worth in base currency
 * @throws HubError `mapping.account_missing`, `mapping.amount_out_of_range`
 */
export function mapBridge(
  of: BridgedMoney,
  worth: Money,
  context: BridgeContext,
): Mapped<JournalDraft> {
  const { settings } = context;
  const { settled, direction } = of;
  checkAmount(settled, "Settled money");
  const sign = direction === "in" ? 1n : -1n;
  const crossed = settled.currency === worth.currency ? worth : settled;
  const clearing = clearingOf(settled.currency, settings);
  const onClearing = posting("clearing", clearing, sign * settled.minor);
  const onBridge = posting("bridge", bridgeOf(settings), -sign * crossed.minor);
  const rest = sign * (crossed.minor - settled.minor);
  const exchange = rest === 0n ? [] : [exchangePosting(rest, settings)];
  const postings = [onClearing, onBridge, ...exchange];
  return journalOf(of, context, { currency: settled.currency, postings });
}

/**
 * What is left of the money on the bridge in base currency, taken off it as exchange.
 *
 * @param left what the bridge holds of it, debits positive
 */
export function mapBridgeRest(
  of: BridgedMoney,
  left: Money,
  context: BridgeContext,
): Mapped<JournalDraft> {
  const { settings } = context;
  const postings = [
    posting("bridge", bridgeOf(settings), -left.minor),
    exchangePosting(left.minor, settings),
  ];
  return journalOf(of, context, { currency: left.currency, postings });
}

/** The part of the journal that takes a rest off the bridge, beside the one of the row. */
export function bridgeRestPart(rowId: string): string {
  return `${rowId}/rest`;
}

/** The account between two currencies. */
export function bridgeOf({ accounts }: PairSettings): GlAccount {
  if (accounts.bridge !== undefined) return accounts.bridge;
  throw new HubError("mapping.account_missing", "accounts.bridge is not set", {
    facts: { setting: "accounts.bridge" },
  });
}

type BridgePosting = Readonly<{
  role: string;
  account: GlAccount;
  side: EntrySide;
  minor: bigint;
}>;

function posting(role: string, account: GlAccount, minor: bigint): BridgePosting {
  const side = minor > 0n ? "debit" : "credit";
  return { role, account, side, minor: minor < 0n ? -minor : minor };
}

/** Debits left on the bridge have cost, credits have brought. */
function exchangePosting(left: bigint, settings: PairSettings): BridgePosting {
  const role = left > 0n ? "fx-loss" : "fx-gain";
  return posting(role, exchangeAccount(role, settings), left);
}

function journalOf(
  of: BridgedMoney,
  context: BridgeContext,
  entry: Readonly<{ currency: string; postings: readonly BridgePosting[] }>,
): Mapped<JournalDraft> {
  const { settings, key, period } = context;
  const { object, rowId, date, charged } = of;
  const { currency, postings } = entry;
  const words = `${toDecimal(charged)} ${charged.currency} of ${shortStripeId(object)}`;
  const description = `Settled ${words}`;
  const lines = postings.map(({ minor, ...line }): JournalLine => {
    const amount = money(minor, currency);
    return { ...line, amount, date, description, reference: "", stripeId: shortStripeId(rowId) };
  });
  const draft = journalDraft({
    ...{ key, object, date, period, currency, lines },
    title: description,
    note: composeNote(of, settings, {
      linkTo: of.linkTo,
      ids: [...idLine("object", object), ...idLine("balance transaction", rowId)],
      fullTexts: [`Over the bridge: ${words}`],
    }),
  });
  return { draft, notes: [] };
}
