import type { Pool } from "pg";
import { systemClock } from "../../base/clock.ts";
import { HubError, toHubError } from "../../base/errors.ts";
import { intentKey, type Purpose } from "../../base/ids.ts";
import { subtract, zero } from "../../base/money.ts";
import type { Override, Sale } from "../../canonical/sale.ts";
import type { CustomerReading } from "../../erp/port.ts";
import { linkedCustomerId, linkedStripeId } from "../../links/index.ts";
import {
  checkNamedCustomer,
  customerObject,
  datedForCash,
  decidedFor,
  isForSummary,
  itemTargetsOf,
  mapCustomer,
  mapInvoice,
  mapPayment,
  type NamedCustomer,
  namedCustomerId,
  normaliseEmail,
  openOnly,
  receivableOf,
  sharedCustomer,
  withOverrides,
} from "../../mapping/index.ts";
import { beforeStartWords, isSoldBefore } from "../charges/before-start.ts";
import { inBookedCurrency } from "../charges/book-in.ts";
import { crossingOfPayment, moneyOfPayment } from "../charges/payment-way.ts";
import { periodFor, readForInvoice } from "../charges/sale-readings.ts";
import { isOtherKept, newCustomerCurrency } from "../customers/booked-currency.ts";
import { textsOf } from "../customers/customer-base.ts";
import { isToBeMade } from "../customers/customer-review.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import { isPayoutLane } from "../payouts/payout-run.ts";
import { Reference } from "../write/reference.ts";
import { valuerOf } from "../write/value.ts";
import { foreseeOrder } from "./foresee-order.ts";
import { foreseePayout } from "./foresee-payout.ts";
import { foreseeWentBack } from "./foresee-returns.ts";
import { foreseeShares } from "./foresee-shares.ts";
import { foreseeToClearing } from "./foresee-to-clearing.ts";
import { foreseePending, foreseeTransit } from "./foresee-transit.ts";
import type { Foreseen, ForeseenDocument } from "./foreseen.ts";

/** Who foresees, and what they would decide for the fact before. */
export type Foreseeing = Readonly<{
  pool: Pool;
  pair: PairRuntime;
  overrides: readonly Override[];
  signal?: AbortSignal;
}>;

/** A Stripe object that hangs on another is followed so often and no further. */
const ROOTS_MAX = 3;

/**
 * Maps what a lane stands for as a run would, with the readings of this moment, and writes nothing:
 * the pair that is handed in must be one that may call SL outside of lanes. A customer that would
 * be made stands with the id that it would have.
 */
export async function foresee(how: Foreseeing, laneKey: string): Promise<Foreseen> {
  const found = await foreseeLane(how, laneKey);
  const { settings, erp } = how.pair;
  const hasJournal = found.documents.some(
    ({ draft }) => "kind" in draft && draft.kind === "journal",
  );
  if (settings.clearing.cashAccount === "no" || !hasJournal) return found;
  const calendar = await new Reference(erp, systemClock).calendar();
  const documents = found.documents.map((one) => {
    const { draft, notes } = one;
    if (!("kind" in draft) || draft.kind !== "journal") return one;
    return { ...one, ...datedForCash({ draft, notes }, { settings, calendar }) };
  });
  return { ...found, documents };
}

async function foreseeLane(how: Foreseeing, laneKey: string): Promise<Foreseen> {
  const { pair, signal } = how;
  if (isPayoutLane(laneKey)) return foreseePayout(how, laneKey);
  let key = laneKey;
  for (let hop = 0; hop < ROOTS_MAX; hop += 1) {
    const reading = await pair.stripe.readLane(key, signal);
    switch (reading.kind) {
      case "sale": {
        const sale = withOverrides(await foreseeTransit(how, reading.sale), how.overrides);
        const itemTargets = itemTargetsOf(sale, pair.settings);
        return { ...(await foreseeSale(how, sale)), itemTargets };
      }
      case "elsewhere":
        key = reading.laneKey;
        break;
      case "nothing":
      case "waiting": {
        const transit = await foreseePending(how, key);
        if (transit === undefined) return nothing(key, reading.reason);
        const { sale, documents } = transit;
        return { object: key, total: sale.document.total, documents, stop: undefined };
      }
    }
  }
  return nothing(key, `${laneKey} leads from one object to another`);
}

function nothing(object: string, reason: string): Foreseen {
  const stop = new HubError("api.invalid", reason, { cure: "There is nothing to book yet." });
  return { object, total: undefined, documents: [], stop };
}

