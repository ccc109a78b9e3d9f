import type { Clock } from "../../base/clock.ts";
import { HubError } from "../../base/errors.ts";
import type { Rate } from "../../base/rate.ts";
import type {
  CustomerReading,
  ErpConnector,
  FiscalCalendar,
  InventoryReading,
  RateQuery,
  TermsReading,
} from "../../erp/port.ts";

const MINUTE_MS = 60_000;
/** How long each kind of record is believed; `clear` forgets all at once. */
const KEPT_FOR_MS = {
  calendar: 5 * MINUTE_MS,
  terms: 10 * MINUTE_MS,
  inventory: 10 * MINUTE_MS,
  decimals: 60 * MINUTE_MS,
  rate: 10 * MINUTE_MS,
  customer: MINUTE_MS,
};

/** A shop with many thousand buyers must not fill the memory: beyond this all is read anew. */
const KEPT_MAX = 5_000;
/** So many are kept before those are looked for that are believed no longer. */
const SWEPT_FROM = 500;

/**
 * SL's reference records of one pair, read when first needed and believed for a few minutes: they
 * change rarely, and reading them for every order would double the calls. A run that parks clears
 * them, so that a person who opens a period and resumes is not told the old story.
 */
export class Reference {
  readonly #erp: ErpConnector;
  readonly #clock: Clock;
  readonly #kept = new Map<string, { untilMs: number; value: Promise<unknown> }>();
  #sweepAt = SWEPT_FROM;

  constructor(erp: ErpConnector, clock: Clock) {
    this.#erp = erp;
    this.#clock = clock;
  }

  calendar(): Promise<FiscalCalendar> {
    return this.#keep("calendar", KEPT_FOR_MS.calendar, () => this.#erp.readCalendar());
  }

  /** @throws HubError `mapping.account_missing` when SL has no such terms */
  async terms(termsId: string): Promise<TermsReading> {
    const read = () => this.#erp.readTerms(termsId);
    const terms = await this.#keep(`terms ${termsId}`, KEPT_FOR_MS.terms, read);
    if (terms !== undefined) return terms;
    throw new HubError("config.invalid", `SL has no terms "${termsId}"`, {
      facts: { setting: "terms.paid", value: termsId },
    });
  }

  /** Whether SL's set-up has an account for prepayments of customers that have none. */
  hasPrepay(): Promise<boolean> {
    return this.#keep("prepay", KEPT_FOR_MS.terms, () => this.#erp.hasPrepayAccount());
  }

  inventory(itemId: string): Promise<InventoryReading | undefined> {
    const read = () => this.#erp.readInventory(itemId);
    return this.#keep(`inventory ${itemId.toUpperCase()}`, KEPT_FOR_MS.inventory, read);
  }

  /**
   * A customer that the hub knows. Believed for a minute only, which spares the read for whoever
   * buys again and again; a customer that was made inactive since is refused by SL itself.
   */
  customer(customerId: string): Promise<CustomerReading | undefined> {
    const read = () => this.#erp.readCustomer(customerId);
    return this.#keep(`customer ${customerId.toUpperCase()}`, KEPT_FOR_MS.customer, read);
  }

  /** SL's rate of a day: a day that is over may still get one, so it is believed a while only. */
  rate(query: RateQuery): Promise<Rate | undefined> {
    const { currency, base, type, date } = query;
    const read = () => this.#erp.readRate(query);
    return this.#keep(`rate ${currency} ${base} ${type} ${date}`, KEPT_FOR_MS.rate, read);
  }

  /** Whether SL keeps several currencies; undefined where nothing tells. */
  isMultiCurrency(): Promise<boolean | undefined> {
    const read = () => this.#erp.isMultiCurrency();
    return this.#keep("multi-currency", KEPT_FOR_MS.terms, read);
  }

  decimals(currency: string): Promise<number | undefined> {
    const read = () => this.#erp.readCurrencyDecimals(currency);
    return this.#keep(`decimals ${currency}`, KEPT_FOR_MS.decimals, read);
  }

  clear(): void {
    this.#kept.clear();
  }

  #keep<T>(name: string, forMs: number, read: () => Promise<T>): Promise<T> {
    const nowMs = this.#clock.monotonicMs();
    const kept = this.#kept.get(name);
    if (kept !== undefined && kept.untilMs > nowMs) return kept.value as Promise<T>;
    if (this.#kept.size >= this.#sweepAt) this.#sweep(nowMs);
    const value = read();
    this.#kept.set(name, { untilMs: nowMs + forMs, value });
    // A failed read is nobody's knowledge: the next one asks again.
    value.then(
      // What SL does not have today may be made in the next moment: only findings are believed.
      (found) => found === undefined && this.#kept.delete(name),
      () => this.#kept.delete(name),
    );
    return value;
  }

  /** Lets go what is believed no longer; the next look comes once twice as much is kept. */
  #sweep(nowMs: number): void {
    for (const [name, { untilMs }] of this.#kept) {
      if (untilMs <= nowMs) this.#kept.delete(name);
    }
    if (this.#kept.size >= KEPT_MAX) this.#kept.clear();
    this.#sweepAt = Math.min(Math.max(2 * this.#kept.size, SWEPT_FROM), KEPT_MAX);
  }
}
