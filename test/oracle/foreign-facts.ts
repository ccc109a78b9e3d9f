import { Credit, type Taken } from "./credit.ts";
import { happenings, policyOf } from "./dispute-facts.ts";
import { type Entry, type Fact, fact, onDay, RECEIVABLE, swapped } from "./facts.ts";
import { worthOfParts } from "./rates.ts";
import { refundsOf, returnsAccount } from "./return-facts.ts";
import { numberOf, type Row, textOf } from "./rows.ts";
import { isInBase, isOffTotal, soldOf } from "./sale-facts.ts";
import type { ExpectedPayment, ExpectedSale } from "./sales.ts";
import { dayIn, grossOf, isBooked, type OracleWorld, rowOf, rowsOf } from "./world.ts";

/**
 * Sales in another currency than that of the books, and what went back of them: what each document
 * is worth, what SL makes of two rates where one meets the other, and what goes over the bridge.
 */
export function foreignFacts(world: OracleWorld): Fact[] {
  return world.expected.sales
    .filter((sale) => !isInBase(world, sale) && isBooked(world, sale) && !isOffTotal(sale))
    .flatMap((sale) => new ForeignSale(world, sale).facts());
}

/** Money of a document with what Stripe's balance moved for it. */
type Moved = Readonly<{
  object: string;
  minor: number;
  settled: number;
  settledIn: string;
  day: string;
  /** 1 where it came in, -1 where it went out. */
  sign: 1 | -1;
}>;

class ForeignSale {
  readonly #world: OracleWorld;
  readonly #sale: ExpectedSale;
  /** What the invoice still has open, in its currency and in that of the books. */
  #open: { minor: number; base: number };

  constructor(world: OracleWorld, sale: ExpectedSale) {
    this.#world = world;
    this.#sale = sale;
    this.#open = { minor: sale.totalMinor, base: this.#worth(sale.totalMinor, sale.date) };
  }

