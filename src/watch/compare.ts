import { isSameAmount, type Money, negate, sum, toDecimal, zero } from "../base/money.ts";
import type { Difference } from "../erp/compare.ts";
import type {
  DocumentDraft,
  GlAccount,
  LedgerLine,
  StandingDocument,
  StandingJournal,
  UserFields,
} from "../erp/port.ts";
import {
  accountName,
  expectedMovements,
  type Movement,
  movedOtherwise,
  movementName,
  netted,
} from "./expected.ts";

/** A document as the hub booked it. */
export type Booked = Readonly<{
  key: string;
  /** Absent where a rebuild took it over from SL: then only its receipt is known. */
  draft: DocumentDraft | undefined;
  receipt: Readonly<{
    type: string;
    customerId: string;
    refNbr: string;
    batNbr: string;
    /** As SL showed it where a rebuild took it over, and empty where that was not kept. */
    period: string;
    documentDate: string;
  }>;
  /** What of it is applied by the hub's own documents; absent where nobody can tell. */
  applied: Money | undefined;
  /** What it has open is left to people, who may apply it at will. */
  isLeftOpen: boolean;
}>;

/** What SL shows of it: by its key, or in its batch. */
export type Shown = Readonly<{
  documents: readonly StandingDocument[];
  journals: readonly StandingJournal[];
  lines: readonly LedgerLine[];
}>;

/** What became of a document that the hub had released. */
export type TamperKind =
  | "deleted"
  | "voided"
  | "doubled"
  | "edited"
  | "reversed-otherwise"
  | "unapplied"
  | "applied-otherwise"
  | "released-otherwise";

/** What differs of a document, and by how much each account is off because of it. */
export type Tampering = Readonly<{
  kind: TamperKind;
  differences: readonly Difference[];
  moved: readonly Movement[];
}>;

/**
 * Holds a released document against what SL shows of it; undefined where nothing was changed. Texts
 * are not compared; ids are as SL compares them, and of user fields only those that the hub filled.
 */
export function compareStanding(booked: Booked, shown: Shown): Tampering | undefined {
  return booked.receipt.type === "GJ"
    ? compareJournal(booked, shown)
    : compareDocument(booked, shown);
}

function compareDocument(booked: Booked, shown: Shown): Tampering | undefined {
  const { receipt, key } = booked;
  const own = shown.documents.find((one) => isOwn(one, booked));
  const others = shown.documents.filter((one) => one !== own && isSame(one.key, key));
  const found = own ?? others[0];
  if (found === undefined) {
    const batch = shown.documents.find(({ batNbr }) => batNbr === receipt.batNbr);
    return gone(booked, batch?.state === "voided" ? "voided" : "deleted", shown.lines);
  }
  if (found.state === "voided" || found.type === "VT") return gone(booked, "voided", shown.lines);
  const doubled = own === undefined ? others.slice(1) : others;
  const header = headerDifferences(booked, found);
  const ledger = compareLines(booked, linesOf(shown.lines, found));
  const differences = [...header, ...ledger.differences];
  if (doubled.length > 0) {
    const more = doubled.map((one) => difference("document of the same key", "", nameOf(one)));
    return { kind: "doubled", differences: [...more, ...differences], moved: ledger.moved };
  }
  if (found.reversal === "RP" || found.reversal === "NS") {
    const reversed = difference("reversal", "none", found.reversal);
    return {
      kind: "reversed-otherwise",
      differences: [reversed, ...differences],
      moved: ledger.moved,
    };
  }
  const balance = compareBalance(booked, found);
  if (differences.length > 0) {
    const all = balance === undefined ? differences : [...differences, balance.difference];
    return { kind: "edited", differences: all, moved: ledger.moved };
  }
  return balance && { kind: balance.kind, differences: [balance.difference], moved: [] };
}

/** By its number and type, whatever key it carries now; else by its key in its own batch. */
function isOwn(found: StandingDocument, { key, receipt }: Booked): boolean {
  const isSameNumber =
    isSame(found.refNbr, receipt.refNbr) &&
    (isSame(found.type, receipt.type) || found.type === "VT") &&
    found.batNbr === receipt.batNbr;
  return isSameNumber || (isSame(found.key, key) && found.batNbr === receipt.batNbr);
}

function gone(booked: Booked, kind: "deleted" | "voided", lines: readonly LedgerLine[]): Tampering {
  const { draft, receipt } = booked;
  const left = movementsOf(
    lines.filter(({ batNbr }) => batNbr === receipt.batNbr),
    draft,
  );
  const expected = draft === undefined ? [] : expectedMovements(draft).named;
  const what = draft?.kind === "journal" ? "journal" : "document";
  return {
    kind,
    differences: [difference(what, receiptName(booked), kind === "voided" ? "voided" : "")],
    moved: movedOtherwise(expected, left),
  };
}

