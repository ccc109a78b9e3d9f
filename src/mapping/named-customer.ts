import { HubError } from "../base/errors.ts";
import type { Sale } from "../canonical/sale.ts";
import type { PairSettings } from "../config/index.ts";
import type { CustomerReading } from "../erp/port.ts";
import { normaliseEmail } from "./customer.ts";
import { metadataPlaces } from "./sync.ts";

/** Where the id of an SL customer came from, for the cure: a link of ours, a setting, a person. */
export type NamedBy = "metadata" | "link" | "customer.named" | "customer.fallback" | "edit";

/** An SL customer that somebody has named. */
export type NamedCustomer = Readonly<{
  customerId: string;
  linkedStripeId: string | undefined;
  by: NamedBy;
}>;

/**
 * Checks the SL customer that metadata, a link or a setting names.
 *
 * `linkedStripeId` is the Stripe customer that the hub has linked this SL customer to, if any; a
 * guest may be booked on anybody's account that the merchant names. A buyer with the very e-mail
 * address of the SL customer is no stranger to it: the hub itself finds customers by it, and after
 * a restore the metadata that it wrote back is all that is left of that link.
 *
 * @throws HubError `mapping.customer_unknown`, `mapping.customer_blocked`,
 *   `mapping.customer_currency`, `mapping.customer_foreign`
 */
export function checkNamedCustomer(
  reading: CustomerReading | undefined,
  sale: Sale,
  context: Readonly<{
    named: NamedCustomer;
    settings: PairSettings;
    /** The site takes documents in another currency than the customer's. Default false. */
    isOtherKept?: boolean;
  }>,
): CustomerReading {
  const { named, settings, isOtherKept = false } = context;
  const facts = { customerId: named.customerId };
  if (reading === undefined) {
    throw new HubError("mapping.customer_unknown", `SL has no customer ${named.customerId}`, {
      facts,
      cure: `${mend(sale, context)}, or create the customer in SL, then resume.`,
    });
  }
  const { currency } = sale.document.total;
  const fault = customerFault(reading, settings.sl.baseCurrency, { currency, isOtherKept });
  if (fault !== undefined) {
    throw new HubError(fault.code, `SL customer ${reading.customerId} ${fault.words}`, {
      facts: { ...facts, currency: reading.currency },
    });
  }
  const owner = ownerOf(reading, named.linkedStripeId);
  const buyer = sale.buyer.stripeCustomerId;
  const isStranger = owner !== undefined && buyer !== undefined && owner !== buyer;
  if (isStranger && !hasEmailOf(reading, sale)) {
    throw new HubError(
      "mapping.customer_foreign",
      `SL customer ${reading.customerId} belongs to ${owner}, not to ${buyer}`,
      {
        facts: { ...facts, linkedTo: owner, buyer },
        cure: `${mend(sale, context)}, then resume.`,
      },
    );
  }
  return reading;
}

/** What is to be booked on a customer. */
export type BookedCurrency = Readonly<{
  currency: string;
  /** The site takes documents in another currency than the customer's. */
  isOtherKept: boolean;
}>;

/** Why nobody may be booked on this SL customer, in words that follow its id; or undefined. */
export function customerFault(
  { status, currency }: CustomerReading,
  baseCurrency: string,
  booked: BookedCurrency = { currency: baseCurrency, isOtherKept: false },
):
  | Readonly<{ code: "mapping.customer_blocked" | "mapping.customer_currency"; words: string }>
  | undefined {
  if (status === "inactive" || status === "hold") {
    const words = status === "hold" ? "is on hold" : "is inactive";
    return { code: "mapping.customer_blocked", words };
  }
  const own = currency === "" ? baseCurrency : currency;
  if (own === booked.currency || booked.isOtherKept) return undefined;
  const isAsked = booked.currency !== baseCurrency;
  const words = isAsked
    ? `trades in ${own}, the sale is in ${booked.currency}, and SL was not found to take that`
    : `trades in ${own}`;
  return { code: "mapping.customer_currency", words };
}

/** What a person changes where the named customer is the wrong one. */
function mend(
  sale: Sale,
  { named, settings }: Readonly<{ named: NamedCustomer; settings: PairSettings }>,
): string {
  const { customerId: key } = settings.metadata;
  if (named.by === "metadata") {
    return `Correct or remove ${key} in the metadata of ${metadataPlaces(sale, key)}`;
  }
  if (named.by === "edit") return "Name another customer with `slipway parked edit`";
  if (named.by === "link") return `Name another customer in metadata ${key}`;
  return `Name another customer in ${named.by} of the pair`;
}

function hasEmailOf(reading: CustomerReading, sale: Sale): boolean {
  const email = normaliseEmail(sale.buyer.email);
  return email !== "" && normaliseEmail(reading.email) === email;
}

/** The hub's own link, else the Stripe customer written in SL. */
function ownerOf(reading: CustomerReading, linked: string | undefined): string | undefined {
  if (linked !== undefined) return linked;
  return reading.stripeId.startsWith("cus_") ? reading.stripeId : undefined;
}