  facts(): Fact[] {
    const sale = this.#sale;
    const invoice = fact(
      { object: sale.identity, what: "invoice", family: sale.identity },
      this.#invoice(),
    );
    const payments = sale.payments.map((payment) => this.#payment(payment));
    const credit = new Credit(sale.totalMinor, sale.taxMinor);
    const refunds = refundsOf(this.#world, sale).map((refund) => this.#refund(refund, credit));
    this.#leaveToPeople();
    return [invoice, ...payments, ...refunds, ...this.#disputes(credit)];
  }

  #invoice(): Entry[] {
    const { totalMinor, date } = this.#sale;
    const sold = soldOf(this.#world, this.#sale);
    const whole = this.#open.base;
    const each = (minor: number) => this.#worth(minor, date);
    const worths = worthOfParts(
      sold.map(([, minor]) => minor),
      { whole, each },
    );
    const lines = sold.map(([account], at): [string, number] => [account, -(worths[at] ?? 0)]);
    return totalMinor === 0 ? [] : onDay(date, [[RECEIVABLE, whole], ...lines]);
  }

  #payment({ chargeId, minor, date }: ExpectedPayment): Fact {
    const rows = [chargeId, ...this.#givenBack(chargeId)]
      .flatMap((source) => rowsOf(this.#world, source))
      .filter((row) => OWN.includes(textOf(row, "reporting_category")));
    const settled = rows.reduce((so, row) => so + grossOf(row), 0);
    const settledIn = textOf(rows[0], "currency").toUpperCase();
    const moved: Moved = { object: chargeId, minor, settled, settledIn, day: date, sign: 1 };
    const { worth, entries } = this.#move(moved);
    const isLast = minor >= this.#open.minor;
    const paid = isLast ? this.#open.base : this.#worth(minor, this.#sale.date);
    this.#open = { minor: this.#open.minor - minor, base: this.#open.base - paid };
    if (this.#open.minor < 0) this.#world.unjudged.add(chargeId);
    const gain = worth - paid;
    return fact({ object: chargeId, what: "payment", family: this.#sale.identity }, [
      ...entries,
      ...onDay(date, [[RECEIVABLE, -paid], this.#realised(gain)]),
    ]);
  }

  /** A capture of less gives the rest back by rows of its own. */
  #givenBack(chargeId: string): string[] {
    const all = this.#world.stripe.by("refund", "charge", chargeId);
    return all.filter((row) => row.is_partial_capture === true).map((row) => textOf(row, "id"));
  }

  #refund(refund: Row, credit: Credit): Fact {
    const object = textOf(refund, "id");
    const minor = numberOf(refund, "amount");
    const row = rowOf(this.#world, textOf(refund, "balance_transaction"));
    const day = dayIn(this.#world, row);
    const settledIn = textOf(row, "currency").toUpperCase();
    const settled = -grossOf(row);
    const cash = this.#move({ object, minor, settled, settledIn, day, sign: -1 });
    const taken = credit.take(minor);
    const dated = this.#isAtOwnRate(object) ? day : this.#sale.date;
    const each = (part: number) => this.#worth(part, dated);
    const whole = each(minor);
    const [net = 0, tax = 0] = worthOfParts([taken.net, taken.tax], { whole, each });
    return fact({ object, what: "refund", family: this.#sale.identity }, [
      ...cash.entries,
      ...onDay(day, [
        [returnsAccount(this.#world, refund), net],
        [this.#world.chart.of("tax"), tax],
        // What is credited closes what went out, each at its own worth.
        this.#realised(whole - cash.worth),
      ]),
    ]);
  }

  /** Disputes of the customer's own documents: each row stands for all that is disputed. */
  #disputes(credit: Credit): Fact[] {
    if (policyOf(this.#world) === "receivable") return [];
    return this.#sale.payments
      .flatMap(({ chargeId }) => this.#world.stripe.by("dispute", "charge", chargeId))
      .map((dispute) => {
        const of = { object: textOf(dispute, "id"), what: "dispute", family: this.#sale.identity };
        return fact(of, this.#dispute(dispute, credit));
      });
  }

  #dispute(dispute: Row, credit: Credit): Entry[] {
    const { chart } = this.#world;
    const object = textOf(dispute, "id");
    const minor = numberOf(dispute, "amount");
    const isSaleBack = policyOf(this.#world) === "reverse-sale";
    const entries: Entry[] = [];
    let taken: readonly Entry[] = [];
    let owed = 0;
    for (const { row, status, at } of happenings(this.#world, dispute)) {
      if (row === undefined) {
        const isOff =
          status === "lost" && chart.setting("dispute.lost", "leave-open") !== "leave-open";
        if (isSaleBack || !isOff) continue;
        const day = dayIn(this.#world, { created: at });
        entries.push(
          ...onDay(day, [
            [chart.of("bad-debt"), owed],
            [RECEIVABLE, -owed],
          ]),
        );
        owed = 0;
        continue;
      }
      const day = dayIn(this.#world, row);
      const sign = grossOf(row) < 0 ? -1 : 1;
      const [settled, settledIn] = [Math.abs(grossOf(row)), textOf(row, "currency").toUpperCase()];
      const cash = this.#move({ object, minor, settled, settledIn, day, sign });
      entries.push(...cash.entries, ...this.#feeOf(row, day));
      if (isSaleBack) {
        const isOut = sign < 0;
        if (isOut) taken = this.#takenBy(object, day, credit.take(minor));
        const whole = taken.reduce((so, one) => so + one.minor, 0);
        const cause = isOut ? taken : swapped(taken, day);
        const gain = isOut ? whole - cash.worth : cash.worth - whole;
        entries.push(...cause, ...onDay(day, [this.#realised(gain)]));
        continue;
      }
      if (sign < 0) owed = cash.worth;
      const gain = sign < 0 ? 0 : cash.worth - owed;
      entries.push(...onDay(day, [[RECEIVABLE, sign < 0 ? owed : -owed], this.#realised(gain)]));
      if (sign > 0) owed = 0;
    }
    return entries;
  }

  #takenBy(object: string, day: string, { net, tax }: Taken): Entry[] {
    const { chart } = this.#world;
    const dated = this.#isAtOwnRate(object) ? day : this.#sale.date;
    const each = (part: number) => this.#worth(part, dated);
    const [sold = 0, taxed = 0] = worthOfParts([net, tax], { whole: each(net + tax), each });
    return onDay(day, [
      [chart.of("returns.dispute"), sold],
      [chart.of("tax"), taxed],
    ]);
  }

  #feeOf(row: Row, day: string): Entry[] {
    const { chart, rates } = this.#world;
    const currency = textOf(row, "currency").toUpperCase();
    const worth = rates.worth(numberOf(row, "fee"), currency, day);
    return onDay(day, [
      [chart.of("fee.dispute"), worth],
      [chart.of(`clearing.${currency}`), -worth],
    ]);
  }

  /** SL's own line where one document meets another of another rate: a gain is a credit. */
  #realised(gain: number): [string, number] {
    return [this.#world.rates.realised(this.#sale.currency, gain), -gain];
  }

  /** Where settled as itself, or where the site keeps no rate, SL's rate of the day counts. */
  #isAtOwnRate(object: string): boolean {
    const { payments, currency } = this.#sale;
    const settled = payments.flatMap(({ chargeId }) => rowsOf(this.#world, chargeId));
    const isAsItself = settled.every((row) => textOf(row, "currency").toUpperCase() === currency);
    return isAsItself || this.#world.slRated.has(object);
  }

  /** What a document of moved money is worth, and what it and the journals behind it move. */
  #move(of: Moved): Readonly<{ worth: number; entries: readonly Entry[] }> {
    const { chart, rates, slRated } = this.#world;
    const { object, minor, settled, settledIn, day, sign } = of;
    const own = this.#worth(minor, day);
    const clearing = chart.of(`clearing.${settledIn}`);
    const moved = rates.worth(settled, settledIn, day);
    const isKept = !slRated.has(object) && this.#sale.currency !== chart.currency;
    if (settledIn === this.#sale.currency) {
      return { worth: own, entries: onDay(day, [[clearing, sign * own]]) };
    }
    const worth = isKept ? moved : own;
    const rest = sign * (worth - moved);
    const role = rest > 0 ? "fx-loss" : "fx-gain";
    // On the bridge it comes and goes: what is left of it there is nothing.
    const exchange: [string, number] = [chart.of(role), rest];
    return { worth, entries: onDay(day, [[clearing, sign * moved], exchange]) };
  }

  /** Credit notes, returned debits, refunds that failed: no rule of the oracle's in a currency. */
  #leaveToPeople(): void {
    const { stripe, unjudged } = this.#world;
    for (const note of stripe.by("credit_note", "invoice", this.#sale.identity)) {
      unjudged.add(textOf(note, "id"));
    }
    for (const { chargeId, returned } of this.#sale.payments) {
      if (returned !== undefined) unjudged.add(chargeId);
    }
    for (const refund of refundsOf(this.#world, this.#sale)) {
      if (textOf(refund, "failure_balance_transaction") !== "") unjudged.add(textOf(refund, "id"));
    }
  }

  #worth(minor: number, day: string): number {
    return this.#world.rates.worth(minor, this.#sale.currency, day);
  }
}

const OWN = ["charge", "partial_capture_reversal"];
