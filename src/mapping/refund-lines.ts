import { HubError } from "../base/errors.ts";
import { fromDecimal, type Money, toDecimal } from "../base/money.ts";
import type { CreditNoteLine } from "../canonical/refund.ts";
import type { Creditable, CreditableLine } from "./creditable.ts";

/** Which lines a refund means, with weights; the choice in words. */
export type ChosenLines = Readonly<{
  weights: ReadonlyMap<number, bigint>;
  /** The tax that a credit note states on each; none of what says nothing of its tax. */
  taxes: ReadonlyMap<number, bigint>;
  notes: readonly string[];
}>;

const NO_TAXES: ChosenLines["taxes"] = new Map();
const NONE: ChosenLines = { weights: new Map(), taxes: NO_TAXES, notes: [] };

/** What a refund says about its lines. */
export type LinesAsked = Readonly<{
  amount: Money;
  /** The same as the merchant knows it, in whose currency its metadata are; default: `amount`. */
  charged?: Money | undefined;
  /** Metadata of the refund that names lines; empty where none is named. */
  named: string;
  /** The lines of its credit note. */
  note: readonly CreditNoteLine[] | undefined;
}>;

/**
 * The lines that a refund takes back: those that its metadata name, else those of its credit note,
 * else the one whose price is the refund's amount. None of these: it is spread over all.
 *
 * @throws HubError `mapping.refund_lines` for names that the document does not have, or amounts
 *   that do not add up
 */
export function chooseLines(document: Creditable, asked: LinesAsked): ChosenLines {
  if (asked.named.trim() !== "") return namedLines(document, asked);
  if (asked.note !== undefined) return noteLines(document, asked.note);
  return matchedLine(document, asked.amount);
}

/** `il_1Abc=12.50, il_2Def`: ids, items or positions, each with an amount or all of it. */
function namedLines(document: Creditable, asking: LinesAsked): ChosenLines {
  const { named, charged: amount = asking.amount } = asking;
  const weights = new Map<number, bigint>();
  const entries = named.split(/[,;]/).map((entry) => entry.trim());
  const asked = entries.filter((entry) => entry !== "").map((entry) => entry.split("="));
  const given: bigint[] = [];
  for (const [name = "", text] of asked) {
    const at = lineAt(document, name.trim());
    if (at === undefined) throw invalid(named, `"${name.trim()}" is no line of the document`);
    const minor = text === undefined ? undefined : amountOf(text, amount.currency, named);
    if (minor !== undefined) given.push(minor);
    const weight = minor ?? document.lines[at]?.amount.minor ?? 0n;
    weights.set(at, (weights.get(at) ?? 0n) + weight);
  }
  const sum = given.reduce((a, b) => a + b, 0n);
  if (given.length > 0 && (given.length < asked.length || sum !== amount.minor)) {
    throw invalid(named, `its amounts do not add up to the refund of ${toDecimal(amount)}`);
  }
  const notes = [`Lines by metadata: ${textOf(document, weights)}.`];
  return { weights, taxes: NO_TAXES, notes };
}

function lineAt(document: Creditable, name: string): number | undefined {
  if (/^\d{1,4}$/.test(name)) {
    const at = Number(name) - 1;
    return document.lines[at]?.kind === "sold" ? at : undefined;
  }
  const wanted = name.toLowerCase();
  const found = [...document.lines.entries()].filter(
    ([, { kind, names }]) => kind === "sold" && names.some((one) => one.toLowerCase() === wanted),
  );
  return found.length === 1 ? found[0]?.[0] : undefined;
}

function amountOf(text: string, currency: string, named: string): bigint {
  try {
    const { minor } = fromDecimal(text, currency);
    if (minor > 0n) return minor;
  } catch {
    // Whatever is wrong with it is told with the whole value.
  }
  throw invalid(named, `"${text}" is no amount above zero`);
}

function noteLines(document: Creditable, lines: readonly CreditNoteLine[]): ChosenLines {
  const weights = new Map<number, bigint>();
  const taxes = new Map<number, bigint>();
  for (const { invoiceLineId, amount, tax } of lines) {
    const at = invoiceLineId === undefined ? undefined : lineAt(document, invoiceLineId);
    if (at === undefined) continue;
    if (amount.minor > 0n) weights.set(at, (weights.get(at) ?? 0n) + amount.minor);
    if (tax.minor > 0n) taxes.set(at, (taxes.get(at) ?? 0n) + tax.minor);
  }
  if (weights.size === 0) return { ...NONE, taxes };
  return { weights, taxes, notes: [`Lines of the credit note: ${textOf(document, weights)}.`] };
}

/** Only where there is one: of two lines of one price nobody knows which came back. */
function matchedLine(document: Creditable, amount: Money): ChosenLines {
  if (amount.minor >= document.total.minor) return NONE;
  const sold = [...document.lines.entries()].filter(([, { kind }]) => kind === "sold");
  if (sold.length < 2) return NONE;
  const fits = sold.filter(([, line]) => pricesOf(document, line).includes(amount.minor));
  const [only] = fits;
  if (only === undefined || fits.length > 1) return NONE;
  const [at, { description }] = only;
  return {
    weights: new Map([[at, amount.minor]]),
    taxes: NO_TAXES,
    notes: [`Best match by price: line ${at + 1}, "${description}".`],
  };
}

/** A line alone, and with its part of the document's tax. */
function pricesOf({ lines, total }: Creditable, line: CreditableLine): readonly bigint[] {
  const { minor } = line.amount;
  const own = line.taxes.reduce((so, { amount }) => so + amount.minor, 0n);
  const tax = lines.reduce((so, one) => (one.kind === "tax" ? so + one.amount.minor : so), 0n);
  const net = total.minor - tax;
  const share = net > 0n ? (2n * tax * minor + net) / (2n * net) : 0n;
  return [minor, minor + own + share];
}

function textOf(document: Creditable, weights: ReadonlyMap<number, bigint>): string {
  return [...weights.keys()]
    .map((at) => `${at + 1} "${document.lines[at]?.description ?? ""}"`)
    .join(", ");
}

function invalid(value: string, words: string): HubError {
  return new HubError("mapping.refund_lines", `Refund lines "${value.slice(0, 120)}": ${words}`, {
    facts: { value: value.slice(0, 200) },
  });
}
