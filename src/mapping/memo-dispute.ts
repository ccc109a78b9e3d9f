import { HubError } from "../base/errors.ts";
import { leastMinor, type Money, money, negate, sum, toDecimal } from "../base/money.ts";
import type { Dispute } from "../canonical/dispute.ts";
import type { InvoiceLineDraft, MemoDraft } from "../erp/port.ts";
import { checkAmount, checkCurrency } from "./amounts.ts";
import { type CreditRule, creditShares } from "./credit-shares.ts";
import { BEYOND, type Creditable, type Credited, cellsOf, isBeyondSale } from "./creditable.ts";
import { bookingZone, documentDate } from "./dates.ts";
import { disputeIds, disputeText } from "./dispute-journal.ts";
import { disputeAccount } from "./dispute-postings.ts";
import type { DisputeMove } from "./dispute-state.ts";
import { receivableOf } from "./invoice.ts";
import type { Mapped } from "./mapped.ts";
import type { MemoContext } from "./memo-refund.ts";
import { composeNote } from "./note.ts";
import { returnReason } from "./refund-reason.ts";
import { cashPlace } from "./stopover.ts";
import { fitText, shortStripeId } from "./text.ts";

/** What a row of a dispute did to clearing: a debit memo, or a credit memo once it is back. */
export function mapDisputeCash(
  dispute: Dispute,
  move: DisputeMove,
  context: MemoContext,
): Mapped<MemoDraft> {
  const { settings, slDecimals } = context;
  const { amount, kind, row } = move;
  checkAmount(amount, "A row of a dispute");
  checkSameCurrency(dispute, amount);
  checkCurrency(amount.currency, settings, slDecimals);
  const isOut = kind === "withdrawn";
  const words = `${isOut ? "Dispute" : "Dispute paid back"} ${about(dispute, context)}`;
  const settled = row.gross.currency;
  const { sales, ...role } = cashPlace({ amount, settled, over: context.over }, settings);
  const line = { ...lineOf(amount, sales, words), ...role };
  return memoOf(dispute, context, {
    type: isOut ? "DM" : "CM",
    at: row.created,
    words,
    rowId: row.id,
    lines: [line],
  });
}

/** A memo of the customer is in the sale's currency, and a row of another one is no part of it. */
function checkSameCurrency({ disputeId, amount: disputed }: Dispute, amount: Money): void {
  if (disputed.currency === amount.currency) return;
  throw new HubError(
    "mapping.currency_unsupported",
    `${disputeId} is over ${disputed.currency}, and its sale is booked at what was settled in ` +
      `${amount.currency}; such disputes are booked under dispute.policy: receivable alone`,
    {
      facts: { dispute: disputeId, disputed: disputed.currency, settled: amount.currency },
      cure: "Book it by hand in SL and dismiss, or set dispute.policy: receivable; then resume.",
    },
  );
}

/** What a verdict makes of the open memos of a dispute: a bad debt, or a remainder. */
export function mapDisputeLoss(
  dispute: Dispute,
  loss: Readonly<{
    /** Above zero a credit memo that closes what is owed, below it a debit memo. */
    amount: Money;
    role: Parameters<typeof disputeAccount>[0];
    at: Date;
  }>,
  context: MemoContext,
): Mapped<MemoDraft> {
  const { amount, role, at } = loss;
  const isCredit = amount.minor > 0n;
  const what = role === "bad-debt" ? "Dispute lost" : "Dispute rest";
  const words = `${what} ${about(dispute, context)}`;
  const account = disputeAccount(role, context.settings);
  const line = lineOf(isCredit ? amount : negate(amount), account, words);
  const type = isCredit ? "CM" : "DM";
  return memoOf(dispute, context, { type, at, words, rowId: undefined, lines: [line] });
}

/** What a row of a dispute takes back of the sale, and what of the sale is taken back already. */
export type DisputeCauseContext = MemoContext &
  Readonly<{ document: Creditable; credited: Credited }>;

/**
 * The sale that a withdrawal takes back: at most what is not credited of it yet, lines and tax in
 * proportion. What is withdrawn beyond that is a loss.
 *
 * @throws HubError `mapping.account_missing`
 */
