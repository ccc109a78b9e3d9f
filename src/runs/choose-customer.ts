import { HubError } from "../base/errors.ts";
import type { Sale } from "../canonical/sale.ts";
import type { CustomerDraft, CustomerReading } from "../erp/port.ts";
import { linkCustomer, linkedCustomerId, linkedStripeId } from "../links/index.ts";
import {
  checkNamedCustomer,
  customerObject,
  decidedFor,
  mapCustomer,
  type NamedCustomer,
  namedCustomerId,
  normaliseEmail,
} from "../mapping/index.ts";
import type { RunContext } from "./context.ts";
import { type CustomerReceipt, createCustomer } from "./create-customer.ts";
import { withCustomerLock } from "./customer-lock.ts";
import { Waiting } from "./waiting.ts";

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
  const { policy, named: theOne } = pair.settings.customer;
  const named = namedCustomerId(sale, pair.settings);
  const own = await linkedCustomerId(pool, pair.id, customerObject(sale));
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
    return { customer: await readSet(context, sale, ["customer.named", theOne ?? ""]), isOwn };
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
  const { settings, reference } = context.pair;
  const reading = await reference.customer(named.customerId);
  return checkNamedCustomer(reading, sale, { named, settings });
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
  const { pool, pair, lane } = context;
  const email = normaliseEmail(sale.buyer.email);
  const object = customerObject(sale);
  if (object === sale.document.identity) return withoutIdentity(context, sale);
  const name = email === "" ? object : email;
  return withCustomerLock(pool, { lane, name }, async () => {
    // Whoever held the lock before may have made the link that this run is about to make.
    const linked = await linkedCustomerId(pool, pair.id, object);
    if (linked !== undefined) return readLinked(context, sale, linked);
    // A create whose answer was lost is settled under its own id before anybody is looked for.
    if (await isBeingMade(context, object)) return create(context, sale, object);
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
    return readSet(context, sale, ["customer.fallback", fallback]);
  }
  if (sale.buyer.name.trim() !== "") return create(context, sale, sale.document.identity);
  throw new HubError(
    "mapping.customer_missing",
    "The charge has no customer, no e-mail and no name",
    { facts: { stripeId: sale.document.identity } },
  );
}

async function isBeingMade({ door }: RunContext, object: string): Promise<boolean> {
  await door.store.load([object]);
  return door.store.find({ object, purpose: "customer", part: "" })?.stage === "filling";
}

/**
 * The SL customer of an e-mail address.
 *
 * @throws Waiting while another lane's create for that address has no answer and may still take
 *   effect: nobody is found yet, and a second customer of the same person would be made
 */
async function findByEmail(context: RunContext, email: string): Promise<string | undefined> {
  const { pool, pair, signal, door } = context;
  // Our own register first: SL's look-up may lag behind a customer made a moment ago.
  const made = await pool.query<{ customer_id: string }>(
    `select receipt ->> 'customerId' as customer_id from intent
     where pair = $1 and purpose = 'customer' and stage = 'done' and lower(draft ->> 'email') = $2
     order by created_at limit 1`,
    [pair.id, email],
  );
  const own = made.rows[0]?.customer_id;
  if (own !== undefined) return own;
  const making = await pool.query(
    `select from intent i join attempt a on a.pair = i.pair and a.key = i.key
     where i.pair = $1 and i.purpose = 'customer' and i.stage = 'filling'
       and lower(i.draft ->> 'email') = $2 and a.step = 'create'
       and a.sent_at > clock_timestamp() - $3 * interval '1 millisecond' limit 1`,
    [pair.id, email, door.horizonMs],
  );
  if (making.rowCount !== 0) throw new Waiting("the customer that another payment makes", 1_000);
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
