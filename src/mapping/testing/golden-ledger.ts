import { expect } from "vitest";
import { fromDecimal, type Money, negate, sum, toDecimal } from "../../base/money.ts";
import type { PairSettings } from "../../config/index.ts";
import type {
  GlAccount,
  InvoiceDraft,
  JournalDraft,
  MemoDraft,
  PaymentDraft,
} from "../../erp/port.ts";
import { aCustomer, someSettings } from "./builders.ts";
import { type GoldenDocument, type GoldenText, parseGolden } from "./golden-text.ts";

const ACCOUNTS: Readonly<Record<string, string>> = {
  ar: "1200",
  sales: "4000",
  shipping: "4100",
  tax: "2200",
  rounding: "8990",
  suspense: "2900",
  "stripe-reserve": "1098",
  "connect-payable": "2300",
  "platform-income": "4040",
  "dispute-receivable": "1250",
  "dispute-loss": "6120",
  "bad-debt": "6200",
  "bad-debt-recovered": "4900",
  "fx-gain": "6910",
  "fx-loss": "6920",
  "returns.requested": "4190",
  "returns.duplicate": "4191",
  "returns.credit-note": "4193",
  "returns.dispute": "4194",
  "returns.before-start": "4195",
  "fee.stripe": "6100",
  "fee.application": "6101",
  "fee.network": "6102",
  "fee.tax": "6103",
  "fee.billing": "6105",
  "fee.dispute": "6110",
};
/** Accounts that there is one of for each currency. */
const OF_CURRENCY: Readonly<Record<string, string>> = {
  clearing: "1095",
  transit: "1090",
  bank: "1010",
};

/** How the books of an example are kept, where it is not as usual. */
export type GoldenOptions = Readonly<{
  settings?: Readonly<Record<string, unknown>>;
  base?: string;
  /** The first period that is open, `YYYYPP`. */
  firstOpen?: string;
}>;

/** The accounts of an example, what was entered on them, and the text that it must be. */
export class GoldenLedger {
  readonly text: GoldenText;
  readonly settings: PairSettings;
  readonly base: string;
  readonly firstOpen: string;
  readonly #roles: ReadonlyMap<string, string>;
  readonly #booked: GoldenDocument[] = [];

  constructor(text: string, options: GoldenOptions) {
    const { base = "USD", firstOpen = "202601", settings = {} } = options;
    this.text = parseGolden(text);
    this.base = base;
    this.firstOpen = firstOpen;
    const account = (number: string) => `${number}/000000000000`;
    const roles = Object.entries(ACCOUNTS);
    const ofCurrency = Object.entries(OF_CURRENCY);
    this.settings = settingsOf(base, {
      ...Object.fromEntries(roles.map(([role, number]) => [`accounts.${role}`, account(number)])),
      ...Object.fromEntries(
        ofCurrency.map(([role, number]) => [`accounts.${role}`, { [base]: account(number) }]),
      ),
      "sl.base-currency": base,
      descriptions: [{ contains: "billing", fee: "billing" }],
      ...settings,
    });
    this.#roles = new Map([
      ...roles.map(([role, number]) => [number, role] as const),
      ...ofCurrency.map(([role, number]) => [number, `${role}.${base}`] as const),
    ]);
  }

  amount(decimal: string): Money {
    return fromDecimal(decimal, this.base);
  }

  invoice({ documentDate: date, period, total, lines, receivable }: InvoiceDraft): void {
    const entries = [["Dr", receivable, total] as const, ...creditsOf("Cr", lines)];
    this.#note("IN", { date, period, entries });
  }

  payment({ documentDate: date, period, amount, cash }: PaymentDraft): void {
    const { receivable } = aCustomer();
    const entries = [["Dr", cash, amount] as const, ["Cr", receivable, amount] as const];
    this.#note("PA", { date, period, entries });
  }

  memo({ type, documentDate: date, period, total, lines, receivable }: MemoDraft): void {
    const [own, other] = type === "DM" ? (["Dr", "Cr"] as const) : (["Cr", "Dr"] as const);
    const entries = [[own, receivable, total] as const, ...creditsOf(other, lines)];
    this.#note(type, { date, period, entries });
  }

  journal({ documentDate: date, period, lines }: JournalDraft): void {
    const entries = lines.map(({ side, account, amount }) => {
      return [side === "debit" ? "Dr" : "Cr", account, amount] as const;
    });
    this.#note("GJ", { date, period, entries });
  }

  #note(
    kind: string,
    of: Readonly<{ date: string; period: string; entries: readonly GoldenEntry[] }>,
  ): void {
    const sums = new Map<string, Money>();
    for (const [side, { account }, amount] of of.entries) {
      const key = `${side} ${this.#roles.get(account) ?? account}`;
      sums.set(key, sum([sums.get(key) ?? this.amount("0"), amount], this.base));
    }
    const entries = [...sums].filter(([, { minor }]) => minor !== 0n);
    this.#booked.push({
      ...{ kind, currency: this.base, date: of.date, period: of.period, note: "" },
      entries: entries.map(([key, amount]) => `${key} ${toDecimal(amount)}`).sort(),
    });
  }

  /** Holds what was booked against the example: every document, every balance, and the proof. */
  agree(): void {
    const { documents, balances, stripe } = this.text;
    const entered = this.#booked.map(({ note: _, ...document }) => document);
    expect(entered).toEqual(documents.map(({ note: _, ...document }) => document));
    const found = this.#balances();
    const ends = Object.keys(balances).map((role) => [role, toDecimal(found(role))]);
    expect(Object.fromEntries(ends)).toEqual(balances);
    const moved = sum(
      [
        this.amount(this.text.open[`stripe.${this.base}`] ?? "0"),
        ...this.text.rows.filter((row) => row.balanceType === "payments").map(({ net }) => net),
      ],
      this.base,
    );
    const clearing = toDecimal(found(`clearing.${this.base}`));
    expect([toDecimal(moved), clearing]).toEqual([stripe, stripe]);
  }

  #balances(): (role: string) => Money {
    const sums = new Map<string, Money>();
    for (const entry of this.#booked.flatMap(({ entries }) => entries)) {
      const [side, role = "", decimal = "0"] = entry.split(" ");
      const amount = this.amount(decimal);
      const signed = side === "Dr" ? amount : negate(amount);
      sums.set(role, sum([sums.get(role) ?? this.amount("0"), signed], this.base));
    }
    const opened = this.text.open;
    return (role) =>
      sum([sums.get(role) ?? this.amount("0"), this.amount(opened[role] ?? "0")], this.base);
  }
}

const known = new Map<string, PairSettings>();

/** Reading settings takes longer than all else of an example: alike ones are read once. */
function settingsOf(base: string, given: Readonly<Record<string, unknown>>): PairSettings {
  const key = `${base} ${JSON.stringify(given)}`;
  const settings = known.get(key) ?? someSettings(given);
  known.set(key, settings);
  return settings;
}

type GoldenEntry = readonly [side: "Dr" | "Cr", account: GlAccount, amount: Money];

function creditsOf(side: "Dr" | "Cr", lines: InvoiceDraft["lines"]): GoldenEntry[] {
  return lines.map(({ sales, amount }) => [side, sales, amount]);
}
