import { HubError } from "../base/errors.ts";
import type { Buyer, Sale } from "../canonical/sale.ts";
import type { CustomerReading } from "../erp/port.ts";
import { linkCustomer, linkedCustomerId } from "../links/index.ts";
import { checkNamedCustomer, mapCustomer, normaliseEmail } from "../mapping/index.ts";
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
  const { pair } = context;
  const named = sale.metadata[pair.settings.metadata.customerId]?.trim();
  if (named !== undefined && named !== "") {
    const linked = await linkedId(context, sale.buyer);
    const reading = await readNamed(context, named);
    // What the hub itself wrote back is its own link, not somebody's order.
    if (linked?.toUpperCase() !== reading.customerId.toUpperCase()) {
      checkNamedCustomer(reading, sale, pair.settings);
    }
    return usable(context, reading);
  }
  if (pair.settings.customer.policy === "one-customer") {
    return usable(context, await readNamed(context, pair.settings.customer.named ?? ""));
  }
  const linked = await linkedId(context, sale.buyer);
  if (linked !== undefined) return usable(context, await readNamed(context, linked));
  return findOrCreate(context, sale);
}

async function readNamed(context: RunContext, customerId: string): Promise<CustomerReading> {
  const reading = await context.pair.erp.readCustomer(customerId, context.signal);
  if (reading !== undefined) return reading;
  throw new HubError("mapping.customer_unknown", `SL has no customer "${customerId}"`, {
    facts: { customerId },
  });
}

/** The identity under which this buyer is known: the Stripe customer, or a guest's e-mail. */
function buyerIdentity(buyer: Buyer): string | undefined {
  if (buyer.stripeCustomerId !== undefined) return buyer.stripeCustomerId;
  return buyer.email === "" ? undefined : `guest:${normaliseEmail(buyer.email)}`;
}

async function linkedId(context: RunContext, buyer: Buyer): Promise<string | undefined> {
  const identity = buyerIdentity(buyer);
  if (identity === undefined) return undefined;
  return linkedCustomerId(context.pool, context.pair.id, identity);
}

function findOrCreate(context: RunContext, sale: Sale): Promise<CustomerReading> {
  const { buyer } = sale;
  const { pool, pair, lane } = context;
  const email = normaliseEmail(buyer.email);
  const identity = buyerIdentity(buyer);
  if (identity === undefined) return withoutIdentity(context, sale);
  const lock = { pair: pair.id, name: email === "" ? identity : email, holder: lane.key };
  return withCustomerLock(pool, lock, async () => {
    // Whoever held the lock before may have made the link that this run is about to make.
    const linked = await linkedCustomerId(pool, pair.id, identity);
    if (linked !== undefined) return usable(context, await readNamed(context, linked));
    const found = email === "" ? undefined : await findByEmail(context, email);
    if (found !== undefined) {
      usable(context, found);
      await linkCustomer(pool, { pair: pair.id, stripeId: identity, customerId: found.customerId });
      context.steps.note("customer", `customer ${found.customerId} found by e-mail`, {
        customerId: found.customerId,
      });
      return found;
    }
    return create(context, sale, identity);
  });
}

/** Neither Stripe customer nor e-mail: the fallback customer, else one made by name. */
async function withoutIdentity(context: RunContext, sale: Sale): Promise<CustomerReading> {
  const { fallback } = context.pair.settings.customer;
  if (fallback !== undefined) return usable(context, await readNamed(context, fallback));
  if (sale.buyer.name !== "") return create(context, sale, sale.document.identity);
  throw new HubError(
    "mapping.customer_missing",
    "The charge has no customer, no e-mail and no name",
    { facts: { stripeId: sale.document.identity } },
  );
}

async function findByEmail(
  context: RunContext,
  email: string,
): Promise<CustomerReading | undefined> {
  const { pool, pair, signal } = context;
  // Our own register first: SL's look-up may lag behind a customer made a moment ago.
  const made = await pool.query<{ customer_id: string }>(
    `select receipt ->> 'customerId' as customer_id from intent
     where pair = $1 and purpose = 'customer' and stage = 'done' and lower(draft ->> 'email') = $2
     order by created_at limit 1`,
    [pair.id, email],
  );
  const ownId = made.rows[0]?.customer_id;
  if (ownId !== undefined) return readNamed(context, ownId);
  const found = await pair.erp.findCustomersByEmail(email, signal);
  if (found.length > 1) {
    const ids = found.map((customer) => customer.customerId).join(", ");
    throw new HubError("mapping.customer_ambiguous", `Several SL customers have ${email}: ${ids}`, {
      facts: { email, customers: ids },
    });
  }
  return found[0];
}

async function create(context: RunContext, sale: Sale, identity: string): Promise<CustomerReading> {
  const { pair, door, steps } = context;
  if (pair.settings.customer.policy === "match-or-park") {
    throw new HubError("mapping.customer_unknown", "No SL customer has this e-mail address", {
      facts: { email: sale.buyer.email },
      cure: "Create or correct the customer in SL, or name it in metadata DynamicsSL_CustomerID.",
    });
  }
  const fact = { object: identity, purpose: "customer" as const, part: "" };
  await door.store.load([identity]);
  for (;;) {
    const planned = await door.store.ensure<
      ReturnType<typeof mapCustomer>["draft"],
      CustomerReceipt
    >(fact, (key) => mapCustomer(sale, { key, identity, settings: pair.settings }).draft);
    const { customerId } = planned.draft;
    const rows = {
      slTable: "Customer",
      slKey: customerId,
      links: [
        { stripeId: identity, kind: "customer" as const, part: "", slKey: customerId, batNbr: "" },
      ],
      owners: [],
    };
    const made = await createCustomer(door, planned, rows);
    if (made.stage === "abandoned") continue;
    steps.note("customer", `customer ${customerId} created`, { customerId });
    return readCreated(context, customerId);
  }
}

/** What SL made of it: the class's defaults decide the receivable account. */
async function readCreated(context: RunContext, customerId: string): Promise<CustomerReading> {
  return readNamed(context, customerId);
}

/** @throws HubError `mapping.customer_blocked`, `mapping.customer_currency` */
function usable(context: RunContext, reading: CustomerReading): CustomerReading {
  const { customerId, status, currency } = reading;
  if (status === "inactive" || status === "hold") {
    throw new HubError("mapping.customer_blocked", `SL customer ${customerId} is ${status}`, {
      facts: { customerId, status },
    });
  }
  const base = context.pair.settings.sl.baseCurrency;
  if (currency !== "" && currency !== base) {
    throw new HubError(
      "mapping.customer_currency",
      `SL customer ${customerId} trades in ${currency}, the document is in ${base}`,
      { facts: { customerId, currency } },
    );
  }
  return reading;
}