function headerDifferences(booked: Booked, found: StandingDocument): readonly Difference[] {
  const { key, draft, receipt } = booked;
  const rows: (readonly [string, string, string])[] = [
    ["key", upper(key), upper(found.key)],
    ["number", upper(receipt.refNbr), upper(found.refNbr)],
    ["type", upper(receipt.type), upper(found.type)],
    ["batch", receipt.batNbr, found.batNbr],
    ["customer", upper(receipt.customerId), upper(found.customerId)],
    ["date", receipt.documentDate || found.documentDate, found.documentDate],
    ["period", receipt.period || found.period, found.period],
    ["state", "released", found.isReleased ? "released" : found.state],
  ];
  if (draft === undefined || draft.kind === "journal" || draft.kind === "application") {
    return differing(rows);
  }
  const [total, own] =
    draft.kind === "payment" ? [draft.amount, draft.cash] : [draft.total, draft.receivable];
  return differing([
    ...rows,
    ["currency", upper(draft.currency), upper(found.currency)],
    ["amount", amountText(total), amountText(found.amount)],
    ["account", accountName(own), accountName(found.own)],
    ["Stripe id", upper(draft.stripeId), upper(found.stripeId)],
    ...fieldRows(draft.userFields, found.userFields),
  ]);
}

function fieldRows(drafted: UserFields, found: UserFields) {
  const names = Object.keys(drafted) as (keyof UserFields)[];
  return names.map((name) => {
    return [name, fieldText(name, drafted[name]), fieldText(name, found[name])] as const;
  });
}

/** What SL's floats hold of a number. */
const FLOAT_DIGITS = 15;

/** Texts as SL compares them, numbers as it keeps them: `0042` is 42, and an empty one is 0. */
function fieldText(name: keyof UserFields, value = ""): string {
  if (name !== "User3" && name !== "User4") return value.trimEnd().toUpperCase();
  return String(Number(Number(value).toPrecision(FLOAT_DIGITS)));
}

type Balance = Readonly<{ kind: "unapplied" | "applied-otherwise"; difference: Difference }>;

/**
 * More is open than the hub has left: an application of it is gone. Less is open: somebody has
 * applied it, which an invoice or debit memo that was left open is there for.
 */
function compareBalance(booked: Booked, found: StandingDocument): Balance | undefined {
  const { draft, applied, isLeftOpen } = booked;
  if (draft === undefined || applied === undefined || found.applyingBatNbr !== "") return undefined;
  if (draft.kind === "journal" || draft.kind === "application") return undefined;
  const total = draft.kind === "payment" ? draft.amount : draft.total;
  if (applied.currency !== total.currency || found.balance.currency !== total.currency) {
    return undefined;
  }
  const open = total.minor - applied.minor;
  const balance = found.balance.minor;
  const isOpened = balance > open;
  const isTarget = draft.kind === "invoice" || (draft.kind === "memo" && draft.type === "DM");
  if (balance === open || (!isOpened && (isTarget || isLeftOpen))) return undefined;
  const was = { minor: open, currency: total.currency };
  return {
    kind: isOpened ? "unapplied" : "applied-otherwise",
    difference: difference("open balance", amountText(was), amountText(found.balance)),
  };
}

function compareJournal(booked: Booked, shown: Shown): Tampering | undefined {
  const { key, draft, receipt } = booked;
  const own = shown.journals.find(({ batNbr }) => batNbr === receipt.batNbr);
  const found = own ?? shown.journals.find((one) => isSame(one.key, key));
  if (found === undefined) return gone(booked, "deleted", shown.lines);
  if (found.state === "voided") return gone(booked, "voided", shown.lines);
  const doubled = shown.journals.filter((one) => one !== found && isSame(one.key, key));
  const header = differing([
    ["key", upper(key), upper(found.key)],
    ["batch", receipt.batNbr, found.batNbr],
    ["period", receipt.period || found.period, found.period],
    ["state", "released", found.isReleased ? "released" : found.state],
    ...(draft?.kind === "journal"
      ? ([
          ["currency", upper(draft.currency), upper(found.currency)],
          ["Stripe id", upper(draft.stripeId), upper(found.stripeId)],
          ...fieldRows(draft.userFields, found.userFields),
        ] as const)
      : []),
  ]);
  const ledger = compareLines(
    booked,
    shown.lines.filter(({ batNbr }) => batNbr === found.batNbr),
  );
  const differences = [...header, ...ledger.differences];
  if (doubled.length > 0) {
    const more = doubled.map(({ batNbr }) => difference("journal of the same key", "", batNbr));
    return { kind: "doubled", differences: [...more, ...differences], moved: ledger.moved };
  }
  return differences.length === 0
    ? undefined
    : { kind: "edited", differences, moved: ledger.moved };
}

