import { Credit, spread, type Taken } from "./credit.ts";
import { type DisputeMemo, disputeMemos } from "./dispute-facts.ts";
import { type Entry, type Fact, fact, onDay, RECEIVABLE } from "./facts.ts";
import { numberOf, type Row, textOf } from "./rows.ts";
import { isInBase, isOffTotal } from "./sale-facts.ts";
import type { ExpectedSale } from "./sales.ts";
import { listIn, metadataOf } from "./stripe-rows.ts";
import {
  clearingOf,
  dayIn,
  grossOf,
  isBeforeStart,
  isBooked,
  type OracleWorld,
  rowOf,
} from "./world.ts";

/** Something that gives back of a sale, at the second at which it happened. */
type Step = Readonly<{ at: number; rank: number; take: (sale: SaleBack) => void }>;

/** Refunds, credit notes and disputed sales that are taken back: what is left of a sale decides. */
export function returnFacts(world: OracleWorld): Fact[] {
  return world.expected.sales
    .filter((sale) => isInBase(world, sale) && !isOffTotal(sale))
    .flatMap((sale) => {
      if (isBooked(world, sale)) return new SaleBack(world, sale).facts();
      const isOld = isBeforeStart(world.chart, sale) && !world.leftOut.has(sale.identity);
      return isOld ? oldRefunds(world, sale) : [];
    });
}

/** The refunds of a sale that moved money. */
export function refundsOf({ stripe }: OracleWorld, sale: ExpectedSale): Row[] {
  return sale.payments
    .flatMap(({ chargeId }) => stripe.by("refund", "charge", chargeId))
    .filter((row) => row.is_partial_capture !== true)
    .filter((row) => textOf(row, "balance_transaction") !== "");
}

/** Of a sale that was never booked the money alone is known. */
function oldRefunds(world: OracleWorld, sale: ExpectedSale): Fact[] {
  const returns = world.chart.of("returns.before-start");
  return refundsOf(world, sale).map((refund) => {
    const minor = numberOf(refund, "amount");
    const day = dayIn(world, rowOf(world, textOf(refund, "balance_transaction")));
    const entries = onDay(day, [
      [clearingOf(world), -minor],
      [returns, minor],
    ]);
    const of = { object: textOf(refund, "id"), what: "refund", family: sale.identity };
    return fact(of, [...entries, ...failureEntries(world, refund)]);
  });
}

/** The money of a refund that failed is back on clearing. */
function failureEntries(world: OracleWorld, refund: Row): Entry[] {
  const row = rowOf(world, textOf(refund, "failure_balance_transaction"));
  if (row === undefined) return [];
  return onDay(dayIn(world, row), [
    [clearingOf(world), grossOf(row)],
    [RECEIVABLE, -grossOf(row)],
  ]);
}

/** What goes back of one sale, in the order in which it happened. */
class SaleBack {
  readonly #world: OracleWorld;
  readonly #sale: ExpectedSale;
  readonly #credit: Credit;
  /** Money of each charge that nothing has taken. */
  readonly #open = new Map<string, number>();
  readonly #memos = new Map<string, Taken & Readonly<{ loss: number }>>();
  /** What each dispute has taken of the sale, and lost beyond it, less what came back. */
  readonly #disputed = new Map<string, Taken & Readonly<{ loss: number }>>();
  readonly #facts: Fact[] = [];

  constructor(world: OracleWorld, sale: ExpectedSale) {
    this.#world = world;
    this.#sale = sale;
    this.#credit = new Credit(sale.totalMinor, sale.taxMinor);
    let left = sale.totalMinor - this.#creditedBefore();
    for (const { chargeId, minor } of sale.payments) {
      const applied = Math.min(minor, Math.max(left, 0));
      left -= applied;
      this.#open.set(chargeId, minor - applied);
    }
  }

  facts(): Fact[] {
    const steps = [...this.#refundSteps(), ...this.#noteSteps(), ...this.#disputeSteps()];
    for (const step of steps.toSorted((a, b) => a.at - b.at || a.rank - b.rank)) step.take(this);
    return this.#facts;
  }

  #notes(): readonly Row[] {
    const { stripe } = this.#world;
    return stripe.by("credit_note", "invoice", this.#sale.identity);
  }

  #creditedBefore(): number {
    return this.#notes()
      .filter((note) => textOf(note, "status") !== "void")
      .reduce((so, note) => so + numberOf(note, "pre_payment_amount"), 0);
  }

