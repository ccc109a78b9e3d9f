import { HubError } from "../../base/errors.ts";
import type { Sale } from "../../canonical/sale.ts";
import type { CustomerDraft, CustomerReading } from "../../erp/port.ts";
import { wakeLanes } from "../../lanes/index.ts";
import { linkedCustomerId, linkedStripeId } from "../../links/index.ts";
import {
  checkNamedCustomer,
  customerFault,
  customerObject,
  decidedFor,
  mapCustomer,
  type NamedCustomer,
  normaliseEmail,
  sharedCustomer,
  textsAtStripe,
} from "../../mapping/index.ts";
import type { RunContext } from "../context.ts";
import { isOtherKept, newCustomerCurrency } from "./booked-currency.ts";
import {
  type CustomerIntent,
  type CustomerReceipt,
  createCustomer,
  isStillTheWay,
} from "./create-customer.ts";
import { followedTextsOf, saveBase } from "./customer-base.ts";
import { withCustomerLock } from "./customer-lock.ts";
import { askWho, isToBeMade } from "./customer-review.ts";
import { linkFound } from "./link-found.ts";
import { findOwn } from "./own-customer.ts";
import { namedByOthers } from "./own-word.ts";

/** The SL customer of a sale. */
export type ChosenCustomer = Readonly<{
  customer: CustomerReading;
  /** False where one order names it, or where it stands for all shoppers. */
  isOwn: boolean;
}>;

/**
 * The SL customer that a sale is booked on: the one that metadata names, else the linked one, else
 * the policy's: one customer for all, one exact e-mail hit, or a new one with the class's defaults.
 *
 * @throws HubError `mapping.customer_*`: nothing is ever guessed between several
 */
export async function chooseCustomer(context: RunContext, sale: Sale): Promise<ChosenCustomer> {
  const { pool, pair } = context;
  const { policy } = pair.settings.customer;
  const own = await linkedCustomerId(pool, pair.id, customerObject(sale));
  const named = await namedByOthers(context, sale, own);
  const isOwn = policy !== "one-customer";
  if (named !== undefined) {
    // What the hub itself wrote back is its own link, not somebody's order; a run that was cut
    // short between its two write-backs finds it in the metadata.
    if (isSame(named, own)) return { customer: await readLinked(context, sale, named), isOwn };
    if (await wasLostBySl(context, sale, named)) {
      const customer = await create(context, sale, customerObject(sale));
      return { customer, isOwn: isOwn && isSame(named, customer.customerId) };
    }
    const linkedTo = await linkedStripeId(pool, pair.id, named);
    const by = decidedFor(sale, "customer", [""]) === undefined ? "metadata" : "edit";
    const naming = { customerId: named, linkedStripeId: linkedTo, by } as const;
    return { customer: await readNamed(context, sale, naming), isOwn: false };
  }
  if (policy === "one-customer") {
    const theOne = sharedCustomer(sale, pair.settings);
    return { customer: await readSet(context, sale, ["customer.named", theOne]), isOwn };
  }
  if (own !== undefined) return { customer: await readLinked(context, sale, own), isOwn };
  return { customer: await findOrCreate(context, sale), isOwn };
}

function isSame(customerId: string, other: string | undefined): boolean {
  return customerId.toUpperCase() === other?.toUpperCase();
}

/**
 * Whether the named customer is one that we made for this buyer and an older copy of SL has lost: a
 * rebuild has opened it again, so it is made once more under the id that Stripe was told.
 */
async function wasLostBySl(context: RunContext, sale: Sale, named: string): Promise<boolean> {
  const object = customerObject(sale);
  await context.door.store.load([object]);
  const intent = context.door.store.find({ object, purpose: "customer", part: "" });
  if (intent === undefined || intent.stage === "done") return false;
  const { customerId } = intent.draft as Partial<CustomerDraft>;
  return customerId?.toUpperCase() === named.toUpperCase();
}

/** A customer that somebody else's purchases are linked to is refused; see `checkNamedCustomer`. */
async function readNamed(
  context: RunContext,
  sale: Sale,
  named: NamedCustomer,
): Promise<CustomerReading> {
  const { pair } = context;
  const { settings, reference } = pair;
  const reading = await reference.customer(named.customerId);
  return checkNamedCustomer(reading, sale, { named, settings, isOtherKept: isOtherKept(pair) });
}

/** The customer that a setting names, for all whom it is meant for. */
function readSet(
  context: RunContext,
  sale: Sale,
  [by, customerId]: readonly ["customer.named" | "customer.fallback", string],
): Promise<CustomerReading> {
  return readNamed(context, sale, { customerId, linkedStripeId: undefined, by });
}

/** A link is our own word: it holds also where SL's customer was first made for another one. */
function readLinked(context: RunContext, sale: Sale, customerId: string): Promise<CustomerReading> {
  const linkedStripeId = customerObject(sale);
  return readNamed(context, sale, { customerId, linkedStripeId, by: "link" });
}

