import { type Row, textOf } from "../oracle/rows.ts";
import { type Deed, makeDeeds, someOf } from "./deeds.ts";
import type { OrderMoment } from "./ports.ts";
import { Chance } from "./random.ts";
import { ReturnsDesk } from "./returns-desk.ts";
import type { Site } from "./site.ts";

/** An order as SL's administration shows it in short. */
type Order = Readonly<{
  ordNbr: string;
  custId: string;
  status: string;
  adminHold: boolean;
  creditHold: boolean;
  total: number;
  lines: readonly Readonly<{ lineRef: string; price: number; open: number }>[];
  shippers: readonly Readonly<{
    shipperId: string;
    cancelled: boolean;
    arBatNbr: string;
    released: boolean;
  }>[];
}>;

/** How likely somebody comes by where the hub has something to do as well. */
const COMES = 0.4;
const COMES_AT_ONCE = 0.3;

/**
 * The people of SL's order management: they ship what is not on hold, when they like, in one part
 * or several, invoice it, cancel it, and close it short.
 */
export class Warehouse {
  readonly #site: Site;
  readonly #chance: Chance;
  readonly #deeds = new Map<string, Deed[]>();
  /** Orders that a person has put on hold again. */
  readonly #held = new Set<string>();
  /** Second orders of a sale that a person has cancelled. */
  readonly twins = new Set<string>();
  /** Where money and goods come back. */
  readonly returns: ReturnsDesk;
  /** One deed at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(site: Site, seed: number) {
    this.#site = site;
    this.#chance = new Chance(seed ^ 0x5417);
    this.returns = new ReturnsDesk(site, seed);
  }

  /** Called by a worker that writes to an order; whoever works in SL may be quick. */
  async notice(moment: OrderMoment, mark: string): Promise<void> {
    if (this.#site.mode !== "sales-order") return;
    if (moment === "lifting") return this.#inTurn(() => this.#checkMoney(mark));
    if (!this.#chance.happens(COMES_AT_ONCE)) return;
    await this.#inTurn(async () => {
      const orders = await this.#ready();
      const own = orders.find(({ ordNbr }) => ordNbr === mark);
      const order = moment === "lifted" ? own : orders.at(0);
      if (order !== undefined) await this.#next(order);
    });
  }

