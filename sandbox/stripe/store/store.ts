import { Journal, type JournalEntry } from "../../kit/journal.ts";
import { isHeld } from "../money/holds.ts";
import type { DisputeRow, PayoutRow, TopupRow } from "./balance-rows.ts";
import type {
  CheckoutLineRow,
  CheckoutSessionRow,
  InvoiceItemRow,
  InvoiceLineRow,
  InvoicePaymentRow,
  InvoiceRow,
} from "./billing-rows.ts";
import type {
  CouponRow,
  CustomerRow,
  DeliveryRow,
  DiscountRow,
  EventRow,
  IdempotencyRow,
  PriceRow,
  ProductRow,
  TaxRateRow,
  TestClockRow,
  WebhookEndpointRow,
} from "./catalog-rows.ts";
import type { CreditNoteLineRow, CreditNoteRow, CustomerBalanceRow } from "./credit-rows.ts";
import type {
  BalanceTransactionRow,
  ChargeRow,
  PaymentIntentRow,
  PaymentMethodRow,
  RefundRow,
} from "./money-rows.ts";
import type { ReportRunRow } from "./report-rows.ts";
import type { Settings } from "./settings.ts";
import { type Change, type Row, Table } from "./table.ts";

/** Whether time alone will still change a payout. */
function isMoving({ status, reconciliation_status }: PayoutRow): boolean {
  return ["pending", "in_transit"].includes(status) || reconciliation_status === "in_progress";
}

/** The currency in which a row waits for an automatic payout. */
function unpaidIn({ payout, balance_type, currency }: BalanceTransactionRow): string | null {
  return payout === null && balance_type === "payments" ? currency : null;
}

/** Every table with its indexes; a look-up that a hot path needs is an index, never a scan. */
function makeTables() {
  return {
    settings: new Table<Settings>(),
    customer: new Table<CustomerRow>({
      email: (row) => row.email,
      test_clock: (row) => row.test_clock,
    }),
    product: new Table<ProductRow>(),
    price: new Table<PriceRow>({ product: (row) => row.product, lookup: (row) => row.lookup_key }),
    coupon: new Table<CouponRow>(),
    tax_rate: new Table<TaxRateRow>(),
    discount: new Table<DiscountRow>(),
    payment_method: new Table<PaymentMethodRow>({ customer: (row) => row.customer }),
    payment_intent: new Table<PaymentIntentRow>({ customer: (row) => row.customer }),
    charge: new Table<ChargeRow>({
      payment_intent: (row) => row.payment_intent,
      customer: (row) => row.customer,
      transfer_group: (row) => row.transfer_group,
      is_held: (row) => (isHeld(row) ? "yes" : null),
      awaits_balance: (row) => (row.balance_due_ms === null ? null : "yes"),
      awaits_dispute: (row) =>
        row.awaits_dispute == null || row.balance_transaction === null ? null : "yes",
    }),
    refund: new Table<RefundRow>({
      charge: (row) => row.charge,
      payment_intent: (row) => row.payment_intent,
      moves: (row) => (row.next == null ? null : "yes"),
    }),
    balance_transaction: new Table<BalanceTransactionRow>(
      {
        source: (row) => row.source,
        type: (row) => row.type,
        payout: (row) => row.payout,
        unpaid: unpaidIn,
        currency: (row) => row.currency,
      },
      ({ balance_type, currency, available_on, net }) => {
        return { key: `${balance_type}/${currency}`, second: available_on, amount: net };
      },
    ),
    dispute: new Table<DisputeRow>({
      charge: (row) => row.charge,
      payment_intent: (row) => row.payment_intent,
    }),
    payout: new Table<PayoutRow>({
      status: (row) => row.status,
      moves: (row) => (isMoving(row) ? "yes" : null),
    }),
    topup: new Table<TopupRow>({ status: (row) => row.status }),
    invoice: new Table<InvoiceRow>({
      customer: (row) => row.customer,
      status: (row) => row.status,
    }),
    invoice_line: new Table<InvoiceLineRow>({ invoice: (row) => row.invoice }),
    invoiceitem: new Table<InvoiceItemRow>({
      invoice: (row) => row.invoice,
      customer: (row) => row.customer,
      pending: (row) => (row.invoice === null ? row.customer : null),
    }),
    credit_note: new Table<CreditNoteRow>({
      invoice: (row) => row.invoice,
      customer: (row) => row.customer,
    }),
    credit_note_line: new Table<CreditNoteLineRow>({ credit_note: (row) => row.credit_note }),
    customer_balance_transaction: new Table<CustomerBalanceRow>({
      customer: (row) => row.customer,
    }),
    invoice_payment: new Table<InvoicePaymentRow>({
      invoice: (row) => row.invoice,
      payment_intent: (row) => row.payment_intent,
    }),
    checkout_session: new Table<CheckoutSessionRow>({
      payment_intent: (row) => row.payment_intent,
      customer: (row) => row.customer,
    }),
    checkout_line: new Table<CheckoutLineRow>({ session: (row) => row.session }),
    report_run: new Table<ReportRunRow>({ file: (row) => row.file }),
    test_clock: new Table<TestClockRow>(),
    event: new Table<EventRow>({ type: (row) => row.type }),
    webhook_endpoint: new Table<WebhookEndpointRow>(),
    delivery: new Table<DeliveryRow>({
      pending: (row) => (row.status === "pending" ? row.event : null),
      event: (row) => row.event,
      waiting: (row) => (row.status === "pending" ? "yes" : null),
    }),
    idempotency: new Table<IdempotencyRow>(),
  };
}