async function foreseeSale(how: Foreseeing, read: Sale): Promise<Foreseen> {
  const documents: ForeseenDocument[] = [];
  const head = { object: read.document.identity, total: read.document.total, documents };
  try {
    // What is kept for runs was read under their own calls; here every call is a guest's.
    const reference = new Reference(how.pair.erp, systemClock);
    const asking = { ...how, pair: { ...how.pair, reference } };
    const sale = await inBookedCurrency(asking.pair, read, undefined);
    if (isSoldBefore(sale, how.pair.settings, () => false)) {
      return await foreseeLaterOnly(asking, sale, documents);
    }
    const keep = (document: ForeseenDocument) => void documents.push(document);
    if (how.pair.settings.mode === "existing-invoice") {
      await foreseeShares(asking, sale, keep);
      await foreseeWentBack({ ...asking, documents }, sale);
      return { ...head, stop: undefined };
    }
    const { customer, made } = await foreseeCustomer(asking, sale);
    if (made !== undefined) documents.push(made);
    if (how.pair.settings.mode === "sales-order") {
      const isNewCustomer = made !== undefined;
      await foreseeOrder(asking.pair, sale, { customer, isNewCustomer, keep });
    } else await foreseeDocuments(asking, sale, { customer, documents });
    const newCustomer = made === undefined ? undefined : customer;
    await foreseeWentBack({ ...asking, documents, newCustomer }, sale);
    return { ...head, stop: undefined };
  } catch (thrown) {
    return { ...head, stop: toHubError(thrown) };
  }
}

/** Of a sale from before the pair's start only what moved the balance after it is booked. */
async function foreseeLaterOnly(
  how: Foreseeing,
  sale: Sale,
  documents: ForeseenDocument[],
): Promise<Foreseen> {
  const { pair, signal } = how;
  const { document, payments, livemode } = sale;
  const object = document.identity;
  let mayHave = payments.some(({ isDisputed }) => isDisputed);
  for (const { chargeId } of payments) {
    mayHave ||= (await pair.stripe.readRefunds({ chargeId, livemode }, signal)).length > 0;
  }
  const before = nothing(object, beforeStartWords(pair.settings));
  if (!mayHave) return before;
  const { customer, made } = await foreseeCustomer(how, sale);
  const newCustomer = made === undefined ? undefined : customer;
  await foreseeWentBack({ ...how, documents, newCustomer, soldBeforeTo: customer }, sale);
  if (documents.length === 0) return before;
  // Journals are of no customer.
  const isNeeded = documents.some(({ draft }) => "kind" in draft && draft.kind === "memo");
  if (made !== undefined && isNeeded) documents.unshift(made);
  return { object, total: document.total, documents, stop: undefined };
}

async function foreseeDocuments(
  how: Foreseeing,
  sale: Sale,
  into: { customer: CustomerReading; documents: ForeseenDocument[] },
): Promise<void> {
  const { pair } = how;
  const { settings, reference } = pair;
  const { customer, documents } = into;
  const object = sale.document.identity;
  const keyOf = (of: string, purpose: Purpose) =>
    intentKey({ pair: pair.id, object: of, purpose, part: "", generation: 0 });
  const { chosen, ...readings } = await readForInvoice({ pair }, sale);
  const { period: ofInvoice } = openOnly(chosen);
  const key = keyOf(object, "invoice");
  const invoice = mapInvoice(sale, { settings, customer, key, period: ofInvoice, ...readings });
  const summed = isForSummary(sale, customer, settings) ? [SUMMED_UP] : [];
  const notes = [...chosen.notes, ...invoice.notes, ...summed];
  const value = valuerOf(pair);
  const drafted = await value({ draft: invoice.draft, notes });
  documents.push({ purpose: "invoice", object, ...drafted });
  let balance = subtract(sale.document.total, sale.document.withoutCharge.creditNotes);
  for (const payment of sale.payments) {
    const { period, notes: ofPeriod } = openOnly(await periodFor({ pair }, sale, payment));
    const { isBridged, worth } = await crossingOfPayment(pair, sale, payment);
    const mapped = mapPayment(sale, payment, {
      ...{ settings, customer, period, isBridged },
      key: keyOf(payment.chargeId, "payment"),
      invoice: { refNbr: NEW_INVOICE, balance, receivable: receivableOf(customer, settings) },
      slDecimals: await reference.decimals(payment.amount.currency),
      numberTry: 0,
    });
    const told = { draft: mapped.draft, notes: [...ofPeriod, ...mapped.notes] };
    const paid = await value(told, worth);
    documents.push({ purpose: "payment", object: payment.chargeId, ...paid });
    if (isBridged) {
      const booked = { worth: paid.draft.rate?.worth ?? paid.draft.amount, period };
      const money = moneyOfPayment(pair, sale, payment);
      documents.push(...(await foreseeToClearing(pair, money, booked)));
    }
    const left = subtract(balance, payment.amount);
    balance = left.minor < 0n ? zero(left.currency) : left;
  }
}

