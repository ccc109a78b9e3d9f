import type { Pool } from "pg";
import { HubError } from "../../base/errors.ts";
import type { Buyer, Sale } from "../../canonical/sale.ts";
import type { CustomerReading, CustomerTexts } from "../../erp/port.ts";
import { FENCE_CTE } from "../../lanes/index.ts";
import { customerFault, customerTexts, normaliseEmail, singleLine } from "../../mapping/index.ts";
import type { RunContext } from "../context.ts";
import { moneyOf } from "../dismissal.ts";

/** Why the rules cannot tell who a buyer is at SL. */
export type ReviewReason = Readonly<{ code: string; words: string }>;

/** An SL customer that the buyer may be, with what speaks for and against it. */
export type ReviewCandidate = Omit<CustomerTexts, "addressLine2" | "state"> &
  Readonly<{
    customerId: string;
    status: string;
    currency: string;
    classId: string;
    terms: string;
    stripeId: string;
    why: readonly string[];
  }>;

type Found = Readonly<{
  object: string;
  /** SL's customers with the buyer's e-mail address. */
  byEmail: readonly CustomerReading[];
}>;

const DECISION_SQL = `
select state from customer_review where pair = $1 and object = $2 order by id desc limit 1`;

// The same finding again keeps its version; another one is refused to who has seen the old one.
const OPEN_SQL = `
with ${FENCE_CTE}
insert into customer_review (pair, object, lane_key, code, reasons, candidates, buyer, money)
select $1, $5, $2, $6, $7::jsonb, $8::jsonb, $9::jsonb, $10 from fence
on conflict (pair, object) where state = 'open' do update
  set code = excluded.code, reasons = excluded.reasons, candidates = excluded.candidates,
      buyer = excluded.buyer, changed_at = now(),
      version = customer_review.version + case
        when customer_review.reasons = excluded.reasons
          and customer_review.candidates = excluded.candidates then 0 else 1 end
returning id::text as id`;

/** Whether a person has said that this buyer gets an SL customer of its own. */
export async function isToBeMade(pool: Pool, pair: string, object: string): Promise<boolean> {
  const { rows } = await pool.query<{ state: string }>(DECISION_SQL, [pair, object]);
  return rows[0]?.state === "create";
}

/**
 * Puts the buyer on the review list, and gives the error that parks the run: a person links the
 * buyer to one of the candidates or has a customer made, and all its runs go on.
 */
export async function askWho(context: RunContext, sale: Sale, found: Found): Promise<HubError> {
  const { pool, pair, lane, signal } = context;
  const { object, byEmail } = found;
  const { name } = customerTexts(sale.buyer, []).texts;
  const byName = name === "" ? [] : await pair.erp.findCustomersByName(name, signal);
  const others = byName.filter(
    (one) => !byEmail.some(({ customerId }) => customerId === one.customerId),
  );
  const base = pair.settings.sl.baseCurrency;
  const candidates = [
    ...byEmail.map((one) => candidateOf(one, base, "has this e-mail address")),
    ...others.map((one) => candidateOf(one, base, otherEmail(one))),
  ];
  const { code, message, reasons } = findingOf(sale.buyer, byEmail, others);
  const values = [lane.pair, lane.key, lane.owner, lane.attempt, object, code];
  const texts = [reasons, candidates, buyerOf(sale)].map((one) => JSON.stringify(one));
  const saved = await pool.query<{ id: string }>(OPEN_SQL, [...values, ...texts, moneyOf(sale)]);
  const review = saved.rows[0]?.id;
  if (review === undefined) {
    return new HubError("lane.fenced", "Another worker has taken this lane over");
  }
  const customers = candidates.map(({ customerId }) => customerId).join(", ");
  return new HubError(code, message, {
    facts: { review, email: sale.buyer.email, customers },
    cure:
      `Choose in \`slipway customers review show ${review}\`, or name the customer in metadata ` +
      `${pair.settings.metadata.customerId} and resume.`,
  });
}

type Finding = Readonly<{
  code: "mapping.customer_ambiguous" | "mapping.customer_unknown" | "mapping.customer_blocked";
  message: string;
  reasons: readonly ReviewReason[];
}>;

function findingOf(
  { email }: Buyer,
  byEmail: readonly CustomerReading[],
  byName: readonly CustomerReading[],
): Finding {
  const reasons = [
    ...byName.map((one) => ({
      code: "same-name",
      words: `${one.customerId} has the same name and ${otherEmail(one)}`,
    })),
    ...byEmail
      .filter(({ status }) => status !== "active")
      .map((one) => ({ code: "not-active", words: `${one.customerId} is ${statusWords(one)}` })),
  ];
  const [only] = byEmail;
  if (only === undefined) {
    const isNameless = normaliseEmail(email) === "";
    const message = isNameless
      ? "The buyer has no e-mail address to look for"
      : "No SL customer has this e-mail address";
    const first = { code: isNameless ? "no-email" : "no-match", words: message };
    return { code: "mapping.customer_unknown", message, reasons: [first, ...reasons] };
  }
  if (byEmail.length === 1) {
    const message = `SL customer ${only.customerId} has this e-mail and cannot be booked on`;
    return { code: "mapping.customer_blocked", message, reasons };
  }
  const ids = byEmail.map(({ customerId }) => customerId).join(", ");
  const message = `Several SL customers have ${email}: ${ids}`;
  const first = { code: "several-hits", words: message };
  return { code: "mapping.customer_ambiguous", message, reasons: [first, ...reasons] };
}

function otherEmail({ email }: CustomerReading): string {
  return email === "" ? "no e-mail address" : `another e-mail address (${email})`;
}

function statusWords({ status }: CustomerReading): string {
  return status === "hold" ? "on hold" : status;
}

function candidateOf(reading: CustomerReading, base: string, why: string): ReviewCandidate {
  const { addressLine2, state, key, autoApply, receivable, ...shown } = reading;
  const fault = customerFault(reading, base);
  return { ...shown, why: fault === undefined ? [why] : [why, fault.words] };
}

/** The buyer for a person to compare, and the texts that SL would have of it. */
function buyerOf({ buyer }: Sale) {
  const { stripeCustomerId, name, email, phone, taxIds } = buyer;
  return {
    stripeCustomerId: stripeCustomerId ?? null,
    name,
    email,
    phone,
    address: singleLine(buyer.address),
    taxIds: taxIds.map(({ type, value }) => `${type} ${value}`),
  };
}
