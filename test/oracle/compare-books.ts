import { type Entry, type Fact, RECEIVABLE, totalsOf } from "./facts.ts";
import type { LedgerLine, SlBooks } from "./ledger.ts";
import { waitingOf } from "./open-rows.ts";
import { numberOf, type Row, textOf } from "./rows.ts";
import type { ExpectedSale } from "./sales.ts";
import { periodOf } from "./stripe-rows.ts";
import { dayIn, type OracleWorld } from "./world.ts";

/** What an account must hold of a month's days and what it holds, in minor units. */
export type AccountLine = Readonly<{
  account: string;
  period: string;
  expected: number;
  found: number;
}>;

/** Stripe's balance at the end of a day beside clearing; what waits is in no document yet. */
export type DayLine = Readonly<{
  day: string;
  stripe: number;
  clearing: number;
  waiting: number;
  difference: number;
}>;

/** What the oracle says. */
export type Verdict = Readonly<{
  /** In words, each with the id of what it is about; empty when all is well. */
  differences: readonly string[];
  accounts: readonly AccountLine[];
  days: readonly DayLine[];
  /** What customers owe, by SL's ids. */
  customers: ReadonlyMap<string, Readonly<{ expected: number; found: number }>>;
  /** Lines that are posted in a later period than their day's, by object. */
  late: readonly string[];
  /** Ids that the oracle has no rule for. */
  unjudged: readonly string[];
  /** Ids of rows that no document takes yet. */
  waiting: readonly string[];
  facts: number;
}>;

/** Compares what must be with what is, id by id, then account by account. */
export function compareBooks(world: OracleWorld, facts: readonly Fact[], books: SlBooks): Verdict {
  const comparison = new Comparison(world, facts, books);
  return comparison.verdict();
}

class Comparison {
  readonly #world: OracleWorld;
  readonly #books: SlBooks;
  readonly #facts: ReadonlyMap<string, readonly Fact[]>;
  readonly #lines: ReadonlyMap<string, readonly LedgerLine[]>;
  readonly #sales: ReadonlyMap<string, ExpectedSale>;
  readonly #differences: string[] = [];
  /** What must be, in the way that SL has taken. */
  readonly #entries: Entry[] = [];
  readonly #late = new Set<string>();
  readonly #customers = new Map<string, { expected: number; found: number }>();
  /** By Stripe's customer: what invoices took from the balance, and which credits are gone. */
  readonly #fromBalance = new Map<string, { used: number; gone: number }>();

  constructor(world: OracleWorld, facts: readonly Fact[], books: SlBooks) {
    this.#world = world;
    this.#books = books;
    this.#facts = Map.groupBy(facts, ({ object }) => object);
    this.#sales = new Map(world.expected.sales.map((sale) => [sale.identity, sale]));
    this.#lines = Map.groupBy(books.lines, ({ object }) => object);
  }