const SUMMED_UP =
  "summary: daily: it goes with all sales of its day into one invoice, and its payment into one.";

/** Stands for the number that SL has not given yet. */
const NEW_INVOICE = "(new)";

type ForeseenCustomer = Readonly<{ customer: CustomerReading; made?: ForeseenDocument }>;

/** As a run chooses, but a customer that no look-up finds is only drafted. */
async function foreseeCustomer(how: Foreseeing, sale: Sale): Promise<ForeseenCustomer> {
  const { pool, pair } = how;
  const { policy, fallback } = pair.settings.customer;
  const named = namedCustomerId(sale, pair.settings);
  if (named !== undefined) {
    const by = decidedFor(sale, "customer", [""]) === undefined ? "metadata" : "edit";
    const linked = await linkedStripeId(pool, pair.id, named);
    return readNamed(how, sale, { customerId: named, linkedStripeId: linked, by });
  }
  const set = (by: "customer.named" | "customer.fallback", customerId: string) =>
    readNamed(how, sale, { customerId, linkedStripeId: undefined, by });
  const shared = sharedCustomer(sale, pair.settings);
  if (policy === "one-customer") return set("customer.named", shared);
  const object = customerObject(sale);
  const own = await linkedCustomerId(pool, pair.id, object);
  if (own !== undefined) return readLinked(how, sale, own);
  const email = normaliseEmail(sale.buyer.email);
  if (object === sale.document.identity && fallback !== undefined) {
    return set("customer.fallback", fallback);
  }
  const found = email === "" ? [] : await pair.erp.findCustomersByEmail(email, how.signal);
  if (found.length > 1) throw ambiguous(email, found);
  const [match] = found;
  if (match !== undefined) return readLinked(how, sale, match.customerId);
  if (policy === "match-or-park" && !(await isToBeMade(pool, pair.id, object))) {
    throw new HubError("mapping.customer_unknown", "No SL customer has this e-mail address", {
      facts: { email },
    });
  }
  return drafted(pair, sale, object);
}

async function readNamed(
  { pair }: Foreseeing,
  sale: Sale,
  named: NamedCustomer,
): Promise<ForeseenCustomer> {
  const { settings, reference } = pair;
  const reading = await reference.customer(named.customerId);
  const of = { named, settings, isOtherKept: isOtherKept(pair) };
  return { customer: checkNamedCustomer(reading, sale, of) };
}

function readLinked(how: Foreseeing, sale: Sale, customerId: string): Promise<ForeseenCustomer> {
  return readNamed(how, sale, { customerId, linkedStripeId: customerObject(sale), by: "link" });
}

/** The class's defaults decide the receivable account only once SL has made the customer. */
function drafted(pair: PairRuntime, sale: Sale, object: string): ForeseenCustomer {
  const identity = { pair: pair.id, object, purpose: "customer", part: "", generation: 0 } as const;
  const { draft, notes } = mapCustomer(sale, {
    settings: pair.settings,
    key: intentKey(identity),
    numberTry: 0,
    currency: newCustomerCurrency(pair, sale.document.total.currency),
  });
  const { customerId, key, stripeId, classId, terms, currency } = draft;
  const customer: CustomerReading = {
    ...textsOf(draft),
    ...{ customerId, key, stripeId, classId, terms, currency },
    status: "active",
    autoApply: false,
    hasPrepay: true,
    taxNumbers: { TaxRegNbr: "", TaxExemptNbr: "", ...draft.taxNumbers },
    receivable: { account: "", subaccount: "" },
  };
  return { customer, made: { purpose: "customer", object, draft, notes } };
}

function ambiguous(email: string, found: readonly CustomerReading[]): HubError {
  const ids = found.map(({ customerId }) => customerId).join(", ");
  return new HubError("mapping.customer_ambiguous", `Several SL customers have ${email}: ${ids}`, {
    facts: { email, customers: ids },
  });
}