function linesOf(lines: readonly LedgerLine[], found: StandingDocument): readonly LedgerLine[] {
  return lines.filter(
    (line) =>
      line.batNbr === found.batNbr &&
      (isSame(line.refNbr, found.refNbr) || isSame(line.key, found.key)),
  );
}

/** What the ledger has of a document, by account and day; revaluations move nothing. */
function movementsOf(
  lines: readonly LedgerLine[],
  draft: DocumentDraft | undefined,
): readonly Movement[] {
  const currency = draft?.currency.toUpperCase();
  const moving = lines.filter(({ debit, credit }) => debit.minor !== 0n || credit.minor !== 0n);
  return netted(
    moving
      .filter(({ debit }) => currency === undefined || debit.currency === currency)
      .map(({ account, date, debit, credit }) => {
        const amount = { minor: debit.minor - credit.minor, currency: debit.currency };
        return { account, day: date, amount };
      }),
  );
}

type Compared = Readonly<{ differences: readonly Difference[]; moved: readonly Movement[] }>;

function compareLines({ draft, receipt }: Booked, lines: readonly LedgerLine[]): Compared {
  const periods = [...new Set(lines.map(({ period }) => period))].filter(
    (period) => receipt.period !== "" && period !== receipt.period,
  );
  const moved = periods.map((period) => difference("period of a line", receipt.period, period));
  if (draft === undefined || draft.kind === "application") return { differences: moved, moved: [] };
  const expected = expectedMovements(draft);
  const found = movementsOf(lines, draft);
  const off = movedOtherwise(expected.named, found);
  const cash = draft.kind === "payment" ? accountName(draft.cash) : undefined;
  const counted = withoutRest(off, expected.rest, cash);
  const differences = counted.map((one) => lineDifference(one, expected.named, found));
  return { differences: [...moved, ...differences], moved: counted };
}

/**
 * What the draft does not name, taxes and unapplied money, stands on accounts that SL chooses; it
 * may be one that the draft names as well, but never the cash account.
 */
function withoutRest(
  off: readonly Movement[],
  rest: Money,
  cash: string | undefined,
): readonly Movement[] {
  if (rest.minor === 0n) return off;
  const free = off.filter(
    ({ account, amount }) =>
      accountName(account) !== cash &&
      amount.currency === rest.currency &&
      amount.minor < 0n === rest.minor < 0n,
  );
  const total = sum(
    free.map(({ amount }) => amount),
    rest.currency,
  );
  if (isSameAmount(total, rest)) return off.filter((one) => !free.includes(one));
  const whole = free.find(({ amount }) => isSameAmount(amount, rest));
  return off.filter((one) => one !== whole);
}

function lineDifference(
  off: Movement,
  expected: readonly Movement[],
  found: readonly Movement[],
): Difference {
  const name = movementName(off);
  const amountIn = (all: readonly Movement[]) =>
    all.find((one) => movementName(one) === name)?.amount ?? zero(off.amount.currency);
  const where = `${accountName(off.account)} on ${off.day}`;
  return difference(where, amountText(amountIn(expected)), amountText(amountIn(found)));
}

/** By how much the document moves an account otherwise than it was booked. */
export function movedOn(
  { moved }: Pick<Tampering, "moved">,
  account: GlAccount,
  currency: string,
): Money {
  const own = moved.filter(
    (one) => accountName(one.account) === accountName(account) && one.amount.currency === currency,
  );
  return sum(
    own.map(({ amount }) => amount),
    currency,
  );
}

function difference(what: string, expected: string, found: string): Difference {
  return { what, expected, found };
}

function differing(rows: readonly (readonly [string, string, string])[]): readonly Difference[] {
  return rows
    .filter(([, expected, found]) => expected !== found)
    .map(([what, expected, found]) => difference(what, expected, found));
}

/** A booked document as people name it. */
export function receiptName({ receipt }: Pick<Booked, "receipt">): string {
  const { type, refNbr, batNbr } = receipt;
  return type === "GJ" ? `journal ${batNbr}` : `${type} ${refNbr} in batch ${batNbr}`;
}

function nameOf({ type, refNbr, batNbr }: StandingDocument): string {
  return `${type} ${refNbr} in batch ${batNbr}`;
}

function amountText(amount: Money): string {
  return `${toDecimal(amount)} ${amount.currency}`;
}

const upper = (text: string) => text.trim().toUpperCase();
const isSame = (a: string, b: string) => upper(a) === upper(b);

/** The opposite of what was moved: what a journal would have to book. */
export function correctionOf({ moved }: Pick<Tampering, "moved">): readonly Movement[] {
  return moved.map((one) => ({ ...one, amount: negate(one.amount) }));
}