export type Tables = ReturnType<typeof makeTables>;
export type TableName = keyof Tables;

/** All rows of a sandbox, by table; what a snapshot holds. */
export type Snapshot = { table: TableName; rows: Row[] }[];

const EVERYTHING = "*";

/** The rows of the sandbox; each `change` is all or nothing, in memory and in the journal. */
export class Store {
  readonly tables: Tables = makeTables();
  readonly #journal: Journal;
  #undo: (() => void)[] = [];
  #written = new Map<string, JournalEntry[number]>();

  /** @param path the journal file, or undefined to keep the rows in memory only. */
  constructor(path: string | undefined) {
    for (const entry of Journal.load(path)) this.#replay(entry);
    this.#journal = new Journal(path);
    for (const name of this.names()) this.#watch(name);
  }

  names(): TableName[] {
    return Object.keys(this.tables) as TableName[];
  }

  table(name: string): Table<Row> | undefined {
    const tables: Record<string, unknown> = this.tables;
    const found = tables[name];
    return found instanceof Table ? (found as Table<Row>) : undefined;
  }

  /** Runs `work` and commits what it wrote; an error for which `keeps` is false undoes it all. */
  change<T>(work: () => T, keeps: (error: unknown) => boolean = () => false): T {
    try {
      const result = work();
      this.#commit();
      return result;
    } catch (error) {
      if (keeps(error)) this.#commit();
      else this.#rollBack();
      throw error;
    }
  }

  snapshot(): Snapshot {
    return this.names().map((table) => ({ table, rows: [...(this.table(table)?.all() ?? [])] }));
  }

  /** Puts every table back to the snapshot, in the order it had. */
  restore(snapshot: Snapshot): void {
    const entry: JournalEntry = [
      { table: EVERYTHING, key: EVERYTHING, row: null },
      ...snapshot.flatMap(({ table, rows }) => rows.map((row) => ({ table, key: row.id, row }))),
    ];
    this.#replay(entry);
    this.#undo = [];
    this.#written.clear();
    this.#journal.append(entry);
  }

  close(): void {
    this.#journal.close();
  }

  #watch(name: TableName): void {
    const table = this.table(name);
    if (table === undefined) return;
    table.onChange = ({ id, before, after }: Change<Row>) => {
      this.#undo.push(() => {
        if (before === undefined) table.delete(id);
        else table.put(before);
      });
      this.#written.set(`${name}/${id}`, { table: name, key: id, row: after ?? null });
    };
  }

  #commit(): void {
    this.#undo = [];
    if (this.#written.size === 0) return;
    const entry = [...this.#written.values()];
    this.#written.clear();
    this.#journal.append(entry);
  }

  #rollBack(): void {
    const steps = this.#undo;
    for (const step of steps.toReversed()) step();
    this.#undo = [];
    this.#written.clear();
  }

  #replay(entry: JournalEntry): void {
    for (const { table, key, row } of entry) {
      if (table === EVERYTHING) {
        for (const name of this.names()) {
          for (const stale of [...(this.table(name)?.all() ?? [])])
            this.table(name)?.delete(stale.id);
        }
      } else if (row === null) this.table(table)?.delete(key);
      else this.table(table)?.put(row as Row);
    }
  }
}