  /**
   * Does something to an order, at random; where `isForced`, whatever is left to do.
   *
   * @returns whether anything was done
   */
  async act(isForced: boolean): Promise<boolean> {
    if (!isForced && !this.#chance.happens(COMES)) return false;
    let isDone = false;
    await this.#inTurn(async () => {
      const orders = await this.#ready();
      isDone = await this.returns.act(orders.length === 0);
      if (isDone || orders.length === 0) return;
      await this.#next(this.#chance.pick(orders), isForced);
      isDone = true;
    });
    return isDone;
  }

  /** A person looks which of two orders of a sale is the right one, and cancels the other. */
  async cancelTwin(numbers: readonly string[]): Promise<void> {
    const { sl, script } = this.#site;
    const orders = (await sl<Order[]>("/orders")).filter(({ ordNbr }) => numbers.includes(ordNbr));
    const money = await sl<Row[]>("/rows?table=ARDoc");
    const isInUse = ({ ordNbr, adminHold, shippers }: Order) =>
      !adminHold || shippers.length > 0 || money.some((row) => textOf(row, "OrdNbr") === ordNbr);
    const kept = orders.find(isInUse) ?? orders[0];
    for (const { ordNbr } of orders.filter((order) => order !== kept)) {
      script.note(`a person cancels order ${ordNbr}, since ${kept?.ordNbr} is the same`);
      script.hit("a second order was cancelled");
      this.twins.add(ordNbr);
      await sl(`/orders/${ordNbr}/cancel`, {});
    }
  }

  /** Nothing ships before it is paid: released money stands for all of an order that is let go. */
  async #checkMoney(ordNbr: string): Promise<void> {
    const { sl, script } = this.#site;
    const order = await sl<Order>(`/orders/${ordNbr}`);
    const rows = await sl<Row[]>(`/rows?table=ARDoc&OrdNbr=${ordNbr}`);
    const money = rows.filter((row) => row.Rlsed === 1 && textOf(row, "DocType").startsWith("P"));
    const paid = money.reduce((sum, row) => sum + cents(row.CuryOrigDocAmt), 0);
    if (paid === cents(order.total)) return;
    script.fouls.push(`order ${ordNbr} of ${cents(order.total)} is let go with ${paid} paid`);
  }

  /** Orders with which somebody has something left to do. */
  async #ready(): Promise<Order[]> {
    const orders = await this.#site.sl<Order[]>("/orders");
    return orders.filter((order) => {
      const { ordNbr, adminHold } = order;
      if (this.twins.has(ordNbr)) return false;
      if (adminHold && !this.#held.has(ordNbr)) return false;
      return this.#unreleased(order).length > 0 || this.#deedsOf(order).length > 0;
    });
  }

  #deedsOf({ ordNbr }: Order): Deed[] {
    if (this.returns.orders.has(ordNbr)) return [];
    const known = this.#deeds.get(ordNbr);
    if (known !== undefined) return known;
    const deeds = makeDeeds(this.#chance);
    this.#deeds.set(ordNbr, deeds);
    return deeds;
  }

  /** Invoices that SL has made and does not release by itself. */
  #unreleased({ shippers }: Order): string[] {
    if (!this.#site.releasesOrders) return [];
    return shippers
      .filter(({ arBatNbr, released }) => arBatNbr !== "" && !released)
      .map(({ arBatNbr }) => arBatNbr);
  }

  async #next(order: Order, isForced = false): Promise<void> {
    const { sl, script } = this.#site;
    const { ordNbr } = order;
    const [batNbr] = this.#unreleased(order);
    if (batNbr !== undefined) {
      script.note(`a person releases the invoice of order ${ordNbr} in batch ${batNbr}`);
      await sl(`/batches/AR/${batNbr}/release`, {});
      return;
    }
    if (order.creditHold) return void (await sl(`/orders/${ordNbr}/approve`, {}));
    const deeds = this.#deedsOf(order);
    const deed = deeds.shift();
    const isOver = order.status === "C" && !waiting(order).length;
    if (deed === undefined || isOver) return;
    const isAlone = deed === "invoice together" && (await this.#sameCustomer(order)).length === 0;
    // Other orders of the customer may still come for the same invoice.
    if (isAlone && !isForced) return void deeds.unshift(deed);
    script.note(`order ${ordNbr}: ${deed}`);
    script.hit(`order: ${deed}`);
    await this.#carryOut(order, deed);
  }

  async #carryOut(order: Order, deed: Deed): Promise<void> {
    const { sl } = this.#site;
    const at = `/orders/${order.ordNbr}`;
    const open = order.lines.filter((line) => line.open > 0);
    const some = () => someOf(this.#chance, open);
    switch (deed) {
      case "ship":
        return this.#ship(order, {});
      case "ship some":
        return this.#ship(order, { lines: some() });
      case "ship some, short":
        return this.#ship(order, { lines: some(), short: true });
      case "ship cheap":
      case "ship dear":
        return this.#shipOtherwise(order, deed === "ship dear" ? 0.01 : -0.01);
      case "ship, invoice later":
        return this.#ship(order, { invoice: false });
      case "ship some, invoice later":
        return this.#ship(order, { lines: some(), invoice: false });
      case "invoice":
        return this.#invoice([order]);
      case "invoice together":
        return this.#invoice([order, ...(await this.#sameCustomer(order))]);
      case "cancel shipper":
        for (const id of waiting(order)) await sl(`/shippers/${id}/cancel`, {});
        return;
      case "close":
      case "cancel":
        return void (await sl(`${at}/${deed}`, {}));
      case "hold":
        return this.#hold(order);
      case "unhold":
        return this.#unhold(order);
    }
  }

  async #ship(order: Order, how: object): Promise<void> {
    if (!order.lines.some((line) => line.open > 0)) return;
    await this.#site.sl(`/orders/${order.ordNbr}/ship`, how);
  }

  /** One line costs a cent a piece more or less than what was ordered. */
  async #shipOtherwise(order: Order, by: number): Promise<void> {
    const [first, ...rest] = order.lines.filter((line) => line.open > 0);
    if (first === undefined) return;
    const price = Math.round((first.price + by) * 1e6) / 1e6;
    const lines = [{ lineRef: first.lineRef, price }, ...rest.map(({ lineRef }) => ({ lineRef }))];
    await this.#ship(order, { lines });
  }

  async #invoice(orders: readonly Order[]): Promise<void> {
    const shippers = orders.flatMap(waiting);
    if (shippers.length === 0) return;
    if (orders.length > 1) this.#site.script.hit("order: one invoice for several");
    await this.#site.sl("/shippers/invoice", { shippers });
  }

  /** Other orders of the customer that wait for their invoice as well. */
  async #sameCustomer({ custId, ordNbr }: Order): Promise<Order[]> {
    const orders = await this.#site.sl<Order[]>(`/orders?custId=${custId}`);
    return orders
      .filter((order) => order.ordNbr !== ordNbr && !this.returns.orders.has(order.ordNbr))
      .filter((order) => waiting(order).length > 0);
  }

  /** Only an order whose lift nothing went wrong with: a late one would lift this hold as well. */
  async #hold({ ordNbr }: Order): Promise<void> {
    const { pool, pair, sl, script } = this.#site;
    const lifted = await pool.query(
      `select from intent where pair = $1 and purpose = 'order' and part = 'hold-off'
         and stage = 'done' and draft ->> 'orderNumber' = $2`,
      [pair, ordNbr],
    );
    if (lifted.rowCount !== 1 || script.hasStruck("order.lift")) return;
    await sl(`/orders/${ordNbr}/hold`, {});
    this.#held.add(ordNbr);
    // The hub looks at it while the person's hold is on.
    await pool.query(
      `update lane set wake = wake + 1, due_at = clock_timestamp() where pair = $1 and key =
         (select lane_key from intent where pair = $1 and purpose = 'order' and part = 'hold-off'
            and draft ->> 'orderNumber' = $2)`,
      [pair, ordNbr],
    );
  }

  async #unhold({ ordNbr, adminHold }: Order): Promise<void> {
    if (!this.#held.delete(ordNbr)) return;
    if (!adminHold) this.#site.script.fouls.push(`a person's hold of order ${ordNbr} was lifted`);
    await this.#site.sl(`/orders/${ordNbr}/unhold`, {});
  }

  /** What goes wrong here is nothing that a fault of the run explains. */
  async #inTurn(act: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(act).catch((thrown: unknown) => {
      this.#site.script.fouls.push(`people in SL: ${String(thrown)}`);
    });
    this.#last = turn;
    await this.#site.script.track(turn);
  }
}

/** Shippers of an order without an invoice. */
function waiting({ shippers }: Order): string[] {
  return shippers
    .filter(({ cancelled, arBatNbr }) => !cancelled && arBatNbr === "")
    .map(({ shipperId }) => shipperId);
}

function cents(amount: unknown): number {
  return Math.round(Number(amount) * 100);
}
