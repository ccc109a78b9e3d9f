import { HubError } from "../base/errors.ts";
import type { Sale } from "../canonical/sale.ts";
import type { CustomerDraft, CustomerReading } from "../erp/port.ts";
import { linkCustomer, linkedCustomerId, linkedStripeId } from "../links/index.ts";
import {
  checkNamedCustomer,
  customerObject,
  mapCustomer,
  namedCustomerId,
  normaliseEmail,
} from "../mapping/index.ts";
import type { RunContext } from "./context.ts";
import { type CustomerReceipt, createCustomer } from "./create-customer.ts";
import { withCustomerLock } from "./customer-lock.ts";

/**
 * The SL customer that a sale is booked on: the one that metadata names, else the linked one, else
 * the policy's: one customer for all, one exact e-mail hit, or a new one with the class's defaults.
 *
 * @throws HubError `mapping.customer_*`: nothing is ever guessed between several
 */
export async function chooseCustomer(context: RunContext, sale: Sale): Promise<CustomerReading> {
  const { pool, pair } = context;
  const { policy, named: theOne } = pair.settings.customer;
  const named = namedCustomerId(sale, pair.settings);
  const own = await linkedCustomerId(pool, pair.id, customerObject(sale));
  if (named !== undefined) {
    // What the hub itself wrote back is its own link, not somebody's order.
    if (named.toUpperCase() === own?.toUpperCase()) return readLinked(context, sale, named);
    if (await wasLostBySl(context, sale, named)) return create(context, sale, customerObject(sale));
    const linkedTo = await linkedStripeId(pool, pair.id, named);
    return readNamed(context, sale, { customerId: named, linkedTo });
  }
  if (policy === "one-customer") {
    return readNamed(context, sale, { customerId: theOne ?? "", linkedTo: undefined });
  }
  if (own !== undefined) return readLinked(context, sale, own);
  return findOrCreate(context, sale);
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
  named: { customerId: string; linkedTo: string | undefined },
): Promise<CustomerReading> {
  const { pair } = context;
  const { customerId, linkedTo } = named;
  const reading = await pair.reference.customer(customerId);
  const baseCurrency = pair.settings.sl.baseCurrency;
  return checkNamedCustomer(reading, sale, { customerId, linkedStripeId: linkedTo, baseCurrency });
}

/** A link is our own word: it holds also where SL's customer was first made for another one. */
function readLinked(context: RunContext, sale: Sale, customerId: string): Promise<CustomerReading> {
  return readNamed(context, sale, { customerId, linkedTo: customerObject(sale) });
}

function findOrCreate(context: RunContext, sale: Sale): Promise<CustomerReading> {
  const { pool, pair, lane } = context;
  const email = normaliseEmail(sale.buyer.email);
  const object = customerObject(sale);
  if (object === sale.document.identity) return withoutIdentity(context, sale);
  const lock = { pair: pair.id, name: email === "" ? object : email, holder: lane.key };
  return withCustomerLock(pool, lock, async () => {
    // Whoever held the lock before may have made the link that this run is about to make.
    const linked = await linkedCustomerId(pool, pair.id, object);
    if (linked !== undefined) return readLinked(context, sale, linked);
    const found = email === "" ? undefined : await findByEmail(context, email);
    if (found === undefined) return create(context, sale, object);
    const customer = await readLinked(context, sale, found);
    await linkCustomer(pool, { pair: pair.id, stripeId: object, customerId: found });
    context.steps.note("customer", `customer ${found} found by e-mail`, { customerId: found });
    return customer;
  });
}

/** Neither Stripe customer nor e-mail: the fallback customer, else one made by name. */
async function withoutIdentity(context: RunContext, sale: Sale): Promise<CustomerReading> {
  const { fallback } = context.pair.settings.customer;
  if (fallback !== undefined) {
    return readNamed(context, sale, { customerId: fallback, linkedTo: undefined });
  }
  if (sale.buyer.name.trim() !== "") return create(context, sale, sale.document.identity);
  throw new HubError(
    "mapping.customer_missing",
    "The charge has no customer, no e-mail and no name",
    { facts: { stripeId: sale.document.identity } },
  );
}

async function findByEmail(context: RunContext, email: string): Promise<string | undefined> {
  const { pool, pair, signal } = context;
  // Our own register first: SL's look-up may lag behind a customer made a moment ago.
  const made = await pool.query<{ customer_id: string }>(
    `select receipt ->> 'customerId' as customer_id from intent
     where pair = $1 and purpose = 'customer' and stage = 'done' and lower(draft ->> 'email') = $2
     order by created_at limit 1`,
    [pair.id, email],
  );
  const own = made.rows[0]?.customer_id;
  if (own !== undefined) return own;
  const found = await pair.erp.findCustomersByEmail(email, signal);
  if (found.length > 1) {
    const ids = found.map((customer) => customer.customerId).join(", ");
    throw new HubError("mapping.customer_ambiguous", `Several SL customers have ${email}: ${ids}`, {
      facts: { email, customers: ids },
    });
  }
  return found[0]?.customerId;
}

async function create(context: RunContext, sale: Sale, object: string): Promise<CustomerReading> {
  const { pair, door, steps } = context;
  if (pair.settings.customer.policy === "match-or-park") {
    throw new HubError("mapping.customer_unknown", "No SL customer has this e-mail address", {
      facts: { email: sale.buyer.email },
      cure: "Create or correct the customer in SL, or name it in metadata DynamicsSL_CustomerID.",
    });
  }
  const fact = { object, purpose: "customer" as const, part: "" };
  await door.store.load([object]);
  for (;;) {
    const planned = await door.store.ensure<CustomerDraft, CustomerReceipt>(fact, (key) =>
      mapCustomer(sale, { settings: pair.settings, key, numberTry: 0 }),
    );
    const { customerId } = planned.draft;
    const rows = {
      slTable: "Customer",
      slKey: customerId,
      links: [
        { stripeId: object, kind: "customer" as const, part: "", slKey: customerId, batNbr: "" },
      ],
      owners: [],
    };
    const made = await createCustomer(door, planned, rows);
    // Somebody else's customer has that id: the next generation has another key, so another id.
    if (made.receipt === undefined) continue;
    steps.note("customer", `customer ${made.receipt.customerId} created`, { customerId });
    // What SL made of it counts: the class's defaults decide the receivable account.
    return readLinked(context, sale, made.receipt.customerId);
  }
}
