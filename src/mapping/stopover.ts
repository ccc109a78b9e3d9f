import { HubError } from "../base/errors.ts";
import { type Money, money, toDecimal } from "../base/money.ts";
import type { PairSettings } from "../config/index.ts";
import type {
  EntrySide,
  GlAccount,
  InvoiceLineDraft,
  JournalDraft,
  JournalLine,
} from "../erp/port.ts";
import { checkAmount } from "./amounts.ts";
import { exchangeAccount } from "./exchange-account.ts";
import { journalDraft } from "./journal-draft.ts";
import type { Mapped } from "./mapped.ts";
import { composeNote, idLine } from "./note.ts";
import { clearingFor, clearingOf } from "./settled.ts";
import { shortStripeId } from "./text.ts";

/**
 * An account between customers' documents and clearing, from which a journal takes money on: the
 * bridge between two currencies, or the wash account where Cash Manager keeps clearing and takes no
 * memo's line on it.
 */
export type Stopover = Readonly<{ role: "bridge" | "wash"; account: GlAccount }>;

/**
 * Money that reaches clearing over a stopover: a document of the customer hits that, and a journal
 * in the settlement currency takes it from there.
 */
export type CrossingMoney = Readonly<{
  /** The Stripe object whose document hits the stopover. */
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
export type CrossingContext = Readonly<{
  settings: PairSettings;
  key: string;
  period: string;
  over: Stopover;
}>;

/**
 * The journal that moves settled money between clearing and the stopover, in its own currency and
 * at SL's rate. Where that is the base currency, it takes off the stopover at once what the
 * documents have put there, and the difference is exchange.
 *
 * @param worth what the customer's documents have put there, in base currency
 * @throws HubError `mapping.account_missing`, `mapping.amount_out_of_range`
 */
export function mapToClearing(
  of: CrossingMoney,
  worth: Money,
  context: CrossingContext,
): Mapped<JournalDraft> {
  const { settings, over } = context;
  const { settled, direction } = of;
  checkAmount(settled, "Settled money");
  const sign = direction === "in" ? 1n : -1n;
  const crossed = settled.currency === worth.currency ? worth : settled;
  const clearing = clearingOf(settled.currency, settings);
  const onClearing = posting("clearing", clearing, sign * settled.minor);
  const onStopover = posting(over.role, over.account, -sign * crossed.minor);
  const rest = sign * (crossed.minor - settled.minor);
  const exchange = rest === 0n ? [] : [exchangePosting(rest, settings)];
  const postings = [onClearing, onStopover, ...exchange];
  return journalOf(of, context, { currency: settled.currency, postings });
}

/**
 * What is left of the money on the stopover in base currency, taken off it as exchange.
 *
 * @param left what the stopover holds of it, debits positive
 */
export function mapStopoverRest(
  of: CrossingMoney,
  left: Money,
  context: CrossingContext,
): Mapped<JournalDraft> {
  const { settings, over } = context;
  const postings = [
    posting(over.role, over.account, -left.minor),
    exchangePosting(left.minor, settings),
  ];
  return journalOf(of, context, { currency: left.currency, postings });
}

/** The part of the journal that takes a rest off a stopover, beside the one of the row. */
export function stopoverRestPart(rowId: string): string {
  return `${rowId}/rest`;
}

/** The account between two currencies. */
export function bridgeOf(settings: PairSettings): GlAccount {
  return accountOf("bridge", settings);
}

/** One of the accounts on the way to clearing, as the settings name it now. */
export function stopoverAt(
  role: Stopover["role"],
  settings: Pick<PairSettings, "accounts">,
): Stopover {
  return { role, account: accountOf(role, settings) };
}

function accountOf(
  role: Stopover["role"],
  { accounts }: Pick<PairSettings, "accounts">,
): GlAccount {
  const account = accounts[role];
  if (account !== undefined) return account;
  throw new HubError("mapping.account_missing", `accounts.${role} is not set`, {
    facts: { setting: `accounts.${role}` },
  });
}

/**
 * What a memo's line of money hits: clearing of what was settled, or the stopover on the way there.
 * The wash account takes no more than clearing itself would.
 *
 * @throws HubError those of `clearingFor`
 */
export function cashPlace(
  of: Readonly<{ amount: Money; settled: string; over: Stopover | undefined }>,
  settings: PairSettings,
): Pick<InvoiceLineDraft, "sales" | "role"> {
  const { amount, settled, over } = of;
  if (over?.role === "bridge") return { sales: over.account };
  const clearing = clearingFor(amount, settled, settings);
  return over === undefined ? { sales: clearing } : { sales: over.account, role: "wash" };
}

type StopoverPosting = Readonly<{
  role: string;
  account: GlAccount;
  side: EntrySide;
  minor: bigint;
}>;

function posting(role: string, account: GlAccount, minor: bigint): StopoverPosting {
  const side = minor > 0n ? "debit" : "credit";
  return { role, account, side, minor: minor < 0n ? -minor : minor };
}

/** Debits left on a stopover have cost, credits have brought. */
function exchangePosting(left: bigint, settings: PairSettings): StopoverPosting {
  const role = left > 0n ? "fx-loss" : "fx-gain";
  return posting(role, exchangeAccount(role, settings), left);
}

/** How a journal of each is called, and what its note says of the way. */
const WORDS = {
  bridge: { title: "Settled", note: "Over the bridge" },
  wash: { title: "Wash", note: "Over the wash account" },
} as const;

function journalOf(
  of: CrossingMoney,
  context: CrossingContext,
  entry: Readonly<{ currency: string; postings: readonly StopoverPosting[] }>,
): Mapped<JournalDraft> {
  const { settings, key, period, over } = context;
  const { object, rowId, date, charged } = of;
  const { currency, postings } = entry;
  const { title, note } = WORDS[over.role];
  const words = `${toDecimal(charged)} ${charged.currency} of ${shortStripeId(object)}`;
  const description = `${title} ${words}`;
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
      fullTexts: [`${note}: ${words}`],
    }),
  });
  return { draft, notes: [] };
}