  verdict(): Verdict {
    const objects = new Set([...this.#facts.keys(), ...this.#lines.keys()]);
    objects.delete("");
    for (const object of objects) this.#object(object);
    this.#strangers();
    this.#periods();
    this.#families();
    const { currency } = this.#world.chart;
    const currencies = Object.keys(this.#world.chart.settings("accounts.clearing"));
    const others = currencies.filter((one) => one !== currency);
    const rows = [currency, ...others].flatMap((one) => this.#rows(one));
    const days = this.#days(currency);
    for (const one of others) this.#days(one);
    const waits = rows.filter(({ waiting }) => waiting !== 0);
    return {
      differences: this.#differences,
      accounts: this.#accounts(),
      days,
      customers: this.#customers,
      late: [...this.#late],
      unjudged: [...this.#world.unjudged],
      waiting: waits.map(({ row }) => textOf(row, "id")),
      facts: this.#facts.size,
    };
  }

  #object(object: string): void {
    if (this.#world.unjudged.has(object)) return;
    const facts = this.#facts.get(object) ?? [];
    const found = totalsOf(this.#lines.get(object) ?? []);
    const ways = waysOf(facts);
    const way = ways.find((one) => isSame(totalsOf(one), found)) ?? ways[0] ?? [];
    this.#entries.push(...way);
    const wanted = totalsOf(way);
    if (isSame(wanted, found)) return;
    const what = facts.map((fact) => fact.what)[0] ?? "nothing that Stripe knows";
    for (const key of new Set([...wanted.keys(), ...found.keys()])) {
      const [is, must] = [found.get(key) ?? 0, wanted.get(key) ?? 0];
      if (is === must) continue;
      this.#differs(`${object} (${what}): ${key} is ${is}, expected ${must}`);
    }
  }

  /** Nobody else's lines belong on accounts that stand for Stripe's money. */
  #strangers(): void {
    const { chart } = this.#world;
    const own = ["clearing", "transit"].flatMap((role) =>
      Object.values(chart.settings(`accounts.${role}`)),
    );
    const watched = new Set<unknown>([...own, chart.of("dispute-receivable")]);
    for (const { account, minor, where } of this.#lines.get("") ?? []) {
      if (watched.has(account)) this.#differs(`${where}: ${minor} on ${account} without a key`);
    }
  }

  #periods(): void {
    for (const { object, day, period, where } of this.#books.lines) {
      if (object === "" || period === periodOf(day)) continue;
      this.#late.add(object);
      if (period < periodOf(day)) {
        this.#differs(`${object}: ${where} of ${day} is in the earlier period ${period}`);
      }
    }
  }

  /** What is open of a sale and all that came after it: the right customer's, nothing unapplied. */
  #families(): void {
    const families = Map.groupBy([...this.#facts.values()].flat(), ({ family }) => family);
    const byObject = Map.groupBy(this.#books.documents, ({ object }) => object);
    for (const [family, facts] of families) {
      if (family === "" || facts.some(({ object }) => this.#world.unjudged.has(object))) continue;
      const objects = [...new Set(facts.map(({ object }) => object))];
      const own = objects.flatMap((object) => byObject.get(object) ?? []);
      const wanted = facts.flatMap(({ entries }) => entries).filter(isReceivable);
      const must = wanted.reduce((so, { minor }) => so + minor, 0);
      const open = own.map(({ openMinor }) => openMinor);
      const is = open.reduce((so, minor) => so + minor, 0);
      this.#credited(family, { is, must });
      // What a dispute claims waits for a person, beside a credit that may stand there as well.
      const disputes = new Set(facts.filter(isDispute).map(({ object }) => object));
      const claims = Map.groupBy(own, ({ object }) => (disputes.has(object) ? object : family));
      for (const documents of claims.values()) {
        if (!isMixed(documents)) continue;
        const names = documents.filter(({ openMinor }) => openMinor !== 0).map(({ name }) => name);
        this.#differs(`${family}: not applied to each other: ${names.join(", ")}`);
      }
      this.#customer(family, { own, must, is, person: this.#sales.get(family)?.person });
    }
    for (const [customer, { used, gone }] of this.#fromBalance) {
      if (used === gone) continue;
      this.#differs(`${customer}: ${used} was taken from the balance, ${gone} of credits is gone`);
    }
  }

  /**
   * What an invoice took from its customer's balance at Stripe is applied to it from a credit that
   * stood open of some other sale; which of several it was is nobody's business.
   */
  #credited(family: string, { is, must }: Readonly<{ is: number; must: number }>): void {
    const invoice = this.#world.stripe.one("invoice", family) ?? {};
    const used = usedOfBalance(invoice);
    const customer = textOf(invoice, "customer");
    const gone = is - must + used;
    const isCredit = must < 0 && gone > 0 && gone <= -must;
    if (gone !== 0 && !isCredit) {
      this.#differs(`${family}: ${is} is open of its documents, expected ${must - used}`);
    }
    if (used === 0 && !isCredit) return;
    const so = this.#fromBalance.get(customer) ?? { used: 0, gone: 0 };
    this.#fromBalance.set(customer, {
      used: so.used + used,
      gone: so.gone + (isCredit ? gone : 0),
    });
  }

  #customer(
    family: string,
    of: Readonly<{
      own: readonly Readonly<{ customerId: string }>[];
      must: number;
      is: number;
      person: Readonly<{ email: string } | { named: string }> | undefined;
    }>,
  ): void {
    const ids = [...new Set(of.own.map(({ customerId }) => customerId))];
    if (ids.length > 1) this.#differs(`${family}: documents of ${ids.join(" and ")}`);
    const [id = ""] = ids;
    const so = this.#customers.get(id) ?? { expected: 0, found: 0 };
    this.#customers.set(id, { expected: so.expected + of.must, found: so.found + of.is });
    const { person } = of;
    if (id === "" || person === undefined) return;
    const is = "named" in person ? id : (this.#books.addresses.get(id) ?? "");
    const must = "named" in person ? person.named : person.email;
    const isNobodys = must === "" || this.#namedAtStripe(family) === id;
    if (is !== must && !isNobodys) this.#differs(`${family}: customer ${id} is ${is}, not ${must}`);
  }

  /** A customer whom the sale's own metadata name needs no address. */
  #namedAtStripe(family: string): string {
    const key = this.#world.chart.setting("metadata.customer-id", "DynamicsSL_CustomerID");
    return this.#sales.get(family)?.metadata[key] ?? "";
  }

  #accounts(): AccountLine[] {
    const sums = new Map<string, { expected: number; found: number }>();
    const add = (entry: Entry, which: "expected" | "found") => {
      const key = `${entry.account} ${periodOf(entry.day)}`;
      const so = sums.get(key) ?? { expected: 0, found: 0 };
      sums.set(key, { ...so, [which]: so[which] + entry.minor });
    };
    for (const entry of this.#entries) add(entry, "expected");
    for (const line of this.#books.lines) if (this.#isJudged(line)) add(line, "found");
    return [...sums]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, both]) => {
        const [account = "", period = ""] = key.split(" ");
        return { account, period, ...both };
      });
  }

  #isJudged({ object }: LedgerLine): boolean {
    return object !== "" && !this.#world.unjudged.has(object);
  }

  /** Rows of a currency that move its balance, with what of each waits. */
  #rows(currency: string): readonly Readonly<{ row: Row; waiting: number }>[] {
    return this.#world.stripe
      .all("balance_transaction")
      .filter((row) => textOf(row, "currency").toUpperCase() === currency)
      .filter((row) => ["", "payments"].includes(textOf(row, "balance_type")))
      .map((row) => ({ row, waiting: waitingOf(this.#world, row) }));
  }

  /**
   * Day by day Stripe's balance is clearing and what waits; it also proves the oracle itself. An
   * account of another currency than the books' is counted in that.
   */
  #days(currency: string): DayLine[] {
    const { chart } = this.#world;
    const clearing = chart.of(`clearing.${currency}`);
    const isBase = currency === chart.currency;
    const moves = this.#rows(currency).map(({ row, waiting }) => ({
      day: dayIn(this.#world, row),
      stripe: numberOf(row, "net"),
      waiting,
      clearing: 0,
    }));
    const booked = this.#books.lines
      .filter(({ account, entered }) => {
        return account === clearing && (isBase || entered.currency === currency);
      })
      .map(({ day, minor, entered }) => {
        return { day, stripe: 0, waiting: 0, clearing: isBase ? minor : entered.minor };
      });
    const byDay = Map.groupBy([...moves, ...booked], ({ day }) => day);
    const lines: DayLine[] = [];
    let so = { stripe: 0, waiting: 0, clearing: 0 };
    for (const [day, all] of [...byDay].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      for (const move of all) {
        so = {
          stripe: so.stripe + move.stripe,
          waiting: so.waiting + move.waiting,
          clearing: so.clearing + move.clearing,
        };
      }
      lines.push({ day, ...so, difference: so.stripe - so.waiting - so.clearing });
    }
    const wrong = lines.filter(({ difference }) => difference !== 0);
    const [first] = wrong;
    if (first !== undefined) {
      const { day, difference } = first;
      this.#differs(
        `clearing ${clearing}: from ${day} on it differs from Stripe, by ${difference} that day`,
      );
    }
    return lines;
  }

  #differs(words: string): void {
    this.#differences.push(words);
  }
}

function isReceivable({ account }: Entry): boolean {
  return account === RECEIVABLE;
}

/** Every way in which the facts of one object may stand. */
function waysOf(facts: readonly Fact[]): readonly (readonly Entry[])[] {
  const whole = facts.flatMap(({ entries }) => entries);
  const [only] = facts;
  return only === undefined || facts.length > 1 ? [whole] : [whole, ...only.instead];
}

function isSame(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && [...a].every(([key, minor]) => b.get(key) === minor);
}

function isDispute({ what }: Fact): boolean {
  return what === "dispute";
}

function isMixed(documents: readonly Readonly<{ openMinor: number }>[]): boolean {
  const isOpen = (sign: number) => documents.some(({ openMinor }) => openMinor * sign > 0);
  return isOpen(1) && isOpen(-1);
}

/** What an invoice took from the balance that Stripe keeps for its customer. */
function usedOfBalance(invoice: Row): number {
  return Math.max(numberOf(invoice, "ending_balance") - numberOf(invoice, "starting_balance"), 0);
}
