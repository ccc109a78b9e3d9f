import { type Row, textOf } from "../oracle/rows.ts";
import { connect } from "./hub-parts.ts";
import { Chance } from "./random.ts";
import type { Site } from "./site.ts";

/**
 * What comes back of an order: money at Stripe, as a share of the sale, or goods in SL, by the
 * refunds that they are for: all that these owe, the first part of it, or what is left of it then.
 */
type Deed = Readonly<
  { refund: number } | { goodsOf: readonly number[]; part?: "some" | "the rest" }
>;

const REFUND = { whole: 1, half: 0.5, third: 0.3, fifth: 0.2 };
/** Goods for two refunds in one return, or for a part of one, are for a person to apply. */
const WAYS: readonly (readonly Deed[])[] = [
  [{ refund: REFUND.whole }, { goodsOf: [0] }],
  [{ refund: REFUND.half }, { goodsOf: [0] }],
  [{ refund: REFUND.third }, { goodsOf: [0] }, { refund: REFUND.fifth }, { goodsOf: [1] }],
  [{ refund: REFUND.third }, { refund: REFUND.third }, { goodsOf: [0] }, { goodsOf: [1] }],
  [{ refund: REFUND.fifth }, { refund: REFUND.third }, { goodsOf: [1] }, { goodsOf: [0] }],
  [{ goodsOf: [0] }, { refund: REFUND.half }],
  [{ refund: REFUND.half }, { goodsOf: [0], part: "some" }, { goodsOf: [0], part: "the rest" }],
  [{ refund: REFUND.fifth }, { refund: REFUND.third }, { goodsOf: [0, 1] }],
];

/** An order as SL's administration shows it in short. */
type Order = Readonly<{
  ordNbr: string;
  lines: readonly Readonly<{ lineRef: string; shipped: number }>[];
}>;
/** How likely somebody comes by while other orders still ship. */
const COMES = 0.3;

type Step = Readonly<{ kind: "refund" | "return"; minor: number; chargeId: string }>;

/**
 * The shop that gives money back for orders that are over, and the clerks who enter in SL what came
 * back of them: late, in parts, or for several refunds at once.
 */
export class ReturnsDesk {
  /** Numbers of the return orders in SL: nobody ships them. */
  readonly orders = new Set<string>();
  readonly #site: Site;
  readonly #chance: Chance;
  /** What is left to do for each order that was met. */
  readonly #left = new Map<string, Step[]>();

  constructor(site: Site, seed: number) {
    this.#site = site;
    this.#chance = new Chance(seed ^ 0x2e7a1);
  }