  #refundSteps(): Step[] {
    return refundsOf(this.#world, this.#sale).flatMap((refund): Step[] => {
      const row = rowOf(this.#world, textOf(refund, "balance_transaction"));
      const back = rowOf(this.#world, textOf(refund, "failure_balance_transaction"));
      const made: Step = {
        at: numberOf(row, "created"),
        rank: 1,
        take: () => this.#refund(refund),
      };
      if (back === undefined) return [made];
      return [
        made,
        { at: numberOf(back, "created"), rank: 2, take: () => this.#fail(refund, back) },
      ];
    });
  }

  #noteSteps(): Step[] {
    return this.#notes()
      .filter((note) => textOf(note, "status") !== "void")
      .map((note) => ({
        at: numberOf(note, "created"),
        rank: 0,
        take: () => this.#note(note),
      }));
  }

  #disputeSteps(): Step[] {
    return disputeMemos(this.#world, this.#sale).map((memo) => ({
      at: memo.at,
      rank: 3,
      take: () => this.#dispute(memo),
    }));
  }

  #refund(refund: Row): void {
    const id = textOf(refund, "id");
    const minor = numberOf(refund, "amount");
    const row = rowOf(this.#world, textOf(refund, "balance_transaction"));
    const day = dayIn(this.#world, row);
    const cash = onDay(day, [
      [RECEIVABLE, minor],
      [clearingOf(this.#world), grossOf(row)],
    ]);
    const caused = this.#isOfMoneyAlone(refund)
      ? 0
      : minor - this.#cover(refund, minor) - this.#ofNote(id, minor);
    const cause = caused === 0 ? [] : this.#cause(day, { minor: caused, refund });
    const of = { object: id, what: "refund", family: this.#sale.identity };
    this.#facts.push(fact(of, [...cash, ...cause]));
  }

  #isOfMoneyAlone(refund: Row): boolean {
    const key = this.#world.chart.setting("metadata.refund", "slipway_refund");
    return (metadataOf(refund)[key] ?? "").trim().toLowerCase() === "payment-only";
  }

  /** Money of the charge that is applied to nothing pays first. */
  #cover(refund: Row, minor: number): number {
    const charge = textOf(refund, "charge");
    const open = this.#open.get(charge) ?? 0;
    const covered = Math.min(open, minor);
    this.#open.set(charge, open - covered);
    return covered;
  }

  /** What of a refund its credit note is about: the note's own memo stands for it. */
  #ofNote(refundId: string, minor: number): number {
    const parts = this.#notes()
      .filter((note) => textOf(note, "status") !== "void")
      .flatMap((note) => listIn(note, "refunds"))
      .filter((one) => textOf(one, "refund") === refundId);
    const [part] = parts;
    return part === undefined ? 0 : Math.min(minor, numberOf(part, "amount_refunded") || minor);
  }

  #cause(day: string, of: Readonly<{ minor: number; refund: Row }>): Entry[] {
    const { chart } = this.#world;
    // What a dispute has taken cannot be taken back again: it went out twice.
    const isDisputed = this.#disputed.size > 0;
    const loss = isDisputed ? Math.max(0, of.minor - this.#credit.left) : 0;
    const taken = this.#credit.take(of.minor - loss);
    this.#memos.set(textOf(of.refund, "id"), { ...taken, loss });
    return onDay(day, [
      [returnsAccount(this.#world, of.refund), taken.net],
      [chart.of("tax"), taken.tax],
      ...lossEntry(this.#world, loss),
      [RECEIVABLE, -of.minor],
    ]);
  }

  #fail(refund: Row, back: Row): void {
    const id = textOf(refund, "id");
    const cash = failureEntries(this.#world, refund);
    const of = { object: id, what: "refund that failed", family: this.#sale.identity };
    const memo = this.#memos.get(id);
    if (this.#world.chart.setting("refund-failed", "credit") !== "reverse") {
      const charge = textOf(refund, "charge");
      this.#open.set(charge, (this.#open.get(charge) ?? 0) + grossOf(back));
      this.#facts.push(fact(of, cash));
      return;
    }
    if (memo !== undefined) this.#credit.giveBack(memo);
    const stands =
      memo === undefined
        ? []
        : onDay(dayIn(this.#world, back), [
            [returnsAccount(this.#world, refund), -memo.net],
            [this.#world.chart.of("tax"), -memo.tax],
            ...lossEntry(this.#world, -memo.loss),
            [RECEIVABLE, memo.net + memo.tax + memo.loss],
          ]);
    this.#facts.push(fact(of, [...cash, ...stands]));
  }

  #note(note: Row): void {
    const { chart, stripe } = this.#world;
    const minor = numberOf(note, "amount");
    const lines = stripe.by("credit_note_line", "credit_note", textOf(note, "id"));
    const own = lines.flatMap((line) => listIn(line, "taxes"));
    const taxes = own.reduce((so, tax) => so + numberOf(tax, "amount"), 0);
    const { net, tax } = this.#credit.take(minor, taxes);
    const at = numberOf(note, "effective_at") || numberOf(note, "created");
    const entries = onDay(dayIn(this.#world, { created: at }), [
      [chart.of("returns.credit-note"), net],
      [chart.of("tax"), tax],
      [RECEIVABLE, -minor],
    ]);
    const of = { object: textOf(note, "id"), what: "credit note", family: this.#sale.identity };
    this.#facts.push(fact(of, entries));
  }

  /** A dispute that takes the sale back credits at most what is left of it. */
  #dispute({ object, day, minor }: DisputeMemo): void {
    const { chart } = this.#world;
    const of = { object, what: "sale of a dispute", family: this.#sale.identity };
    if (minor < 0) {
      this.#facts.push(fact(of, this.#standsAgain(object, day, -minor)));
      return;
    }
    const loss = Math.max(0, minor - this.#credit.left);
    const taken = this.#credit.take(minor - loss);
    const entries = onDay(day, [
      [chart.of("returns.dispute"), taken.net],
      [chart.of("tax"), taken.tax],
      ...lossEntry(this.#world, loss),
      [RECEIVABLE, -minor],
    ]);
    const { net, tax, loss: lost } = this.#takenBy(object);
    this.#disputed.set(object, { net: net + taken.net, tax: tax + taken.tax, loss: lost + loss });
    this.#facts.push(fact(of, entries));
  }

  #takenBy(object: string): Taken & Readonly<{ loss: number }> {
    return this.#disputed.get(object) ?? { net: 0, tax: 0, loss: 0 };
  }

  /**
   * What a dispute took stands again: of a part that comes back each account has its share of what
   * still stands on it, by largest remainder. What comes back beyond that was no loss.
   */
  #standsAgain(object: string, day: string, minor: number): Entry[] {
    const { chart } = this.#world;
    const before = this.#takenBy(object);
    const weights = [before.net, before.tax, before.loss];
    const part = Math.min(minor, before.net + before.tax + before.loss);
    const [net = 0, tax = 0, loss = 0] = spread(part, weights);
    this.#credit.giveBack({ net, tax });
    const left = { net: before.net - net, tax: before.tax - tax, loss: before.loss - loss };
    this.#disputed.set(object, left);
    return onDay(day, [
      [chart.of("returns.dispute"), -net],
      [chart.of("tax"), -tax],
      ...lossEntry(this.#world, part - minor - loss),
      [RECEIVABLE, minor],
    ]);
  }
}

/** Only where there is one: a site without disputes need not have the account. */
function lossEntry({ chart }: OracleWorld, minor: number): [string, number][] {
  return minor === 0 ? [] : [[chart.of("dispute-loss"), minor]];
}

/** The account of what a refund takes back, by the merchant's reason or by Stripe's. */
export function returnsAccount({ chart }: OracleWorld, refund: Row): string {
  const returns = chart.settings("accounts.returns");
  const key = chart.setting("metadata.refund-reason", "slipway_refund_reason");
  const own = (metadataOf(refund)[key] ?? "").toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  const reason = own.replaceAll(/^-|-$/g, "");
  if (reason !== "" && typeof returns[reason] === "string") return String(returns[reason]);
  return chart.of(`returns.${REASONS[textOf(refund, "reason")] ?? "requested"}`);
}

const REASONS: Readonly<Record<string, string>> = {
  duplicate: "duplicate",
  fraudulent: "fraudulent",
  requested_by_customer: "requested",
  expired_uncaptured_charge: "expired",
};