export function mapDisputeCause(
  dispute: Dispute,
  move: DisputeMove,
  context: DisputeCauseContext,
): Mapped<MemoDraft> {
  const { settings, document, credited } = context;
  const { amount, row } = move;
  const left = cellsOf(document, credited).reduce(
    (so, cell) => so + cell.booked - cell.credited,
    0n,
  );
  const covered = money(leastMinor(amount.minor, left), amount.currency);
  const excess = money(amount.minor - covered.minor, amount.currency);
  const words = `Disputed ${about(dispute, context)}`;
  const account = returnReason("dispute", settings).account;
  const lines = returnLines(document, { credited, amount: covered, account });
  const beyond =
    excess.minor === 0n
      ? []
      : [lineOf(excess, disputeAccount("dispute-loss", settings), BEYOND.sale)];
  const notes =
    excess.minor === 0n
      ? []
      : [`${toDecimal(excess)} ${excess.currency} is more than was left to credit: a loss.`];
  const all = [...lines, ...beyond];
  const parts = { type: "CM", at: row.created, words, rowId: row.id, lines: all } as const;
  const { draft } = memoOf(dispute, context, parts);
  return { draft, notes: [...notes, ...document.notes] };
}

/** What memos of a dispute have taken of the sale, or given back. */
export type DisputeTaken = readonly Readonly<{
  lines: readonly InvoiceLineDraft[];
  isBack?: boolean;
}>[];

/**
 * The sale that stands again by what was reinstated: a debit memo over the lines of the dispute's
 * credit memos, in proportion where it is a part of them. What came back beyond them is no loss
 * any more.
 *
 * @param taken the dispute's own credit memos, and what earlier debit memos gave back of them
 * @throws HubError `mapping.account_missing`
 */
export function mapDisputeCauseBack(
  dispute: Dispute,
  move: DisputeMove,
  context: MemoContext & Readonly<{ taken: DisputeTaken }>,
): Mapped<MemoDraft> {
  const { settings, taken } = context;
  const { amount, row } = move;
  const { currency } = amount;
  const standing = standingOf(taken);
  const total = standing.reduce((so, one) => so + one.minor, 0n);
  const part = money(leastMinor(amount.minor, total), currency);
  const shares = shareByAccount(standing, part);
  const lines = standing.flatMap(({ line }, at): InvoiceLineDraft[] => {
    const own = money(shares[at] ?? 0n, currency);
    if (own.minor <= 0n) return [];
    return [{ ...line, amount: own, quantity: "1", unitPrice: toDecimal(own) }];
  });
  const rest = money(amount.minor - part.minor, currency);
  const beyond =
    rest.minor === 0n
      ? []
      : [lineOf(rest, disputeAccount("dispute-loss", settings), BEYOND.withdrawn)];
  const words = `Dispute paid back ${about(dispute, context)}`;
  return memoOf(dispute, context, {
    ...{ type: "DM", at: row.created, words, rowId: row.id },
    lines: [...lines, ...beyond],
  });
}

/** What of the dispute's credit memos still stands, by account and by the line that it credits. */
function standingOf(taken: DisputeTaken) {
  const found = new Map<string, { line: InvoiceLineDraft; minor: bigint }>();
  for (const { lines, isBack = false } of taken) {
    for (const line of lines) {
      const { account, subaccount } = line.sales;
      // Where nobody knows what it credits, the same line is told by what SL has of it.
      const ofLost = isBeyondSale(line) ? "" : `${line.itemId}/${line.description}`;
      const of = line.credits ?? ofLost;
      const name = `${account}/${subaccount}/${of}`;
      const known = found.get(name) ?? { line, minor: 0n };
      known.minor += isBack ? -line.amount.minor : line.amount.minor;
      found.set(name, known);
    }
  }
  return [...found.values()].filter(({ minor }) => minor > 0n);
}