  /**
   * Does the next thing for one of the orders that are over, at random while there are others.
   *
   * @returns whether anything was done
   */
  async act(areAllOver: boolean): Promise<boolean> {
    if (!this.#site.hasReturns || !(areAllOver || this.#chance.happens(COMES))) return false;
    for (const ledger of await this.#site.ledgers()) {
      const number = textOf(ledger, "order_number");
      const isOver = textOf(ledger, "state") === "closed" || ledger.state === "cancelled";
      if (isOver && !this.#left.has(number)) this.#left.set(number, await this.#plan(number));
    }
    const waiting = [...this.#left].filter(([, steps]) => steps.length > 0);
    if (waiting.length === 0) return false;
    const [number, steps] = this.#chance.pick(waiting);
    const step = steps.shift();
    if (step !== undefined) await this.#carryOut(number, step);
    return true;
  }

  /** Steps with their amounts. Money that nothing took goes back first, and without any goods. */
  async #plan(number: string): Promise<Step[]> {
    const [money, ...more] = await this.#moneyOf(number);
    const way = this.#chance.pick(WAYS);
    // A refund is of one charge: those of sales that two have paid are left out.
    if (money === undefined || more.length > 0) return [];
    const total = cents(money.CuryOrigDocAmt);
    const minors = way.flatMap((deed) => {
      return "refund" in deed ? [Math.max(1, Math.floor(total * deed.refund))] : [];
    });
    let left = cents(money.CuryDocBal);
    const owed = minors.map((minor) => {
      const covered = Math.min(left, minor);
      left -= covered;
      return minor - covered;
    });
    const chargeId = textOf(money, "User1");
    const steps = way.map((deed): Step => {
      if ("refund" in deed) return { kind: "refund", minor: minors.shift() ?? 0, chargeId };
      const all = deed.goodsOf.reduce((sum, at) => sum + (owed[at] ?? 0), 0);
      const some = Math.floor(all * 0.4);
      const ofPart = deed.part === "some" ? some : all - some;
      return { kind: "return", minor: deed.part === undefined ? all : ofPart, chargeId };
    });
    return steps.filter(({ minor }) => minor > 0);
  }

  async #carryOut(number: string, { kind, minor, chargeId }: Step): Promise<void> {
    const { stripe, stripeAdmin, script, sl } = this.#site;
    script.note(`order ${number}: ${kind} of ${minor}`);
    script.hit(`order: ${kind}`);
    if (kind === "refund") {
      await stripeAdmin("/settings", { eventsLateMs: 0 });
      await stripe.refunds.create({ charge: chargeId, amount: minor });
      // Refunds of one second have no order at Stripe.
      await stripeAdmin("/clock", { advanceMs: 1_000 });
      return;
    }
    const order = await sl<Order>(`/orders/${number}`);
    const line = order.lines.find(({ shipped }) => shipped > 0);
    if (line === undefined) throw new Error(`nothing of order ${number} was shipped`);
    const lines = [{ lineRef: line.lineRef, quantity: 1, price: minor / 100 }];
    const { ordNbr } = await sl<Order>(`/orders/${number}/return`, { lines });
    this.orders.add(ordNbr);
  }

  /**
   * A person applies what returns of an order have open to what its refunds owe, in 08.030.
   *
   * @returns whether there was anything
   */
  async applyByHand(number: string): Promise<boolean> {
    const { sl, script } = this.#site;
    const [payment] = await this.#moneyOf(number);
    const refunds = await this.#site.stripe.refunds.list({ charge: textOf(payment, "User1") });
    const oldest = refunds.data.toSorted((a, b) => a.created - b.created).map(({ id }) => id);
    const documents = await sl<Row[]>("/rows?table=ARDoc");
    const debits = oldest.flatMap((id) =>
      documents.filter((row) => textOf(row, "User1") === id && textOf(row, "DocType") === "DM"),
    );
    const batches = await this.#batchesOf(number);
    const credits = documents.filter((row) => {
      return batches.has(textOf(row, "BatNbr")) && row.Rlsed === 1;
    });
    const open = new Map([...debits, ...credits].map((row) => [row, cents(row.CuryDocBal)]));
    let applied = 0;
    for (const credit of credits) {
      for (const debit of debits) {
        const minor = Math.min(open.get(credit) ?? 0, open.get(debit) ?? 0);
        if (minor === 0) continue;
        await this.#apply(credit, debit, minor);
        script.note(`a person applies ${minor} of ${textOf(credit, "RefNbr")}`);
        open.set(credit, (open.get(credit) ?? 0) - minor);
        open.set(debit, (open.get(debit) ?? 0) - minor);
        applied += 1;
      }
    }
    if (applied > 0) script.hit("a return was applied by hand");
    return applied > 0;
  }

  async #moneyOf(number: string): Promise<readonly Row[]> {
    const rows = await this.#site.sl<Row[]>(`/rows?table=ARDoc&OrdNbr=${number}`);
    return rows.filter((row) => row.Rlsed === 1 && textOf(row, "DocType").startsWith("P"));
  }

  async #batchesOf(number: string): Promise<ReadonlySet<string>> {
    const { sl } = this.#site;
    const orders = await sl<Row[]>(`/rows?table=SOHeader&OrigOrdNbr=${number}`);
    const numbers = orders.map((row) => textOf(row, "OrdNbr"));
    const shippers = await sl<Row[]>("/rows?table=SOShipHeader");
    const own = shippers.filter((row) => numbers.includes(textOf(row, "OrdNbr")));
    return new Set(own.map((row) => textOf(row, "ARBatNbr")).filter((batNbr) => batNbr !== ""));
  }

  async #apply(credit: Row, debit: Row, minor: number): Promise<void> {
    const clerk = connect(this.#site.settings);
    const usd = (amount: number) => ({ minor: BigInt(amount), currency: "USD" });
    const refNbr = textOf(debit, "RefNbr");
    const receivable = { account: textOf(debit, "ArAcct"), subaccount: textOf(debit, "ArSub") };
    try {
      const { batNbr } = await clerk.add({
        kind: "application",
        key: `clerk-${textOf(credit, "RefNbr")}-${refNbr}`,
        ...{ stripeId: "", customerId: textOf(debit, "CustId"), currency: "USD" },
        documentDate: textOf(debit, "DocDate").slice(0, 10),
        period: textOf(debit, "PerPost"),
        payer: { type: "CM", refNbr: textOf(credit, "RefNbr") },
        applications: [{ type: "DM", refNbr, amount: usd(minor), receivable }],
        isAtOnce: false,
        before: { payer: usd(0), target: usd(0), between: usd(0) },
      });
      await this.#site.sl(`/batches/AR/${batNbr}/release`, {});
    } finally {
      clerk.close();
    }
  }
}

function cents(amount: unknown): number {
  return Math.round(Number(amount) * 100);
}