function findOrCreate(context: RunContext, sale: Sale): Promise<CustomerReading> {
  const { pool, pair, lane, signal } = context;
  const email = normaliseEmail(sale.buyer.email);
  const object = customerObject(sale);
  if (object === sale.document.identity) return withoutIdentity(context, sale);
  const { policy } = pair.settings.customer;
  const name = email === "" ? object : email;
  return withCustomerLock(pool, { lane, name }, async () => {
    // Whoever held the lock before may have made the link that this run is about to make.
    const linked = await linkedCustomerId(pool, pair.id, object);
    if (linked !== undefined) return readLinked(context, sale, linked);
    // A create whose answer was lost is settled under its own id before anybody is looked for.
    const open = await openCreate(context, object);
    if (open !== undefined && (await isStillTheWay(context.door, open))) {
      return create(context, sale, object);
    }
    const known = await findOwn(context, email);
    if (known !== undefined) {
      const customer = await readLinked(context, sale, known);
      await link(context, sale, customer);
      return customer;
    }
    const byEmail = email === "" ? [] : await pair.erp.findCustomersByEmail(email, signal);
    const [found] = byEmail;
    if (found !== undefined && byEmail.length === 1 && isFit(context, sale, found)) {
      const customer = await readLinked(context, sale, found.customerId);
      await link(context, sale, customer);
      return customer;
    }
    const mayMake = found === undefined && policy === "create";
    if (mayMake || (await isToBeMade(pool, pair.id, object))) return create(context, sale, object);
    throw await askWho(context, sale, { object, byEmail });
  });
}

function isFit({ pair }: RunContext, sale: Sale, customer: CustomerReading): boolean {
  const { currency } = sale.document.total;
  const booked = { currency, isOtherKept: isOtherKept(pair) };
  return customerFault(customer, pair.settings.sl.baseCurrency, booked) === undefined;
}

/** The buyer's customer from now on; what both sides say of it now is what changes count from. */
async function link(context: RunContext, sale: Sale, customer: CustomerReading): Promise<void> {
  const { pool, pair, lane, steps } = context;
  const { customerId } = customer;
  const stripeId = customerObject(sale);
  await linkFound(pool, lane, { stripeId, customerId });
  await saveBase(pool, lane, {
    stripeId,
    customerId,
    sl: followedTextsOf(customer, pair.settings.customer.taxId?.to),
    stripe: textsAtStripe(sale.buyer, pair.settings),
  });
  await lookForChanges(context, stripeId);
  steps.note("customer", `customer ${customerId} found by e-mail`, { customerId });
}

/** A change at Stripe that came while the link was made has found no customer to change. */
async function lookForChanges({ pool, pair }: RunContext, stripeId: string): Promise<void> {
  const isFollowed = pair.settings.customer.updates.length > 0 && stripeId.startsWith("cus_");
  if (isFollowed) await wakeLanes(pool, [{ pair: pair.id, key: stripeId }]);
}

/** Neither Stripe customer nor e-mail: the fallback customer, else one made by name. */
async function withoutIdentity(context: RunContext, sale: Sale): Promise<CustomerReading> {
  const { fallback } = context.pair.settings.customer;
  if (fallback !== undefined) {
    return readSet(context, sale, ["customer.fallback", fallback]);
  }
  if (sale.buyer.name.trim() !== "") {
    const object = sale.document.identity;
    const isByRule = context.pair.settings.customer.policy === "create";
    const { pool, pair } = context;
    if (isByRule || (await isToBeMade(pool, pair.id, object))) return create(context, sale, object);
    throw await askWho(context, sale, { object, byEmail: [] });
  }
  throw new HubError(
    "mapping.customer_missing",
    "The charge has no customer, no e-mail and no name",
    { facts: { stripeId: sale.document.identity } },
  );
}

/** The create of the buyer's customer whose outcome is open. */
async function openCreate(
  { door }: RunContext,
  object: string,
): Promise<CustomerIntent | undefined> {
  await door.store.load([object]);
  const intent = door.store.find({ object, purpose: "customer", part: "" });
  return intent?.stage === "filling" ? (intent as CustomerIntent) : undefined;
}

async function create(context: RunContext, sale: Sale, object: string): Promise<CustomerReading> {
  const { pair, door, steps } = context;
  const fact = { object, purpose: "customer" as const, part: "" };
  const currency = newCustomerCurrency(pair, sale.document.total.currency);
  await door.store.load([object]);
  for (;;) {
    const planned = await door.store.ensure<CustomerDraft, CustomerReceipt>(fact, (key) =>
      mapCustomer(sale, { settings: pair.settings, key, numberTry: 0, currency }),
    );
    const { customerId } = planned.draft;
    const made = await createCustomer(door, planned);
    // Somebody else's customer has that id: the next generation has another key, so another id.
    if (made.receipt === undefined) continue;
    steps.note("customer", `customer ${made.receipt.customerId} created`, { customerId });
    await lookForChanges(context, object);
    // What SL made of it counts: the class's defaults decide the receivable account.
    return readLinked(context, sale, made.receipt.customerId);
  }
}