/** By account first, so that none has more than its share because it has more lines. */
function shareByAccount(standing: ReturnType<typeof standingOf>, part: Money): readonly bigint[] {
  const accountOf = ({ line }: (typeof standing)[number]) =>
    `${line.sales.account}/${line.sales.subaccount}`;
  const accounts = [...Map.groupBy(standing, accountOf)];
  const totals = accounts.map(([, own]) => own.reduce((so, { minor }) => so + minor, 0n));
  const ofAccounts = spreadOver(totals, part);
  const shares = new Map<(typeof standing)[number], bigint>();
  for (const [nr, [, own]] of accounts.entries()) {
    const minors = own.map(({ minor }) => minor);
    const spread = spreadOver(minors, money(ofAccounts[nr] ?? 0n, part.currency));
    for (const [at, one] of own.entries()) shares.set(one, spread[at] ?? 0n);
  }
  return standing.map((one) => shares.get(one) ?? 0n);
}

/** In proportion, and to the last minor unit where it is all. */
function spreadOver(minors: readonly bigint[], amount: Money): readonly bigint[] {
  const cells = minors.map((minor, at) => ({ at, tax: "", booked: minor, credited: 0n }));
  return amount.minor === 0n ? minors.map(() => 0n) : creditShares(cells, amount);
}

type Returning = Readonly<{
  credited: Credited;
  amount: Money;
  account: InvoiceLineDraft["sales"];
}> &
  CreditRule;

/** Lines by what is not credited of the document; tax goes back where it was booked. */
function returnLines(document: Creditable, of: Returning): readonly InvoiceLineDraft[] {
  const { credited, amount, account } = of;
  if (amount.minor === 0n) return [];
  if (document.lines.some(({ taxes }) => taxes.length > 0)) {
    throw new HubError(
      "mapping.dispute_taxes",
      `Document ${document.refNbr} has taxes that SL keeps; a dispute takes back none of these`,
      { facts: { refNbr: document.refNbr, setting: "dispute.policy" } },
    );
  }
  const shares = creditShares(cellsOf(document, credited), amount);
  return document.lines.flatMap((line, at): InvoiceLineDraft[] => {
    const minor = shares[at] ?? 0n;
    if (minor === 0n) return [];
    const sales = line.kind === "tax" ? line.sales : account;
    const drafted = lineOf(money(minor, amount.currency), sales, line.description);
    return [{ ...drafted, itemId: line.itemId, credits: at }];
  });
}

function lineOf(amount: Money, sales: InvoiceLineDraft["sales"], words: string): InvoiceLineDraft {
  const description = fitText(words, 30).text;
  return { amount, sales, itemId: "", quantity: "1", unitPrice: toDecimal(amount), description };
}

function about({ chargeId }: Dispute, { original }: MemoContext): string {
  return original === "" ? shortStripeId(chargeId) : `IN ${original}`;
}

function memoOf(
  dispute: Dispute,
  context: MemoContext,
  of: Readonly<{
    type: MemoDraft["type"];
    at: Date;
    words: string;
    rowId: string | undefined;
    lines: readonly InvoiceLineDraft[];
  }>,
): Mapped<MemoDraft> {
  const { settings, key, customer, period, terms, original } = context;
  const { type, at, words, rowId, lines } = of;
  const currency = lines[0]?.amount.currency ?? settings.sl.baseCurrency;
  const date = documentDate(at, bookingZone(settings));
  const draft: MemoDraft = {
    kind: "memo",
    type,
    key,
    stripeId: shortStripeId(dispute.disputeId),
    customerId: customer.customerId,
    documentDate: date,
    period,
    currency,
    description: fitText(words, 30).text,
    note: composeNote(dispute, settings, {
      linkTo: dispute.paymentIntentId ?? dispute.chargeId,
      ids: disputeIds(dispute, rowId),
      fullTexts: [disputeText(dispute)],
    }),
    userFields: {},
    total: sum(
      lines.map(({ amount }) => amount),
      currency,
    ),
    receivable: receivableOf(customer, settings),
    lines,
    terms: type === "CM" ? "" : terms,
    dueDate: type === "CM" ? "" : date,
    orderNumber: "",
    original,
  };
  return { draft, notes: [] };
}
